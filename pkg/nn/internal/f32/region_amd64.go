//go:build amd64 && !purego

package f32

// rowBand computes a band of rows of C' against all panels.
func rowBand(g *gemm, chunk int) {
	units := (g.m + rowUnit - 1) / rowUnit
	i0, i1 := chunk*units/g.chunks*rowUnit, min((chunk+1)*units/g.chunks*rowUnit, g.m)
	panels := g.panels()
	work := buffers.get()
	defer buffers.put(work)
	out, strip := 0, 0
	if g.transposed {
		out = (i1 - i0) * panels * tileCols
	}
	if !g.a.byK {
		strip = (i1 - i0) * g.depth
	}
	mem := work.take(out + (i1-i0)*tileCols + strip)
	r := region{g: g, i0: i0, i1: i1, j0: 0, j1: g.n, out: mem[:out], edges: mem[out:]}
	mem = mem[out+(i1-i0)*tileCols:]
	for blk := range g.blocks {
		l0, k := g.block(blk)
		r.k, r.first, r.last = k, blk == 0, blk == g.blocks-1
		if g.a.byK {
			r.a, r.rs, r.cs = g.a.data[i0*g.a.stride+l0:], 4*g.a.stride, 4
		} else {
			g.a.tiles(mem, i0, i1, i0, i1, l0, k)
			r.a = mem
		}
		group := max(1, blockSize/(tileCols*k)) // panels that stay in the second-level cache
		for p := 0; p < panels; p += group {
			r.b = g.shared.data[(l0*panels+p*k)*tileCols:]
			r.rows(i0, i1, p*tileCols, min((p+group)*tileCols, g.n))
		}
	}
	r.finish()
}

// panelBand computes all rows of C' against a share of the panels, which it packs.
func panelBand(g *gemm, chunk int) {
	j0, j1 := chunk*g.panels()/g.chunks*tileCols, min((chunk+1)*g.panels()/g.chunks*tileCols, g.n)
	panels := (j1 - j0 + tileCols - 1) / tileCols
	work := buffers.get()
	defer buffers.put(work)
	out := 0
	if g.transposed {
		out = g.m * panels * tileCols
	}
	mem := work.take(out + g.m*tileCols + panels*tileCols*g.depth)
	r := region{g: g, i0: 0, i1: g.m, j0: j0, j1: j1, out: mem[:out], edges: mem[out:], b: mem[out+g.m*tileCols:]}
	for blk := range g.blocks {
		l0, k := g.block(blk)
		r.k, r.first, r.last = k, blk == 0, blk == g.blocks-1
		g.b.panels(r.b, j0, j1, g.n, l0, k)
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
	edges          []float32 // 16 columns for each row, if the last panel of C is not whole
	a              []float32 // first row handed to rows
	rs, cs         int
	b              []float32 // first panel handed to rows
	k              int
	first, last    bool // block of k
}

// rows computes rows [i0, i1) and columns [j0, j1) of one block of k.
func (r *region) rows(i0, i1, j0, j1 int) {
	g := r.g
	if g.transposed {
		ldc := roundUp(r.j1-r.j0, tileCols)
		flags := tileAccumulate
		if r.first {
			flags = 0
		}
		r.tiles(i0, i1, (j1-j0+tileCols-1)/tileCols, r.b, r.out[(i0-r.i0)*ldc+j0-r.j0:], ldc, nil, flags)
		return
	}
	flags := 0
	if !r.first || g.Accumulate {
		flags |= tileAccumulate
	}
	var bias []float32
	if r.last && g.Bias != nil {
		flags |= tileBias
		bias = g.Bias[j0:]
	}
	if r.last && g.ReLU {
		flags |= tileReLU
	}
	whole := (j1 - j0) / tileCols
	if whole > 0 {
		r.tiles(i0, i1, whole, r.b, g.c[i0*g.ldc+j0:], g.ldc, bias, flags)
	}
	if j := j0 + whole*tileCols; j < j1 {
		r.edge(i0, i1, j, j1, r.b[whole*tileCols*r.k:], flags)
	}
}

// tiles computes rows [i0, i1) of whole panels.
func (r *region) tiles(i0, i1, panels int, b, c []float32, ldc int, bias []float32, flags int) {
	s := strip{a: r.a, packed: !r.g.a.byK, rs: r.rs, cs: r.cs, b: b, bs: 4 * tileCols, bp: 4 * tileCols * r.k,
		c: c, ldc: ldc, rows: i1 - i0, k: r.k, panels: panels, bias: bias, flags: flags}
	s.run()
}

// edge computes the columns [j0, j1) of C that do not fill a panel, by way of a
// whole one.
func (r *region) edge(i0, i1, j0, j1 int, b []float32, flags int) {
	g := r.g
	part := r.edges[:(i1-i0)*tileCols]
	r.tiles(i0, i1, 1, b, part, tileCols, nil, 0)
	for i := i0; i < i1; i++ {
		row := g.c[i*g.ldc+j0 : i*g.ldc+j1]
		for x, v := range part[(i-i0)*tileCols:][:len(row)] {
			if flags&tileAccumulate != 0 {
				v = row[x] + v
			}
			if flags&tileBias != 0 {
				v += g.Bias[j0+x]
			}
			if flags&tileReLU != 0 && v < 0 {
				v = 0
			}
			row[x] = v
		}
	}
}

// finish transposes out to C, if that is where the sums are.
func (r *region) finish() {
	g := r.g
	if !g.transposed {
		return
	}
	// Row j of C holds column j of C', and the bias runs along its rows.
	ld := roundUp(r.j1-r.j0, tileCols)
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
