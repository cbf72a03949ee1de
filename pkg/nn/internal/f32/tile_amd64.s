//go:build amd64 && !purego

#include "textflag.h"

// Register tiles of R = 1 … 6 rows and 16 columns: 2·R accumulators in Y0 …
// Y11, one row of B in Y12 and Y13, broadcast values of A in Y14 and Y15.

#define ROW(addr, t, lo, hi) \
	VBROADCASTSS addr, t         \
	VFMADD231PS  Y12, t, lo      \
	VFMADD231PS  Y13, t, hi

#define ZERO(lo, hi) \
	VXORPS lo, lo, lo \
	VXORPS hi, hi, hi

// The things that can happen to a row of C; AX walks down the rows, DX
// bytes apart.

#define ACCUMULATE(lo, hi) \
	VADDPS (AX), lo, lo   \
	VADDPS 32(AX), hi, hi \
	ADDQ   DX, AX

#define BIAS(lo, hi) \
	VADDPS Y12, lo, lo \
	VADDPS Y13, hi, hi

// One value for each row; R12 walks along them.
#define ROWBIAS(lo, hi) \
	VBROADCASTSS (R12), Y12 \
	VADDPS Y12, lo, lo      \
	VADDPS Y12, hi, hi      \
	ADDQ   $4, R12

// The value is the operand that vmaxps returns if it is NaN.
#define RELU(lo, hi) \
	VMAXPS lo, Y14, lo \
	VMAXPS hi, Y14, hi

#define STORE(lo, hi) \
	VMOVUPS lo, (AX)   \
	VMOVUPS hi, 32(AX) \
	ADDQ    DX, AX

#define EACH1(DO) DO(Y0, Y1)
#define EACH2(DO) EACH1(DO); DO(Y2, Y3)
#define EACH3(DO) EACH2(DO); DO(Y4, Y5)
#define EACH4(DO) EACH3(DO); DO(Y6, Y7)
#define EACH5(DO) EACH4(DO); DO(Y8, Y9)
#define EACH6(DO) EACH5(DO); DO(Y10, Y11)

// func tileR(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int)
//
// SI and R9 point to rows 0 and 3 of A, R8 and R11 are its steps, BX and R10
// the pointer into B and its step.
#define ROWS1 ROW((SI), Y14, Y0, Y1)
#define ROWS2 ROWS1; ROW((SI)(R8*1), Y15, Y2, Y3)
#define ROWS3 ROWS2; ROW((SI)(R8*2), Y14, Y4, Y5)
#define ROWS4 ROWS3; ROW((R9), Y15, Y6, Y7)
#define ROWS5 ROWS4; ROW((R9)(R8*1), Y14, Y8, Y9)
#define ROWS6 ROWS5; ROW((R9)(R8*2), Y15, Y10, Y11)

#define STEP(ROWS) \
	VMOVUPS (BX), Y12   \
	VMOVUPS 32(BX), Y13 \
	ROWS                \
	ADDQ R11, SI        \
	ADDQ R11, R9        \
	ADDQ R10, BX

#define TILE(EACH, ROWS) \
	MOVQ rs+8(FP), R8     \
	MOVQ cs+16(FP), R11   \
	MOVQ b+24(FP), R13    \
	MOVQ bs+32(FP), R10   \
	MOVQ c+48(FP), DI     \
	MOVQ ldc+56(FP), DX   \
panel:                    \
	EACH(ZERO)            \
	MOVQ a+0(FP), SI      \
	LEAQ (SI)(R8*2), R9   \
	ADDQ R8, R9           \
	MOVQ R13, BX          \
	MOVQ k+64(FP), CX     \
	SUBQ $4, CX           \
	JLT  rest             \
four:                     \
	STEP(ROWS)            \
	STEP(ROWS)            \
	STEP(ROWS)            \
	STEP(ROWS)            \
	SUBQ $4, CX           \
	JGE  four             \
rest:                     \
	ADDQ $4, CX           \
	JZ   finish           \
one:                      \
	STEP(ROWS)            \
	DECQ CX               \
	JNZ  one              \
finish:                   \
	MOVQ flags+88(FP), CX \
	TESTQ $1, CX          \
	JZ   bias             \
	MOVQ DI, AX           \
	EACH(ACCUMULATE)      \
bias:                     \
	TESTQ $2, CX          \
	JZ   rowbias          \
	MOVQ bias+80(FP), AX  \
	VMOVUPS (AX), Y12     \
	VMOVUPS 32(AX), Y13   \
	ADDQ $64, AX          \
	MOVQ AX, bias+80(FP)  \
	EACH(BIAS)            \
rowbias:                  \
	TESTQ $8, CX          \
	JZ   relu             \
	MOVQ bias+80(FP), R12 \
	EACH(ROWBIAS)         \
relu:                     \
	TESTQ $4, CX          \
	JZ   store            \
	VXORPS Y14, Y14, Y14  \
	EACH(RELU)            \
store:                    \
	MOVQ DI, AX           \
	EACH(STORE)           \
	ADDQ $64, DI          \
	ADDQ bp+40(FP), R13   \
	DECQ panels+72(FP)    \
	JNZ  panel            \
	VZEROUPPER            \
	RET

TEXT ·tile1(SB), NOSPLIT, $0-96
	TILE(EACH1, ROWS1)

TEXT ·tile2(SB), NOSPLIT, $0-96
	TILE(EACH2, ROWS2)

TEXT ·tile3(SB), NOSPLIT, $0-96
	TILE(EACH3, ROWS3)

TEXT ·tile4(SB), NOSPLIT, $0-96
	TILE(EACH4, ROWS4)

TEXT ·tile5(SB), NOSPLIT, $0-96
	TILE(EACH5, ROWS5)

TEXT ·tile6(SB), NOSPLIT, $0-96
	TILE(EACH6, ROWS6)
