//go:build amd64 && !purego

package f32

import "golang.org/x/sys/cpu"

var haveAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA

const haveNEON = false

// tileR computes R rows of C in panels of 16 columns each:
//
//	C[i,j] = relu([C[i,j] +] Σ_l A[i,l]·B[l,j] + bias[j])
//
// A[i,l] lies rs·i + cs·l bytes after a, row l of a panel of B bs·l bytes after
// its start, the next panel bp bytes after the last one, and the rows of C ldc
// bytes apart. k and panels are at least 1. The sum runs over l in ascending
// order in one accumulator, whatever R is.

//go:noescape
func tile1(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int)

//go:noescape
func tile2(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int)

//go:noescape
func tile3(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int)

//go:noescape
func tile4(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int)

//go:noescape
func tile5(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int)

//go:noescape
func tile6(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int)

// tileRows returns the height of the largest tile.
func tileRows() int {
	if kernels == avx512 {
		return 8
	}
	return 6
}

// panelCols returns the width of the widest panel of B', which is the widest tile.
func panelCols() int {
	if kernels == avx512 {
		return 32
	}
	return 16
}
