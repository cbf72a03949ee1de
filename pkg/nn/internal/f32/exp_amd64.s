//go:build amd64 && !purego

#include "textflag.h"

// Constants of exp, each once for every lane.
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

// func exp8(x *float32, n int)
//
// For x ≤ 0: exp(x) = 2^i·exp(r) with i the nearest integer to x·log2 e, and
// |r| ≤ ln(2)/2 put into the polynomial of the Cephes library's expf, whose
// relative error is 2e-7. Below the smallest normal number the result is zero.
TEXT ·exp8(SB), NOSPLIT, $0-16
	MOVQ x+0(FP), DI
	MOVQ n+8(FP), CX
	LEAQ expConst<>(SB), R8
	VBROADCASTSS 0(R8), Y15
	VBROADCASTSS 4(R8), Y14
	VBROADCASTSS 8(R8), Y13
	VBROADCASTSS 12(R8), Y12
	VBROADCASTSS 16(R8), Y11
	VBROADCASTSS 20(R8), Y10
	VBROADCASTSS 24(R8), Y9
	VBROADCASTSS 28(R8), Y8
	VBROADCASTSS 32(R8), Y7
	VBROADCASTSS 36(R8), Y6
	VBROADCASTSS 40(R8), Y5

loop:
	VMOVUPS      (DI), Y0
	VMULPS       Y15, Y0, Y1
	VROUNDPS     $0, Y1, Y1   // i
	VMOVAPS      Y0, Y2
	VFNMADD231PS Y14, Y1, Y2
	VFNMADD231PS Y13, Y1, Y2  // r
	VMOVAPS      Y12, Y3
	VFMADD213PS  Y11, Y2, Y3
	VFMADD213PS  Y10, Y2, Y3
	VFMADD213PS  Y9, Y2, Y3
	VFMADD213PS  Y8, Y2, Y3
	VFMADD213PS  Y7, Y2, Y3
	VMULPS       Y2, Y2, Y4
	VFMADD213PS  Y2, Y4, Y3
	VADDPS       Y6, Y3, Y3   // exp(r)
	VCVTPS2DQ    Y1, Y1
	VPSLLD       $23, Y1, Y1
	VPADDD       Y6, Y1, Y1   // 2^i; 1 if x is NaN
	VMULPS       Y1, Y3, Y3
	VCMPPS       $0x11, Y5, Y0, Y4
	VANDNPS      Y3, Y4, Y3
	VMOVUPS      Y3, (DI)
	ADDQ         $32, DI
	SUBQ         $8, CX
	JNZ          loop
	VZEROUPPER
	RET
