//go:build !purego

package f32

// Every arm64 has NEON.
const haveAVX2, haveAVX512, haveNEON = false, false, true

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

// gatherR computes tiles of R rows and 16 columns, one below the other:
//
//	C[i,j] = relu([C[i,j] +] Σ_l A[i,l]·B[l,j] + bias[j])
//
// A[i,l] lies rows[i]+cols[l] bytes after base, the rows of B, of 16 values,
// follow each other, and those of C lie ldc bytes apart. k and tiles are at
// least 1.

//go:noescape
func gather1(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gather2(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gather3(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gather4(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gather5(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

//go:noescape
func gather6(base *float32, rows, cols *int32, b, c *float32, ldc, k, tiles int, bias *float32, flags int)

func gatherTiles(int) []gatherTile { return gathers[:] }

func tileRows() int  { return 6 }
func panelCols() int { return 16 }

// There are no masks.

func (s *strip) masks(int) bool { return false }
func (s *strip) masked()        {}
