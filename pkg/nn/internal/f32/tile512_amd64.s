//go:build amd64 && !purego

#include "textflag.h"

// Register tiles of R = 1 … 8 rows and 32 or 16 columns in AVX-512: sums in Z0 …
// Z15, a pair for each row of 32 columns (of 16 columns, the first of each pair),
// a row of B in Z16 and Z17, and for each row of the tile its value of A in Z18 …
// Z25. K1 and K2 say which columns of a panel there are: no others are read or
// written in C and bias, nor in B if the flags say so. (B in panels is padded, and
// masked loads are slower.)

// What happens to a row: LO and HI are its sums, A its value of A.

#define FMA32(A, LO, HI) \
	VFMADD231PS Z16, A, LO \
	VFMADD231PS Z17, A, HI

#define ZERO32(LO, HI) \
	VPXORD LO, LO, LO \
	VPXORD HI, HI, HI

#define ACCUMULATE32(LO, HI) \
	VADDPS (AX), LO, K1, LO   \
	VADDPS 64(AX), HI, K2, HI \
	ADDQ   DX, AX

#define BIAS32(LO, HI) \
	VADDPS Z16, LO, LO \
	VADDPS Z17, HI, HI

// One value for each row; R12 walks along them.
#define ROWBIAS32(LO, HI) \
	VBROADCASTSS (R12), Z16 \
	VADDPS Z16, LO, LO      \
	VADDPS Z16, HI, HI      \
	ADDQ   $4, R12

// The value is the operand that vmaxps returns if it is NaN.
#define RELU32(LO, HI) \
	VMAXPS LO, Z18, LO \
	VMAXPS HI, Z18, HI

#define STORE32(LO, HI) \
	VMOVUPS LO, K1, (AX)   \
	VMOVUPS HI, K2, 64(AX) \
	ADDQ    DX, AX

#define LOAD32(FROM) \
	VMOVUPS (FROM), Z16   \
	VMOVUPS 64(FROM), Z17

#define PART32(FROM) \
	VMOVUPS.Z (FROM), K1, Z16   \
	VMOVUPS.Z 64(FROM), K2, Z17

#define FMA16(A, LO, HI)    VFMADD231PS Z16, A, LO
#define ZERO16(LO, HI)      VPXORD LO, LO, LO
#define ACCUMULATE16(LO, HI) \
	VADDPS (AX), LO, K1, LO \
	ADDQ   DX, AX
#define BIAS16(LO, HI)      VADDPS Z16, LO, LO
#define ROWBIAS16(LO, HI) \
	VBROADCASTSS (R12), Z16 \
	VADDPS Z16, LO, LO      \
	ADDQ   $4, R12
#define RELU16(LO, HI)      VMAXPS LO, Z18, LO
#define STORE16(LO, HI) \
	VMOVUPS LO, K1, (AX) \
	ADDQ    DX, AX
#define LOAD16(FROM)        VMOVUPS (FROM), Z16
#define PART16(FROM)        VMOVUPS.Z (FROM), K1, Z16

#define EACH1(DO) DO(Z0, Z1)
#define EACH2(DO) EACH1(DO); DO(Z2, Z3)
#define EACH3(DO) EACH2(DO); DO(Z4, Z5)
#define EACH4(DO) EACH3(DO); DO(Z6, Z7)
#define EACH5(DO) EACH4(DO); DO(Z8, Z9)
#define EACH6(DO) EACH5(DO); DO(Z10, Z11)
#define EACH7(DO) EACH6(DO); DO(Z12, Z13)
#define EACH8(DO) EACH7(DO); DO(Z14, Z15)

// What follows the sums, in both kinds of tile: DI points to C, DX is the step of
// its rows, BIAS the pointer to the bias, and the labels are the tile's own.
#define EPILOGUE(EACH, ACCUMULATE, PART, ADDBIAS, ADDROWBIAS, RELU, STORE, BIAS, ALONG) \
	TESTQ $1, CX         \
	JZ    bias           \
	MOVQ  DI, AX         \
	EACH(ACCUMULATE)     \
bias:                    \
	TESTQ $2, CX         \
	JZ    rowbias        \
	MOVQ  BIAS, AX       \
	PART(AX)             \
	ADDQ  ALONG, AX      \
	MOVQ  AX, BIAS       \
	EACH(ADDBIAS)        \
rowbias:                 \
	TESTQ $8, CX         \
	JZ    relu           \
	MOVQ  BIAS, R12      \
	EACH(ADDROWBIAS)     \
relu:                    \
	TESTQ $4, CX         \
	JZ    store          \
	VPXORD Z18, Z18, Z18 \
	EACH(RELU)           \
store:                   \
	MOVQ  DI, AX         \
	EACH(STORE)

// func wideR(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int, last uint32)
//
// SI, R9 and R12 point to rows 0, 3 and 6 of A, R8 and R11 are its steps, BX and
// R10 the pointer into B and its step.
#define ROWS1(FMA) VBROADCASTSS (SI), Z18; FMA(Z18, Z0, Z1)
#define ROWS2(FMA) ROWS1(FMA); VBROADCASTSS (SI)(R8*1), Z19; FMA(Z19, Z2, Z3)
#define ROWS3(FMA) ROWS2(FMA); VBROADCASTSS (SI)(R8*2), Z20; FMA(Z20, Z4, Z5)
#define ROWS4(FMA) ROWS3(FMA); VBROADCASTSS (R9), Z21; FMA(Z21, Z6, Z7)
#define ROWS5(FMA) ROWS4(FMA); VBROADCASTSS (SI)(R8*4), Z22; FMA(Z22, Z8, Z9)
#define ROWS6(FMA) ROWS5(FMA); VBROADCASTSS (R9)(R8*2), Z23; FMA(Z23, Z10, Z11)
#define ROWS7(FMA) ROWS6(FMA); VBROADCASTSS (R12), Z24; FMA(Z24, Z12, Z13)
#define ROWS8(FMA) ROWS7(FMA); VBROADCASTSS (R9)(R8*4), Z25; FMA(Z25, Z14, Z15)

#define STEP(ROWS, FMA, LOAD) \
	LOAD(BX)     \
	ROWS(FMA)    \
	ADDQ R11, SI \
	ADDQ R11, R9 \
	ADDQ R11, R12 \
	ADDQ R10, BX

#define TILE(EACH, ROWS, FMA, ZERO, ACCUMULATE, BIAS, ROWBIAS, RELU, STORE, LOAD, PART, WIDTH) \
	MOVQ rs+8(FP), R8     \
	MOVQ cs+16(FP), R11   \
	MOVQ b+24(FP), R13    \
	MOVQ bs+32(FP), R10   \
	MOVQ c+48(FP), DI     \
	MOVQ ldc+56(FP), DX   \
	KXNORW K1, K1, K1     \
	KXNORW K2, K2, K2     \
panel:                    \
	CMPQ panels+72(FP), $1 \
	JNE  whole            \
	MOVL last+96(FP), AX  \
	KMOVW AX, K1          \
	SHRL $16, AX          \
	KMOVW AX, K2          \
whole:                    \
	EACH(ZERO)            \
	MOVQ a+0(FP), SI      \
	LEAQ (SI)(R8*2), R9   \
	ADDQ R8, R9           \
	LEAQ (R9)(R8*2), R12  \
	ADDQ R8, R12          \
	MOVQ R13, BX          \
	MOVQ k+64(FP), CX     \
	CMPQ panels+72(FP), $1  \
	JNE  padded             \
	TESTQ $16, flags+88(FP) \
	JNZ  part               \
padded:                   \
	SUBQ $4, CX           \
	JLT  rest             \
four:                     \
	STEP(ROWS, FMA, LOAD) \
	STEP(ROWS, FMA, LOAD) \
	STEP(ROWS, FMA, LOAD) \
	STEP(ROWS, FMA, LOAD) \
	SUBQ $4, CX           \
	JGE  four             \
rest:                     \
	ADDQ $4, CX           \
	JZ   finish           \
one:                      \
	STEP(ROWS, FMA, LOAD) \
	DECQ CX               \
	JNZ  one              \
	JMP  finish           \
part:                     \
	STEP(ROWS, FMA, PART) \
	DECQ CX               \
	JNZ  part             \
finish:                   \
	MOVQ flags+88(FP), CX \
	EPILOGUE(EACH, ACCUMULATE, PART, BIAS, ROWBIAS, RELU, STORE, bias+80(FP), $WIDTH) \
	ADDQ $WIDTH, DI       \
	ADDQ bp+40(FP), R13   \
	DECQ panels+72(FP)    \
	JNZ  panel            \
	VZEROUPPER            \
	RET

#define WIDE(EACH, ROWS) TILE(EACH, ROWS, FMA32, ZERO32, ACCUMULATE32, BIAS32, ROWBIAS32, RELU32, STORE32, LOAD32, PART32, 128)
#define NARROW(EACH, ROWS) TILE(EACH, ROWS, FMA16, ZERO16, ACCUMULATE16, BIAS16, ROWBIAS16, RELU16, STORE16, LOAD16, PART16, 64)

TEXT ·wide1(SB), NOSPLIT, $0-100
	WIDE(EACH1, ROWS1)

TEXT ·wide2(SB), NOSPLIT, $0-100
	WIDE(EACH2, ROWS2)

TEXT ·wide3(SB), NOSPLIT, $0-100
	WIDE(EACH3, ROWS3)

TEXT ·wide4(SB), NOSPLIT, $0-100
	WIDE(EACH4, ROWS4)

TEXT ·wide5(SB), NOSPLIT, $0-100
	WIDE(EACH5, ROWS5)

TEXT ·wide6(SB), NOSPLIT, $0-100
	WIDE(EACH6, ROWS6)

TEXT ·wide7(SB), NOSPLIT, $0-100
	WIDE(EACH7, ROWS7)

TEXT ·wide8(SB), NOSPLIT, $0-100
	WIDE(EACH8, ROWS8)

TEXT ·narrow1(SB), NOSPLIT, $0-100
	NARROW(EACH1, ROWS1)

TEXT ·narrow2(SB), NOSPLIT, $0-100
	NARROW(EACH2, ROWS2)

TEXT ·narrow3(SB), NOSPLIT, $0-100
	NARROW(EACH3, ROWS3)

TEXT ·narrow4(SB), NOSPLIT, $0-100
	NARROW(EACH4, ROWS4)

TEXT ·narrow5(SB), NOSPLIT, $0-100
	NARROW(EACH5, ROWS5)

TEXT ·narrow6(SB), NOSPLIT, $0-100
	NARROW(EACH6, ROWS6)

TEXT ·narrow7(SB), NOSPLIT, $0-100
	NARROW(EACH7, ROWS7)

TEXT ·narrow8(SB), NOSPLIT, $0-100
	NARROW(EACH8, ROWS8)
