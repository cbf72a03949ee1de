//go:build amd64 && !purego

package f32

import "slices"

// The convolutions gather: a tile of six pixels and 16 filters reads its inputs
// where they lie, at the offset of the pixel plus the offset of the tap, and
// broadcasts them. Strides, and the taps left out of an input gradient with a
// stride, are nothing but other tables. The weights of 16 filters, one row of 16
// for each tap, stay in the first-level cache. What a tile computes has a
// pixel's filters side by side, and is transposed to planes at the end.

// fastConv is what a convolution needs for that. Its memory is kept.
type fastConv struct {
	planes
	phases []phase
	tables []int32 // backs the phases' pixels and taps
	packed buffer  // the phases' weights, then the bias in whole panels
	bias   []float32
	outs   int // channels of the result
	size   int // values of a result image
	row    int // values of a row of a result
	share  int // images in a chunk
	groups int // partial sums of a weight gradient
}

// planes tells how an image of c×h×w lies in planes of hp×wp zeros, from
// (top, left).
type planes struct{ c, h, w, top, left, hp, wp int }

func (p *planes) size() int { return p.c * p.hp * p.wp }

// bare reports whether the planes are the image itself.
func (p *planes) bare() bool { return p.top == 0 && p.left == 0 && p.hp == p.h && p.wp == p.w }

// fill writes the planes of an image.
func (p *planes) fill(dst, img []float32) {
	clear(dst[:p.size()])
	for ch := range p.c {
		d, s := dst[ch*p.hp*p.wp+p.top*p.wp+p.left:], img[ch*p.h*p.w:]
		if p.w >= 8 {
			copyPlane(&d[0], 4*p.wp, &s[0], 4*p.w, p.h, p.w)
			continue
		}
		for i := range p.h {
			copy(d[i*p.wp:][:p.w], s[i*p.w:])
		}
	}
}

// A phase is a set of pixels of the result that have the same taps: all of them
// but in an input gradient with a stride.
type phase struct {
	pixels, taps []int32   // offsets in bytes
	weights      []float32 // panels of 16 outputs, one row for each tap
	// Pixel (i, j) of the phase is (y0 + i·step, x0 + j·step) of the result;
	// it has across of them in a row.
	y0, x0, step, across int
}

// cut decides how many images make a chunk, by the multiplications of one.
func (c *convolution) cut(work int) (chunks int) {
	f := &c.fast
	f.share = min(c.N, max(1, chunkWork/max(1, work)))
	return (c.N + f.share - 1) / f.share
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
	k := c.C * c.KH * c.KW
	hp, wp := c.H+2*c.Pad, c.W+2*c.Pad
	f.planes = planes{c.C, c.H, c.W, c.Pad, c.Pad, hp, wp}
	f.outs, f.size, f.row = c.F, c.F*oh*ow, ow

	f.tables = f.tables[:0]
	for i := range oh {
		for j := range ow {
			f.tables = append(f.tables, int32(4*(i*wp+j)*c.Stride))
		}
	}
	for ch := range c.C {
		for p := range c.KH {
			for q := range c.KW {
				f.tables = append(f.tables, int32(4*(ch*hp*wp+p*wp+q)))
			}
		}
	}
	panels := f.panels()
	mem := f.packed.take(panels * tileCols * (k + 1))
	w := operand{c.w, k, true}
	for p := range panels {
		w.panel(mem[p*tileCols*k:], p*tileCols, c.F, 0, k)
	}
	f.bias = nil
	if c.bias != nil {
		f.bias = mem[panels*tileCols*k:]
		copy(f.bias, c.bias[:c.F])
	}
	f.phases = append(f.phases[:0], phase{pixels: f.tables[:oh*ow], taps: f.tables[oh*ow:], weights: mem, step: 1, across: ow})
	c.run(c.cut(c.work()), gatherForward)
}

func (f *fastConv) panels() int { return (f.outs + tileCols - 1) / tileCols }

// backwardDataFast gathers too: dx of row r sums w of row p times dy of row
// (r+Pad-p)/Stride, for the p that leave no remainder. Those p, and so the taps,
// are the same for every Stride-th row: a phase. With r = y0 + u·Stride and
// p = p0 + t·Stride, the row of dy is a constant + u - t.
func (c *convolution) backwardDataFast() {
	if c.N == 0 {
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
	panels := f.panels()
	mem := f.packed.take(panels * tileCols * taps)
	f.phases, f.tables = f.phases[:0], f.tables[:0]
	f.tables = slices.Grow(f.tables, c.H*c.W+taps) // the phases' slices must not move
	for p0 := range min(s, c.KH) {
		for q0 := range min(s, c.KW) {
			ph := phase{step: s, y0: mod(p0-c.Pad, s), x0: mod(q0-c.Pad, s), weights: mem}
			ph.across = (c.W - ph.x0 + s - 1) / s
			if ph.y0 >= c.H || ph.x0 >= c.W {
				continue
			}
			start := len(f.tables)
			for r := ph.y0; r < c.H; r += s {
				for q := ph.x0; q < c.W; q += s {
					u, v := (r+c.Pad-p0)/s, (q+c.Pad-q0)/s
					f.tables = append(f.tables, int32(4*((u+top)*wp+v+left)))
				}
			}
			middle := len(f.tables)
			for filter := range c.F {
				for p := p0; p < c.KH; p += s {
					for q := q0; q < c.KW; q += s {
						f.tables = append(f.tables, int32(4*(filter*hp*wp-p/s*wp-q/s)))
					}
				}
			}
			ph.pixels, ph.taps = f.tables[start:middle], f.tables[middle:]
			mem = mem[panels*tileCols*len(ph.taps):]
			f.phases = append(f.phases, ph)
			c.packTransposed(&f.phases[len(f.phases)-1], p0, q0)
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
	for filter := range c.F {
		for p := p0; p < c.KH; p += c.Stride {
			for q := q0; q < c.KW; q += c.Stride {
				w := c.w[filter*c.C*size+p*c.KW+q:]
				for ch := range c.C {
					ph.weights[(ch/tileCols*k+l)*tileCols+ch%tileCols] = w[ch*size]
				}
				l++
			}
		}
	}
}

func gatherForward(c *convolution, chunk int) { c.gather(chunk, c.y, c.x) }
func gatherData(c *convolution, chunk int)    { c.gather(chunk, c.x, c.y) }

// pixelBlock is the number of pixels computed before they are transposed.
const pixelBlock = 96

// gather computes one chunk of images of the result.
func (c *convolution) gather(chunk int, results, images []float32) {
	f := &c.fast
	work := buffers.get()
	defer buffers.put(work)
	width := f.panels() * tileCols
	mem := work.take(pixelBlock*width + f.planes.size())
	out := mem[:pixelBlock*width]
	for n := chunk * f.share; n < min((chunk+1)*f.share, c.N); n++ {
		in := image(images, n, f.c*f.h*f.w)
		if !f.bare() {
			f.fill(mem[len(out):], in)
			in = mem[len(out):]
		}
		result := image(results, n, f.size)
		if f.phases[0].step > 1 {
			clear(result) // some pixels may have no taps
		}
		for i := range f.phases {
			f.gatherPhase(&f.phases[i], result, in, out, c.relu)
		}
	}
}

func (f *fastConv) gatherPhase(ph *phase, result, in, out []float32, relu bool) {
	panels, k := f.panels(), len(ph.taps)
	last := 0
	if f.bias != nil {
		last |= tileBias
	}
	if relu {
		last |= tileReLU
	}
	depths := (k + depthBlock - 1) / depthBlock
	plane := f.size / f.outs
	blocks := (len(ph.pixels) + pixelBlock - 1) / pixelBlock
	for b := range blocks {
		p0, p1 := b*len(ph.pixels)/blocks, (b+1)*len(ph.pixels)/blocks
		for p := range panels {
			var bias []float32
			if f.bias != nil {
				bias = f.bias[p*tileCols:]
			}
			w := ph.weights[p*tileCols*k:]
			for d := range depths {
				l0, l1 := d*k/depths, (d+1)*k/depths
				flags := 0
				if d > 0 {
					flags = tileAccumulate
				}
				if d == depths-1 {
					flags |= last
				}
				gather(in, ph.pixels[p0:p1], ph.taps[l0:l1], w[l0*tileCols:], out[p*tileCols:], panels*tileCols, bias, flags)
			}
		}
		if ph.step == 1 {
			transpose(result[p0:], plane, out, panels*tileCols, p1-p0, f.outs)
			continue
		}
		for px := p0; px < p1; px++ {
			at := (ph.y0+px/ph.across*ph.step)*f.row + ph.x0 + px%ph.across*ph.step
			for o, v := range out[(px-p0)*panels*tileCols:][:f.outs] {
				result[o*plane+at] = v
			}
		}
	}
}

// backwardWeightsFast has the taps of w as the rows of its tiles, the filters as
// columns, and sums over pixels: B is dy with the filters side by side. One more
// row, of ones, makes the gradient of the bias. Groups of images have sums of
// their own, added in order.
func (c *convolution) backwardWeightsFast() {
	f := &c.fast
	k := c.C * c.KH * c.KW
	oh, ow := c.OutH(), c.OutW()
	hp, wp := c.H+2*c.Pad, c.W+2*c.Pad
	f.planes = planes{c.C, c.H, c.W, c.Pad, c.Pad, hp, wp}
	f.outs = c.F
	f.tables = f.tables[:0]
	for ch := range c.C {
		for p := range c.KH {
			for q := range c.KW {
				f.tables = append(f.tables, int32(4*(ch*hp*wp+p*wp+q)))
			}
		}
	}
	f.tables = append(f.tables, int32(4*c.C*hp*wp)) // the plane of ones
	for i := range oh {
		for j := range ow {
			f.tables = append(f.tables, int32(4*(i*wp+j)*c.Stride))
		}
	}
	rows := k + 1
	if c.bias == nil {
		rows = k
	}
	f.phases = append(f.phases[:0], phase{pixels: f.tables[:rows], taps: f.tables[k+1:]})
	f.groups = min(c.N, gatherGroups)
	width := f.panels() * tileCols
	c.parts.take(max(1, f.groups) * rows * width)
	c.run(f.groups, gatherWeights)
	c.run(max(1, k*c.F/vectorGrain), sumWeights)
}

// gatherGroups is the number of partial sums of a weight gradient.
const gatherGroups = 16

// depthBlock bounds the terms summed before the next tile: their 16 values each
// are 20 KiB, which leaves room in the first-level cache for what is gathered.
const depthBlock = 320

func gatherWeights(c *convolution, group int) {
	f := &c.fast
	rows, pixels := f.phases[0].pixels, f.phases[0].taps
	panels := f.panels()
	width := panels * tileCols
	sums := image(c.parts.data, group, len(rows)*width)
	work := buffers.get()
	defer buffers.put(work)
	size := f.planes.size()
	mem := work.take(size + f.hp*f.wp + tileCols*len(pixels))
	in, b := mem[:size+f.hp*f.wp], mem[size+f.hp*f.wp:]
	fillGeneric(in[size:], 1)
	flags := 0
	for n := group * c.N / f.groups; n < (group+1)*c.N/f.groups; n++ {
		f.fill(in, image(c.x, n, c.C*c.H*c.W))
		dy := operand{image(c.y, n, c.F*len(pixels)), len(pixels), true}
		for p := range panels {
			dy.panel(b, p*tileCols, c.F, 0, len(pixels))
			for at, flags := 0, flags; at < len(pixels); flags = tileAccumulate {
				next := min(at+depthBlock, len(pixels))
				gather(in, rows, pixels[at:next], b[at*tileCols:], sums[p*tileCols:], width, nil, flags)
				at = next
			}
		}
		flags = tileAccumulate
	}
}

// sumWeights adds the groups' sums of a share of the taps and transposes them to
// dw; the last share has the bias.
func sumWeights(c *convolution, chunk int) {
	f := &c.fast
	k := c.C * c.KH * c.KW
	chunks := max(1, k*c.F/vectorGrain)
	l0, l1 := chunk*k/chunks, (chunk+1)*k/chunks
	rows := len(f.phases[0].pixels)
	width := f.panels() * tileCols
	end := l1
	if chunk == chunks-1 {
		end = rows
	}
	if f.groups == 0 {
		clear(c.parts.data[l0*width : end*width])
	}
	sum := c.parts.data[l0*width : end*width]
	for g := 1; g < f.groups; g++ {
		addOp(sum, sum, c.parts.data[(g*rows+l0)*width:][:len(sum)], 0)
	}
	transpose(c.w[l0:], k, sum, width, l1-l0, c.F)
	if end > l1 {
		copy(c.bias[:c.F], sum[(l1-l0)*width:])
	}
}
