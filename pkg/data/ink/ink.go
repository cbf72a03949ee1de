// Package ink finds a handwritten sign in a picture and makes of it what MNIST
// made of its scanned digits. For pictures in Go its door is data.Prepare; scripts/draw asks it
// itself, as a program for the browser that must be small.
package ink

import (
	"cmp"
	"image"
	"math"
	"slices"
)

// A Sign is what was found in a picture.
type Sign struct {
	Image *image.Gray     // 28×28, ink white on black
	Box   image.Rectangle // around its ink, in pixels of the picture
	Signs int             // how many stand apart from each other; this is the largest
}

// The geometry of MNIST.
const (
	side = 28
	box  = 20
)

// work is the longest side of what is looked at: photographs are larger.
const work = 640

// faintest is the least that ink differs from its ground, as a share of it.
const faintest = 0.08

// Find finds the largest sign of a picture; ok is false if there is none.
func Find(m image.Image) (s Sign, ok bool) {
	lum, opaque := light(m, work)
	s, ok = find(lum, opaque, true)
	scale := float64(m.Bounds().Dx()) / float64(lum.w)
	at := func(v int) int { return int(scale*float64(v) + 0.5) }
	b := s.Box
	s.Box = image.Rect(at(b.Min.X), at(b.Min.Y), at(b.Max.X), at(b.Max.Y)).Add(m.Bounds().Min).Intersect(m.Bounds())
	return s, ok
}

// Fitted is a drawing in the way of MNIST. All of it is the sign, white on black, so
// there is nothing to find; ok is false if nothing is drawn.
func Fitted(m *image.Gray) (sign *image.Gray, ok bool) {
	p := newPlane(m.Rect.Dx(), m.Rect.Dy())
	for y := range p.h {
		row := p.row(y)
		for x, v := range m.Pix[y*m.Stride:][:p.w] {
			row[x] = float32(v) / 255
		}
	}
	b := p.bounds(half)
	if b.Empty() {
		return nil, false
	}
	return p.part(b.Inset(-2).Intersect(image.Rect(0, 0, p.w, p.h))).fitted(), true
}

// find finds the largest sign; what stands out most may be the sheet that it is on.
func find(lum, opaque plane, sheets bool) (s Sign, ok bool) {
	ink := darkness(lum, opaque)
	if sheets {
		if sheet, ok := ink.sheet(); ok {
			// Only a sign on it tells it from a stroke as wide as it is long.
			on, ok := find(lum.part(sheet), opaque.part(sheet), false)
			if ok && max(on.Box.Dx(), on.Box.Dy()) > max(sheet.Dx(), sheet.Dy())/8 {
				on.Box = on.Box.Add(sheet.Min)
				return on, true
			}
		}
	}
	ink.lit()
	strength := peak(ink.blurred())
	if strength < faintest {
		return s, false
	}
	ink.ruled(0.3 * strength)
	if strength = peak(ink.blurred()); strength < faintest {
		return s, false
	}
	list, of := marks(ink, 0.35*strength, 0.6*strength)
	all := signs(worthwhile(list, ink.w, ink.h))
	if len(all) == 0 {
		return s, false
	}
	mass := func(sign []mark) (sum float64) {
		for _, m := range sign {
			sum += m.mass
		}
		return sum
	}
	largest := slices.MaxFunc(all, func(a, b []mark) int { return cmp.Compare(mass(a), mass(b)) })
	b := bounds(largest)
	for _, sign := range all {
		if bounds(sign).Dy() >= b.Dy()/2 {
			s.Signs++
		}
	}
	s.Box = b
	s.Image = ink.only(largest, of).fitted()
	return s, true
}

// sheet is the inner part of a sheet of paper in a picture of which the most is something
// else, such as a table. A sheet has corners, a stroke as wide as itself has none.
func (p plane) sheet() (in image.Rectangle, ok bool) {
	list, of := marks(p, 0.3, 0.5)
	for _, m := range list {
		w, h := m.box.Dx(), m.box.Dy()
		paper := 0.0 // with what a closed stroke cuts out of it
		for _, b := range list {
			if b.box.In(m.box) {
				paper += b.mass
			}
		}
		corner := func(x, y int) bool { return of[(m.box.Min.Y+y)*p.w+m.box.Min.X+x] == int32(m.id) }
		if min(w, h) > min(p.w, p.h)/5 && paper > 0.6*float64(w*h) &&
			corner(w/6, h/6) && corner(w-1-w/6, h/6) && corner(w/6, h-1-h/6) && corner(w-1-w/6, h-1-h/6) {
			return image.Rect(m.box.Min.X+w/12, m.box.Min.Y+h/12, m.box.Max.X-w/12, m.box.Max.Y-h/12), true
		}
	}
	return in, false
}

func bounds(sign []mark) (b image.Rectangle) {
	for _, m := range sign {
		b = b.Union(m.box)
	}
	return b
}

// worthwhile leaves out what is no part of a sign: a table around the paper, a
// frame or a circle around the sign, and specks.
func worthwhile(list []mark, w, h int) []mark {
	list = slices.DeleteFunc(slices.Clone(list), func(a mark) bool {
		return slices.ContainsFunc(list, func(b mark) bool {
			return b.id != a.id && b.box.In(a.box) && 3*b.size() > a.size() && 20*b.size() > max(w, h)
		})
	})
	inner := slices.DeleteFunc(slices.Clone(list), func(m mark) bool { return m.rim > (w+h)/4 })
	if slices.ContainsFunc(inner, func(m mark) bool { return m.size() > max(w, h)/20 }) {
		list = inner
	}
	most := 0.0
	for _, m := range list {
		most = max(most, m.mass)
	}
	return slices.DeleteFunc(list, func(m mark) bool { return m.mass < 0.02*most || m.size() < max(3, max(w, h)/50) && m.mass < most })
}

// only is the ink of a sign, with the soft rim of its strokes, where full ink is 1.
func (p plane) only(sign []mark, of []int32) plane {
	var ids []int32
	for _, m := range sign {
		ids = append(ids, int32(m.id))
	}
	b := bounds(sign)
	rim := 1 + max(b.Dx(), b.Dy())/box
	b = b.Inset(-rim - 1).Intersect(image.Rect(0, 0, p.w, p.h))
	near, ink := newPlane(b.Dx(), b.Dy()), newPlane(b.Dx(), b.Dy())
	var values []float32
	for y := range ink.h {
		for x := range ink.w {
			i, j := y*ink.w+x, (b.Min.Y+y)*p.w+b.Min.X+x
			if slices.Contains(ids, of[j]) {
				near.v[i] = 1
				values = append(values, p.v[j])
			}
			if of[j] == 0 || near.v[i] > 0 {
				ink.v[i] = p.v[j]
			}
		}
	}
	near = near.extreme(2*rim+1, 1).turned().extreme(2*rim+1, 1).turned()
	slices.Sort(values)
	full := values[(len(values)-1)*4/5]
	for i, v := range ink.v {
		ink.v[i] = near.v[i] * min(v/full, 1)
	}
	return ink
}

// half is where the edge of a stroke is, of full ink.
const half = 0.5

// finest is how wide strokes are at least, in pixels of the box: of 400 images of
// MNIST's test set, scattered and found again, one in twenty has finer ones.
const finest = 1.75

// strokes is how wide the strokes are: the area of the ink, twice, by the length of
// its edge. That is counted in sides of pixels, which are longer than the edge
// by 4/π on average over all directions.
func (p plane) strokes() float64 {
	var area float64
	edges := 0
	for _, q := range []plane{p, p.turned()} {
		for y := range q.h {
			in := false
			for _, v := range q.row(y) {
				area += float64(v) / 2
				if v >= half != in {
					edges++
					in = !in
				}
			}
			if in {
				edges++
			}
		}
	}
	return 2 * area / (float64(edges) * math.Pi / 4)
}

// wider is p with strokes that much wider, on both sides together.
func (p plane) wider(by float64) plane {
	n := int(by/2) + 1
	out := newPlane(p.w+2*n, p.h+2*n)
	for y := range p.h {
		copy(out.row(y + n)[n:], p.row(y))
	}
	grown := func(r int) plane { return out.extreme(2*r+1, 1).turned().extreme(2*r+1, 1).turned() }
	less, more := grown(n-1), grown(n)
	share := float32(by/2 - float64(n-1))
	for i, v := range less.v {
		less.v[i] = v + share*(more.v[i]-v)
	}
	return less
}

// fitted is the sign in the way of MNIST.
func (p plane) fitted() *image.Gray {
	b := p.bounds(half)
	size := float64(max(b.Dx(), b.Dy()))
	if lacks := finest*size/box - p.strokes(); lacks > 0 {
		p = p.wider(lacks)
		b = p.bounds(half)
		size = float64(max(b.Dx(), b.Dy()))
	}
	// A square around the ink, which is in the middle of it.
	x, y := float64(b.Min.X+b.Max.X)/2-size/2, float64(b.Min.Y+b.Max.Y)/2-size/2
	q := p.resampled(x, y, size, box)
	most := slices.Max(q.v)
	m := image.NewGray(image.Rect(0, 0, side, side))
	var mass, mx, my float64
	bytes := make([]uint8, len(q.v))
	for i, v := range q.v {
		bytes[i] = uint8(255*v/most + 0.5)
		mass += float64(bytes[i])
		mx += float64(bytes[i]) * (float64(i%box) + 0.5)
		my += float64(bytes[i]) * (float64(i/box) + 0.5)
	}
	// The centre of mass comes to lie in the pixel to the lower right of the middle.
	dx, dy := int(15-mx/mass), int(15-my/mass)
	for i, v := range bytes {
		if at := image.Pt(dx+i%box, dy+i/box); at.In(m.Rect) {
			m.Pix[at.Y*side+at.X] = v
		}
	}
	return m
}

// bounds is the smallest box around all that is at least low.
func (p plane) bounds(low float32) image.Rectangle {
	b := image.Rectangle{Min: image.Pt(p.w, p.h)}
	for y := range p.h {
		for x, v := range p.row(y) {
			if v >= low {
				b.Min.X, b.Max.X = min(b.Min.X, x), max(b.Max.X, x+1)
				b.Min.Y, b.Max.Y = min(b.Min.Y, y), max(b.Max.Y, y+1)
			}
		}
	}
	return b
}

// peak is how strong the strongest pixels are, one in a thousand and twelve at
// least, of values from 0 to 1.
func peak(p plane) float32 {
	var count [1001]int
	for _, v := range p.v {
		count[int(1000*v)]++
	}
	n := min(max(len(p.v)/1000, 12), len(p.v))
	sum, left := 0, n
	for v := 1000; left > 0; v-- {
		took := min(count[v], left)
		sum += v * took
		left -= took
	}
	return float32(sum) / float32(1000*n)
}
