//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Elementwise kernels over n values, a multiple of eight and at least eight. Each
// value is computed by the operations, and rounded as often, as with AVX2. R0, R1
// and R2 walk along dst, a and b; R3 counts values.

// BODY does eight values. An eight without another comes first.
#define LOOP(BODY) \
	TBZ  $3, R3, twice \
	BODY               \
	SUBS $8, R3        \
	BEQ  done          \
twice:                 \
	BODY               \
	BODY               \
	SUBS $16, R3       \
	BNE  twice         \
done:                  \
	RET

#define SCALAR(ARG, F, V) \
	FMOVS ARG, F       \
	VDUP  V.S[0], V.S4

#define RELU \
	VLD1.P 32(R1), [V0.S4, V1.S4] \
	FPOS(0, 2)                    \
	FPOS(1, 3)                    \
	VST1.P [V0.S4, V1.S4], 32(R0)

// func relu8(dst, x *float32, n int)
TEXT ·relu8(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R3
	LOOP(RELU)

#define RELUGRAD \
	VLD1.P 32(R1), [V0.S4, V1.S4]  \
	VLD1.P 32(R2), [V2.S4, V3.S4]  \
	FPLUS(2, 2)                    \
	FPLUS(3, 3)                    \
	VAND   V2.B16, V0.B16, V0.B16  \
	VAND   V3.B16, V1.B16, V1.B16  \
	VST1.P [V0.S4, V1.S4], 32(R0)

// func reluGrad8(dx, dy, y *float32, n int)
TEXT ·reluGrad8(SB), NOSPLIT, $0-32
	MOVD dx+0(FP), R0
	MOVD dy+8(FP), R1
	MOVD y+16(FP), R2
	MOVD n+24(FP), R3
	LOOP(RELUGRAD)

#define ADDS8 \
	VLD1.P 32(R1), [V0.S4, V1.S4] \
	VLD1.P 32(R2), [V2.S4, V3.S4] \
	FADD(0, 2)                    \
	FADD(1, 3)                    \
	VST1.P [V0.S4, V1.S4], 32(R0)

// func add8(dst, a, b *float32, n int)
TEXT ·add8(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD a+8(FP), R1
	MOVD b+16(FP), R2
	MOVD n+24(FP), R3
	LOOP(ADDS8)

#define MUL8 \
	VLD1.P 32(R1), [V0.S4, V1.S4] \
	VLD1.P 32(R2), [V2.S4, V3.S4] \
	FMUL(0, 0, 2)                 \
	FMUL(1, 1, 3)                 \
	VST1.P [V0.S4, V1.S4], 32(R0)

// func mul8(dst, a, b *float32, n int)
TEXT ·mul8(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD a+8(FP), R1
	MOVD b+16(FP), R2
	MOVD n+24(FP), R3
	LOOP(MUL8)

#define ADDSCALED \
	VLD1   (R0), [V0.S4, V1.S4]   \
	VLD1.P 32(R1), [V2.S4, V3.S4] \
	VFMLA  V2.S4, V31.S4, V0.S4   \
	VFMLA  V3.S4, V31.S4, V1.S4   \
	VST1.P [V0.S4, V1.S4], 32(R0)

// func addScaled8(dst, a *float32, n int, s float32)
TEXT ·addScaled8(SB), NOSPLIT, $0-28
	MOVD dst+0(FP), R0
	MOVD a+8(FP), R1
	MOVD n+16(FP), R3
	SCALAR(s+24(FP), F31, V31)
	LOOP(ADDSCALED)

#define SCALE \
	VLD1   (R0), [V0.S4, V1.S4]   \
	FMUL(0, 0, 31)                \
	FMUL(1, 1, 31)                \
	VST1.P [V0.S4, V1.S4], 32(R0)

// func scale8(dst *float32, n int, s float32)
TEXT ·scale8(SB), NOSPLIT, $0-20
	MOVD dst+0(FP), R0
	MOVD n+8(FP), R3
	SCALAR(s+16(FP), F31, V31)
	LOOP(SCALE)

#define FILL \
	VST1.P [V30.S4, V31.S4], 32(R0)

// func fill8(dst *float32, n int, s float32)
TEXT ·fill8(SB), NOSPLIT, $0-20
	MOVD dst+0(FP), R0
	MOVD n+8(FP), R3
	SCALAR(s+16(FP), F30, V30)
	SCALAR(s+16(FP), F31, V31)
	LOOP(FILL)

// V2, V3 = (x - mean)·scale + shift, with the three in V29, V30, V31.
#define AFFINES \
	VLD1.P 32(R1), [V0.S4, V1.S4] \
	FSUB(0, 0, 29)                \
	FSUB(1, 1, 29)                \
	VMOV   V31.B16, V2.B16        \
	VMOV   V31.B16, V3.B16        \
	VFMLA  V0.S4, V30.S4, V2.S4   \
	VFMLA  V1.S4, V30.S4, V3.S4

#define AFFINE \
	AFFINES                       \
	VST1.P [V2.S4, V3.S4], 32(R0)

// func affine8(y, x *float32, n int, mean, scale, shift float32)
TEXT ·affine8(SB), NOSPLIT, $0-36
	MOVD y+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R3
	SCALAR(mean+24(FP), F29, V29)
	SCALAR(scale+28(FP), F30, V30)
	SCALAR(shift+32(FP), F31, V31)
	LOOP(AFFINE)

#define AFFINERELU \
	AFFINES                       \
	FPOS(2, 4)                    \
	FPOS(3, 5)                    \
	VST1.P [V2.S4, V3.S4], 32(R0)

// func affineReLU8(y, x *float32, n int, mean, scale, shift float32)
TEXT ·affineReLU8(SB), NOSPLIT, $0-36
	MOVD y+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R3
	SCALAR(mean+24(FP), F29, V29)
	SCALAR(scale+28(FP), F30, V30)
	SCALAR(shift+32(FP), F31, V31)
	LOOP(AFFINERELU)

// dx = p·dy + (q·(x - mean) + r), with mean, p, q, r in V28 … V31.
#define AFFINEGRAD \
	VLD1.P 32(R1), [V4.S4, V5.S4] \
	VLD1.P 32(R2), [V0.S4, V1.S4] \
	FSUB(0, 0, 28)                \
	FSUB(1, 1, 28)                \
	VMOV   V31.B16, V2.B16        \
	VMOV   V31.B16, V3.B16        \
	VFMLA  V0.S4, V30.S4, V2.S4   \
	VFMLA  V1.S4, V30.S4, V3.S4   \
	VFMLA  V4.S4, V29.S4, V2.S4   \
	VFMLA  V5.S4, V29.S4, V3.S4   \
	VST1.P [V2.S4, V3.S4], 32(R0)

// func affineGrad8(dx, dy, x *float32, n int, mean, p, q, r float32)
TEXT ·affineGrad8(SB), NOSPLIT, $0-48
	MOVD dx+0(FP), R0
	MOVD dy+8(FP), R1
	MOVD x+16(FP), R2
	MOVD n+24(FP), R3
	SCALAR(mean+32(FP), F28, V28)
	SCALAR(p+36(FP), F29, V29)
	SCALAR(q+40(FP), F30, V30)
	SCALAR(r+44(FP), F31, V31)
	LOOP(AFFINEGRAD)
