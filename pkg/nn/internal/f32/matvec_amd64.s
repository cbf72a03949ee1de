//go:build amd64 && !purego

#include "textflag.h"

// 32 sums over k, one for each row of W, go on from y: eight rows in each of Y0 … Y3. Four columns
// of eight rows are loaded and turned in registers, so that a column meets its value
// of x, in one of Y4 … Y7, and each sum is one chain of multiply-adds over k, as
// that of a tile. UP and LOW point to the first and the fifth of the rows, R8 is
// their step, R9 three of them.

#define FOUR(SUM, UP, LOW) \
	VMOVUPS      (UP), X8                    \
	VINSERTF128  $1, (LOW), Y8, Y8           \
	VMOVUPS      (UP)(R8*1), X9              \
	VINSERTF128  $1, (LOW)(R8*1), Y9, Y9     \
	VMOVUPS      (UP)(R8*2), X10             \
	VINSERTF128  $1, (LOW)(R8*2), Y10, Y10   \
	VMOVUPS      (UP)(R9*1), X11             \
	VINSERTF128  $1, (LOW)(R9*1), Y11, Y11   \
	VUNPCKLPS    Y9, Y8, Y12                 \
	VUNPCKHPS    Y9, Y8, Y8                  \
	VUNPCKLPS    Y11, Y10, Y13               \
	VUNPCKHPS    Y11, Y10, Y10               \
	VSHUFPS      $0x44, Y13, Y12, Y14        \
	VFMADD231PS  Y4, Y14, SUM                \
	VSHUFPS      $0xEE, Y13, Y12, Y12        \
	VFMADD231PS  Y5, Y12, SUM                \
	VSHUFPS      $0x44, Y10, Y8, Y14         \
	VFMADD231PS  Y6, Y14, SUM                \
	VSHUFPS      $0xEE, Y10, Y8, Y8          \
	VFMADD231PS  Y7, Y8, SUM                 \
	ADDQ         $16, UP                     \
	ADDQ         $16, LOW

#define ONE(SUM, UP, LOW) \
	VMOVSS      (UP), X8                     \
	VINSERTPS   $0x10, (UP)(R8*1), X8, X8    \
	VINSERTPS   $0x20, (UP)(R8*2), X8, X8    \
	VINSERTPS   $0x30, (UP)(R9*1), X8, X8    \
	VMOVSS      (LOW), X9                    \
	VINSERTPS   $0x10, (LOW)(R8*1), X9, X9   \
	VINSERTPS   $0x20, (LOW)(R8*2), X9, X9   \
	VINSERTPS   $0x30, (LOW)(R9*1), X9, X9   \
	VINSERTF128 $1, X9, Y8, Y8               \
	VFMADD231PS Y4, Y8, SUM                  \
	ADDQ        $4, UP                       \
	ADDQ        $4, LOW

// func matvec32(y, w *float32, stride int, x *float32, k int)
TEXT ·matvec32(SB), NOSPLIT, $0-40
	MOVQ    y+0(FP), DI
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	MOVQ   w+8(FP), SI
	MOVQ   stride+16(FP), R8
	MOVQ   x+24(FP), BX
	MOVQ   k+32(FP), CX
	LEAQ   (R8)(R8*2), R9
	LEAQ   (SI)(R8*4), DI
	LEAQ   (DI)(R8*4), R10
	LEAQ   (R10)(R8*4), R11
	LEAQ   (R11)(R8*4), R12
	LEAQ   (R12)(R8*4), R13
	LEAQ   (R13)(R8*4), DX
	LEAQ   (DX)(R8*4), AX
	SUBQ   $4, CX
	JLT    rest

four:
	VBROADCASTSS (BX), Y4
	VBROADCASTSS 4(BX), Y5
	VBROADCASTSS 8(BX), Y6
	VBROADCASTSS 12(BX), Y7
	FOUR(Y0, SI, DI)
	FOUR(Y1, R10, R11)
	FOUR(Y2, R12, R13)
	FOUR(Y3, DX, AX)
	ADDQ $16, BX
	SUBQ $4, CX
	JGE  four

rest:
	ADDQ $4, CX
	JZ   store

one:
	VBROADCASTSS (BX), Y4
	ONE(Y0, SI, DI)
	ONE(Y1, R10, R11)
	ONE(Y2, R12, R13)
	ONE(Y3, DX, AX)
	ADDQ $4, BX
	DECQ CX
	JNZ  one

store:
	MOVQ    y+0(FP), DI
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	VZEROUPPER
	RET
