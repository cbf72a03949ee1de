//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Register tiles of R = 1 … 6 rows and 16 columns in NEON: sums in V0 … V23, four
// for each row; V24 … V29 hold a value of A for each row, or four values of
// neighbouring columns; V30 and V31 half a row of B.

// D += N · M[I], four values.
#define FMLA(D, N, M, I) WORD $(0x4F801000 | (((I)&1)<<21) | ((M)<<16) | (((I)>>1)<<11) | ((N)<<5) | (D))

// Half a row of B, times the I-th value of each row of A.
#define HALF(S0, S1, A, I) FMLA(S0, 30, A, I); FMLA(S1, 31, A, I)

#define LOW1(I) HALF(0, 1, 24, I)
#define LOW2(I) LOW1(I); HALF(4, 5, 25, I)
#define LOW3(I) LOW2(I); HALF(8, 9, 26, I)
#define LOW4(I) LOW3(I); HALF(12, 13, 27, I)
#define LOW5(I) LOW4(I); HALF(16, 17, 28, I)
#define LOW6(I) LOW5(I); HALF(20, 21, 29, I)

#define HIGH1(I) HALF(2, 3, 24, I)
#define HIGH2(I) HIGH1(I); HALF(6, 7, 25, I)
#define HIGH3(I) HIGH2(I); HALF(10, 11, 26, I)
#define HIGH4(I) HIGH3(I); HALF(14, 15, 27, I)
#define HIGH5(I) HIGH4(I); HALF(18, 19, 28, I)
#define HIGH6(I) HIGH5(I); HALF(22, 23, 29, I)

// What happens to a row of C: S0 … S3 are the numbers of its sums, V0 … V3 the
// registers; R13 walks down the rows.
#define ZERO(S0, S1, S2, S3, V0, V1, V2, V3) \
	VEOR V0.B16, V0.B16, V0.B16 \
	VEOR V1.B16, V1.B16, V1.B16 \
	VEOR V2.B16, V2.B16, V2.B16 \
	VEOR V3.B16, V3.B16, V3.B16

#define ACCUMULATE(S0, S1, S2, S3, V0, V1, V2, V3) \
	VLD1 (R13), [V24.S4, V25.S4, V26.S4, V27.S4] \
	FADD(S0, 24) \
	FADD(S1, 25) \
	FADD(S2, 26) \
	FADD(S3, 27) \
	ADD  R11, R13

#define BIAS(S0, S1, S2, S3, V0, V1, V2, V3) \
	FADD(S0, 24) \
	FADD(S1, 25) \
	FADD(S2, 26) \
	FADD(S3, 27)

// One value for each row; R17 walks along them.
#define ROWBIAS(S0, S1, S2, S3, V0, V1, V2, V3) \
	VLD1R.P 4(R17), [V24.S4] \
	FADD(S0, 24) \
	FADD(S1, 24) \
	FADD(S2, 24) \
	FADD(S3, 24)

#define RELU(S0, S1, S2, S3, V0, V1, V2, V3) \
	FPOS(S0, 24) \
	FPOS(S1, 25) \
	FPOS(S2, 26) \
	FPOS(S3, 27)

#define STORE(S0, S1, S2, S3, V0, V1, V2, V3) \
	VST1 [V0.S4, V1.S4, V2.S4, V3.S4], (R13) \
	ADD  R11, R13

#define EACH1(DO) DO(0, 1, 2, 3, V0, V1, V2, V3)
#define EACH2(DO) EACH1(DO); DO(4, 5, 6, 7, V4, V5, V6, V7)
#define EACH3(DO) EACH2(DO); DO(8, 9, 10, 11, V8, V9, V10, V11)
#define EACH4(DO) EACH3(DO); DO(12, 13, 14, 15, V12, V13, V14, V15)
#define EACH5(DO) EACH4(DO); DO(16, 17, 18, 19, V16, V17, V18, V19)
#define EACH6(DO) EACH5(DO); DO(20, 21, 22, 23, V20, V21, V22, V23)

// Four values of each row of A, R0 … R5 pointing to the rows.
#define FOUR1 VLD1.P 16(R0), [V24.S4]
#define FOUR2 FOUR1; VLD1.P 16(R1), [V25.S4]
#define FOUR3 FOUR2; VLD1.P 16(R2), [V26.S4]
#define FOUR4 FOUR3; VLD1.P 16(R3), [V27.S4]
#define FOUR5 FOUR4; VLD1.P 16(R4), [V28.S4]
#define FOUR6 FOUR5; VLD1.P 16(R5), [V29.S4]

// One value of each row, and R8 bytes on.
#define NEXT1 VLD1R.P (R0)(R8), [V24.S4]
#define NEXT2 NEXT1; VLD1R.P (R1)(R8), [V25.S4]
#define NEXT3 NEXT2; VLD1R.P (R2)(R8), [V26.S4]
#define NEXT4 NEXT3; VLD1R.P (R3)(R8), [V27.S4]
#define NEXT5 NEXT4; VLD1R.P (R4)(R8), [V28.S4]
#define NEXT6 NEXT5; VLD1R.P (R5)(R8), [V29.S4]

// A tile of six rows whose values lie side by side, column by column: four of them
// are in V24, two in V25.
#define PAIR VLD1 (R0), [V24.S4]; FMOVD 16(R0), F25; ADD $24, R0
#define LOWPAIR  HALF(0, 1, 24, 0); HALF(4, 5, 24, 1); HALF(8, 9, 24, 2); HALF(12, 13, 24, 3); HALF(16, 17, 25, 0); HALF(20, 21, 25, 1)
#define HIGHPAIR HALF(2, 3, 24, 0); HALF(6, 7, 24, 1); HALF(10, 11, 24, 2); HALF(14, 15, 24, 3); HALF(18, 19, 25, 0); HALF(22, 23, 25, 1)

#define COLUMN6 \
	PAIR                               \
	VLD1.P (R6)(R7), [V30.S4, V31.S4]  \
	LOWPAIR                            \
	VLD1.P (R19)(R7), [V30.S4, V31.S4] \
	HIGHPAIR

#define PACKED6 \
	CMP  $24, R8     \
	BNE  one         \
	TBZ  $0, R9, two \
	COLUMN6          \
	SUBS $1, R9      \
	BEQ  finish      \
two:                 \
	COLUMN6          \
	COLUMN6          \
	SUBS $2, R9      \
	BNE  two         \
	B    finish

#define UNPACKED B one

// One row of B, R7 bytes to the next: R6 points to its first half, R19 to the
// second.
#define STEP(LOW, HIGH, I) \
	VLD1.P (R6)(R7), [V30.S4, V31.S4]  \
	LOW(I)                             \
	VLD1.P (R19)(R7), [V30.S4, V31.S4] \
	HIGH(I)

// What follows the sums: R10 points to C, R11 is the step of its rows, R16 points
// to the bias.
#define EPILOGUE(EACH) \
	TBZ  $0, R14, bias            \
	MOVD R10, R13                 \
	EACH(ACCUMULATE)              \
bias:                             \
	TBZ  $1, R14, rowbias         \
	VLD1 (R16), [V24.S4, V25.S4, V26.S4, V27.S4] \
	ADD  $64, R16                 \
	EACH(BIAS)                    \
rowbias:                          \
	TBZ  $3, R14, relu            \
	MOVD R16, R17                 \
	EACH(ROWBIAS)                 \
relu:                             \
	TBZ  $2, R14, store           \
	EACH(RELU)                    \
store:                            \
	MOVD R10, R13                 \
	EACH(STORE)

// func tileR(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int)
//
// R12 points to the panel of B, R15 counts panels, R9 counts columns of A.
#define TILE(EACH, LOW, HIGH, FOUR, NEXT, PACKED) \
	MOVD cs+16(FP), R8     \
	MOVD b+24(FP), R12     \
	MOVD bs+32(FP), R7     \
	MOVD c+48(FP), R10     \
	MOVD ldc+56(FP), R11   \
	MOVD panels+72(FP), R15 \
	MOVD bias+80(FP), R16  \
	MOVD flags+88(FP), R14 \
panel:                     \
	EACH(ZERO)             \
	MOVD a+0(FP), R0       \
	MOVD rs+8(FP), R13     \
	ADD  R13, R0, R1       \
	ADD  R13, R1, R2       \
	ADD  R13, R2, R3       \
	ADD  R13, R3, R4       \
	ADD  R13, R4, R5       \
	MOVD R12, R6           \
	ADD  $32, R12, R19     \
	MOVD k+64(FP), R9      \
	CMP  $4, R8            \
	BNE  apart             \
	SUBS $4, R9            \
	BLT  rest              \
four:                      \
	FOUR                   \
	STEP(LOW, HIGH, 0)     \
	STEP(LOW, HIGH, 1)     \
	STEP(LOW, HIGH, 2)     \
	STEP(LOW, HIGH, 3)     \
	SUBS $4, R9            \
	BGE  four              \
	B    rest              \
apart:                     \
	PACKED                 \
rest:                      \
	ADDS $4, R9            \
	BEQ  finish            \
one:                       \
	NEXT                   \
	STEP(LOW, HIGH, 0)     \
	SUBS $1, R9            \
	BNE  one               \
finish:                    \
	EPILOGUE(EACH)         \
	ADD  $64, R10          \
	MOVD bp+40(FP), R13    \
	ADD  R13, R12          \
	SUBS $1, R15           \
	BNE  panel             \
	RET

// One value of each row for the column at R8.
#define AT1 FMOVS (R0)(R8), F24
#define AT2 AT1; FMOVS (R1)(R8), F25
#define AT3 AT2; FMOVS (R2)(R8), F26
#define AT4 AT3; FMOVS (R3)(R8), F27
#define AT5 AT4; FMOVS (R4)(R8), F28
#define AT6 AT5; FMOVS (R5)(R8), F29

#define POINT1 MOVW.P 4(R20), R0; ADD R21, R0
#define POINT2 POINT1; MOVW.P 4(R20), R1; ADD R21, R1
#define POINT3 POINT2; MOVW.P 4(R20), R2; ADD R21, R2
#define POINT4 POINT3; MOVW.P 4(R20), R3; ADD R21, R3
#define POINT5 POINT4; MOVW.P 4(R20), R4; ADD R21, R4
#define POINT6 POINT5; MOVW.P 4(R20), R5; ADD R21, R5

#define COLUMN(LOW, HIGH, AT) \
	MOVW.P 4(R12), R8                \
	AT                               \
	VLD1.P 32(R6), [V30.S4, V31.S4]  \
	LOW(0)                           \
	VLD1.P 32(R6), [V30.S4, V31.S4]  \
	HIGH(0)

// func gatherR(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)
//
// R20 walks along the table of rows, R12 along that of columns, R21 is base.
#define GATHER(EACH, LOW, HIGH, AT, POINT) \
	MOVD base+0(FP), R21    \
	MOVD rows+8(FP), R20    \
	MOVD c+32(FP), R10      \
	MOVD ldc+40(FP), R11    \
	MOVD tiles+56(FP), R15  \
	MOVD flags+72(FP), R14  \
tile:                       \
	EACH(ZERO)              \
	POINT                   \
	MOVD cols+16(FP), R12   \
	MOVD b+24(FP), R6       \
	MOVD bias+64(FP), R16   \
	MOVD k+48(FP), R9       \
	TBZ  $0, R9, pairs      \
	COLUMN(LOW, HIGH, AT)   \
	SUBS $1, R9             \
	BEQ  finish             \
pairs:                      \
	COLUMN(LOW, HIGH, AT)   \
	COLUMN(LOW, HIGH, AT)   \
	SUBS $2, R9             \
	BNE  pairs              \
finish:                     \
	EPILOGUE(EACH)          \
	MOVD R13, R10           \
	SUBS $1, R15            \
	BNE  tile               \
	RET

TEXT ·tile1(SB), NOSPLIT, $0-96
	TILE(EACH1, LOW1, HIGH1, FOUR1, NEXT1, UNPACKED)

TEXT ·tile2(SB), NOSPLIT, $0-96
	TILE(EACH2, LOW2, HIGH2, FOUR2, NEXT2, UNPACKED)

TEXT ·tile3(SB), NOSPLIT, $0-96
	TILE(EACH3, LOW3, HIGH3, FOUR3, NEXT3, UNPACKED)

TEXT ·tile4(SB), NOSPLIT, $0-96
	TILE(EACH4, LOW4, HIGH4, FOUR4, NEXT4, UNPACKED)

TEXT ·tile5(SB), NOSPLIT, $0-96
	TILE(EACH5, LOW5, HIGH5, FOUR5, NEXT5, UNPACKED)

TEXT ·tile6(SB), NOSPLIT, $0-96
	TILE(EACH6, LOW6, HIGH6, FOUR6, NEXT6, PACKED6)

TEXT ·gather1(SB), NOSPLIT, $0-80
	GATHER(EACH1, LOW1, HIGH1, AT1, POINT1)

TEXT ·gather2(SB), NOSPLIT, $0-80
	GATHER(EACH2, LOW2, HIGH2, AT2, POINT2)

TEXT ·gather3(SB), NOSPLIT, $0-80
	GATHER(EACH3, LOW3, HIGH3, AT3, POINT3)

TEXT ·gather4(SB), NOSPLIT, $0-80
	GATHER(EACH4, LOW4, HIGH4, AT4, POINT4)

TEXT ·gather5(SB), NOSPLIT, $0-80
	GATHER(EACH5, LOW5, HIGH5, AT5, POINT5)

TEXT ·gather6(SB), NOSPLIT, $0-80
	GATHER(EACH6, LOW6, HIGH6, AT6, POINT6)
