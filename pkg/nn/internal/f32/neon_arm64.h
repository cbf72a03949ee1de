// What Go's assembler has no name for, by numbers of registers: four float32 in
// each, or two float64 where the name ends in 2.

// D = N·M, D = N/M, D = N - M, D += N.
#define FMUL(D, N, M) WORD $(0x6E20DC00 | ((M)<<16) | ((N)<<5) | (D))
#define FDIV(D, N, M) WORD $(0x6E20FC00 | ((M)<<16) | ((N)<<5) | (D))
#define FSUB(D, N, M) WORD $(0x4EA0D400 | ((M)<<16) | ((N)<<5) | (D))
#define FSUB2(D, N, M) WORD $(0x4EE0D400 | ((M)<<16) | ((N)<<5) | (D))
#define FADD(D, N) WORD $(0x4E20D400 | ((N)<<16) | ((D)<<5) | (D))
#define FADD2(D, N) WORD $(0x4E60D400 | ((N)<<16) | ((D)<<5) | (D))

// D = √N, D = -N, D = N rounded to an integer, also as one.
#define FSQRT(D, N) WORD $(0x6EA1F800 | ((N)<<5) | (D))
#define FNEG(D, N) WORD $(0x6EA0F800 | ((N)<<5) | (D))
#define FRINTN(D, N) WORD $(0x4E218800 | ((N)<<5) | (D))
#define FCVTNS(D, N) WORD $(0x4E21A800 | ((N)<<5) | (D))

// All bits of D where N > M, where N > 0, where N is M; false for NaN.
#define FCMGT(D, N, M) WORD $(0x6EA0E400 | ((M)<<16) | ((N)<<5) | (D))
#define FPLUS(D, N) WORD $(0x4EA0C800 | ((N)<<5) | (D))
#define FCMEQ(D, N, M) WORD $(0x4E20E400 | ((M)<<16) | ((N)<<5) | (D))

// D = N, but 0 or all bits where M says so.
#define CLEAR(D, N, M) WORD $(0x4E601C00 | ((M)<<16) | ((N)<<5) | (D))
#define ORNOT(D, N, M) WORD $(0x4EE01C00 | ((M)<<16) | ((N)<<5) | (D))

// D = 0 where D < 0, by way of T; NaN and −0 stay.
#define FPOS(D, T) WORD $(0x4EA0E800 | ((D)<<5) | (T)); CLEAR(D, D, T)

// The lower and the upper two values of N in float64; the sum of two.
#define LOWER2(D, N) WORD $(0x0E617800 | ((N)<<5) | (D))
#define UPPER2(D, N) WORD $(0x4E617800 | ((N)<<5) | (D))
#define PAIR2(D, N) WORD $(0x7E70D800 | ((N)<<5) | (D))

// The largest of four integers without sign.
#define LARGEST(D, N) WORD $(0x6EB0A800 | ((N)<<5) | (D))
