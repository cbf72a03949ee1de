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

	// matvecAlike: rows of W that lie a multiple of so many values apart begin in four
	// sets of the first-level cache or fewer, which do not hold a line of each of 32.
	matvecAlike = 256

	// matvecPiece is how much of a row is copied at once out of such a W, matvecStep
	// how far apart the copies lie: at eight values beyond it they spread over the sets.
	matvecPiece = 128
	matvecStep  = matvecPiece + 8
)

// matvec32 adds Σ_l w[j,l]·x[l] to y[j] for 32 rows of w, which lie stride bytes
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
	var copies []float32
	if g.b.stride%matvecAlike == 0 {
		work := buffers.get()
		defer buffers.put(work)
		copies = work.take(matvecUnit * matvecStep)
	}
	for u := chunk * units / g.chunks; u < (chunk+1)*units/g.chunks; u++ {
		from := u * matvecUnit
		at := min(from, g.n-matvecUnit)
		for blk := range g.blocks {
			var sums [matvecUnit]float32
			g.sumVector(&sums, at, blk, copies)
			g.finishVector(from, sums[from-at:], blk)
		}
	}
}

// sumVector sums a block of k for 32 rows of W from row at, in place or by way of
// copies of pieces.
func (g *gemm) sumVector(sums *[matvecUnit]float32, at, blk int, copies []float32) {
	l0, k := g.block(blk)
	w, x := g.b.data[at*g.b.stride+l0:], g.a.data[l0:]
	l := 0
	for ; copies != nil && l+matvecPiece <= k; l += matvecPiece {
		copyRows(&copies[0], 4*matvecStep, &w[l], 4*g.b.stride, matvecUnit, matvecPiece/8)
		matvec32(&sums[0], &copies[0], 4*matvecStep, &x[l], matvecPiece)
	}
	if l < k {
		matvec32(&sums[0], &w[l], 4*g.b.stride, &x[l], k-l)
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
