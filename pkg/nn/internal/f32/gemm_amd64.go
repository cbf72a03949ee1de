//go:build amd64 && !purego

package f32

const (
	// maxDepth bounds the depth of a block: six rows of A' of this depth stay
	// in the first-level cache (12 KiB) while a sweep over panels uses them.
	maxDepth = 512

	// blockSize bounds what one chunk packs or accumulates, in values: 256 KiB,
	// half of the second-level cache.
	blockSize = 64 << 10

	// rowUnit is what chunks cut rows by: whole tiles and whole blocks of a
	// transposition.
	rowUnit = 24

	// chunkWork is the least number of multiplications in a chunk: 20 µs at the
	// peak rate, some hundred times what taking a chunk costs.
	chunkWork = 1 << 20

	// chunkPanels is the least number of panels in a chunk, if chunks are bands
	// of panels: each of them reads all of A'.
	chunkPanels = 4

	// packGrain is the number of values in a chunk of packing.
	packGrain = 32 << 10
)

// A gemm computes C' = A'·B' with A' of m×k read by broadcasts, row after row,
// and B' of k×n packed in panels of 16 columns. C' is C or, where that costs
// less packing and padding, its transpose.
type gemm struct {
	a, b       operand
	m, n, k    int
	c          []float32
	ldc        int
	transposed bool
	Epilogue

	depth  int // of a block of k; the last block may be smaller
	blocks int
	byRows bool // chunks are bands of rows and B' is packed once; otherwise bands of panels
	chunks int
	op     func(g *gemm, chunk int)
	shared buffer // all of B', or all strips of an A' not contiguous in k
}

var gemms freeList[gemm]

func (p product) fast() {
	g := gemms.get()
	g.plan(p)
	g.run()
	g.a, g.b, g.c, g.Epilogue = operand{}, operand{}, nil, Epilogue{}
	gemms.put(g)
}

// plan decides who is A' and how to cut the work, by the shape alone.
func (g *gemm) plan(p product) {
	g.a, g.b = operand{p.a, p.k, true}, operand{p.b, p.n, false}
	if p.transA {
		g.a = operand{p.a, p.m, false}
	}
	if p.transB {
		g.b = operand{p.b, p.k, true}
	}
	g.c, g.ldc, g.Epilogue = p.c, p.n, p.Epilogue
	g.m, g.n, g.k = p.m, p.n, p.k
	g.transposed = cost(g.b, g.a, g.n, g.m, g.k)+0.4*float64(g.m*g.n) < cost(g.a, g.b, g.m, g.n, g.k)
	if g.transposed {
		g.a, g.b = g.b, g.a
		g.m, g.n = g.n, g.m
	}

	g.blocks = (g.k + maxDepth - 1) / maxDepth
	g.depth = roundUp((g.k+g.blocks-1)/g.blocks, 8)
	g.blocks = (g.k + g.depth - 1) / g.depth

	// A unit is the least that a chunk can be; limit is what it packs or
	// accumulates, in values.
	var units, limit, most int
	chunks := max(1, min(8, g.m*g.n*g.k/chunkWork), g.m*g.n*g.k/(2*chunkWork))
	if g.byRows = g.m >= g.n; g.byRows {
		units = (g.m + rowUnit - 1) / rowUnit
		limit = rowUnit * g.depth
		if g.transposed {
			limit = max(limit, rowUnit*g.panels()*tileCols)
		}
	} else {
		units = g.panels()
		limit = tileCols * g.depth
		if g.transposed {
			limit = max(limit, tileCols*g.m)
		}
		chunks = min(chunks, max(1, units/chunkPanels))
	}
	most = max(1, blockSize/limit)
	g.chunks = min(units, max(chunks, (units+most-1)/most))
}

// cost estimates the cycles of a product: one for each row, panel and k, and
// some for each value packed.
func cost(a, b operand, m, n, k int) float64 {
	c := float64(m * roundUp(n, tileCols) / tileCols * k)
	if !a.byK {
		c += 0.2 * float64(m*k)
	}
	if b.byK {
		c += 0.35 * float64(n*k)
	} else {
		c += 0.2 * float64(n*k)
	}
	return c
}

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }

// panels returns the number of panels of B'.
func (g *gemm) panels() int { return (g.n + tileCols - 1) / tileCols }

// block returns where block i of k begins and how deep it is.
func (g *gemm) block(i int) (l0, k int) {
	l0 = i * g.depth
	return l0, min(g.depth, g.k-l0)
}

func (g *gemm) Do(chunk int) { g.op(g, chunk) }

func (g *gemm) start(chunks int, op func(*gemm, int)) {
	g.op = op
	Parallel(chunks, g)
}

func (g *gemm) run() {
	switch {
	case g.byRows:
		g.shared.take(g.panels() * tileCols * g.k)
		g.start(g.packChunks(g.panels()*g.blocks, tileCols), sharePanels)
		g.start(g.chunks, rowBand)
	case g.a.byK:
		g.start(g.chunks, panelBand)
	default:
		g.shared.take(g.m * g.k)
		g.start(g.packChunks(g.bands()*g.blocks, packRows), shareTiles)
		g.start(g.chunks, panelBand)
	}
}

// packChunks returns how many chunks to pack the given pieces in, each of which
// holds width·depth values.
func (g *gemm) packChunks(pieces, width int) int {
	return min(pieces, max(1, pieces*width*g.depth/packGrain))
}

// sharePanels packs a share of the panels of B'; block i's panels follow each
// other from depth·i·16·panels.
func sharePanels(g *gemm, chunk int) {
	panels := g.panels()
	pieces := panels * g.blocks
	chunks := g.packChunks(pieces, tileCols)
	for at := chunk * pieces / chunks; at < (chunk+1)*pieces/chunks; at++ {
		l0, k := g.block(at / panels)
		j := at % panels
		g.b.panels(g.shared.data[(l0*panels+j*k)*tileCols:], j*tileCols, (j+1)*tileCols, g.n, l0, k)
	}
}

// packRows is the number of rows of A' packed at once.
const packRows = 8 * tileRows

func (g *gemm) bands() int { return (g.m + packRows - 1) / packRows }

// shareTiles packs a share of A'; block i begins at depth·i·m.
func shareTiles(g *gemm, chunk int) {
	bands := g.bands()
	pieces := bands * g.blocks
	chunks := g.packChunks(pieces, packRows)
	for at := chunk * pieces / chunks; at < (chunk+1)*pieces/chunks; at++ {
		l0, k := g.block(at / bands)
		i := at % bands * packRows
		g.a.tiles(g.shared.data[l0*g.m:], 0, g.m, i, i+packRows, l0, k)
	}
}

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
