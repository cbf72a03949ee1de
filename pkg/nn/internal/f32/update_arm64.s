//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Optimizer updates over n values, a multiple of eight and at least eight, each
// rounded as often as with AVX2. R0 points to the coefficients; R1 walks along w,
// R2 along g, R4, R5 and R6 along the states; R3 counts values.

#define NEXT(LABEL) \
	SUBS $8, R3 \
	BNE  LABEL  \
	RET

// V24 … V31 = the eight coefficients, each in every lane.
#define COEFFICIENTS \
	VLD1 (R0), [V0.S4, V1.S4] \
	VDUP V0.S[0], V24.S4 \
	VDUP V0.S[1], V25.S4 \
	VDUP V0.S[2], V26.S4 \
	VDUP V0.S[3], V27.S4 \
	VDUP V1.S[0], V28.S4 \
	VDUP V1.S[1], V29.S4 \
	VDUP V1.S[2], V30.S4 \
	VDUP V1.S[3], V31.S4

// V0, V1 = w and V2, V3 = g + decay·w.
#define GRADIENT(DECAY) \
	VLD1   (R1), [V0.S4, V1.S4]   \
	VLD1.P 32(R2), [V2.S4, V3.S4] \
	VFMLA  V0.S4, DECAY.S4, V2.S4 \
	VFMLA  V1.S4, DECAY.S4, V3.S4

// D += S·N and D -= S·N, for eight values.
#define PLUS(S, N0, N1, D0, D1) \
	VFMLA N0.S4, S.S4, D0.S4 \
	VFMLA N1.S4, S.S4, D1.S4

#define MINUS(S, N0, N1, D0, D1) \
	VFMLS N0.S4, S.S4, D0.S4 \
	VFMLS N1.S4, S.S4, D1.S4

#define WEIGHTS VST1.P [V0.S4, V1.S4], 32(R1)

// func sgd8(k *coefficients, w, grad *float32, n int)
TEXT ·sgd8(SB), NOSPLIT, $0-32
	MOVD k+0(FP), R0
	MOVD w+8(FP), R1
	MOVD grad+16(FP), R2
	MOVD n+24(FP), R3
	COEFFICIENTS // lr, decay

loop:
	GRADIENT(V25)
	MINUS(V24, V2, V3, V0, V1)
	WEIGHTS
	NEXT(loop)

// func momentum8(k *coefficients, w, grad, v *float32, n int)
TEXT ·momentum8(SB), NOSPLIT, $0-40
	MOVD k+0(FP), R0
	MOVD w+8(FP), R1
	MOVD grad+16(FP), R2
	MOVD v+24(FP), R4
	MOVD n+32(FP), R3
	COEFFICIENTS // lr, mu, 1 - dampening, decay

loop:
	GRADIENT(V27)
	VLD1   (R4), [V4.S4, V5.S4]
	FMUL(4, 4, 25)
	FMUL(5, 5, 25)
	PLUS(V26, V2, V3, V4, V5)
	VST1.P [V4.S4, V5.S4], 32(R4)
	MINUS(V24, V4, V5, V0, V1)
	WEIGHTS
	NEXT(loop)

// func nesterov8(k *coefficients, w, grad, v *float32, n int)
TEXT ·nesterov8(SB), NOSPLIT, $0-40
	MOVD k+0(FP), R0
	MOVD w+8(FP), R1
	MOVD grad+16(FP), R2
	MOVD v+24(FP), R4
	MOVD n+32(FP), R3
	COEFFICIENTS // lr, mu, 1 - dampening, decay

loop:
	GRADIENT(V27)
	VLD1   (R4), [V4.S4, V5.S4]
	FMUL(4, 4, 25)
	FMUL(5, 5, 25)
	PLUS(V26, V2, V3, V4, V5)
	VST1.P [V4.S4, V5.S4], 32(R4)
	PLUS(V25, V4, V5, V2, V3)
	MINUS(V24, V2, V3, V0, V1)
	WEIGHTS
	NEXT(loop)

// func adam8(k *coefficients, w, grad, m, v *float32, n int)
TEXT ·adam8(SB), NOSPLIT, $0-48
	MOVD k+0(FP), R0
	MOVD w+8(FP), R1
	MOVD grad+16(FP), R2
	MOVD m+24(FP), R4
	MOVD v+32(FP), R5
	MOVD n+40(FP), R3
	COEFFICIENTS // LR/Correction1, 1 - Beta1, Beta2, 1 - Beta2, Eps, 1/√Correction2, coupled decay, 1 - LR·decoupled decay

loop:
	GRADIENT(V30)
	VLD1   (R4), [V4.S4, V5.S4]
	FSUB(6, 2, 4)
	FSUB(7, 3, 5)
	PLUS(V25, V6, V7, V4, V5)
	VST1.P [V4.S4, V5.S4], 32(R4)
	VLD1   (R5), [V6.S4, V7.S4]
	FMUL(6, 6, 26)
	FMUL(7, 7, 26)
	FMUL(16, 2, 27)
	FMUL(17, 3, 27)
	VFMLA  V2.S4, V16.S4, V6.S4
	VFMLA  V3.S4, V17.S4, V7.S4
	VST1.P [V6.S4, V7.S4], 32(R5)
	FSQRT(6, 6)
	FSQRT(7, 7)
	VMOV   V28.B16, V16.B16
	VMOV   V28.B16, V17.B16
	PLUS(V29, V6, V7, V16, V17)
	FMUL(4, 4, 24)
	FMUL(5, 5, 24)
	FDIV(4, 4, 16)
	FDIV(5, 5, 17)
	FNEG(4, 4)
	FNEG(5, 5)
	PLUS(V31, V0, V1, V4, V5)
	VST1.P [V4.S4, V5.S4], 32(R1)
	NEXT(loop)

// func rmsProp8(k *coefficients, w, grad, v, avg, buf *float32, n int)
//
// avg and buf are nil where there is no centering, no momentum.
TEXT ·rmsProp8(SB), NOSPLIT, $0-56
	MOVD k+0(FP), R0
	MOVD w+8(FP), R1
	MOVD grad+16(FP), R2
	MOVD v+24(FP), R4
	MOVD avg+32(FP), R5
	MOVD buf+40(FP), R6
	MOVD n+48(FP), R3
	COEFFICIENTS // LR, Alpha, 1 - Alpha, Eps, decay, Momentum

loop:
	GRADIENT(V28)
	VLD1   (R4), [V4.S4, V5.S4]
	FMUL(4, 4, 25)
	FMUL(5, 5, 25)
	FMUL(6, 2, 26)
	FMUL(7, 3, 26)
	VFMLA  V2.S4, V6.S4, V4.S4
	VFMLA  V3.S4, V7.S4, V5.S4
	VST1.P [V4.S4, V5.S4], 32(R4)
	CBZ    R5, root
	VLD1   (R5), [V6.S4, V7.S4]
	FSUB(16, 2, 6)
	FSUB(17, 3, 7)
	PLUS(V26, V16, V17, V6, V7)
	VST1.P [V6.S4, V7.S4], 32(R5)
	VFMLS  V6.S4, V6.S4, V4.S4
	VFMLS  V7.S4, V7.S4, V5.S4
	FPOS(4, 16)
	FPOS(5, 17)

root:
	FSQRT(4, 4)
	FSQRT(5, 5)
	FADD(4, 27)
	FADD(5, 27)
	FDIV(2, 2, 4)
	FDIV(3, 3, 5)
	CBZ    R6, step
	VLD1   (R6), [V6.S4, V7.S4]
	PLUS(V29, V6, V7, V2, V3)
	VST1.P [V2.S4, V3.S4], 32(R6)

step:
	MINUS(V24, V2, V3, V0, V1)
	WEIGHTS
	NEXT(loop)

// func adaGrad8(k *coefficients, w, grad, sum *float32, n int)
TEXT ·adaGrad8(SB), NOSPLIT, $0-40
	MOVD k+0(FP), R0
	MOVD w+8(FP), R1
	MOVD grad+16(FP), R2
	MOVD sum+24(FP), R4
	MOVD n+32(FP), R3
	COEFFICIENTS // lr, eps, decay

loop:
	GRADIENT(V26)
	VLD1   (R4), [V4.S4, V5.S4]
	VFMLA  V2.S4, V2.S4, V4.S4
	VFMLA  V3.S4, V3.S4, V5.S4
	VST1.P [V4.S4, V5.S4], 32(R4)
	FSQRT(4, 4)
	FSQRT(5, 5)
	FADD(4, 25)
	FADD(5, 25)
	FDIV(2, 2, 4)
	FDIV(3, 3, 5)
	MINUS(V24, V2, V3, V0, V1)
	WEIGHTS
	NEXT(loop)

// func ema8(k *coefficients, avg, w *float32, n int)
TEXT ·ema8(SB), NOSPLIT, $0-32
	MOVD k+0(FP), R0
	MOVD avg+8(FP), R1
	MOVD w+16(FP), R2
	MOVD n+24(FP), R3
	COEFFICIENTS // 1 - decay

loop:
	VLD1   (R1), [V0.S4, V1.S4]
	VLD1.P 32(R2), [V2.S4, V3.S4]
	FSUB(2, 2, 0)
	FSUB(3, 3, 1)
	PLUS(V24, V2, V3, V0, V1)
	WEIGHTS
	NEXT(loop)
