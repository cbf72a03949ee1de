//go:build (amd64 || arm64) && !purego

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

	// chunkCols is the least number of columns in a chunk, if chunks are bands of
	// panels: each of them reads all of A'.
	chunkCols = 64

	// packGrain is the number of values in a chunk of packing.
	packGrain = 32 << 10
)

// A gemm computes C' = A'·B' with A' of m×k read by broadcasts, row after row,
// and B' of k×n packed in panels. C' is C or, where that costs
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
	shared buffer // all of B', or all of an A' that is not contiguous in k
}

var gemms freeList[gemm]

func (p product) fast() {
	g := gemms.get()
	g.plan(p)
	if g.vector() {
		g.runVector()
	} else {
		g.run()
	}
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
	g.transposed = cost(g.b, g.a, g.n, g.m, g.k)+40*g.m*g.n < cost(g.a, g.b, g.m, g.n, g.k)
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
			limit = max(limit, rowUnit*g.cols())
		}
	} else {
		units = g.panels()
		limit = panelCols() * g.depth
		if g.transposed {
			limit = max(limit, panelCols()*g.m)
		}
		chunks = min(chunks, max(1, units*panelCols()/chunkCols))
	}
	most = max(1, blockSize/limit)
	g.chunks = min(units, max(chunks, (units+most-1)/most))
}

// cost estimates the hundredths of cycles of a product: a cycle for each row,
// panel and k, and some for each value packed.
func cost(a, b operand, m, n, k int) int {
	c := 100 * m * roundUp(n, colUnit) / colUnit * k
	if !a.byK {
		c += 20 * m * k
	}
	if b.byK {
		c += 35 * n * k
	} else {
		c += 20 * n * k
	}
	return c
}

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }

// panels returns the number of panels of B', cols that of their columns.
func (g *gemm) panels() int { return (g.n + panelCols() - 1) / panelCols() }
func (g *gemm) cols() int   { return roundUp(g.n, colUnit) }

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
		if !g.bare() {
			g.shared.take(g.cols() * g.k)
			g.start(g.packChunks(g.panels()*g.blocks, panelCols()), sharePanels)
		}
		g.start(g.chunks, rowBand)
	case g.a.byK:
		g.start(g.chunks, panelBand)
	default:
		g.shared.take(g.m * g.k)
		g.start(g.packChunks(g.bands()*g.blocks, packRows()), shareTiles)
		g.start(g.chunks, panelBand)
	}
}

// bare reports whether tiles read B' where it lies, as masks let them. Where few
// of them use a panel, that is faster than to pack it.
func (g *gemm) bare() bool { return kernels == avx512 && !g.b.byK && g.m <= bareRows }

// bareRows is the number of rows of A' up to which that is so.
const bareRows = 128

// packChunks returns how many chunks to pack the given pieces in, each of which
// holds width·depth values.
func (g *gemm) packChunks(pieces, width int) int {
	return min(pieces, max(1, pieces*width*g.depth/packGrain))
}

// sharePanels packs a share of the panels of B'; block i's panels follow each
// other from depth·i·columns.
func sharePanels(g *gemm, chunk int) {
	panels := g.panels()
	pieces := panels * g.blocks
	chunks := g.packChunks(pieces, panelCols())
	for at := chunk * pieces / chunks; at < (chunk+1)*pieces/chunks; at++ {
		l0, k := g.block(at / panels)
		j := at % panels * panelCols()
		g.b.panels(g.shared.data[l0*g.cols()+j*k:], j, min(j+panelCols(), g.cols()), g.n, l0, k)
	}
}

// packRows returns the number of rows of A' packed at once.
func packRows() int { return 8 * tileRows() }

func (g *gemm) bands() int { return (g.m + packRows() - 1) / packRows() }

// shareTiles packs a share of A'; block i begins at depth·i·m.
func shareTiles(g *gemm, chunk int) {
	bands := g.bands()
	pieces := bands * g.blocks
	chunks := g.packChunks(pieces, packRows())
	for at := chunk * pieces / chunks; at < (chunk+1)*pieces/chunks; at++ {
		l0, k := g.block(at / bands)
		i := at % bands * packRows()
		g.a.tiles(g.shared.data[l0*g.m:], 0, g.m, i, i+packRows(), l0, k)
	}
}
