//go:build amd64 && !purego

#include "textflag.h"

// Reductions over n values, a multiple of eight and at least eight, in float64: four
// lanes in each of Y0 … Y3, Y0 and Y1 for one eight and Y2 and Y3 for the next, as one
// addition takes as long as several can start in. An eight without another comes first.

// STEP(AT, S0, S1, …) adds the eight values AT bytes after SI and DX to sums of its own.
#define LOOP(STEP) \
	TESTQ $8, CX     \
	JZ    sixteen    \
	STEP(0, Y0, Y1, Y8, Y9) \
	ADDQ  $32, SI    \
	ADDQ  $32, DX    \
	SUBQ  $8, CX     \
	JZ    done       \
sixteen:           \
	STEP(0, Y0, Y1, Y8, Y9)     \
	STEP(32, Y2, Y3, Y10, Y11)  \
	ADDQ  $64, SI    \
	ADDQ  $64, DX    \
	SUBQ  $16, CX    \
	JNZ   sixteen    \
done:

#define ZERO(S0, S1, S2, S3) \
	VXORPD S0, S0, S0 \
	VXORPD S1, S1, S1 \
	VXORPD S2, S2, S2 \
	VXORPD S3, S3, S3

// The sum of the lanes of four sums, in the first of them, whose lower half is X.
#define LANES(S0, S1, S2, S3, X, T) \
	VADDPD       S2, S0, S0 \
	VADDPD       S3, S1, S1 \
	VADDPD       S1, S0, S0 \
	VEXTRACTF128 $1, S0, T  \
	VADDPD       T, X, X    \
	VHADDPD      X, X, X

#define SUM(AT, S0, S1, D0, D1) \
	VCVTPS2PD AT(SI), Y4        \
	VCVTPS2PD (AT+16)(SI), Y5   \
	VADDPD    Y4, S0, S0        \
	VADDPD    Y5, S1, S1

// func sum8(x *float32, n int) float64
TEXT ·sum8(SB), NOSPLIT, $0-24
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), CX
	ZERO(Y0, Y1, Y2, Y3)
	LOOP(SUM)
	LANES(Y0, Y1, Y2, Y3, X0, X4)
	VZEROUPPER
	MOVSD X0, ret+16(FP)
	RET

#define DOT(AT, S0, S1, D0, D1) \
	VCVTPS2PD   AT(SI), Y4        \
	VCVTPS2PD   (AT+16)(SI), Y5   \
	VCVTPS2PD   AT(DX), Y6        \
	VCVTPS2PD   (AT+16)(DX), Y7   \
	VFMADD231PD Y4, Y6, S0        \
	VFMADD231PD Y5, Y7, S1

// func dot8(a, b *float32, n int) float64
TEXT ·dot8(SB), NOSPLIT, $0-32
	MOVQ a+0(FP), SI
	MOVQ b+8(FP), DX
	MOVQ n+16(FP), CX
	ZERO(Y0, Y1, Y2, Y3)
	LOOP(DOT)
	LANES(Y0, Y1, Y2, Y3, X0, X4)
	VZEROUPPER
	MOVSD X0, ret+24(FP)
	RET

// func maxAbsBits8(x *float32, n int) uint32
TEXT ·maxAbsBits8(SB), NOSPLIT, $0-20
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

// The mean is in Y12.
#define SQUARES(AT, S0, S1, D0, D1) \
	VCVTPS2PD   AT(SI), Y4        \
	VCVTPS2PD   (AT+16)(SI), Y5   \
	VSUBPD      Y12, Y4, Y4       \
	VSUBPD      Y12, Y5, Y5       \
	VFMADD231PD Y4, Y4, S0        \
	VFMADD231PD Y5, Y5, S1

// func squareDeviations8(x *float32, n int, mean float64) float64
TEXT ·squareDeviations8(SB), NOSPLIT, $0-32
	MOVQ x+0(FP), SI
	MOVQ n+8(FP), CX
	VBROADCASTSD mean+16(FP), Y12
	ZERO(Y0, Y1, Y2, Y3)
	LOOP(SQUARES)
	LANES(Y0, Y1, Y2, Y3, X0, X4)
	VZEROUPPER
	MOVSD X0, ret+24(FP)
	RET

// The dot product's sums and those of dy.
#define DEVIATIONS(AT, S0, S1, D0, D1) \
	VCVTPS2PD   AT(SI), Y4        \
	VCVTPS2PD   (AT+16)(SI), Y5   \
	VCVTPS2PD   AT(DX), Y6        \
	VCVTPS2PD   (AT+16)(DX), Y7   \
	VSUBPD      Y12, Y4, Y4       \
	VSUBPD      Y12, Y5, Y5       \
	VADDPD      Y6, D0, D0        \
	VADDPD      Y7, D1, D1        \
	VFMADD231PD Y4, Y6, S0        \
	VFMADD231PD Y5, Y7, S1

// func deviationDot8(dy, x *float32, n int, mean float64) (sum, dot float64)
TEXT ·deviationDot8(SB), NOSPLIT, $0-48
	MOVQ dy+0(FP), DX
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSD mean+24(FP), Y12
	ZERO(Y0, Y1, Y2, Y3)
	ZERO(Y8, Y9, Y10, Y11)
	LOOP(DEVIATIONS)
	LANES(Y0, Y1, Y2, Y3, X0, X4)
	LANES(Y8, Y9, Y10, Y11, X8, X4)
	VZEROUPPER
	MOVSD X8, sum+32(FP)
	MOVSD X0, dot+40(FP)
	RET
