//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// func dealW(dst *float32, size int, src *float32, sd, rows, pieces int)
//
// R7 walks along a row of src, R8 over the pieces. COPY copies W values, and leaves
// R7 behind them.
#define DEAL(W, COPY) \
	MOVD dst+0(FP), R0     \
	MOVD size+8(FP), R1    \
	MOVD src+16(FP), R2    \
	MOVD sd+24(FP), R3     \
	MOVD rows+32(FP), R4   \
	MOVD pieces+40(FP), R5 \
row:                       \
	MOVD R2, R7            \
	MOVD R0, R8            \
	MOVD R5, R6            \
piece:                     \
	COPY                   \
	ADD  R1, R8            \
	SUBS $1, R6            \
	BNE  piece             \
	ADD  R3, R2            \
	ADD  $(4*W), R0        \
	SUBS $1, R4            \
	BNE  row               \
	RET

#define COPY6 \
	VLD1.P 16(R7), [V0.S4] \
	MOVD.P 8(R7), R9       \
	VST1   [V0.S4], (R8)   \
	MOVD   R9, 16(R8)

#define COPY16 \
	VLD1.P 64(R7), [V0.S4, V1.S4, V2.S4, V3.S4] \
	VST1   [V0.S4, V1.S4, V2.S4, V3.S4], (R8)

TEXT ·deal6(SB), NOSPLIT, $0-48
	DEAL(6, COPY6)

TEXT ·deal16(SB), NOSPLIT, $0-48
	DEAL(16, COPY16)

// func copyRows(dst *float32, dd int, src *float32, sd, rows, n8 int)
TEXT ·copyRows(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD dd+8(FP), R1
	MOVD src+16(FP), R2
	MOVD sd+24(FP), R3
	MOVD rows+32(FP), R4
	MOVD n8+40(FP), R5

row:
	MOVD R2, R7
	MOVD R0, R8
	MOVD R5, R6

eight:
	VLD1.P 32(R7), [V0.S4, V1.S4]
	VST1.P [V0.S4, V1.S4], 32(R8)
	SUBS   $1, R6
	BNE    eight
	ADD    R3, R2
	ADD    R1, R0
	SUBS   $1, R4
	BNE    row
	RET

// func copyPlane(dst *float32, dd int, src *float32, sd, rows, width int)
//
// R6 counts the bytes before the last eight values of a row, which overlap the
// others.
TEXT ·copyPlane(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD dd+8(FP), R1
	MOVD src+16(FP), R2
	MOVD sd+24(FP), R3
	MOVD rows+32(FP), R4
	MOVD width+40(FP), R5
	LSL  $2, R5
	SUB  $32, R5

line:
	MOVD R2, R7
	MOVD R0, R8
	SUBS $0, R5, R6
	BLE  last

eight:
	VLD1.P 32(R7), [V0.S4, V1.S4]
	VST1.P [V0.S4, V1.S4], 32(R8)
	SUBS   $32, R6
	BGT    eight

last:
	ADD  R5, R2, R7
	ADD  R5, R0, R8
	VLD1 (R7), [V0.S4, V1.S4]
	VST1 [V0.S4, V1.S4], (R8)
	ADD  R3, R2
	ADD  R1, R0
	SUBS $1, R4
	BNE  line
	RET

// func addPlane(dst *float32, dd int, src *float32, sd, rows, width int)
TEXT ·addPlane(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD dd+8(FP), R1
	MOVD src+16(FP), R2
	MOVD sd+24(FP), R3
	MOVD rows+32(FP), R4
	MOVD width+40(FP), R5

line:
	MOVD R2, R7
	MOVD R0, R8
	SUBS $4, R5, R6
	BLT  rest

four:
	VLD1.P 16(R7), [V0.S4]
	VLD1   (R8), [V1.S4]
	FADD(0, 1)
	VST1.P [V0.S4], 16(R8)
	SUBS   $4, R6
	BGE    four

rest:
	ADDS $4, R6
	BEQ  next

one:
	FMOVS.P 4(R7), F0
	FMOVS   (R8), F1
	FADDS   F1, F0
	FMOVS.P F0, 4(R8)
	SUBS    $1, R6
	BNE     one

next:
	ADD  R3, R2
	ADD  R1, R0
	SUBS $1, R4
	BNE  line
	RET

// Four columns of the four rows at R7, R8, R9 and R10 become four rows in C0 … C3.
#define QUARTER(C0, C1, C2, C3) \
	VLD1.P 16(R7), [V16.S4]      \
	VLD1.P 16(R8), [V17.S4]      \
	VLD1.P 16(R9), [V18.S4]      \
	VLD1.P 16(R10), [V19.S4]     \
	VTRN1  V17.S4, V16.S4, V20.S4 \
	VTRN2  V17.S4, V16.S4, V21.S4 \
	VTRN1  V19.S4, V18.S4, V22.S4 \
	VTRN2  V19.S4, V18.S4, V23.S4 \
	VTRN1  V22.D2, V20.D2, C0.D2  \
	VTRN1  V23.D2, V21.D2, C1.D2  \
	VTRN2  V22.D2, V20.D2, C2.D2  \
	VTRN2  V23.D2, V21.D2, C3.D2

// What happens to a row of eight values, whose registers and numbers are LO and
// HI, L and H; R0 walks down the rows of dst.
#define ADDROW(L, H) \
	VLD1 (R13), [V16.S4, V17.S4] \
	FADD(L, 16)                  \
	FADD(H, 17)                  \
	ADD  R1, R13

#define BIASROW(L, H) \
	FADD(L, 24) \
	FADD(H, 25)

#define RELUROW(L, H) \
	FPOS(L, 26) \
	FPOS(H, 27)

#define STOREROW(LO, HI) \
	VST1 [LO.S4, HI.S4], (R0) \
	ADD  R1, R0

// func transpose8(dst *float32, dd int, src *float32, sd, blocks int, bias *float32, flags int)
//
// Four columns at a time: V0, V2, V4, V6 have the upper four rows of src, V1, V3,
// V5, V7 the lower.
TEXT ·transpose8(SB), NOSPLIT, $0-56
	MOVD dst+0(FP), R0
	MOVD dd+8(FP), R1
	MOVD src+16(FP), R2
	MOVD sd+24(FP), R3
	MOVD blocks+32(FP), R4
	MOVD bias+40(FP), R5
	MOVD flags+48(FP), R6
	LSL  $1, R4
	TBZ  $1, R6, columns
	VLD1 (R5), [V24.S4, V25.S4]

columns:
	MOVD R2, R7
	ADD  R3, R7, R8
	ADD  R3, R8, R9
	ADD  R3, R9, R10
	ADD  R3, R10, R11
	QUARTER(V0, V2, V4, V6)
	MOVD R11, R7
	ADD  R3, R7, R8
	ADD  R3, R8, R9
	ADD  R3, R9, R10
	QUARTER(V1, V3, V5, V7)
	TBZ  $0, R6, bias
	MOVD R0, R13
	ADDROW(0, 1)
	ADDROW(2, 3)
	ADDROW(4, 5)
	ADDROW(6, 7)

bias:
	TBZ $1, R6, relu
	BIASROW(0, 1)
	BIASROW(2, 3)
	BIASROW(4, 5)
	BIASROW(6, 7)

relu:
	TBZ $2, R6, store
	RELUROW(0, 1)
	RELUROW(2, 3)
	RELUROW(4, 5)
	RELUROW(6, 7)

store:
	STOREROW(V0, V1)
	STOREROW(V2, V3)
	STOREROW(V4, V5)
	STOREROW(V6, V7)
	ADD  $16, R2
	SUBS $1, R4
	BNE  columns
	RET
