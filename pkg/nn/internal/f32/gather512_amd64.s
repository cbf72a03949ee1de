//go:build amd64 && !purego

#include "textflag.h"

// Register tiles like those of tile512_amd64.s, whose values of A are found by
// two tables: A[i,l] lies rows[i] + cols[l] bytes after base. R8 … R15 point to
// the rows, AX is the offset of column l.

#define FMA32(A, LO, HI) \
	VFMADD231PS Z16, A, LO \
	VFMADD231PS Z17, A, HI

#define ZERO32(LO, HI, ROW) \
	VPXORD LO, LO, LO \
	VPXORD HI, HI, HI

#define ACCUMULATE32(LO, HI, ROW) \
	VADDPS (AX), LO, LO   \
	VADDPS 64(AX), HI, HI \
	ADDQ   DX, AX

#define BIAS32(LO, HI, ROW) \
	VADDPS Z16, LO, LO \
	VADDPS Z17, HI, HI

#define RELU32(LO, HI, ROW) \
	VMAXPS LO, Z18, LO \
	VMAXPS HI, Z18, HI

#define STORE32(LO, HI, ROW) \
	VMOVUPS LO, (DI)   \
	VMOVUPS HI, 64(DI) \
	ADDQ    DX, DI

#define LOAD32(AT, FROM) \
	VMOVUPS (2*AT)(FROM), Z16    \
	VMOVUPS (2*AT+64)(FROM), Z17

#define FMA16(A, LO, HI)       VFMADD231PS Z16, A, LO
#define ZERO16(LO, HI, ROW)    VPXORD LO, LO, LO
#define ACCUMULATE16(LO, HI, ROW) \
	VADDPS (AX), LO, LO \
	ADDQ   DX, AX
#define BIAS16(LO, HI, ROW)    VADDPS Z16, LO, LO
#define RELU16(LO, HI, ROW)    VMAXPS LO, Z18, LO
#define STORE16(LO, HI, ROW) \
	VMOVUPS LO, (DI) \
	ADDQ    DX, DI
#define LOAD16(AT, FROM)       VMOVUPS AT(FROM), Z16

// Row pointers; SI walks along the table, AX is base.
#define POINT(LO, HI, ROW) \
	MOVLQSX (SI), ROW \
	ADDQ    AX, ROW   \
	ADDQ    $4, SI

#define EACH1(DO) DO(Z0, Z1, R8)
#define EACH2(DO) EACH1(DO); DO(Z2, Z3, R9)
#define EACH3(DO) EACH2(DO); DO(Z4, Z5, R10)
#define EACH4(DO) EACH3(DO); DO(Z6, Z7, R11)
#define EACH5(DO) EACH4(DO); DO(Z8, Z9, R12)
#define EACH6(DO) EACH5(DO); DO(Z10, Z11, R13)
#define EACH7(DO) EACH6(DO); DO(Z12, Z13, R14)
#define EACH8(DO) EACH7(DO); DO(Z14, Z15, R15)

#define ROWS1(FMA) VBROADCASTSS (R8)(AX*1), Z18; FMA(Z18, Z0, Z1)
#define ROWS2(FMA) ROWS1(FMA); VBROADCASTSS (R9)(AX*1), Z19; FMA(Z19, Z2, Z3)
#define ROWS3(FMA) ROWS2(FMA); VBROADCASTSS (R10)(AX*1), Z20; FMA(Z20, Z4, Z5)
#define ROWS4(FMA) ROWS3(FMA); VBROADCASTSS (R11)(AX*1), Z21; FMA(Z21, Z6, Z7)
#define ROWS5(FMA) ROWS4(FMA); VBROADCASTSS (R12)(AX*1), Z22; FMA(Z22, Z8, Z9)
#define ROWS6(FMA) ROWS5(FMA); VBROADCASTSS (R13)(AX*1), Z23; FMA(Z23, Z10, Z11)
#define ROWS7(FMA) ROWS6(FMA); VBROADCASTSS (R14)(AX*1), Z24; FMA(Z24, Z12, Z13)
#define ROWS8(FMA) ROWS7(FMA); VBROADCASTSS (R15)(AX*1), Z25; FMA(Z25, Z14, Z15)

#define STEP(AT, ROWS, FMA, LOAD) \
	MOVLQSX AT(DX), AX \
	LOAD(16*AT, BX)    \
	ROWS(FMA)

// func gatherR(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)
#define GATHER(EACH, ROWS, FMA, ZERO, ACCUMULATE, BIAS, RELU, STORE, LOAD, WIDTH) \
	MOVQ c+32(FP), DI          \
tile:                          \
	MOVQ base+0(FP), AX        \
	MOVQ rows+8(FP), SI        \
	EACH(POINT)                \
	MOVQ SI, rows+8(FP)        \
	EACH(ZERO)                 \
	MOVQ cols+16(FP), DX       \
	MOVQ b+24(FP), BX          \
	MOVQ k+48(FP), CX          \
	SUBQ $2, CX                \
	JLT  rest                  \
two:                           \
	STEP(0, ROWS, FMA, LOAD)   \
	STEP(4, ROWS, FMA, LOAD)   \
	ADDQ $8, DX                \
	ADDQ $(2*WIDTH), BX        \
	SUBQ $2, CX                \
	JGE  two                   \
rest:                          \
	ADDQ $2, CX                \
	JZ   finish                \
	STEP(0, ROWS, FMA, LOAD)   \
finish:                        \
	MOVQ flags+72(FP), CX      \
	MOVQ ldc+40(FP), DX        \
	TESTQ $1, CX               \
	JZ   bias                  \
	MOVQ DI, AX                \
	EACH(ACCUMULATE)           \
bias:                          \
	TESTQ $2, CX               \
	JZ   relu                  \
	MOVQ bias+64(FP), AX       \
	LOAD(0, AX)                \
	EACH(BIAS)                 \
relu:                          \
	TESTQ $4, CX               \
	JZ   store                 \
	VPXORD Z18, Z18, Z18       \
	EACH(RELU)                 \
store:                         \
	EACH(STORE)                \
	DECQ tiles+56(FP)          \
	JNZ  tile                  \
	VZEROUPPER                 \
	RET

#define WIDE(EACH, ROWS) GATHER(EACH, ROWS, FMA32, ZERO32, ACCUMULATE32, BIAS32, RELU32, STORE32, LOAD32, 128)
#define NARROW(EACH, ROWS) GATHER(EACH, ROWS, FMA16, ZERO16, ACCUMULATE16, BIAS16, RELU16, STORE16, LOAD16, 64)

TEXT ·gatherWide1(SB), NOSPLIT, $0-80
	WIDE(EACH1, ROWS1)

TEXT ·gatherWide2(SB), NOSPLIT, $0-80
	WIDE(EACH2, ROWS2)

TEXT ·gatherWide3(SB), NOSPLIT, $0-80
	WIDE(EACH3, ROWS3)

TEXT ·gatherWide4(SB), NOSPLIT, $0-80
	WIDE(EACH4, ROWS4)

TEXT ·gatherWide5(SB), NOSPLIT, $0-80
	WIDE(EACH5, ROWS5)

TEXT ·gatherWide6(SB), NOSPLIT, $0-80
	WIDE(EACH6, ROWS6)

TEXT ·gatherWide7(SB), NOSPLIT, $0-80
	WIDE(EACH7, ROWS7)

TEXT ·gatherWide8(SB), NOSPLIT, $0-80
	WIDE(EACH8, ROWS8)

TEXT ·gatherNarrow1(SB), NOSPLIT, $0-80
	NARROW(EACH1, ROWS1)

TEXT ·gatherNarrow2(SB), NOSPLIT, $0-80
	NARROW(EACH2, ROWS2)

TEXT ·gatherNarrow3(SB), NOSPLIT, $0-80
	NARROW(EACH3, ROWS3)

TEXT ·gatherNarrow4(SB), NOSPLIT, $0-80
	NARROW(EACH4, ROWS4)

TEXT ·gatherNarrow5(SB), NOSPLIT, $0-80
	NARROW(EACH5, ROWS5)

TEXT ·gatherNarrow6(SB), NOSPLIT, $0-80
	NARROW(EACH6, ROWS6)

TEXT ·gatherNarrow7(SB), NOSPLIT, $0-80
	NARROW(EACH7, ROWS7)

TEXT ·gatherNarrow8(SB), NOSPLIT, $0-80
	NARROW(EACH8, ROWS8)
