//go:build amd64 && !purego

package f32

import "golang.org/x/sys/cpu"

var haveAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// Flags of a tile.
const (
	tileAccumulate = 1 << iota
	tileBias
	tileReLU
	tileRowBias // bias holds one value for each row instead
)

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

const (
	tileRows = 6
	tileCols = 16
)

// tileHeight returns how many of the rows left the next tile should take. The
// last ten or less are shared out evenly, as tiles of few rows wait for their
// own sums.
func tileHeight(left int) int {
	switch {
	case left > 2*tileRows-2:
		return tileRows
	case left > tileRows:
		return (left + 1) / 2
	}
	return left
}

// A strip is a band of tiles: rows of C' across panels of B'. Its fields are
// the arguments of tileR.
type strip struct {
	a       []float32
	packed  bool // A' is packed by operand.tiles; rs and cs are not used
	rs, cs  int
	b       []float32
	bs, bp  int
	c       []float32
	ldc     int // in values
	rows, k int
	panels  int
	bias    []float32
	flags   int
}

func (s *strip) run() {
	a, c, bias := s.a, s.c, s.bias
	b, ldc := &s.b[0], 4*s.ldc
	for left := s.rows; left > 0; {
		var pb *float32
		if bias != nil {
			pb = &bias[0]
		}
		n := tileHeight(left)
		rs, cs, next := s.rs, s.cs, n*s.rs/4
		if s.packed {
			rs, cs, next = 4, 4*n, n*s.k
		}
		switch n {
		case 1:
			tile1(&a[0], rs, cs, b, s.bs, s.bp, &c[0], ldc, s.k, s.panels, pb, s.flags)
		case 2:
			tile2(&a[0], rs, cs, b, s.bs, s.bp, &c[0], ldc, s.k, s.panels, pb, s.flags)
		case 3:
			tile3(&a[0], rs, cs, b, s.bs, s.bp, &c[0], ldc, s.k, s.panels, pb, s.flags)
		case 4:
			tile4(&a[0], rs, cs, b, s.bs, s.bp, &c[0], ldc, s.k, s.panels, pb, s.flags)
		case 5:
			tile5(&a[0], rs, cs, b, s.bs, s.bp, &c[0], ldc, s.k, s.panels, pb, s.flags)
		default:
			tile6(&a[0], rs, cs, b, s.bs, s.bp, &c[0], ldc, s.k, s.panels, pb, s.flags)
		}
		if left -= n; left > 0 {
			a = a[next:]
			c = c[n*s.ldc:]
			if s.flags&tileRowBias != 0 {
				bias = bias[n:]
			}
		}
	}
}
