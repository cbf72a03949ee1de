//go:build amd64 && !purego

#include "textflag.h"

// Register tiles like those of tile_amd64.s, whose values of A are found by two
// tables: A[i,l] lies rows[i] + cols[l] bytes after base. R8 … R13 point to the
// rows, AX is the offset of column l.

#define ROW(addr, t, lo, hi) \
	VBROADCASTSS addr, t         \
	VFMADD231PS  Y12, t, lo      \
	VFMADD231PS  Y13, t, hi

#define ZERO(lo, hi, row) \
	VXORPS lo, lo, lo \
	VXORPS hi, hi, hi

// Row pointers; SI walks along the table, AX is base.
#define POINT(lo, hi, row) \
	MOVLQSX (SI), row \
	ADDQ    AX, row   \
	ADDQ    $4, SI

#define ACCUMULATE(lo, hi, row) \
	VADDPS (AX), lo, lo   \
	VADDPS 32(AX), hi, hi \
	ADDQ   DX, AX

#define BIAS(lo, hi, row) \
	VADDPS Y12, lo, lo \
	VADDPS Y13, hi, hi

#define RELU(lo, hi, row) \
	VMAXPS lo, Y14, lo \
	VMAXPS hi, Y14, hi

#define STORE(lo, hi, row) \
	VMOVUPS lo, (DI)   \
	VMOVUPS hi, 32(DI) \
	ADDQ    DX, DI

#define EACH1(DO) DO(Y0, Y1, R8)
#define EACH2(DO) EACH1(DO); DO(Y2, Y3, R9)
#define EACH3(DO) EACH2(DO); DO(Y4, Y5, R10)
#define EACH4(DO) EACH3(DO); DO(Y6, Y7, R11)
#define EACH5(DO) EACH4(DO); DO(Y8, Y9, R12)
#define EACH6(DO) EACH5(DO); DO(Y10, Y11, R13)

#define ROWS1 ROW((R8)(AX*1), Y14, Y0, Y1)
#define ROWS2 ROWS1; ROW((R9)(AX*1), Y15, Y2, Y3)
#define ROWS3 ROWS2; ROW((R10)(AX*1), Y14, Y4, Y5)
#define ROWS4 ROWS3; ROW((R11)(AX*1), Y15, Y6, Y7)
#define ROWS5 ROWS4; ROW((R12)(AX*1), Y14, Y8, Y9)
#define ROWS6 ROWS5; ROW((R13)(AX*1), Y15, Y10, Y11)

#define STEP(AT, B0, B1, ROWS) \
	MOVLQSX AT(DX), AX  \
	VMOVUPS B0(BX), Y12 \
	VMOVUPS B1(BX), Y13 \
	ROWS

// func gatherR(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)
#define GATHER(EACH, ROWS) \
	MOVQ c+32(FP), DI     \
tile:                     \
	MOVQ base+0(FP), AX   \
	MOVQ rows+8(FP), SI   \
	EACH(POINT)           \
	MOVQ SI, rows+8(FP)   \
	EACH(ZERO)            \
	MOVQ cols+16(FP), DX  \
	MOVQ b+24(FP), BX     \
	MOVQ k+48(FP), CX     \
	SUBQ $2, CX           \
	JLT  rest             \
two:                      \
	STEP(0, 0, 32, ROWS)  \
	STEP(4, 64, 96, ROWS) \
	ADDQ $8, DX           \
	ADDQ $128, BX         \
	SUBQ $2, CX           \
	JGE  two              \
rest:                     \
	ADDQ $2, CX           \
	JZ   finish           \
	STEP(0, 0, 32, ROWS)  \
finish:                   \
	MOVQ flags+72(FP), CX \
	MOVQ ldc+40(FP), DX   \
	TESTQ $1, CX          \
	JZ   bias             \
	MOVQ DI, AX           \
	EACH(ACCUMULATE)      \
bias:                     \
	TESTQ $2, CX          \
	JZ   relu             \
	MOVQ bias+64(FP), AX  \
	VMOVUPS (AX), Y12     \
	VMOVUPS 32(AX), Y13   \
	EACH(BIAS)            \
relu:                     \
	TESTQ $4, CX          \
	JZ   store            \
	VXORPS Y14, Y14, Y14  \
	EACH(RELU)            \
store:                    \
	EACH(STORE)           \
	DECQ tiles+56(FP)     \
	JNZ  tile             \
	VZEROUPPER            \
	RET

TEXT ·gather1(SB), NOSPLIT, $0-80
	GATHER(EACH1, ROWS1)

TEXT ·gather2(SB), NOSPLIT, $0-80
	GATHER(EACH2, ROWS2)

TEXT ·gather3(SB), NOSPLIT, $0-80
	GATHER(EACH3, ROWS3)

TEXT ·gather4(SB), NOSPLIT, $0-80
	GATHER(EACH4, ROWS4)

TEXT ·gather5(SB), NOSPLIT, $0-80
	GATHER(EACH5, ROWS5)

TEXT ·gather6(SB), NOSPLIT, $0-80
	GATHER(EACH6, ROWS6)
