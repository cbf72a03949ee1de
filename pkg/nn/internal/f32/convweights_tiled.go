//go:build (amd64 || arm64) && !purego

package f32

// backwardWeightsFast has the taps of w as the rows of its tiles, the filters as
// columns, and sums over pixels: B is dy with the filters side by side. One more
// row, of ones, makes the gradient of the bias. Groups of images have sums of
// their own, added in order.
//
// With a border, the taps of one row of the kernel are summed over the pixels
// for which they lie on the image. The rows are then ordered such that the last,
// which the ones follow, is one that lies on the image for all pixels.
func (c *convolution) backwardWeightsFast() {
	f := &c.fast
	f.outs = c.F
	taps, pixels := c.readsImage()
	f.full = -1
	if c.Pad > 0 && c.C*c.KW >= fullRows {
		for p := range c.KH {
			if lo, hi := c.span(p, c.H, c.OutH()); lo == 0 && hi == c.OutH() {
				f.full = p
			}
		}
	}
	line := c.C * c.KW
	for i := range c.KH {
		p := c.kernelRow(i)
		f.tables = append(f.tables, taps[p*line:(p+1)*line]...)
	}
	f.tables = append(f.tables, int32(4*f.planes.size())) // the plane of ones
	k := len(taps)
	f.phases = append(f.phases[:0], phase{taps: f.tables[k+len(pixels):], pixels: f.tables[k:][:len(pixels)]})

	f.groups = min(c.N, gatherGroups)
	mem := c.parts.take(max(1, f.groups) * (k + 1) * f.width())
	if f.groups == 0 {
		clear(mem)
	}
	c.run(f.groups, gatherWeights)
	c.run(c.weightChunks(), sumWeights)
}

// fullRows is the number of taps in a row of the kernel from which on leaving out
// the border pays.
const fullRows = 24

// gatherGroups is the number of partial sums of a weight gradient.
const gatherGroups = 16

// kernelRow returns which row of the kernel has the i-th place in the sums.
func (c *convolution) kernelRow(i int) int {
	if c.fast.full < 0 {
		return i
	}
	return mod(i+c.fast.full+1, c.KH)
}

func gatherWeights(c *convolution, group int) {
	f := &c.fast
	rows, pixels := f.phases[0].taps, f.phases[0].pixels
	width := f.width()
	size, plane := f.planes.size(), f.hp*f.wp
	sums := image(c.parts.data, group, len(rows)*width)
	work := buffers.get()
	defer buffers.put(work)
	start := roundUp(size+plane, colUnit) // of b, on a cache line
	mem := work.take(start + panelCols()*len(pixels))
	in, b := mem[:size+plane], mem[start:]
	fillOp(in[size:], nil, nil, 1)
	n0 := group * c.N / f.groups
	for n := n0; n < (group+1)*c.N/f.groups; n++ {
		f.fill(in, image(c.x, n, c.C*c.H*c.W))
		dy := operand{image(c.y, n, c.F*len(pixels)), len(pixels), true}
		for j := 0; j < c.F; j += panelCols() {
			cols := panelWidth(j, c.F)
			dy.panel(b, j, cols, c.F, 0, len(pixels))
			sums := sums[j:]
			if f.full < 0 {
				gatherDeep(in, rows, pixels, b, cols, 0, len(pixels), sums, width, n > n0)
				continue
			}
			line := c.C * c.KW
			for i := range c.KH {
				lo, hi := c.span(c.kernelRow(i), c.H, c.OutH())
				end := (i + 1) * line
				if i == c.KH-1 {
					end++ // the ones
				}
				gatherDeep(in, rows[i*line:end], pixels, b, cols, lo*c.OutW(), hi*c.OutW(), sums[i*line*width:], width, n > n0)
			}
		}
	}
}

// gatherDeep sums over pixels [lo, hi), block by block. With no pixel at all,
// one for which the taps lie on the border makes the zero.
func gatherDeep(in []float32, rows, pixels []int32, b []float32, cols, lo, hi int, sums []float32, width int, accumulate bool) {
	if lo >= hi {
		lo, hi = 0, 1
	}
	blocks := (hi - lo + depthBlock - 1) / depthBlock
	for i := range blocks {
		from, to := lo+i*(hi-lo)/blocks, lo+(i+1)*(hi-lo)/blocks
		flags := 0
		if i > 0 || accumulate {
			flags = tileAccumulate
		}
		gather(in, rows, pixels[from:to], b[from*cols:], cols, sums, width, nil, flags)
	}
}

// weightChunks returns how many chunks the channels are cut into to add the
// groups' sums.
func (c *convolution) weightChunks() int {
	return min(c.C, max(1, c.F*c.C*c.KH*c.KW*c.fast.groups/vectorGrain))
}

// sumWeights adds the groups' sums for a share of the channels, brings the taps
// into the order of w and transposes them to it. The last share has the bias.
func sumWeights(c *convolution, chunk int) {
	f := &c.fast
	chunks := c.weightChunks()
	c0, c1 := chunk*c.C/chunks, (chunk+1)*c.C/chunks
	k, width := c.C*c.KH*c.KW, f.width()
	work := buffers.get()
	defer buffers.put(work)
	mem := work.take((c1 - c0) * c.KH * c.KW * width)
	for i := range c.KH {
		row := i*c.C*c.KW + c0*c.KW
		sum := c.addGroups(row, (c1-c0)*c.KW)
		line := c.KW * width
		for ch := range c1 - c0 {
			copy(mem[(ch*c.KH+c.kernelRow(i))*line:][:line], sum[ch*line:])
		}
	}
	transpose(c.w[c0*c.KH*c.KW:], k, mem, width, (c1-c0)*c.KH*c.KW, c.F)
	if chunk == chunks-1 && c.bias != nil {
		copy(c.bias[:c.F], c.addGroups(k, 1))
	}
}

// addGroups adds the given rows of all groups to those of the first.
func (c *convolution) addGroups(row, rows int) []float32 {
	f := &c.fast
	width := f.width()
	size := (c.C*c.KH*c.KW + 1) * width
	sum := c.parts.data[row*width : (row+rows)*width]
	for g := 1; g < f.groups; g++ {
		addOp(sum, sum, c.parts.data[g*size+row*width:][:len(sum)], 0)
	}
	return sum
}
