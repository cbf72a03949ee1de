package data

import (
	"math"
	"math/rand/v2"
	"slices"

	"inkling/pkg/internal/parallel"
)

// Synthetic draws the images first to first+n-1 of the endless sequence of
// digits that belongs to seed, 28×28 each, in the manner of MNIST. No data and
// no weights are behind them: a digit is a few strokes, written by a pen whose
// hand shakes.
//
// An image is a function of (seed, its number) alone. Images 10k to 10k+9 hold
// each digit once, in an order of their own, so that any run of them is
// balanced.
func Synthetic(name string, seed uint64, first, n int) *Set {
	s := greyDigits(name, make([]uint8, n*side*side), make([]uint16, n))
	parallel.Each(n, 64, func() func(int) {
		w := newWriter()
		return func(i int) { s.Labels[i] = w.draw(s.pixels(i), seed, first+i) }
	})
	return s
}

// greyDigits is a set of digits in the manner of MNIST.
func greyDigits(name string, pixels []uint8, labels []uint16) *Set {
	return &Set{Name: name, C: 1, H: side, W: side, Classes: digits, Prepared: asMNIST, Pixels: pixels, Labels: labels}
}

// ten is the number of digits.
const ten = 10

// writer draws digits, one after the other, in buffers of its own.
type writer struct {
	src    rand.PCG
	rng    *rand.Rand
	curve  []point // of the stroke at hand
	spare  []point
	marks  []mark // of the whole digit
	canvas canvas
}

type point struct{ x, y float64 }

// mark is a point of the pen's path and the half width of the line there.
type mark struct {
	x, y, r float64
	lifted  bool // the pen came here through the air
}

func newWriter() *writer {
	w := new(writer)
	w.rng = rand.New(&w.src)
	return w
}

// boldness is how wide the pen is for each digit, beside the usual: what is
// written small, as a zero often is, is magnified with its pen.
var boldness = [ten]float64{1.15, 1.1, 1.02, 1.07, 1.03, 1.04, 1.02, 1.06, 1, 0.96}

// draw fills dst with image i and returns its label.
func (w *writer) draw(dst []uint8, seed uint64, i int) uint16 {
	var order [ten]int
	reseed(&w.src, seed, forSynthetic, i/ten, 0)
	permute(order[:], w.rng)
	label := order[i%ten]

	reseed(&w.src, seed, forSynthetic, i, 1)
	w.write(w.choose(glyphs[label]), boldness[label])
	w.canvas.render(dst, w.marks, w.between(0.7, 1.4))
	return uint16(label)
}

func (w *writer) choose(ways []glyph) glyph {
	var total float64
	for _, g := range ways {
		total += g.share
	}
	u := total * w.rng.Float64()
	for _, g := range ways {
		if u -= g.share; u < 0 {
			return g
		}
	}
	return ways[len(ways)-1]
}

// between draws uniformly from [low, high).
func (w *writer) between(low, high float64) float64 {
	return low + (high-low)*w.rng.Float64()
}

// normal draws from the normal distribution, cut off at two and a half sigmas.
func (w *writer) normal(sigma float64) float64 {
	for {
		if v := w.rng.NormFloat64(); math.Abs(v) < 2.5 {
			return sigma * v
		}
	}
}

// write turns a glyph into the marks of one hand: its points shake, the whole
// is warped, slanted, stretched and turned, and the pen presses unevenly.
func (w *writer) write(g glyph, bold float64) {
	var (
		shake = 0.035 * math.Exp(w.normal(0.4))
		warp  = w.newWarp(0.05 * math.Exp(w.normal(0.4)))
		frame = w.newFrame()
		pen   = w.newPen(bold)
		haste = w.rng.IntN(5) // rounds corners
	)
	w.marks = w.marks[:0]
	for _, s := range g.strokes {
		w.trace(s, shake)
		w.finish()
		for range haste {
			w.soften()
		}
		for i, p := range w.curve {
			w.curve[i] = frame.apply(warp.apply(p))
		}
		w.press(pen)
	}
}

// trace follows a stroke through its points, each of which is missed by about
// shake, and leaves the path in w.curve, in steps of about equal length.
func (w *writer) trace(s stroke, shake float64) {
	w.spare = w.spare[:0]
	for _, k := range s {
		w.spare = append(w.spare, point{k.x + w.normal(shake), k.y + w.normal(shake)})
	}
	w.curve = append(w.curve[:0], w.spare[0])
	for i := 1; i < len(s); i++ {
		p1, p2 := w.spare[i-1], w.spare[i]
		p0, p3 := p1, p2
		if i > 1 && !s[i-1].corner {
			p0 = w.spare[i-2]
		}
		if i+1 < len(s) && !s[i].corner {
			p3 = w.spare[i+1]
		}
		w.span(p0, p1, p2, p3)
	}
}

// step is about the distance between neighbouring points of a path.
const step = 0.045

// span appends the part from p1 to p2 of the centripetal Catmull-Rom spline
// through p0 … p3, without p1. Equal neighbours stand for an end.
// Source: Yuksel, Schaefer, Keyser, Parameterization and applications of
// Catmull-Rom curves, 2011.
func (w *writer) span(p0, p1, p2, p3 point) {
	length := math.Hypot(p2.x-p1.x, p2.y-p1.y)
	d1 := math.Sqrt(length) + 1e-9
	d0 := math.Sqrt(math.Hypot(p1.x-p0.x, p1.y-p0.y))
	d2 := math.Sqrt(math.Hypot(p3.x-p2.x, p3.y-p2.y))
	chord := point{(p2.x - p1.x) / d1, (p2.y - p1.y) / d1}
	m1, m2 := chord, chord
	if d0 > 0 {
		m1.x += (p1.x-p0.x)/d0 - (p2.x-p0.x)/(d0+d1)
		m1.y += (p1.y-p0.y)/d0 - (p2.y-p0.y)/(d0+d1)
	}
	if d2 > 0 {
		m2.x += (p3.x-p2.x)/d2 - (p3.x-p1.x)/(d1+d2)
		m2.y += (p3.y-p2.y)/d2 - (p3.y-p1.y)/(d1+d2)
	}
	n := int(math.Ceil(length/step)) + 1
	for k := 1; k <= n; k++ {
		t := float64(k) / float64(n)
		a := t * t * (3 - 2*t) // weight of p2; of p1: 1-a
		b := t * (1 - t) * (1 - t) * d1
		c := t * t * (t - 1) * d1
		w.curve = append(w.curve, point{
			(1-a)*p1.x + a*p2.x + b*m1.x + c*m2.x,
			(1-a)*p1.y + a*p2.y + b*m1.y + c*m2.y,
		})
	}
}

// finish lets the ends of a stroke vary: some stop early, some run on in a
// curl, as hasty hands do.
func (w *writer) finish() {
	for range 2 {
		slices.Reverse(w.curve)
		switch u := w.rng.Float64(); {
		case u < 0.25:
			if n := len(w.curve); n > 12 {
				w.curve = w.curve[:n-w.rng.IntN(n/8+1)]
			}
		case u < 0.5:
			n := len(w.curve)
			p, q := w.curve[max(n-3, 0)], w.curve[n-1]
			dx, dy := q.x-p.x, q.y-p.y
			l := math.Hypot(dx, dy) + 1e-9
			dx, dy = dx/l*step, dy/l*step
			sin, cos := math.Sincos(w.normal(0.35))
			for range w.rng.IntN(5) {
				dx, dy = cos*dx-sin*dy, sin*dx+cos*dy
				q = point{q.x + dx, q.y + dy}
				w.curve = append(w.curve, q)
			}
		}
	}
}

// soften rounds the path: each point but the ends moves towards its
// neighbours.
func (w *writer) soften() {
	c := w.curve
	last := c[0]
	for i := 1; i+1 < len(c); i++ {
		p := c[i]
		c[i] = point{(last.x + 2*p.x + c[i+1].x) / 4, (last.y + 2*p.y + c[i+1].y) / 4}
		last = p
	}
}

// warp is a smooth distortion of the plane: low cosine waves across the box.
type warp struct{ x, y [3][3]float64 }

func (w *writer) newWarp(size float64) *warp {
	var v warp
	for i := range 3 {
		for j := range 3 {
			if i+j > 0 {
				sigma := size / float64(i+j)
				v.x[i][j], v.y[i][j] = w.normal(sigma), w.normal(sigma)
			}
		}
	}
	return &v
}

func (v *warp) apply(p point) point {
	// cos(2a) = 2cos²(a) - 1 gives the second wave.
	cx, cy := math.Cos(math.Pi*p.x), math.Cos(math.Pi*p.y)
	bx := [3]float64{1, cx, 2*cx*cx - 1}
	by := [3]float64{1, cy, 2*cy*cy - 1}
	var q = p
	for i := range 3 {
		for j := range 3 {
			b := bx[i] * by[j]
			q.x += v.x[i][j] * b
			q.y += v.y[i][j] * b
		}
	}
	return q
}

// frame is the linear part of a hand: aspect, slant, then rotation.
type frame struct{ xx, xy, yx, yy float64 }

func (w *writer) newFrame() frame {
	aspect := math.Exp(0.05 + w.normal(0.18))
	slant := 0.16 + w.normal(0.24)
	sin, cos := math.Sincos(w.normal(0.10))
	// Slanting to the right moves the top (small y) to larger x.
	return frame{
		xx: cos * aspect, xy: -cos*slant - sin,
		yx: sin * aspect, yy: -sin*slant + cos,
	}
}

func (f frame) apply(p point) point {
	return point{f.xx*p.x + f.xy*p.y, f.yx*p.x + f.yy*p.y}
}

// pen holds how a line's half width, in pixels, varies.
type pen struct {
	r          float64 // usual half width
	swell      float64 // slow change along the stroke
	wave, lag  float64
	nib, angle float64 // a broad nib: wider across one direction
	taper      float64 // of the ends
	rough      float64 // of the edge
}

func (w *writer) newPen(bold float64) pen {
	return pen{
		r:     1.25 * bold * math.Exp(w.normal(0.28)),
		swell: w.between(0, 0.2),
		wave:  w.between(3, 9),
		lag:   w.between(0, 2*math.Pi),
		nib:   w.between(0, 0.25),
		angle: w.between(0, math.Pi),
		taper: w.between(-0.1, 0.4),
		rough: w.between(0, 0.08),
	}
}

// press appends the stroke in w.curve to the marks.
func (w *writer) press(p pen) {
	n := len(w.curve)
	for i, c := range w.curve {
		before, after := w.curve[max(i-1, 0)], w.curve[min(i+1, n-1)]
		dx, dy := after.x-before.x, after.y-before.y
		// cos 2(θ-angle) from the direction of the path.
		turn := 0.0
		if l := dx*dx + dy*dy; l > 0 {
			cos2, sin2 := (dx*dx-dy*dy)/l, 2*dx*dy/l
			turn = cos2*math.Cos(2*p.angle) + sin2*math.Sin(2*p.angle)
		}
		end := float64(min(i, n-1-i))
		r := p.r * (1 + p.swell*math.Sin(p.wave*float64(i)/float64(n)+p.lag)) *
			(1 + p.nib*turn) *
			(1 - p.taper*math.Exp(-end/3))
		r += w.normal(p.rough)
		w.marks = append(w.marks, mark{c.x, c.y, max(r, 0.35), i == 0})
	}
}
