//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Offsets of the left values of four windows.
DATA even<>+0(SB)/4, $0
DATA even<>+4(SB)/4, $2
DATA even<>+8(SB)/4, $4
DATA even<>+12(SB)/4, $6
GLOBL even<>(SB), RODATA|NOPTR, $16

// Takes V and its INDEX instead of the best in V0 and its index in V1 where V, of
// number N, is greater or NaN.
#define CHOOSE(V, N, INDEX) \
	FCMGT(16, N, 0)                   \
	FCMEQ(17, N, N)                   \
	ORNOT(16, 16, 17)                 \
	VBIT V16.B16, V.B16, V0.B16       \
	VBIT V16.B16, INDEX.B16, V1.B16

// V20 … V23 = the indices of the four values of each of four windows, in rows of R8
// values; R12 is the first. Uses R14, V24 (the offsets) and V25 (ones).
#define INDICES \
	VDUP R12, V20.S4              \
	VADD V24.S4, V20.S4, V20.S4   \
	VADD V25.S4, V20.S4, V21.S4   \
	VADD V26.S4, V20.S4, V22.S4   \
	VADD V26.S4, V21.S4, V23.S4

// V24, V25, V26 = the offsets, ones, and the length of a row.
#define OFFSETS \
	MOVD $even<>(SB), R14  \
	VLD1 (R14), [V24.S4]   \
	MOVD $1, R14           \
	VDUP R14, V25.S4       \
	VDUP R8, V26.S4

// func maxPool8(y *float32, arg *int32, x *float32, w, ow, oh int)
//
// Four windows at a time are as good here.
TEXT ·maxPool8(SB), NOSPLIT, $0-48
	B ·maxPool4(SB)

// func maxPool4(y *float32, arg *int32, x *float32, w, ow, oh int)
//
// R8 is the row of x in values, R9 and R10 the outputs in a row and the rows left,
// R6 the first index of the row of windows, R7 the window; the last four of a row
// overlap the others. R4 and R5 point to the two rows.
TEXT ·maxPool4(SB), NOSPLIT, $0-48
	MOVD y+0(FP), R0
	MOVD arg+8(FP), R1
	MOVD x+16(FP), R2
	MOVD w+24(FP), R8
	MOVD ow+32(FP), R9
	MOVD oh+40(FP), R10
	OFFSETS
	MOVD $0, R6
	SUB  $4, R9, R11

row:
	MOVD $0, R7

block:
	CMP  R11, R7
	CSEL GT, R11, R7, R7
	ADD  R7<<3, R2, R4
	ADD  R8<<2, R4, R5
	ADD  R7<<1, R6, R12
	INDICES
	VLD2 (R4), [V2.S4, V3.S4]
	VLD2 (R5), [V4.S4, V5.S4]
	VMOV V2.B16, V0.B16
	VMOV V20.B16, V1.B16
	CHOOSE(V3, 3, V21)
	CHOOSE(V4, 4, V22)
	CHOOSE(V5, 5, V23)
	ADD  R7<<2, R0, R4
	VST1 [V0.S4], (R4)
	CBZ  R1, next
	ADD  R7<<2, R1, R4
	VST1 [V1.S4], (R4)

next:
	ADD  $4, R7
	CMP  R9, R7
	BLT  block
	ADD  R8<<3, R2
	ADD  R8<<1, R6
	ADD  R9<<2, R0
	CBZ  R1, down
	ADD  R9<<2, R1

down:
	SUBS $1, R10
	BNE  row
	RET

// Stores eight values of a row of dx: the gradients in V0 where the indices in V1
// are LEFT or RIGHT, zeros elsewhere.
#define SPREAD(LEFT, RIGHT, TO) \
	VCMEQ LEFT.S4, V1.S4, V2.S4    \
	VCMEQ RIGHT.S4, V1.S4, V3.S4   \
	VAND  V0.B16, V2.B16, V2.B16   \
	VAND  V0.B16, V3.B16, V3.B16   \
	VST2  [V2.S4, V3.S4], (TO)

// func maxPoolBackward8(dx, dy *float32, arg *int32, y *float32, w, ow, oh int)
//
// Registers as above; R3 is y. Adding zero makes of −0 what the plain loop makes
// of it.
TEXT ·maxPoolBackward8(SB), NOSPLIT, $0-56
	MOVD dx+0(FP), R0
	MOVD dy+8(FP), R2
	MOVD arg+16(FP), R1
	MOVD y+24(FP), R3
	MOVD w+32(FP), R8
	MOVD ow+40(FP), R9
	MOVD oh+48(FP), R10
	OFFSETS
	VEOR V31.B16, V31.B16, V31.B16
	MOVD $0, R6
	SUB  $4, R9, R11

row:
	MOVD $0, R7

block:
	CMP  R11, R7
	CSEL GT, R11, R7, R7
	ADD  R7<<1, R6, R12
	INDICES
	ADD  R7<<2, R2, R4
	VLD1 (R4), [V0.S4]
	CBZ  R3, unmasked
	ADD  R7<<2, R3, R4
	VLD1 (R4), [V2.S4]
	FPLUS(2, 2)
	VAND V2.B16, V0.B16, V0.B16

unmasked:
	FADD(0, 31)
	ADD  R7<<2, R1, R4
	VLD1 (R4), [V1.S4]
	ADD  R7<<3, R0, R4
	ADD  R8<<2, R4, R5
	SPREAD(V20, V21, R4)
	SPREAD(V22, V23, R5)
	ADD  $4, R7
	CMP  R9, R7
	BLT  block
	ADD  R8<<3, R0
	ADD  R8<<1, R6
	ADD  R9<<2, R2
	ADD  R9<<2, R1
	CBZ  R3, down
	ADD  R9<<2, R3

down:
	SUBS $1, R10
	BNE  row
	RET
