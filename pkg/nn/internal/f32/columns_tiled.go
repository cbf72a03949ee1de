//go:build (amd64 || arm64) && !purego

package f32

// With few taps there is little to gather: a tile ends before its sums have
// filled the pipeline, and the transposition weighs as much as the sums. There
// the filters are the rows of the tiles and 16 pixels their columns, so that
// results are stored where they belong; the inputs of each tap are first copied
// to a row of a matrix (im2col), which for few taps is cheap.

// maxColumnTaps is the number of taps up to which that is faster.
const maxColumnTaps = 64

// columnsFit reports whether the columns are the better way forward.
func (s *Conv) columnsFit() bool {
	return s.Stride == 1 && s.C*s.KH*s.KW <= maxColumnTaps || s.pointwise()
}

// pointwise reports whether the image is the matrix of columns.
func (s *Conv) pointwise() bool {
	return s.KH == 1 && s.KW == 1 && s.Stride == 1 && s.Pad == 0
}

func (c *convolution) columnsForward() {
	f := &c.fast
	f.planes = planes{c.C, c.H, c.W, c.Pad, c.Pad, c.H + 2*c.Pad, c.W + 2*c.Pad}
	c.run(c.cut(c.work()), columnsForward)
}

// columnsSlack is how far copyRows may read and write beyond a row.
const columnsSlack = 8

func columnsForward(c *convolution, chunk int) {
	f := &c.fast
	oh, ow := c.OutH(), c.OutW()
	plane := oh * ow
	k := c.C * c.KH * c.KW
	ld := roundUp(plane, colUnit)
	if c.pointwise() {
		ld = colUnit // col holds the last panel alone
	}
	work := buffers.get()
	defer buffers.put(work)
	size := roundUp(f.planes.size()+columnsSlack, colUnit) // what follows stays aligned
	mem := work.take(size + k*ld + colUnit + c.F*colUnit)
	in, col, edge := mem[:size], mem[size:], mem[size+k*ld+colUnit:]
	flags := 0
	if c.bias != nil {
		flags |= tileRowBias
	}
	if c.relu {
		flags |= tileReLU
	}
	s := strip{a: c.w, rs: 4 * k, cs: 4, ldc: plane, rows: c.F, k: k, bias: c.bias, flags: flags, edge: edge}
	for n := chunk * f.share; n < min((chunk+1)*f.share, c.N); n++ {
		y := image(c.y, n, c.F*plane)
		if c.pointwise() {
			x := image(c.x, n, c.C*plane)
			s.b, s.ldb, s.bare, s.c, s.cols = x, plane, true, y, plane
			if at := plane / colUnit * colUnit; at < plane && !s.masks(plane) {
				// A tile reads 16 columns, and the image may end before.
				last := operand{x, plane, false}
				last.panel(col, at, colUnit, plane, 0, k)
				tail := s
				tail.b, tail.ldb, tail.c, tail.cols = col, colUnit, y[at:], plane-at
				tail.run()
				s.cols = at
			}
			s.run()
			continue
		}
		f.fill(in, image(c.x, n, c.C*c.H*c.W))
		row := 0
		for ch := range c.C {
			for p := range c.KH {
				for q := range c.KW {
					// What is written beyond a row is overwritten by the next.
					copyRows(&col[row*ld], 4*ow, &in[(ch*f.hp+p)*f.wp+q], 4*f.wp, oh, (ow+7)/8)
					row++
				}
			}
		}
		s.b, s.ldb, s.c, s.cols = col, ld, y, plane
		s.run()
	}
}
