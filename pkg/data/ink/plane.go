package ink

import (
	"image"
	"image/draw"
	"math"
)

// plane is a grey picture of values, mostly in [0, 1], row by row.
type plane struct {
	w, h int
	v    []float32
}

func newPlane(w, h int) plane { return plane{w, h, make([]float32, w*h)} }

func (p plane) row(y int) []float32 { return p.v[y*p.w : (y+1)*p.w] }

// part is a copy of what p has in a rectangle.
func (p plane) part(r image.Rectangle) plane {
	q := newPlane(r.Dx(), r.Dy())
	for y := range q.h {
		copy(q.row(y), p.row(r.Min.Y + y)[r.Min.X:])
	}
	return q
}

// turned is p with rows and columns exchanged.
func (p plane) turned() plane {
	q := newPlane(p.h, p.w)
	for y := range p.h {
		for x, v := range p.row(y) {
			q.v[x*q.w+y] = v
		}
	}
	return q
}

// light reads the luminance of a picture, and how opaque it is, as the mean over
// so many pixels that no side is longer than most. A strip at a time: package
// draw knows the fast way from any kind of picture, and none is copied whole.
func light(m image.Image, most int) (luminance, opaque plane) {
	r := m.Bounds()
	w, h := r.Dx(), r.Dy()
	shrink := max(1, float64(max(w, h))/float64(most))
	luminance = newPlane(max(1, int(float64(w)/shrink+0.5)), max(1, int(float64(h)/shrink+0.5)))
	opaque = newPlane(luminance.w, luminance.h)
	columns := shares(w, luminance.w, 0, float64(w))
	rows := shares(h, luminance.h, 0, float64(h))
	strip := image.NewRGBA(image.Rect(0, 0, w, 1))
	for y, at := range rows {
		line, cover := luminance.row(y), opaque.row(y)
		for i, part := range at.parts {
			draw.Draw(strip, strip.Rect, m, image.Pt(r.Min.X, r.Min.Y+at.from+i), draw.Src)
			for x, of := range columns {
				var lum, a float32
				for j, share := range of.parts {
					p := strip.Pix[4*(of.from+j):][:4]
					lum += share * (0.299*float32(p[0]) + 0.587*float32(p[1]) + 0.114*float32(p[2]))
					a += share * float32(p[3])
				}
				line[x] += part * lum / 255
				cover[x] += part * a / 255
			}
		}
	}
	return luminance, opaque
}

// A span is the pixels that one pixel of a smaller picture is the mean of, and how
// much each of them counts.
type span struct {
	from  int
	parts []float32
}

// shares cuts the stretch from … to of n pixels into so many equal spans; pixels
// at their ends count in parts. What lies outside is left out and counts as 0.
func shares(n, spans int, from, to float64) []span {
	list := make([]span, spans)
	step := (to - from) / float64(spans)
	for i := range list {
		a, b := from+step*float64(i), from+step*float64(i+1)
		first, last := max(0, int(math.Floor(a))), min(n-1, int(math.Ceil(b))-1)
		list[i].from = first
		for x := first; x <= last; x++ {
			part := min(b, float64(x+1)) - max(a, float64(x))
			list[i].parts = append(list[i].parts, float32(max(part, 0)/step))
		}
	}
	return list
}

// resampled is the part of p from (x, y) on that is size wide and high, as n×n
// pixels: each the mean of the area that it covers, which may reach outside.
func (p plane) resampled(x, y, size float64, n int) plane {
	columns, rows := shares(p.w, n, x, x+size), shares(p.h, n, y, y+size)
	out := newPlane(n, n)
	for j, at := range rows {
		line := out.row(j)
		for k, part := range at.parts {
			src := p.row(at.from + k)
			for i, of := range columns {
				var sum float32
				for l, share := range of.parts {
					sum += share * src[of.from+l]
				}
				line[i] += part * sum
			}
		}
	}
	return out
}

// blurred is the mean over the 3×3 neighbours; those outside are left out.
func (p plane) blurred() plane {
	out := newPlane(p.w, p.h)
	for y := range p.h {
		for x := range p.w {
			var sum, n float32
			for j := max(0, y-1); j <= min(p.h-1, y+1); j++ {
				for i := max(0, x-1); i <= min(p.w-1, x+1); i++ {
					sum += p.v[j*p.w+i]
					n++
				}
			}
			out.v[y*p.w+x] = sum / n
		}
	}
	return out
}

// opened is what is left of p once all that is bright and narrower than size has
// been taken away: the largest of the smallest values in squares of that size.
func (p plane) opened(size int) plane {
	p = p.extreme(size, -1).turned().extreme(size, -1)
	return p.extreme(size, 1).turned().extreme(size, 1)
}

// extreme is the largest value (sign 1) or the smallest (-1) of the size pixels
// around each, along the rows. Van Herk's way: three comparisons a pixel, whatever
// the size.
func (p plane) extreme(size int, sign float32) plane {
	size |= 1
	half := size / 2
	out := newPlane(p.w, p.h)
	n := p.w + 2*half
	n += (size - n%size) % size
	line, forth, back := make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range line {
		line[i] = float32(math.Inf(-1))
	}
	for y := range p.h {
		for x, v := range p.row(y) {
			line[half+x] = sign * v
		}
		for i, v := range line {
			forth[i] = v
			if i%size > 0 {
				forth[i] = max(v, forth[i-1])
			}
		}
		for i := n - 1; i >= 0; i-- {
			back[i] = line[i]
			if i%size < size-1 {
				back[i] = max(line[i], back[i+1])
			}
		}
		for x := range p.w {
			out.v[y*p.w+x] = sign * max(back[x], forth[x+size-1])
		}
	}
	return out
}
