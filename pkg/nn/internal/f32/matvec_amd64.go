//go:build amd64 && !purego

package f32

// A product x·Wᵀ of one row x, as for one image, uses each weight once: to pack W
// costs more than to multiply with it. Here W is read once, in place, and turned in
// registers; the sums are the tiles', bit for bit. (For two rows tiles are faster.)

const (
	// matvecUnit is the number of rows of W that are summed together.
	matvecUnit = 32

	// matvecGrain is the least number of weights in a chunk: 3 µs.
	matvecGrain = 64 << 10
)

// matvec32 sets y[j] = Σ_l w[j,l]·x[l] for 32 rows of w, which lie stride bytes
// apart. k is at least 1.
//
//go:noescape
func matvec32(y, w *float32, stride int, x *float32, k int)

// vector reports whether the product goes this way.
func (g *gemm) vector() bool {
	return g.m == 1 && g.n >= matvecUnit && g.a.byK && g.b.byK && !g.transposed
}

func (g *gemm) runVector() {
	units := (g.n + matvecUnit - 1) / matvecUnit
	g.chunks = min(units, max(1, g.n*g.k/matvecGrain))
	g.start(g.chunks, vectorBand)
}

// vectorBand computes some columns of C. The last 32 rows of W may overlap others,
// of which the sums are not used.
func vectorBand(g *gemm, chunk int) {
	units := (g.n + matvecUnit - 1) / matvecUnit
	var sums [matvecUnit]float32
	for u := chunk * units / g.chunks; u < (chunk+1)*units/g.chunks; u++ {
		from := u * matvecUnit
		at := min(from, g.n-matvecUnit)
		for blk := range g.blocks {
			l0, k := g.block(blk)
			matvec32(&sums[0], &g.b.data[at*g.b.stride+l0], 4*g.b.stride, &g.a.data[l0], k)
			g.finishVector(from, sums[from-at:], blk)
		}
	}
}

// finishVector does with the sums of one block of k what a tile's end does.
func (g *gemm) finishVector(j int, sums []float32, blk int) {
	c := g.c[j:][:len(sums)]
	last := blk == g.blocks-1
	for t, v := range sums {
		if blk > 0 || g.Accumulate {
			v += c[t]
		}
		if last && g.Bias != nil {
			v += g.Bias[j+t]
		}
		if last && g.ReLU && v < 0 {
			v = 0
		}
		c[t] = v
	}
}
