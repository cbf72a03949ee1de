//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Reductions over n values, a multiple of eight and at least eight, in float64, in
// the order of reduce_amd64.s: of its Y0, two lanes each are in V0 and V1, of Y1 in
// V2 and V3, and so on. R0 and R1 walk along the operands; R3 counts values.

// STEP(S0, …, S3, D0, …, D3) adds eight values to sums of its own.
#define LOOP(STEP) \
	TBZ  $3, R3, sixteen             \
	STEP(0, 1, 2, 3, 8, 9, 10, 11)   \
	SUBS $8, R3                      \
	BEQ  done                        \
sixteen:                             \
	STEP(0, 1, 2, 3, 8, 9, 10, 11)   \
	STEP(4, 5, 6, 7, 12, 13, 14, 15) \
	SUBS $16, R3                     \
	BNE  sixteen                     \
done:

#define ZERO \
	VEOR V0.B16, V0.B16, V0.B16 \
	VEOR V1.B16, V1.B16, V1.B16 \
	VEOR V2.B16, V2.B16, V2.B16 \
	VEOR V3.B16, V3.B16, V3.B16 \
	VEOR V4.B16, V4.B16, V4.B16 \
	VEOR V5.B16, V5.B16, V5.B16 \
	VEOR V6.B16, V6.B16, V6.B16 \
	VEOR V7.B16, V7.B16, V7.B16

// The sum of the lanes of eight registers, in the first.
#define LANES(S0, S1, S2, S3, S4, S5, S6, S7) \
	FADD2(S0, S4) \
	FADD2(S1, S5) \
	FADD2(S2, S6) \
	FADD2(S3, S7) \
	FADD2(S0, S2) \
	FADD2(S1, S3) \
	FADD2(S0, S1) \
	PAIR2(S0, S0)

// Eight values at AT become four pairs in D0 … D3.
#define LOAD(AT, D0, D1, D2, D3) \
	VLD1.P 32(AT), [V30.S4, V31.S4] \
	LOWER2(D0, 30)                  \
	UPPER2(D1, 30)                  \
	LOWER2(D2, 31)                  \
	UPPER2(D3, 31)

// D += N·M.
#define FMLA2(D, N, M) WORD $(0x4E60CC00 | ((M)<<16) | ((N)<<5) | (D))

#define SUM(S0, S1, S2, S3, D0, D1, D2, D3) \
	LOAD(R0, 16, 17, 18, 19) \
	FADD2(S0, 16)            \
	FADD2(S1, 17)            \
	FADD2(S2, 18)            \
	FADD2(S3, 19)

// func sum8(x *float32, n int) float64
TEXT ·sum8(SB), NOSPLIT, $0-24
	MOVD x+0(FP), R0
	MOVD n+8(FP), R3
	ZERO
	LOOP(SUM)
	LANES(0, 1, 2, 3, 4, 5, 6, 7)
	FMOVD F0, ret+16(FP)
	RET

#define DOT(S0, S1, S2, S3, D0, D1, D2, D3) \
	LOAD(R0, 16, 17, 18, 19) \
	LOAD(R1, 20, 21, 22, 23) \
	FMLA2(S0, 16, 20)        \
	FMLA2(S1, 17, 21)        \
	FMLA2(S2, 18, 22)        \
	FMLA2(S3, 19, 23)

// func dot8(a, b *float32, n int) float64
TEXT ·dot8(SB), NOSPLIT, $0-32
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	MOVD n+16(FP), R3
	ZERO
	LOOP(DOT)
	LANES(0, 1, 2, 3, 4, 5, 6, 7)
	FMOVD F0, ret+24(FP)
	RET

// func maxAbsBits8(x *float32, n int) uint32
TEXT ·maxAbsBits8(SB), NOSPLIT, $0-20
	MOVD x+0(FP), R0
	MOVD n+8(FP), R3
	MOVW $0x7FFFFFFF, R4 // all but the sign
	VDUP R4, V4.S4
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16

loop:
	VLD1.P 32(R0), [V2.S4, V3.S4]
	VAND   V4.B16, V2.B16, V2.B16
	VAND   V4.B16, V3.B16, V3.B16
	VUMAX  V2.S4, V0.S4, V0.S4
	VUMAX  V3.S4, V1.S4, V1.S4
	SUBS   $8, R3
	BNE    loop

	VUMAX V1.S4, V0.S4, V0.S4
	LARGEST(0, 0)
	FMOVS F0, ret+16(FP)
	RET

// The mean is in V29.
#define SQUARES(S0, S1, S2, S3, D0, D1, D2, D3) \
	LOAD(R0, 16, 17, 18, 19) \
	FSUB2(16, 16, 29)        \
	FSUB2(17, 17, 29)        \
	FSUB2(18, 18, 29)        \
	FSUB2(19, 19, 29)        \
	FMLA2(S0, 16, 16)        \
	FMLA2(S1, 17, 17)        \
	FMLA2(S2, 18, 18)        \
	FMLA2(S3, 19, 19)

// func squareDeviations8(x *float32, n int, mean float64) float64
TEXT ·squareDeviations8(SB), NOSPLIT, $0-32
	MOVD  x+0(FP), R0
	MOVD  n+8(FP), R3
	FMOVD mean+16(FP), F29
	VDUP  V29.D[0], V29.D2
	ZERO
	LOOP(SQUARES)
	LANES(0, 1, 2, 3, 4, 5, 6, 7)
	FMOVD F0, ret+24(FP)
	RET

// The dot product's sums and those of dy.
#define DEVIATIONS(S0, S1, S2, S3, D0, D1, D2, D3) \
	LOAD(R0, 16, 17, 18, 19) \
	LOAD(R1, 20, 21, 22, 23) \
	FSUB2(20, 20, 29)        \
	FSUB2(21, 21, 29)        \
	FSUB2(22, 22, 29)        \
	FSUB2(23, 23, 29)        \
	FADD2(D0, 16)            \
	FADD2(D1, 17)            \
	FADD2(D2, 18)            \
	FADD2(D3, 19)            \
	FMLA2(S0, 16, 20)        \
	FMLA2(S1, 17, 21)        \
	FMLA2(S2, 18, 22)        \
	FMLA2(S3, 19, 23)

// func deviationDot8(dy, x *float32, n int, mean float64) (sum, dot float64)
TEXT ·deviationDot8(SB), NOSPLIT, $0-48
	MOVD  dy+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  n+16(FP), R3
	FMOVD mean+24(FP), F29
	VDUP  V29.D[0], V29.D2
	ZERO
	VEOR V8.B16, V8.B16, V8.B16
	VEOR V9.B16, V9.B16, V9.B16
	VEOR V10.B16, V10.B16, V10.B16
	VEOR V11.B16, V11.B16, V11.B16
	VEOR V12.B16, V12.B16, V12.B16
	VEOR V13.B16, V13.B16, V13.B16
	VEOR V14.B16, V14.B16, V14.B16
	VEOR V15.B16, V15.B16, V15.B16
	LOOP(DEVIATIONS)
	LANES(0, 1, 2, 3, 4, 5, 6, 7)
	LANES(8, 9, 10, 11, 12, 13, 14, 15)
	FMOVD F8, sum+32(FP)
	FMOVD F0, dot+40(FP)
	RET
