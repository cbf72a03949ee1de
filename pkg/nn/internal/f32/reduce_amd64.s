//go:build amd64 && !purego

#include "textflag.h"

// Reductions over n values, a multiple of eight and at least eight, in float64:
// four lanes in each of Y0 and Y1.

// The sum of the lanes of Y0 and Y1, in X0.
#define LANES \
	VADDPD       Y1, Y0, Y0 \
	VEXTRACTF128 $1, Y0, X1 \
	VADDPD       X1, X0, X0 \
	VHADDPD      X0, X0, X0

// func sumAVX2(x *float32, n int) float64
TEXT ·sumAVX2(SB), NOSPLIT, $0-24
	MOVQ   x+0(FP), SI
	MOVQ   n+8(FP), CX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1

loop:
	VCVTPS2PD (SI), Y2
	VCVTPS2PD 16(SI), Y3
	VADDPD    Y2, Y0, Y0
	VADDPD    Y3, Y1, Y1
	ADDQ      $32, SI
	SUBQ      $8, CX
	JNZ       loop
	LANES
	VZEROUPPER
	MOVSD     X0, ret+16(FP)
	RET

// func dotAVX2(a, b *float32, n int) float64
TEXT ·dotAVX2(SB), NOSPLIT, $0-32
	MOVQ   a+0(FP), SI
	MOVQ   b+8(FP), DX
	MOVQ   n+16(FP), CX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1

loop:
	VCVTPS2PD   (SI), Y2
	VCVTPS2PD   16(SI), Y3
	VCVTPS2PD   (DX), Y4
	VCVTPS2PD   16(DX), Y5
	VFMADD231PD Y2, Y4, Y0
	VFMADD231PD Y3, Y5, Y1
	ADDQ        $32, SI
	ADDQ        $32, DX
	SUBQ        $8, CX
	JNZ         loop
	LANES
	VZEROUPPER
	MOVSD       X0, ret+24(FP)
	RET

// func maxAbsBitsAVX2(x *float32, n int) uint32
TEXT ·maxAbsBitsAVX2(SB), NOSPLIT, $0-20
	MOVQ     x+0(FP), SI
	MOVQ     n+8(FP), CX
	VPCMPEQD Y4, Y4, Y4
	VPSRLD   $1, Y4, Y4    // all but the sign
	VPXOR    Y0, Y0, Y0

loop:
	VPAND   (SI), Y4, Y1
	VPMAXUD Y1, Y0, Y0
	ADDQ    $32, SI
	SUBQ    $8, CX
	JNZ     loop

	VEXTRACTI128 $1, Y0, X1
	VPMAXUD      X1, X0, X0
	VPSHUFD      $0x4E, X0, X1
	VPMAXUD      X1, X0, X0
	VPSHUFD      $0xB1, X0, X1
	VPMAXUD      X1, X0, X0
	VZEROUPPER
	MOVL         X0, ret+16(FP)
	RET

// func squareDeviationsAVX2(x *float32, n int, mean float64) float64
TEXT ·squareDeviationsAVX2(SB), NOSPLIT, $0-32
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSD mean+16(FP), Y4
	VXORPD       Y0, Y0, Y0
	VXORPD       Y1, Y1, Y1

loop:
	VCVTPS2PD   (SI), Y2
	VCVTPS2PD   16(SI), Y3
	VSUBPD      Y4, Y2, Y2
	VSUBPD      Y4, Y3, Y3
	VFMADD231PD Y2, Y2, Y0
	VFMADD231PD Y3, Y3, Y1
	ADDQ        $32, SI
	SUBQ        $8, CX
	JNZ         loop
	LANES
	VZEROUPPER
	MOVSD       X0, ret+24(FP)
	RET

// func deviationDotAVX2(dy, x *float32, n int, mean float64) (sum, dot float64)
//
// Y0 and Y1 hold the dot product, Y8 and Y9 the sum.
TEXT ·deviationDotAVX2(SB), NOSPLIT, $0-48
	MOVQ         dy+0(FP), DX
	MOVQ         x+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSD mean+24(FP), Y4
	VXORPD       Y0, Y0, Y0
	VXORPD       Y1, Y1, Y1
	VXORPD       Y8, Y8, Y8
	VXORPD       Y9, Y9, Y9

loop:
	VCVTPS2PD   (SI), Y2
	VCVTPS2PD   16(SI), Y3
	VCVTPS2PD   (DX), Y5
	VCVTPS2PD   16(DX), Y6
	VSUBPD      Y4, Y2, Y2
	VSUBPD      Y4, Y3, Y3
	VADDPD      Y5, Y8, Y8
	VADDPD      Y6, Y9, Y9
	VFMADD231PD Y2, Y5, Y0
	VFMADD231PD Y3, Y6, Y1
	ADDQ        $32, SI
	ADDQ        $32, DX
	SUBQ        $8, CX
	JNZ         loop
	LANES
	MOVSD       X0, dot+40(FP)
	VMOVAPD     Y8, Y0
	VMOVAPD     Y9, Y1
	LANES
	VZEROUPPER
	MOVSD       X0, sum+32(FP)
	RET
