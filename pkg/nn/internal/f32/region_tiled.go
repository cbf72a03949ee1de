//go:build (amd64 || arm64) && !purego

package f32

// rowBand computes a band of rows of C' against all panels.
func rowBand(g *gemm, chunk int) {
	units := (g.m + rowUnit - 1) / rowUnit
	i0, i1 := chunk*units/g.chunks*rowUnit, min((chunk+1)*units/g.chunks*rowUnit, g.m)
	work := buffers.get()
	defer buffers.put(work)
	out, strip := 0, 0
	if g.transposed {
		out = (i1 - i0) * g.cols()
	}
	if !g.a.byK {
		strip = (i1 - i0) * g.depth
	}
	mem := work.take(out + (i1-i0)*colUnit + strip)
	r := region{g: g, i0: i0, i1: i1, j0: 0, j1: g.n, out: mem[:out], edges: mem[out:]}
	mem = mem[out+(i1-i0)*colUnit:]
	for blk := range g.blocks {
		l0, k := g.block(blk)
		r.k, r.first, r.last = k, blk == 0, blk == g.blocks-1
		if g.a.byK {
			r.a, r.rs, r.cs = g.a.data[i0*g.a.stride+l0:], 4*g.a.stride, 4
		} else {
			g.a.tiles(mem, i0, i1, i0, i1, l0, k)
			r.a = mem
		}
		group := max(1, blockSize/(panelCols()*k)) * panelCols() // columns that stay in the second-level cache
		for j := 0; j < g.n; j += group {
			if g.bare() {
				r.b = g.b.data[l0*g.b.stride+j:]
			} else {
				r.b = g.shared.data[l0*g.cols()+j*k:]
			}
			r.rows(i0, i1, j, min(j+group, g.n))
		}
	}
	r.finish()
}

// panelBand computes all rows of C' against a share of the panels, which it packs.
func panelBand(g *gemm, chunk int) {
	j0, j1 := chunk*g.panels()/g.chunks*panelCols(), min((chunk+1)*g.panels()/g.chunks*panelCols(), g.n)
	cols := roundUp(j1-j0, colUnit)
	work := buffers.get()
	defer buffers.put(work)
	out := 0
	if g.transposed {
		out = g.m * cols
	}
	mem := work.take(out + g.m*colUnit + cols*g.depth)
	r := region{g: g, i0: 0, i1: g.m, j0: j0, j1: j1, out: mem[:out], edges: mem[out:], b: mem[out+g.m*colUnit:]}
	for blk := range g.blocks {
		l0, k := g.block(blk)
		r.k, r.first, r.last = k, blk == 0, blk == g.blocks-1
		if g.bare() {
			r.b = g.b.data[l0*g.b.stride+j0:]
		} else {
			g.b.panels(r.b, j0, j0+cols, g.n, l0, k)
		}
		if g.a.byK {
			r.a, r.rs, r.cs = g.a.data[l0:], 4*g.a.stride, 4
		} else {
			r.a = g.shared.data[l0*g.m:]
		}
		r.rows(0, g.m, j0, j1)
	}
	r.finish()
}

// A region is a part of C' that one chunk computes, block by block of k.
type region struct {
	g              *gemm
	i0, i1, j0, j1 int       // rows and columns of C'
	out            []float32 // C' before its transposition: rows of whole panels
	edges          []float32 // strip.edge
	a              []float32 // first row handed to rows
	rs, cs         int
	b              []float32 // first panel handed to rows
	k              int
	first, last    bool // block of k
}

// rows computes rows [i0, i1) and columns [j0, j1) of one block of k.
func (r *region) rows(i0, i1, j0, j1 int) {
	g := r.g
	s := strip{a: r.a, packed: !g.a.byK, rs: r.rs, cs: r.cs, b: r.b, rows: i1 - i0, k: r.k, cols: j1 - j0, edge: r.edges}
	if g.bare() {
		s.ldb, s.bare = g.b.stride, true
	}
	if g.transposed {
		s.ldc = roundUp(r.j1-r.j0, colUnit)
		s.c = r.out[(i0-r.i0)*s.ldc+j0-r.j0:]
		if !s.bare {
			s.cols = roundUp(s.cols, colUnit)
		}
		if !r.first {
			s.flags = tileAccumulate
		}
		s.run()
		return
	}
	s.c, s.ldc = g.c[i0*g.ldc+j0:], g.ldc
	if !r.first || g.Accumulate {
		s.flags |= tileAccumulate
	}
	if r.last && g.Bias != nil {
		s.flags |= tileBias
		s.bias = g.Bias[j0:]
	}
	if r.last && g.ReLU {
		s.flags |= tileReLU
	}
	s.run()
}

// finish transposes out to C, if that is where the sums are.
func (r *region) finish() {
	g := r.g
	if !g.transposed {
		return
	}
	// Row j of C holds column j of C', and the bias runs along its rows.
	ld := roundUp(r.j1-r.j0, colUnit)
	n := r.j1 - r.j0
	flags := 0
	if g.Accumulate {
		flags |= tileAccumulate
	}
	if g.Bias != nil {
		flags |= tileBias
	}
	if g.ReLU {
		flags |= tileReLU
	}
	whole := 0
	if n >= 8 {
		whole = (r.i1 - r.i0) / 8 * 8
	}
	for i := 0; i < whole; i += 8 {
		var bias *float32
		if g.Bias != nil {
			bias = &g.Bias[r.i0+i]
		}
		transpose8(&g.c[r.j0*g.ldc+r.i0+i], 4*g.ldc, &r.out[i*ld], 4*ld, n/8, bias, flags)
	}
	r.scalar(0, whole, n/8*8, n, ld)
	r.scalar(whole, r.i1-r.i0, 0, n, ld)
}

// scalar is finish for rows [i0, i1) and columns [j0, j1) of out.
func (r *region) scalar(i0, i1, j0, j1, ld int) {
	g := r.g
	for j := j0; j < j1; j++ {
		row := g.c[(r.j0+j)*g.ldc+r.i0:]
		for i := i0; i < i1; i++ {
			v := r.out[i*ld+j]
			if g.Accumulate {
				v = row[i] + v
			}
			if g.Bias != nil {
				v += g.Bias[r.i0+i]
			}
			if g.ReLU && v < 0 {
				v = 0
			}
			row[i] = v
		}
	}
}
