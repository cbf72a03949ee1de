//go:build amd64 && !purego

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
	ld := roundUp(plane, tileCols)
	if c.pointwise() {
		ld = tileCols // col holds the last panel alone
	}
	work := buffers.get()
	defer buffers.put(work)
	size := roundUp(f.planes.size()+columnsSlack, tileCols) // what follows stays aligned
	mem := work.take(size + k*ld + tileCols + c.F*tileCols)
	in, col, edge := mem[:size], mem[size:], mem[size+k*ld+tileCols:]
	flags := 0
	if c.bias != nil {
		flags |= tileRowBias
	}
	if c.relu {
		flags |= tileReLU
	}
	s := strip{a: c.w, rs: 4 * k, cs: 4, bs: 4 * ld, bp: 4 * tileCols, rows: c.F, k: k, bias: c.bias, flags: flags}
	for n := chunk * f.share; n < min((chunk+1)*f.share, c.N); n++ {
		if c.pointwise() {
			x := image(c.x, n, c.C*plane)
			s.b, s.bs = x, 4*plane
			if at := plane / tileCols * tileCols; at < plane {
				last := operand{x, plane, false}
				last.panel(col, at, plane, 0, k)
			}
			s.product(image(c.y, n, c.F*plane), plane, col, 4*tileCols, edge)
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
		s.b, s.bs = col, 4*ld
		s.product(image(c.y, n, c.F*plane), plane, col[plane/tileCols*tileCols:], 4*ld, edge)
	}
}

// product computes y, of plane values for each row of the strip. What does not
// fill a panel comes from the panel at last, whose rows lie step bytes apart, and
// takes its way through edge.
func (s strip) product(y []float32, plane int, last []float32, step int, edge []float32) {
	whole := plane / tileCols
	if whole > 0 {
		s.c, s.ldc, s.panels = y, plane, whole
		s.run()
	}
	if at := whole * tileCols; at < plane {
		s.b, s.bs = last, step
		s.c, s.ldc, s.panels = edge, tileCols, 1
		s.run()
		for i := range s.rows {
			copy(y[i*plane+at:(i+1)*plane], edge[i*tileCols:])
		}
	}
}
