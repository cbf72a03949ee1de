package f32

// The convolutions as products of gonum's: im2col writes the inputs of every
// tap as a row, so that y = w·columns for one image.

// columns returns the matrix of C·KH·KW rows and OutH·OutW columns whose
// product with the weights is y.
func (c *convolution) columns(dst, x []float32) {
	oh, ow := c.OutH(), c.OutW()
	clear(dst)
	// Without its filter, a tap's weight index is its row.
	c.taps(0, func(row, y, xi, n int) {
		d := dst[row*oh*ow+y:]
		for k := range n {
			d[k] = x[xi+k*c.Stride]
		}
	})
}

// columnSize returns the rows and columns of the matrix of columns.
func (c *convolution) columnSize() (rows, cols int) {
	return c.C * c.KH * c.KW, c.OutH() * c.OutW()
}

func forwardBLAS(c *convolution, n int) {
	rows, cols := c.columnSize()
	buf := buffers.get()
	defer buffers.put(buf)
	col := buf.take(rows * cols)
	c.columns(col, image(c.x, n, c.C*c.H*c.W))
	y := image(c.y, n, c.F*cols)
	for f := range c.F {
		var bias float32
		if c.bias != nil {
			bias = c.bias[f]
		}
		fillGeneric(image(y, f, cols), bias)
	}
	product{c: y, a: c.w, b: col, m: c.F, n: cols, k: rows, Epilogue: Epilogue{Accumulate: true, ReLU: c.relu}}.blas()
}

func backwardDataBLAS(c *convolution, n int) {
	rows, cols := c.columnSize()
	buf := buffers.get()
	defer buffers.put(buf)
	col := buf.take(rows * cols)
	dy := image(c.y, n, c.F*cols)
	product{c: col, a: c.w, b: dy, m: rows, n: cols, k: c.F, transA: true}.blas()
	dx := image(c.x, n, c.C*c.H*c.W)
	clear(dx)
	c.taps(0, func(row, y, xi, n int) {
		d := col[row*cols+y:]
		for k := range n {
			dx[xi+k*c.Stride] += d[k]
		}
	})
}

// backwardWeightsBLAS sums dw over groups of images, then over the groups.
func (c *convolution) backwardWeightsBLAS() {
	size := c.F * c.C * c.KH * c.KW
	groups := min(c.N, weightGroups)
	c.parts.take(groups * (size + c.F))
	c.run(groups, func(c *convolution, group int) {
		rows, cols := c.columnSize()
		buf := buffers.get()
		defer buffers.put(buf)
		col := buf.take(rows * cols)
		part := image(c.parts.data, group, size+c.F)
		clear(part)
		dw, db := part[:size], part[size:]
		for n := group * c.N / groups; n < (group+1)*c.N/groups; n++ {
			c.columns(col, image(c.x, n, c.C*c.H*c.W))
			dy := image(c.y, n, c.F*cols)
			product{c: dw, a: dy, b: col, m: c.F, n: rows, k: cols, transB: true, Epilogue: Epilogue{Accumulate: true}}.blas()
			for f := range db {
				for _, v := range image(dy, f, cols) {
					db[f] += v
				}
			}
		}
	})
	clear(c.w[:size])
	clear(c.bias[:min(c.F, len(c.bias))])
	for g := range groups {
		part := image(c.parts.data, g, size+c.F)
		addGeneric(c.w[:size], c.w, part)
		if c.bias != nil {
			addGeneric(c.bias[:c.F], c.bias, part[size:])
		}
	}
}

// weightGroups is the number of partial sums of a weight gradient: enough to
// keep several cores busy, and fixed so that the bits do not depend on them.
const weightGroups = 8
