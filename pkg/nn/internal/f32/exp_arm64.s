//go:build !purego

#include "textflag.h"
#include "neon_arm64.h"

// Constants of exp.
DATA expConst<>+0(SB)/4, $0x3FB8AA3B  // log2 e
DATA expConst<>+4(SB)/4, $0x3F318000  // ln 2, its upper bits
DATA expConst<>+8(SB)/4, $0xB95E8083  // ln 2 - the upper bits
DATA expConst<>+12(SB)/4, $0x39506967 // 1.9875691500e-4
DATA expConst<>+16(SB)/4, $0x3AB743CE // 1.3981999507e-3
DATA expConst<>+20(SB)/4, $0x3C088908 // 8.3334519073e-3
DATA expConst<>+24(SB)/4, $0x3D2AA9C1 // 4.1665795894e-2
DATA expConst<>+28(SB)/4, $0x3E2AAAAA // 1.6666665459e-1
DATA expConst<>+32(SB)/4, $0x3F000000 // 0.5
DATA expConst<>+36(SB)/4, $0x3F800000 // 1
DATA expConst<>+40(SB)/4, $0xC2AEAC50 // ln of the smallest normal number
GLOBL expConst<>(SB), RODATA|NOPTR, $44

// D = D·R + C, through T, for both halves of eight values.
#define HORNER(C, R0, R1, D0, D1, T0, T1) \
	VMOV  C.B16, T0.B16       \
	VMOV  C.B16, T1.B16       \
	VFMLA D0.S4, R0.S4, T0.S4 \
	VFMLA D1.S4, R1.S4, T1.S4

// func exp8(x *float32, n int)
//
// The formula, the constants and each rounding are those of exp_amd64.s. V0 and V1
// are x, V2 and V3 the integers i, V4 and V5 r, V6 … V9 the polynomial.
TEXT ·exp8(SB), NOSPLIT, $0-16
	MOVD x+0(FP), R0
	MOVD n+8(FP), R3
	MOVD $expConst<>(SB), R8
	VLD1R.P 4(R8), [V31.S4]
	VLD1R.P 4(R8), [V30.S4]
	VLD1R.P 4(R8), [V29.S4]
	VLD1R.P 4(R8), [V28.S4]
	VLD1R.P 4(R8), [V27.S4]
	VLD1R.P 4(R8), [V26.S4]
	VLD1R.P 4(R8), [V25.S4]
	VLD1R.P 4(R8), [V24.S4]
	VLD1R.P 4(R8), [V23.S4]
	VLD1R.P 4(R8), [V22.S4]
	VLD1R.P 4(R8), [V21.S4]

loop:
	VLD1  (R0), [V0.S4, V1.S4]
	FMUL(2, 0, 31)
	FMUL(3, 1, 31)
	FRINTN(2, 2)
	FRINTN(3, 3)
	VMOV  V0.B16, V4.B16
	VMOV  V1.B16, V5.B16
	VFMLS V2.S4, V30.S4, V4.S4
	VFMLS V3.S4, V30.S4, V5.S4
	VFMLS V2.S4, V29.S4, V4.S4
	VFMLS V3.S4, V29.S4, V5.S4
	HORNER(V27, V4, V5, V28, V28, V6, V7)
	HORNER(V26, V4, V5, V6, V7, V8, V9)
	HORNER(V25, V4, V5, V8, V9, V6, V7)
	HORNER(V24, V4, V5, V6, V7, V8, V9)
	HORNER(V23, V4, V5, V8, V9, V6, V7)
	FMUL(8, 4, 4)
	FMUL(9, 5, 5)
	VFMLA V6.S4, V8.S4, V4.S4
	VFMLA V7.S4, V9.S4, V5.S4
	FADD(4, 22)
	FADD(5, 22)
	FCVTNS(2, 2)
	FCVTNS(3, 3)
	VSHL  $23, V2.S4, V2.S4
	VSHL  $23, V3.S4, V3.S4
	VADD  V22.S4, V2.S4, V2.S4
	VADD  V22.S4, V3.S4, V3.S4
	FMUL(4, 4, 2)
	FMUL(5, 5, 3)
	FCMGT(6, 21, 0)
	FCMGT(7, 21, 1)
	CLEAR(4, 4, 6)
	CLEAR(5, 5, 7)
	VST1.P [V4.S4, V5.S4], 32(R0)
	SUBS  $8, R3
	BNE   loop
	RET
