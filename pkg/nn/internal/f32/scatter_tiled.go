//go:build (amd64 || arm64) && !purego

package f32

// The other way to an input gradient: the product of the transposed weights and
// dy is what each tap contributes for each pixel of dy, and is added where it
// belongs (col2im). Gathering multiplies with the border's zeros and fills lanes
// that no channel needs; where that costs more than writing and adding the
// contributions, as in front of a kernel that is large against the image or for
// few channels, this way is taken.

// scatterBlock bounds the contributions held at one time: 64 KiB.
const scatterBlock = 16 << 10

// scatterPays compares the multiplications of both ways.
func (c *convolution) scatterPays() bool {
	if c.Stride != 1 {
		return false
	}
	oh, ow := c.OutH(), c.OutW()
	rows := 0 // of the kernel that meet dy, over all rows of x
	for p := range c.KH {
		lo, hi := c.span(p, c.H, oh)
		rows += max(0, hi-lo)
	}
	gather := float64(rows*c.W*c.KW*c.F) * float64(roundUp(c.C, colUnit))
	scatter := float64(c.C*c.KH*c.KW*c.F) * float64(roundUp(oh*ow, colUnit))
	// What the adding costs is as much as some more filters.
	return scatter*float64(c.F+12)/float64(c.F) < gather
}

// channelBlock returns how many channels' taps are computed at one time.
func (c *convolution) channelBlock() int {
	return min(c.C, max(1, scatterBlock/(c.KH*c.KW*roundUp(c.OutH()*c.OutW(), colUnit))))
}

func (c *convolution) scatterData() {
	c.fast.packed.take(c.C * c.KH * c.KW * c.F)
	c.run((c.C+c.channelBlock()-1)/c.channelBlock(), packScatter)
	c.run(c.cut(c.work()), scatterImages)
}

func packScatter(c *convolution, block int) {
	taps := c.KH * c.KW
	c0 := block * c.channelBlock()
	i0, i1 := c0*taps, min(c0+c.channelBlock(), c.C)*taps
	w := operand{c.w, c.C * taps, false}
	w.tiles(c.fast.packed.data[i0*c.F:], i0, i1, i0, i1, 0, c.F)
}

func scatterImages(c *convolution, chunk int) {
	f := &c.fast
	oh, ow := c.OutH(), c.OutW()
	taps, width := c.KH*c.KW, roundUp(oh*ow, colUnit)
	step := c.channelBlock()
	work := buffers.get()
	defer buffers.put(work)
	mem := work.take(width*c.F + step*taps*width)
	b, out := mem[:width*c.F], mem[width*c.F:]
	for n := chunk * f.share; n < min((chunk+1)*f.share, c.N); n++ {
		dy := operand{image(c.y, n, c.F*oh*ow), oh * ow, false}
		dy.panels(b, 0, width, oh*ow, 0, c.F)
		dx := image(c.x, n, c.C*c.H*c.W)
		clear(dx)
		for c0 := 0; c0 < c.C; c0 += step {
			c1 := min(c0+step, c.C)
			s := strip{a: f.packed.data[c0*taps*c.F:], packed: true, b: b,
				c: out, ldc: width, rows: (c1 - c0) * taps, k: c.F, cols: width}
			s.run()
			for ch := c0; ch < c1; ch++ {
				c.addTaps(image(dx, ch, c.H*c.W), out[(ch-c0)*taps*width:], width)
			}
		}
	}
}

// addTaps adds the contributions of all taps to one plane of dx.
func (c *convolution) addTaps(dx, contributions []float32, width int) {
	ow := c.OutW()
	for p := range c.KH {
		top, bottom := c.span(p, c.H, c.OutH())
		for q := range c.KW {
			left, right := c.span(q, c.W, ow)
			if top < bottom && left < right {
				d := dx[(top+p-c.Pad)*c.W+left+q-c.Pad:]
				s := contributions[(p*c.KW+q)*width+top*ow+left:]
				addPlane(&d[0], 4*c.W, &s[0], 4*ow, bottom-top, right-left)
			}
		}
	}
}
