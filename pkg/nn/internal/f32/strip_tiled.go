//go:build (amd64 || arm64) && !purego

package f32

// Flags of a tile.
const (
	tileAccumulate = 1 << iota
	tileBias
	tileReLU
	tileRowBias // bias holds one value for each row instead
	tileBare    // AVX-512: B has no padding, so that only the columns of last may be read
)

// A tileFunc is one of these.
type tileFunc func(a *float32, rs, cs int, b *float32, bs, bp int, c *float32, ldc, k, panels int, bias *float32, flags int)

var tiles = [...]tileFunc{1: tile1, tile2, tile3, tile4, tile5, tile6}

// colUnit is what columns of B' and of scratch memory are padded to: the width of
// the narrowest tile.
const colUnit = 16

// panelWidth returns the width of the panel that begins at column j of n, which
// lies j·k values after the first: the last one may be narrower.
func panelWidth(j, n int) int { return min(panelCols(), roundUp(n-j, colUnit)) }

// tileHeight returns how many of the rows left the next tile should take, of most
// at most. The last ones, less than two tiles, are shared out evenly, as tiles of
// few rows wait for their own sums.
func tileHeight(left, most int) int {
	switch {
	case left > 2*most-2:
		return most
	case left > most:
		return (left + 1) / 2
	}
	return left
}

// A strip is a product C[i,j] = relu([C[i,j] +] Σ_l A'[i,l]·B'[l,j] + bias): a band
// of tiles, row after row of them across the panels of B'.
type strip struct {
	a       []float32
	packed  bool // A' is packed by operand.tiles; rs and cs are not used
	rs, cs  int  // in bytes
	b       []float32
	ldb     int  // values between the rows of B'; 0 if they lie in panels
	bare    bool // the rows of B' have no padding
	c       []float32
	ldc     int
	rows, k int
	cols    int
	bias    []float32
	flags   int
	edge    []float32 // colUnit values for each row, if the columns may not fill tiles
}

func (s *strip) run() {
	if s.masks(s.cols) {
		s.masked()
		return
	}
	if whole := s.cols / colUnit; whole > 0 {
		s.whole(whole)
	}
	if rest := s.cols % colUnit; rest > 0 {
		s.rest(s.cols-rest, rest)
	}
}

// whole computes the columns of whole panels.
func (s *strip) whole(panels int) {
	bs, bp := 4*colUnit, 4*colUnit*s.k
	if s.ldb > 0 {
		bs, bp = 4*s.ldb, 4*colUnit
	}
	a, c, bias := s.a, s.c, s.bias
	for left := s.rows; left > 0; {
		n := tileHeight(left, len(tiles)-1)
		rs, cs, next := s.steps(n)
		tiles[n](&a[0], rs, cs, &s.b[0], bs, bp, &c[0], 4*s.ldc, s.k, panels, first(bias), s.flags)
		if left -= n; left > 0 {
			a, c, bias = a[next:], c[n*s.ldc:], s.below(bias, n)
		}
	}
}

// rest computes the columns [at, at+cols), which do not fill a panel, by way of a
// whole one.
func (s *strip) rest(at, cols int) {
	part := *s
	part.b = s.from(at)
	part.c, part.ldc = s.edge, colUnit
	if s.flags&(tileAccumulate|tileBias) == 0 { // nothing that reads beside the matrix
		part.whole(1)
		for i := range s.rows {
			copy(s.c[i*s.ldc+at:][:cols], s.edge[i*colUnit:])
		}
		return
	}
	part.bias, part.flags = nil, 0
	part.whole(1)
	for i := range s.rows {
		row := s.c[i*s.ldc+at:][:cols]
		for x, v := range s.edge[i*colUnit:][:cols] {
			if s.flags&tileAccumulate != 0 {
				v = row[x] + v
			}
			if s.flags&tileBias != 0 {
				v += s.bias[at+x]
			}
			if s.flags&tileRowBias != 0 {
				v += s.bias[i]
			}
			if s.flags&tileReLU != 0 && v < 0 {
				v = 0
			}
			row[x] = v
		}
	}
}

// steps returns the steps of A' in a tile of n rows, and how far the next tile is.
func (s *strip) steps(n int) (rs, cs, next int) {
	if s.packed {
		return 4, 4 * n, n * s.k
	}
	return s.rs, s.cs, n * s.rs / 4
}

// from returns B' from column j on, where a panel begins.
func (s *strip) from(j int) []float32 {
	if s.ldb > 0 {
		return s.b[j:]
	}
	return s.b[j*s.k:]
}

// below returns the bias of the tile n rows further down.
func (s *strip) below(bias []float32, n int) []float32 {
	if s.flags&tileRowBias != 0 {
		return bias[n:]
	}
	return bias
}

func first(x []float32) *float32 {
	if len(x) == 0 {
		return nil
	}
	return &x[0]
}
