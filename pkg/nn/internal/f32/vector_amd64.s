//go:build amd64 && !purego

#include "textflag.h"

// Elementwise kernels over n values, a multiple of eight and at least eight.
// DI, SI, DX point to dst, a, b; AX is the offset in bytes, which runs up to CX.

#define LOOP(BODY) \
	SHLQ $2, CX        \
	XORQ AX, AX        \
	TESTQ $32, CX      \
	JZ   twice         \
	BODY(0)            \
	ADDQ $32, AX       \
	JMP  check         \
twice:                 \
	BODY(0)            \
	BODY(32)           \
	ADDQ $64, AX       \
check:                 \
	CMPQ AX, CX        \
	JLT  twice         \
	VZEROUPPER         \
	RET

#define RELU(AT) \
	VMAXPS  AT(SI)(AX*1), Y15, Y0 \
	VMOVUPS Y0, AT(DI)(AX*1)

// func relu8(dst, x *float32, n int)
TEXT ·relu8(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VXORPS Y15, Y15, Y15
	LOOP(RELU)

// 0x1E is the predicate "greater", false for NaN.
#define RELUGRAD(AT) \
	VMOVUPS AT(DX)(AX*1), Y0         \
	VCMPPS  $0x1E, Y15, Y0, Y0       \
	VANDPS  AT(SI)(AX*1), Y0, Y0     \
	VMOVUPS Y0, AT(DI)(AX*1)

// func reluGrad8(dx, dy, y *float32, n int)
TEXT ·reluGrad8(SB), NOSPLIT, $0-32
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), SI
	MOVQ y+16(FP), DX
	MOVQ n+24(FP), CX
	VXORPS Y15, Y15, Y15
	LOOP(RELUGRAD)

#define ADD(AT) \
	VMOVUPS AT(SI)(AX*1), Y0     \
	VADDPS  AT(DX)(AX*1), Y0, Y0 \
	VMOVUPS Y0, AT(DI)(AX*1)

// func add8(dst, a, b *float32, n int)
TEXT ·add8(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DX
	MOVQ n+24(FP), CX
	LOOP(ADD)

#define MUL(AT) \
	VMOVUPS AT(SI)(AX*1), Y0     \
	VMULPS  AT(DX)(AX*1), Y0, Y0 \
	VMOVUPS Y0, AT(DI)(AX*1)

// func mul8(dst, a, b *float32, n int)
TEXT ·mul8(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ b+16(FP), DX
	MOVQ n+24(FP), CX
	LOOP(MUL)

#define ADDSCALED(AT) \
	VMOVUPS     AT(DI)(AX*1), Y0      \
	VFMADD231PS AT(SI)(AX*1), Y15, Y0 \
	VMOVUPS     Y0, AT(DI)(AX*1)

// func addScaled8(dst, a *float32, n int, s float32)
TEXT ·addScaled8(SB), NOSPLIT, $0-28
	MOVQ dst+0(FP), DI
	MOVQ a+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS s+24(FP), Y15
	LOOP(ADDSCALED)

#define SCALE(AT) \
	VMULPS  AT(DI)(AX*1), Y15, Y0 \
	VMOVUPS Y0, AT(DI)(AX*1)

// func scale8(dst *float32, n int, s float32)
TEXT ·scale8(SB), NOSPLIT, $0-20
	MOVQ dst+0(FP), DI
	MOVQ n+8(FP), CX
	VBROADCASTSS s+16(FP), Y15
	LOOP(SCALE)

#define FILL(AT) \
	VMOVUPS Y15, AT(DI)(AX*1)

// func fill8(dst *float32, n int, s float32)
TEXT ·fill8(SB), NOSPLIT, $0-20
	MOVQ dst+0(FP), DI
	MOVQ n+8(FP), CX
	VBROADCASTSS s+16(FP), Y15
	LOOP(FILL)

// y = (x - mean)·scale + shift, with the three in Y13, Y14, Y15.
#define AFFINE(AT) \
	VMOVUPS     AT(SI)(AX*1), Y0 \
	VSUBPS      Y13, Y0, Y0      \
	VFMADD213PS Y15, Y14, Y0     \
	VMOVUPS     Y0, AT(DI)(AX*1)

// func affine8(y, x *float32, n int, mean, scale, shift float32)
TEXT ·affine8(SB), NOSPLIT, $0-36
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS mean+24(FP), Y13
	VBROADCASTSS scale+28(FP), Y14
	VBROADCASTSS shift+32(FP), Y15
	LOOP(AFFINE)

#define AFFINERELU(AT) \
	VMOVUPS     AT(SI)(AX*1), Y0 \
	VSUBPS      Y13, Y0, Y0      \
	VFMADD213PS Y15, Y14, Y0     \
	VMAXPS      Y0, Y12, Y0      \
	VMOVUPS     Y0, AT(DI)(AX*1)

// func affineReLU8(y, x *float32, n int, mean, scale, shift float32)
TEXT ·affineReLU8(SB), NOSPLIT, $0-36
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS mean+24(FP), Y13
	VBROADCASTSS scale+28(FP), Y14
	VBROADCASTSS shift+32(FP), Y15
	VXORPS Y12, Y12, Y12
	LOOP(AFFINERELU)

// dx = p·dy + (q·(x - mean) + r), with mean, p, q, r in Y12 … Y15.
#define AFFINEGRAD(AT) \
	VMOVUPS     AT(DX)(AX*1), Y0      \
	VSUBPS      Y12, Y0, Y0           \
	VFMADD213PS Y15, Y14, Y0          \
	VFMADD231PS AT(SI)(AX*1), Y13, Y0 \
	VMOVUPS     Y0, AT(DI)(AX*1)

// func affineGrad8(dx, dy, x *float32, n int, mean, p, q, r float32)
TEXT ·affineGrad8(SB), NOSPLIT, $0-48
	MOVQ dx+0(FP), DI
	MOVQ dy+8(FP), SI
	MOVQ x+16(FP), DX
	MOVQ n+24(FP), CX
	VBROADCASTSS mean+32(FP), Y12
	VBROADCASTSS p+36(FP), Y13
	VBROADCASTSS q+40(FP), Y14
	VBROADCASTSS r+44(FP), Y15
	LOOP(AFFINEGRAD)
