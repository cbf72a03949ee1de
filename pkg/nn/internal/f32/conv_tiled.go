//go:build (amd64 || arm64) && !purego

package f32

import "slices"

// The convolutions gather: a tile of some pixels and some filters reads its inputs
// where they lie, at the offset of the pixel plus the offset of the tap, and
// broadcasts them. Strides, and the taps left out of an input gradient with a
// stride, are nothing but other tables. The weights of a panel of filters, one row
// for each tap, stay in the first-level cache. What a tile computes has a
// pixel's filters side by side, and is transposed to planes at the end.
//
// Taps are ordered by their row in the kernel, then by channel, then by column.
// Those whose row falls on the border above or below the image are then at the
// ends of the table, and are left out.

// fastConv is what a convolution needs for that. Its memory is kept.
type fastConv struct {
	planes
	phases []phase
	tables []int32 // backs the phases' pixels and taps
	bands  []band  // backs the phases' bands
	packed buffer  // the phases' weights, then the bias in whole panels
	bias   []float32
	outs   int // channels of the result
	size   int // values of a result image
	row    int // values of a row of a result
	share  int // images in a chunk
	groups int // partial sums of a weight gradient
	full   int // row of the kernel that lies on the image everywhere
}

// A phase is a set of pixels of the result that have the same taps: all of them
// but in an input gradient with a stride.
type phase struct {
	pixels, taps []int32   // offsets in bytes
	weights      []float32 // panels of outputs, one row for each tap
	bands        []band
	// Pixel (i, j) of the phase is (y0 + i·step, x0 + j·step) of the result;
	// it has across of them in a row.
	y0, x0, step, across int
}

// A band is a range of pixels and the range of taps that lie on the image there.
type band struct{ p0, p1, l0, l1 int }

// addBand appends pixels [p0, p1) with taps [l0, l1) to the bands from first on.
// With no tap at all, one that lies on the border makes the zero.
func (f *fastConv) addBand(first, p0, p1, l0, l1 int) {
	if l0 >= l1 {
		l0, l1 = 0, 1
	}
	if n := len(f.bands); n > first && f.bands[n-1].l0 == l0 && f.bands[n-1].l1 == l1 {
		f.bands[n-1].p1 = p1
		return
	}
	f.bands = append(f.bands, band{p0, p1, l0, l1})
}

// cut decides how many images make a chunk, by the multiplications of one.
func (c *convolution) cut(work int) (chunks int) {
	f := &c.fast
	f.share = min(c.N, max(1, chunkWork/max(1, work)))
	return (c.N + f.share - 1) / f.share
}

// panels returns the number of panels of outputs, width that of their columns.
func (f *fastConv) panels() int { return (f.outs + panelCols() - 1) / panelCols() }
func (f *fastConv) width() int  { return roundUp(f.outs, colUnit) }

// readsImage sets the planes to x's and the tables to the inputs of all taps and
// of all outputs' pixels.
func (c *convolution) readsImage() (taps, pixels []int32) {
	f := &c.fast
	hp, wp := c.H+2*c.Pad, c.W+2*c.Pad
	f.planes = planes{c.C, c.H, c.W, c.Pad, c.Pad, hp, wp}
	f.tables = f.tables[:0]
	for p := range c.KH {
		for ch := range c.C {
			for q := range c.KW {
				f.tables = append(f.tables, int32(4*(ch*hp*wp+p*wp+q)))
			}
		}
	}
	k := len(f.tables)
	for i := range c.OutH() {
		for j := range c.OutW() {
			f.tables = append(f.tables, int32(4*(i*wp+j)*c.Stride))
		}
	}
	return f.tables[:k], f.tables[k:]
}

func (c *convolution) forwardFast() {
	if c.N == 0 {
		return
	}
	if c.columnsFit() {
		c.columnsForward()
		return
	}
	f := &c.fast
	oh, ow := c.OutH(), c.OutW()
	f.outs, f.size, f.row = c.F, c.F*oh*ow, ow
	taps, pixels := c.readsImage()
	f.bands = f.bands[:0]
	for i := range oh {
		lo, hi := max(0, c.Pad-i*c.Stride), min(c.KH, c.H+c.Pad-i*c.Stride)
		f.addBand(0, i*ow, (i+1)*ow, lo*c.C*c.KW, hi*c.C*c.KW)
	}
	k := len(taps)
	width := f.width()
	mem := f.packed.take(width * (k + 1))
	f.bias = nil
	if c.bias != nil {
		f.bias = mem[width*k:]
		copy(f.bias, c.bias[:c.F])
	}
	f.phases = append(f.phases[:0], phase{pixels: pixels, taps: taps, weights: mem, bands: f.bands, step: 1, across: ow})
	c.run(f.panels(), packForward)
	c.run(c.cut(c.work()), gatherForward)
}

// packForward packs one panel of weights and puts its taps in order.
func packForward(c *convolution, p int) {
	k := c.C * c.KH * c.KW
	work := buffers.get()
	defer buffers.put(work)
	j := p * panelCols()
	width := panelWidth(j, c.F)
	mem := work.take(k * width)
	w := operand{c.w, k, true}
	w.panel(mem, j, width, c.F, 0, k)
	panel := c.fast.phases[0].weights[j*k:]
	line := c.KW * width // a row of the kernel
	for p := range c.KH {
		for ch := range c.C {
			copy(panel[(p*c.C+ch)*line:][:line], mem[(ch*c.KH+p)*line:])
		}
	}
}

// backwardDataFast gathers too: dx of row r sums w of row p times dy of row
// (r+Pad-p)/Stride, for the p that leave no remainder. Those p, and so the taps,
// are the same for every Stride-th row: a phase. With r = y0 + u·Stride and
// p = p0 + t·Stride, the row of dy is a constant + u - t.
func (c *convolution) backwardDataFast() {
	if c.N == 0 {
		return
	}
	if c.scatterPays() {
		c.scatterData()
		return
	}
	f := &c.fast
	oh, ow, s := c.OutH(), c.OutW(), c.Stride
	top, left := max(0, c.KH-1-c.Pad)/s, max(0, c.KW-1-c.Pad)/s
	hp, wp := top+max(oh, (c.H-1+c.Pad)/s+1), left+max(ow, (c.W-1+c.Pad)/s+1)
	f.planes = planes{c.F, oh, ow, top, left, hp, wp}
	f.outs, f.size, f.row, f.bias = c.C, c.C*c.H*c.W, c.W, nil
	c.relu = false

	taps := c.F * c.KH * c.KW
	width := f.width()
	mem := f.packed.take(width * taps)
	// The phases' slices must not move.
	f.phases = f.phases[:0]
	f.tables = slices.Grow(f.tables[:0], c.H*c.W+taps)
	f.bands = slices.Grow(f.bands[:0], c.H*s)
	for p0 := range min(s, c.KH) {
		for q0 := range min(s, c.KW) {
			ph := phase{step: s, y0: mod(p0-c.Pad, s), x0: mod(q0-c.Pad, s), weights: mem}
			ph.across = (c.W - ph.x0 + s - 1) / s
			if ph.y0 >= c.H || ph.x0 >= c.W {
				continue
			}
			deep, wide := (c.KH-p0+s-1)/s, (c.KW-q0+s-1)/s // taps down and across
			first, start := len(f.bands), len(f.tables)
			for r := ph.y0; r < c.H; r += s {
				u := (r + c.Pad - p0) / s
				at := len(f.tables) - start
				for q := ph.x0; q < c.W; q += s {
					v := (q + c.Pad - q0) / s
					f.tables = append(f.tables, int32(4*((u+top)*wp+v+left)))
				}
				f.addBand(first, at, at+ph.across, max(0, u-oh+1)*c.F*wide, min(deep, u+1)*c.F*wide)
			}
			middle := len(f.tables)
			for t := range deep {
				for filter := range c.F {
					for q := range wide {
						f.tables = append(f.tables, int32(4*(filter*hp*wp-t*wp-q)))
					}
				}
			}
			ph.bands = f.bands[first:]
			ph.pixels, ph.taps = f.tables[start:middle], f.tables[middle:]
			mem = mem[width*len(ph.taps):]
			c.packTransposed(&ph, p0, q0)
			f.phases = append(f.phases, ph)
		}
	}
	c.run(c.cut(c.work()), gatherData)
}

func mod(a, b int) int { return (a%b + b) % b }

// packTransposed writes the phase's weights, with the channels as the outputs.
func (c *convolution) packTransposed(ph *phase, p0, q0 int) {
	k := len(ph.taps)
	size := c.KH * c.KW
	l := 0
	for p := p0; p < c.KH; p += c.Stride {
		for filter := range c.F {
			for q := q0; q < c.KW; q += c.Stride {
				w := c.w[filter*c.C*size+p*c.KW+q:]
				for j := 0; j < c.C; j += panelCols() {
					width := panelWidth(j, c.C)
					row := ph.weights[j*k+l*width:][:width]
					for i := range row[:min(width, c.C-j)] {
						row[i] = w[(j+i)*size]
					}
				}
				l++
			}
		}
	}
}

func gatherForward(c *convolution, chunk int) { c.gather(chunk, c.y, c.x) }
func gatherData(c *convolution, chunk int)    { c.gather(chunk, c.x, c.y) }

const (
	// pixelBlock is the number of pixels computed before they are transposed.
	pixelBlock = 96

	// depthBlock bounds the terms summed before the next tile: of 16 values each
	// they are 20 KiB, which leaves room in the first-level cache for what is
	// gathered. (AVX-512's are 40 KiB, and come from the second-level cache where
	// the first holds 32; but blocks are part of the order of sums.)
	depthBlock = 320
)

// gather computes one chunk of images of the result.
func (c *convolution) gather(chunk int, results, images []float32) {
	f := &c.fast
	work := buffers.get()
	defer buffers.put(work)
	width := f.width()
	mem := work.take(pixelBlock*width + f.planes.size())
	out := mem[:pixelBlock*width]
	for n := chunk * f.share; n < min((chunk+1)*f.share, c.N); n++ {
		in := image(images, n, f.c*f.h*f.w)
		if !f.bare() {
			f.fill(mem[len(out):], in)
			in = mem[len(out):]
		}
		result := image(results, n, f.size)
		if len(f.phases) == 0 || f.phases[0].step > 1 {
			clear(result) // some pixels may have no taps
		}
		for i := range f.phases {
			f.gatherPhase(&f.phases[i], result, in, out, c.relu)
		}
	}
}

func (f *fastConv) gatherPhase(ph *phase, result, in, out []float32, relu bool) {
	width := f.width()
	plane := f.size / f.outs
	blocks := (len(ph.pixels) + pixelBlock - 1) / pixelBlock
	for b := range blocks {
		p0, p1 := b*len(ph.pixels)/blocks, (b+1)*len(ph.pixels)/blocks
		for _, band := range ph.bands {
			if lo, hi := max(p0, band.p0), min(p1, band.p1); lo < hi {
				f.gatherBand(ph, in, out[(lo-p0)*width:], ph.pixels[lo:hi], band.l0, band.l1, relu)
			}
		}
		if ph.step == 1 {
			transpose(result[p0:], plane, out, width, p1-p0, f.outs)
			continue
		}
		for px := p0; px < p1; px++ {
			at := (ph.y0+px/ph.across*ph.step)*f.row + ph.x0 + px%ph.across*ph.step
			for o, v := range out[(px-p0)*width:][:f.outs] {
				result[o*plane+at] = v
			}
		}
	}
}

// gatherBand computes all outputs of some pixels with taps [l0, l1).
func (f *fastConv) gatherBand(ph *phase, in, out []float32, pixels []int32, l0, l1 int, relu bool) {
	last := 0
	if f.bias != nil {
		last |= tileBias
	}
	if relu {
		last |= tileReLU
	}
	depths := (l1 - l0 + depthBlock - 1) / depthBlock
	for j := 0; j < f.outs; j += panelCols() {
		width := panelWidth(j, f.outs)
		var bias []float32
		if f.bias != nil {
			bias = f.bias[j:]
		}
		w := ph.weights[j*len(ph.taps):]
		for d := range depths {
			from, to := l0+d*(l1-l0)/depths, l0+(d+1)*(l1-l0)/depths
			flags := 0
			if d > 0 {
				flags = tileAccumulate
			}
			if d == depths-1 {
				flags |= last
			}
			gather(in, pixels, ph.taps[from:to], w[from*width:], width, out[j:], f.width(), bias, flags)
		}
	}
}
