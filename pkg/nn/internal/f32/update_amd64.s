//go:build amd64 && !purego

#include "textflag.h"

// Optimizer updates over n values, a multiple of eight and at least eight. R8
// points to the coefficients, DI to w, SI to g, R9, R10, R11 to the states; AX is
// the offset in bytes, which runs up to CX.

#define NEXT(LABEL) \
	ADDQ $32, AX  \
	CMPQ AX, CX   \
	JLT  LABEL    \
	VZEROUPPER    \
	RET

// Y0 = w and Y1 = g + decay·w, the decay being in Y15.
#define GRADIENT \
	VMOVUPS     (DI)(AX*1), Y0 \
	VMOVUPS     (SI)(AX*1), Y1 \
	VFMADD231PS Y0, Y15, Y1

// func sgd8(k *coefficients, w, grad *float32, n int)
TEXT ·sgd8(SB), NOSPLIT, $0-32
	MOVQ k+0(FP), R8
	MOVQ w+8(FP), DI
	MOVQ grad+16(FP), SI
	MOVQ n+24(FP), CX
	SHLQ $2, CX
	XORQ AX, AX
	VBROADCASTSS 0(R8), Y8  // lr
	VBROADCASTSS 4(R8), Y15 // decay

loop:
	GRADIENT
	VFNMADD231PS Y1, Y8, Y0
	VMOVUPS      Y0, (DI)(AX*1)
	NEXT(loop)

// func momentum8(k *coefficients, w, grad, v *float32, n int)
TEXT ·momentum8(SB), NOSPLIT, $0-40
	MOVQ k+0(FP), R8
	MOVQ w+8(FP), DI
	MOVQ grad+16(FP), SI
	MOVQ v+24(FP), R9
	MOVQ n+32(FP), CX
	SHLQ $2, CX
	XORQ AX, AX
	VBROADCASTSS 0(R8), Y8   // lr
	VBROADCASTSS 4(R8), Y9   // mu
	VBROADCASTSS 8(R8), Y10  // 1 - dampening
	VBROADCASTSS 12(R8), Y15 // decay

loop:
	GRADIENT
	VMULPS       (R9)(AX*1), Y9, Y2
	VFMADD231PS  Y1, Y10, Y2
	VMOVUPS      Y2, (R9)(AX*1)
	VFNMADD231PS Y2, Y8, Y0
	VMOVUPS      Y0, (DI)(AX*1)
	NEXT(loop)

// func nesterov8(k *coefficients, w, grad, v *float32, n int)
TEXT ·nesterov8(SB), NOSPLIT, $0-40
	MOVQ k+0(FP), R8
	MOVQ w+8(FP), DI
	MOVQ grad+16(FP), SI
	MOVQ v+24(FP), R9
	MOVQ n+32(FP), CX
	SHLQ $2, CX
	XORQ AX, AX
	VBROADCASTSS 0(R8), Y8   // lr
	VBROADCASTSS 4(R8), Y9   // mu
	VBROADCASTSS 8(R8), Y10  // 1 - dampening
	VBROADCASTSS 12(R8), Y15 // decay

loop:
	GRADIENT
	VMULPS       (R9)(AX*1), Y9, Y2
	VFMADD231PS  Y1, Y10, Y2
	VMOVUPS      Y2, (R9)(AX*1)
	VFMADD231PS  Y2, Y9, Y1
	VFNMADD231PS Y1, Y8, Y0
	VMOVUPS      Y0, (DI)(AX*1)
	NEXT(loop)

// func adam8(k *coefficients, w, grad, m, v *float32, n int)
TEXT ·adam8(SB), NOSPLIT, $0-48
	MOVQ k+0(FP), R8
	MOVQ w+8(FP), DI
	MOVQ grad+16(FP), SI
	MOVQ m+24(FP), R9
	MOVQ v+32(FP), R10
	MOVQ n+40(FP), CX
	SHLQ $2, CX
	XORQ AX, AX
	VBROADCASTSS 0(R8), Y8   // LR/Correction1
	VBROADCASTSS 4(R8), Y9   // 1 - Beta1
	VBROADCASTSS 8(R8), Y10  // Beta2
	VBROADCASTSS 12(R8), Y11 // 1 - Beta2
	VBROADCASTSS 16(R8), Y12 // Eps
	VBROADCASTSS 20(R8), Y13 // 1/√Correction2
	VBROADCASTSS 24(R8), Y15 // coupled decay
	VBROADCASTSS 28(R8), Y14 // 1 - LR·decoupled decay

loop:
	GRADIENT
	VMOVUPS      (R9)(AX*1), Y2
	VSUBPS       Y2, Y1, Y3
	VFMADD231PS  Y3, Y9, Y2
	VMOVUPS      Y2, (R9)(AX*1)
	VMULPS       (R10)(AX*1), Y10, Y4
	VMULPS       Y1, Y11, Y5
	VFMADD231PS  Y1, Y5, Y4
	VMOVUPS      Y4, (R10)(AX*1)
	VSQRTPS      Y4, Y4
	VFMADD213PS  Y12, Y13, Y4
	VMULPS       Y2, Y8, Y2
	VDIVPS       Y4, Y2, Y2
	VFMSUB213PS  Y2, Y14, Y0
	VMOVUPS      Y0, (DI)(AX*1)
	NEXT(loop)

// func rmsProp8(k *coefficients, w, grad, v, avg, buf *float32, n int)
//
// avg and buf are nil where there is no centering, no momentum.
TEXT ·rmsProp8(SB), NOSPLIT, $0-56
	MOVQ k+0(FP), R8
	MOVQ w+8(FP), DI
	MOVQ grad+16(FP), SI
	MOVQ v+24(FP), R9
	MOVQ avg+32(FP), R10
	MOVQ buf+40(FP), R11
	MOVQ n+48(FP), CX
	SHLQ $2, CX
	XORQ AX, AX
	VBROADCASTSS 0(R8), Y8   // LR
	VBROADCASTSS 4(R8), Y9   // Alpha
	VBROADCASTSS 8(R8), Y10  // 1 - Alpha
	VBROADCASTSS 12(R8), Y12 // Eps
	VBROADCASTSS 16(R8), Y15 // decay
	VBROADCASTSS 20(R8), Y13 // Momentum
	VXORPS Y14, Y14, Y14

loop:
	GRADIENT
	VMULPS      (R9)(AX*1), Y9, Y2
	VMULPS      Y1, Y10, Y3
	VFMADD231PS Y1, Y3, Y2
	VMOVUPS     Y2, (R9)(AX*1)
	TESTQ       R10, R10
	JZ          root
	VMOVUPS     (R10)(AX*1), Y4
	VSUBPS      Y4, Y1, Y5
	VFMADD231PS Y5, Y10, Y4
	VMOVUPS     Y4, (R10)(AX*1)
	VFNMADD231PS Y4, Y4, Y2
	VMAXPS      Y2, Y14, Y2

root:
	VSQRTPS Y2, Y2
	VADDPS  Y12, Y2, Y2
	VDIVPS  Y2, Y1, Y1
	TESTQ   R11, R11
	JZ      step
	VFMADD231PS (R11)(AX*1), Y13, Y1
	VMOVUPS Y1, (R11)(AX*1)

step:
	VFNMADD231PS Y1, Y8, Y0
	VMOVUPS      Y0, (DI)(AX*1)
	NEXT(loop)

// func adaGrad8(k *coefficients, w, grad, sum *float32, n int)
TEXT ·adaGrad8(SB), NOSPLIT, $0-40
	MOVQ k+0(FP), R8
	MOVQ w+8(FP), DI
	MOVQ grad+16(FP), SI
	MOVQ sum+24(FP), R9
	MOVQ n+32(FP), CX
	SHLQ $2, CX
	XORQ AX, AX
	VBROADCASTSS 0(R8), Y8  // lr
	VBROADCASTSS 4(R8), Y12 // eps
	VBROADCASTSS 8(R8), Y15 // decay

loop:
	GRADIENT
	VMOVUPS      (R9)(AX*1), Y2
	VFMADD231PS  Y1, Y1, Y2
	VMOVUPS      Y2, (R9)(AX*1)
	VSQRTPS      Y2, Y2
	VADDPS       Y12, Y2, Y2
	VDIVPS       Y2, Y1, Y1
	VFNMADD231PS Y1, Y8, Y0
	VMOVUPS      Y0, (DI)(AX*1)
	NEXT(loop)

// func ema8(k *coefficients, avg, w *float32, n int)
TEXT ·ema8(SB), NOSPLIT, $0-32
	MOVQ k+0(FP), R8
	MOVQ avg+8(FP), DI
	MOVQ w+16(FP), SI
	MOVQ n+24(FP), CX
	SHLQ $2, CX
	XORQ AX, AX
	VBROADCASTSS 0(R8), Y8 // 1 - decay

loop:
	VMOVUPS     (DI)(AX*1), Y0
	VMOVUPS     (SI)(AX*1), Y1
	VSUBPS      Y0, Y1, Y1
	VFMADD231PS Y1, Y8, Y0
	VMOVUPS     Y0, (DI)(AX*1)
	NEXT(loop)
