//go:build amd64 && !purego

#include "textflag.h"

// func dealW(dst *float32, size int, src *float32, sd, rows, pieces int)
//
// R11 walks along a row of src, R10 over the pieces. COPY copies W values.
#define DEAL(W, COPY) \
	MOVQ dst+0(FP), DI      \
	MOVQ size+8(FP), DX     \
	MOVQ src+16(FP), SI     \
	MOVQ sd+24(FP), R8      \
	MOVQ rows+32(FP), CX    \
	MOVQ pieces+40(FP), R9  \
row:                        \
	MOVQ SI, R11            \
	MOVQ DI, R10            \
	MOVQ R9, BX             \
piece:                      \
	COPY                    \
	ADDQ $(4*W), R11        \
	ADDQ DX, R10            \
	DECQ BX                 \
	JNZ  piece              \
	ADDQ R8, SI             \
	ADDQ $(4*W), DI         \
	DECQ CX                 \
	JNZ  row                \
	VZEROUPPER              \
	RET

#define COPY6 \
	VMOVUPS (R11), X0   \
	VMOVSD  16(R11), X1 \
	VMOVUPS X0, (R10)   \
	VMOVSD  X1, 16(R10)

#define COPY8 \
	VMOVUPS (R11), Y0 \
	VMOVUPS Y0, (R10)

#define COPY16 \
	VMOVUPS (R11), Y0   \
	VMOVUPS 32(R11), Y1 \
	VMOVUPS Y0, (R10)   \
	VMOVUPS Y1, 32(R10)

#define COPY32 \
	VMOVUPS (R11), Z0   \
	VMOVUPS 64(R11), Z1 \
	VMOVUPS Z0, (R10)   \
	VMOVUPS Z1, 64(R10)

// func copyRows(dst *float32, dd int, src *float32, sd, rows, n8 int)
TEXT ·copyRows(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ dd+8(FP), DX
	MOVQ src+16(FP), SI
	MOVQ sd+24(FP), R8
	MOVQ rows+32(FP), CX
	MOVQ n8+40(FP), R9

row:
	XORQ AX, AX
	MOVQ R9, BX

col:
	VMOVUPS (SI)(AX*1), Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	DECQ    BX
	JNZ     col
	ADDQ    R8, SI
	ADDQ    DX, DI
	DECQ    CX
	JNZ     row
	VZEROUPPER
	RET

TEXT ·deal6(SB), NOSPLIT, $0-48
	DEAL(6, COPY6)

TEXT ·deal8(SB), NOSPLIT, $0-48
	DEAL(8, COPY8)

TEXT ·deal16(SB), NOSPLIT, $0-48
	DEAL(16, COPY16)

TEXT ·deal32(SB), NOSPLIT, $0-48
	DEAL(32, COPY32)

// func copyPlane(dst *float32, dd int, src *float32, sd, rows, width int)
//
// R10 is the offset of the last eight values of a row, which overlap the
// others.
TEXT ·copyPlane(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ dd+8(FP), DX
	MOVQ src+16(FP), SI
	MOVQ sd+24(FP), R8
	MOVQ rows+32(FP), CX
	MOVQ width+40(FP), R10
	SHLQ $2, R10
	SUBQ $32, R10

line:
	XORQ AX, AX

eight:
	CMPQ    AX, R10
	JGE     last
	VMOVUPS (SI)(AX*1), Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	JMP     eight

last:
	VMOVUPS (SI)(R10*1), Y0
	VMOVUPS Y0, (DI)(R10*1)
	ADDQ    R8, SI
	ADDQ    DX, DI
	DECQ    CX
	JNZ     line
	VZEROUPPER
	RET

// func addPlane(dst *float32, dd int, src *float32, sd, rows, width int)
//
// R10 is where the last whole eight of a row begin, R11 where it ends.
TEXT ·addPlane(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ dd+8(FP), DX
	MOVQ src+16(FP), SI
	MOVQ sd+24(FP), R8
	MOVQ rows+32(FP), CX
	MOVQ width+40(FP), R11
	SHLQ $2, R11
	LEAQ -32(R11), R10

line:
	XORQ AX, AX

eight:
	CMPQ    AX, R10
	JGT     rest
	VMOVUPS (SI)(AX*1), Y0
	VADDPS  (DI)(AX*1), Y0, Y0
	VMOVUPS Y0, (DI)(AX*1)
	ADDQ    $32, AX
	JMP     eight

rest:
	CMPQ   AX, R11
	JGE    next
	VMOVSS (SI)(AX*1), X0
	VADDSS (DI)(AX*1), X0, X0
	VMOVSS X0, (DI)(AX*1)
	ADDQ   $4, AX
	JMP    rest

next:
	ADDQ R8, SI
	ADDQ DX, DI
	DECQ CX
	JNZ  line
	VZEROUPPER
	RET

// Four columns of eight rows, from byte AT of each row, become four rows in Y8
// … Y11.
#define QUARTER(AT) \
	VMOVUPS     AT(SI), X0                     \
	VMOVUPS     AT(SI)(R8*1), X1               \
	VMOVUPS     AT(SI)(R8*2), X2               \
	VMOVUPS     AT(R9), X3                     \
	VINSERTF128 $1, AT(SI)(R8*4), Y0, Y0       \
	VINSERTF128 $1, AT(R9)(R8*2), Y1, Y1       \
	VINSERTF128 $1, AT(R9)(R12*1), Y2, Y2      \
	VINSERTF128 $1, AT(R9)(R8*4), Y3, Y3       \
	VUNPCKLPS   Y1, Y0, Y4                     \
	VUNPCKHPS   Y1, Y0, Y5                     \
	VUNPCKLPS   Y3, Y2, Y6                     \
	VUNPCKHPS   Y3, Y2, Y7                     \
	VSHUFPS     $0x44, Y6, Y4, Y8              \
	VSHUFPS     $0xEE, Y6, Y4, Y9              \
	VSHUFPS     $0x44, Y7, Y5, Y10             \
	VSHUFPS     $0xEE, Y7, Y5, Y11

#define STORE4 \
	VMOVUPS Y8, (DI)         \
	VMOVUPS Y9, (DI)(DX*1)   \
	VMOVUPS Y10, (DI)(DX*2)  \
	VMOVUPS Y11, (DI)(R13*1) \
	LEAQ    (DI)(DX*4), DI

#define ADD4 \
	VADDPS (DI), Y8, Y8           \
	VADDPS (DI)(DX*1), Y9, Y9     \
	VADDPS (DI)(DX*2), Y10, Y10   \
	VADDPS (DI)(R13*1), Y11, Y11

#define BIAS4 \
	VADDPS Y12, Y8, Y8   \
	VADDPS Y12, Y9, Y9   \
	VADDPS Y12, Y10, Y10 \
	VADDPS Y12, Y11, Y11

#define RELU4 \
	VMAXPS Y8, Y13, Y8   \
	VMAXPS Y9, Y13, Y9   \
	VMAXPS Y10, Y13, Y10 \
	VMAXPS Y11, Y13, Y11

// func transpose8(dst *float32, dd int, src *float32, sd, blocks int, bias *float32, flags int)
//
// R9 is row 3 of src, R12 three of its steps, R13 three steps of dst.
TEXT ·transpose8(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ dd+8(FP), DX
	MOVQ src+16(FP), SI
	MOVQ sd+24(FP), R8
	MOVQ blocks+32(FP), CX
	MOVQ flags+48(FP), R10
	LEAQ (R8)(R8*2), R12
	LEAQ (SI)(R12*1), R9
	LEAQ (DX)(DX*2), R13
	TESTQ R10, R10
	JNZ   epilogue

plain:
	QUARTER(0)
	STORE4
	QUARTER(16)
	STORE4
	ADDQ $32, SI
	ADDQ $32, R9
	DECQ CX
	JNZ  plain
	VZEROUPPER
	RET

epilogue:
	VXORPS Y12, Y12, Y12
	VXORPS Y13, Y13, Y13
	TESTQ  $2, R10
	JZ     block
	MOVQ   bias+40(FP), AX
	VMOVUPS (AX), Y12

block:
	QUARTER(0)
	TESTQ $1, R10
	JZ    bias0
	ADD4

bias0:
	TESTQ $2, R10
	JZ    relu0
	BIAS4

relu0:
	TESTQ $4, R10
	JZ    store0
	RELU4

store0:
	STORE4
	QUARTER(16)
	TESTQ $1, R10
	JZ    bias1
	ADD4

bias1:
	TESTQ $2, R10
	JZ    relu1
	BIAS4

relu1:
	TESTQ $4, R10
	JZ    store1
	RELU4

store1:
	STORE4
	ADDQ $32, SI
	ADDQ $32, R9
	DECQ CX
	JNZ  block
	VZEROUPPER
	RET
