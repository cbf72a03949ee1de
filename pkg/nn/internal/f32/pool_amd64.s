//go:build amd64 && !purego

#include "textflag.h"

// Offsets of the left values of eight windows, in the order in which VSHUFPS
// leaves them; VPERMPD puts them right at the end.
DATA order<>+0(SB)/4, $0
DATA order<>+4(SB)/4, $2
DATA order<>+8(SB)/4, $8
DATA order<>+12(SB)/4, $10
DATA order<>+16(SB)/4, $4
DATA order<>+20(SB)/4, $6
DATA order<>+24(SB)/4, $12
DATA order<>+28(SB)/4, $14
GLOBL order<>(SB), RODATA|NOPTR, $32

DATA order4<>+0(SB)/4, $0
DATA order4<>+4(SB)/4, $2
DATA order4<>+8(SB)/4, $4
DATA order4<>+12(SB)/4, $6
GLOBL order4<>(SB), RODATA|NOPTR, $16

// Takes V and its index instead of BEST and AT where V is greater or NaN.
#define CHOOSE(V, INDEX, BEST, AT, T, U) \
	VCMPPS    $0x1E, BEST, V, T    \
	VCMPPS    $0x03, V, V, U       \
	VORPS     U, T, T              \
	VBLENDVPS T, V, BEST, BEST     \
	VBLENDVPS T, INDEX, AT, AT

// The best of a window and its index, in Y0 and Y1 (X0 and X1), from two rows
// at R12 and R13. Y10 … Y13 are the indices of the windows' four values.
#define WINDOWS8 \
	VMOVUPS (R12), Y2               \
	VMOVUPS 32(R12), Y3             \
	VMOVUPS (R13), Y4               \
	VMOVUPS 32(R13), Y5             \
	VSHUFPS $0x88, Y3, Y2, Y0       \
	VSHUFPS $0xDD, Y3, Y2, Y6       \
	VSHUFPS $0x88, Y5, Y4, Y7       \
	VSHUFPS $0xDD, Y5, Y4, Y8       \
	VMOVAPS Y10, Y1                 \
	CHOOSE(Y6, Y11, Y0, Y1, Y2, Y3) \
	CHOOSE(Y7, Y12, Y0, Y1, Y2, Y3) \
	CHOOSE(Y8, Y13, Y0, Y1, Y2, Y3) \
	VPERMPD $0xD8, Y0, Y0           \
	VPERMPD $0xD8, Y1, Y1

#define WINDOWS4 \
	VMOVUPS (R12), X2               \
	VMOVUPS 16(R12), X3             \
	VMOVUPS (R13), X4               \
	VMOVUPS 16(R13), X5             \
	VSHUFPS $0x88, X3, X2, X0       \
	VSHUFPS $0xDD, X3, X2, X6       \
	VSHUFPS $0x88, X5, X4, X7       \
	VSHUFPS $0xDD, X5, X4, X8       \
	VMOVAPS X10, X1                 \
	CHOOSE(X6, X11, X0, X1, X2, X3) \
	CHOOSE(X7, X12, X0, X1, X2, X3) \
	CHOOSE(X8, X13, X0, X1, X2, X3)

// One plane: R8 is the row of x in bytes, R9 and R10 the outputs in a row and the
// rows left, BX the first index of the row of windows, CX the window.
#define POOL(WIDTH, WINDOWS, ORDER, I, I1, I2, I3, BEST, AT) \
	MOVQ y+0(FP), DI         \
	MOVQ arg+8(FP), DX       \
	MOVQ x+16(FP), SI        \
	MOVQ w+24(FP), R8        \
	MOVQ ow+32(FP), R9       \
	MOVQ oh+40(FP), R10      \
	XORQ BX, BX              \
	MOVQ R9, R11             \
	SUBQ $WIDTH, R11         \
row:                         \
	XORQ CX, CX              \
block:                       \
	CMPQ CX, R11             \
	JLE  full                \
	MOVQ R11, CX             \
full:                        \
	LEAQ (SI)(CX*8), R12     \
	LEAQ (R12)(R8*4), R13    \
	LEAQ (BX)(CX*2), AX      \
	VMOVD AX, X9             \
	VPBROADCASTD X9, I       \
	VPADDD ORDER, I, I       \
	VMOVD R8, X9             \
	VPBROADCASTD X9, I2      \
	VPCMPEQD AT, AT, AT      \
	VPSUBD AT, I, I1         \
	VPADDD I, I2, I2         \
	VPSUBD AT, I2, I3        \
	WINDOWS                  \
	VMOVUPS BEST, (DI)(CX*4) \
	TESTQ DX, DX             \
	JZ   next                \
	VMOVUPS AT, (DX)(CX*4)   \
next:                        \
	ADDQ $WIDTH, CX          \
	CMPQ CX, R9              \
	JLT  block               \
	LEAQ (SI)(R8*8), SI      \
	LEAQ (BX)(R8*2), BX      \
	LEAQ (DI)(R9*4), DI      \
	TESTQ DX, DX             \
	JZ   down                \
	LEAQ (DX)(R9*4), DX      \
down:                        \
	DECQ R10                 \
	JNZ  row                 \
	VZEROUPPER               \
	RET

// func maxPool8(y *float32, arg *int32, x *float32, w, ow, oh int)
TEXT ·maxPool8(SB), NOSPLIT, $0-48
	VMOVDQU order<>(SB), Y14
	POOL(8, WINDOWS8, Y14, Y10, Y11, Y12, Y13, Y0, Y1)

// func maxPool4(y *float32, arg *int32, x *float32, w, ow, oh int)
TEXT ·maxPool4(SB), NOSPLIT, $0-48
	VMOVDQU order4<>(SB), X14
	POOL(4, WINDOWS4, X14, X10, X11, X12, X13, X0, X1)

// Offsets of the left values of eight windows.
DATA even<>+0(SB)/4, $0
DATA even<>+4(SB)/4, $2
DATA even<>+8(SB)/4, $4
DATA even<>+12(SB)/4, $6
DATA even<>+16(SB)/4, $8
DATA even<>+20(SB)/4, $10
DATA even<>+24(SB)/4, $12
DATA even<>+28(SB)/4, $14
GLOBL even<>(SB), RODATA|NOPTR, $32

// Stores 16 values of a row of dx: the gradients in Y0 where the indices in Y2 are
// LEFT or RIGHT, zeros elsewhere.
#define SPREAD(LEFT, RIGHT, TO) \
	VPCMPEQD   LEFT, Y2, Y3         \
	VPCMPEQD   RIGHT, Y2, Y4        \
	VANDPS     Y0, Y3, Y3           \
	VANDPS     Y0, Y4, Y4           \
	VUNPCKLPS  Y4, Y3, Y5           \
	VUNPCKHPS  Y4, Y3, Y6           \
	VPERM2F128 $0x20, Y6, Y5, Y3    \
	VPERM2F128 $0x31, Y6, Y5, Y4    \
	VMOVUPS    Y3, (TO)(CX*8)       \
	VMOVUPS    Y4, 32(TO)(CX*8)

// func maxPoolBackward8(dx, dy *float32, arg *int32, y *float32, w, ow, oh int)
//
// Registers as in POOL; AX is y, R13 the lower row of dx. Adding zero makes of −0
// what the plain loop makes of it.
TEXT ·maxPoolBackward8(SB), NOSPLIT, $0-56
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), SI
	MOVQ arg+16(FP), DX
	MOVQ y+24(FP), AX
	MOVQ w+32(FP), R8
	MOVQ ow+40(FP), R9
	MOVQ oh+48(FP), R10
	VMOVDQU even<>(SB), Y14
	VXORPS  Y15, Y15, Y15
	XORQ BX, BX
	MOVQ R9, R11
	SUBQ $8, R11
row:
	LEAQ (DI)(R8*4), R13
	XORQ CX, CX
block:
	CMPQ CX, R11
	JLE  full
	MOVQ R11, CX
full:
	LEAQ (BX)(CX*2), R12
	VMOVD R12, X9
	VPBROADCASTD X9, Y10
	VPADDD Y14, Y10, Y10
	VMOVD R8, X9
	VPBROADCASTD X9, Y12
	VPADDD Y10, Y12, Y12
	VPCMPEQD Y13, Y13, Y13
	VPSUBD Y13, Y10, Y11
	VPSUBD Y13, Y12, Y13
	VMOVUPS (SI)(CX*4), Y0
	TESTQ AX, AX
	JZ   unmasked
	VMOVUPS (AX)(CX*4), Y1
	VCMPPS $0x1E, Y15, Y1, Y1
	VANDPS Y1, Y0, Y0
unmasked:
	VADDPS Y15, Y0, Y0
	VMOVDQU (DX)(CX*4), Y2
	SPREAD(Y10, Y11, DI)
	SPREAD(Y12, Y13, R13)
	ADDQ $8, CX
	CMPQ CX, R9
	JLT  block
	LEAQ (DI)(R8*8), DI
	LEAQ (BX)(R8*2), BX
	LEAQ (SI)(R9*4), SI
	LEAQ (DX)(R9*4), DX
	TESTQ AX, AX
	JZ   down
	LEAQ (AX)(R9*4), AX
down:
	DECQ R10
	JNZ  row
	VZEROUPPER
	RET
