package ink

import (
	"math"
	"slices"
)

// darkness turns luminance into ink: 0 where it is as light as the ground is there,
// 1 where it is black, or white on a dark ground. Which of them is ink the picture
// says: what lies farther from most of it.
func darkness(lum, opaque plane) plane {
	flatten(lum, opaque)
	g := newSurface(lum)
	ground := newPlane(lum.w, lum.h)
	var dark, light float64
	for y := range lum.h {
		g.along(ground.row(y), y)
		for x := range lum.w {
			i := y*lum.w + x
			d := float64(ground.v[i] - lum.v[i])
			if d > 0 {
				dark += d * d
			} else {
				light += d * d
			}
		}
	}
	ink := newPlane(lum.w, lum.h)
	for i, v := range lum.v {
		// Light falls on paper and ink alike: their ratio counts, as long as there is
		// light. On a dark ground it is how far the way is to white.
		if g := ground.v[i]; dark >= light {
			ink.v[i] = (g - v) / max(g, 0.1)
		} else {
			ink.v[i] = (v - g) / max(1-g, 0.1)
		}
	}
	for i, v := range ink.v {
		ink.v[i] = min(max(v, 0), 1)
	}
	return ink
}

// lit takes shadows out of ink: they are wide, a stroke is not, and what falls into
// one is darker by the same share.
func (p plane) lit() {
	shadow := p.opened(max(2*min(p.w, p.h)/5, 3))
	for i, v := range shadow.v {
		v = min(v, 0.9)
		p.v[i] = min(max((p.v[i]-v)/(1-v), 0), 1)
	}
}

// flatten lays a picture with holes on a ground that its ink stands out from.
func flatten(lum, opaque plane) {
	var mass, all float64
	for i, a := range opaque.v {
		mass += float64(lum.v[i])
		all += float64(a)
	}
	if all >= 0.999*float64(len(opaque.v)) {
		return
	}
	if mass < all/2 { // what is opaque is dark: white paper
		for i, a := range opaque.v {
			lum.v[i] += 1 - a
		}
	}
}

// A surface is the luminance of the ground, a polynomial of degree two over the
// picture: the light of a lamp or a window, and a lens that is darker at its rim.
// Ink cannot draw it along, as it can what is computed from a neighbourhood.
type surface struct {
	c    [6]float64
	w, h float64
}

func (s surface) terms(x, y float64) [6]float64 {
	x, y = 2*x/s.w-1, 2*y/s.h-1
	return [6]float64{1, x, y, x * x, x * y, y * y}
}

// along is the surface at the pixels of row y.
func (s surface) along(dst []float32, y int) {
	v := 2*(float64(y)+0.5)/s.h - 1
	c0, c1, c2 := s.c[0]+v*(s.c[2]+v*s.c[5]), s.c[1]+v*s.c[4], s.c[3]
	for x := range dst {
		u := 2*(float64(x)+0.5)/s.w - 1
		dst[x] = float32(c0 + u*(c1+u*c2))
	}
}

// newSurface fits a surface to most of p. Cells of the picture count by their
// medians; those that lie far from the surface, by what is usual, are left out of
// the next one.
func newSurface(p plane) surface {
	s := surface{w: float64(p.w), h: float64(p.h)}
	const cells = 40
	nx, ny := min(cells, p.w), min(cells, p.h)
	type cell struct{ x, y, v float64 }
	var all []cell
	var values []float32
	for j := range ny {
		for i := range nx {
			x0, x1 := i*p.w/nx, (i+1)*p.w/nx
			y0, y1 := j*p.h/ny, (j+1)*p.h/ny
			values = values[:0]
			for y := y0; y < y1; y++ {
				values = append(values, p.row(y)[x0:x1]...)
			}
			slices.Sort(values)
			all = append(all, cell{float64(x0+x1) / 2, float64(y0+y1) / 2, float64(values[len(values)/2])})
		}
	}
	far := make([]float64, len(all))
	middle := func(of func(i int) float64) float64 {
		for i := range all {
			far[i] = of(i)
		}
		sorted := slices.Sorted(slices.Values(far))
		return sorted[len(sorted)/2]
	}
	s.c[0] = middle(func(i int) float64 { return all[i].v })
	for range 12 {
		rest := func(i int) float64 {
			v := all[i].v
			for k, t := range s.terms(all[i].x, all[i].y) {
				v -= s.c[k] * t
			}
			return math.Abs(v)
		}
		// 1.48 medians are a standard deviation, if it were noise.
		limit := max(3*1.48*middle(rest), 0.02)
		var a [6][7]float64
		for i, c := range all {
			if far[i] > limit {
				continue
			}
			t := s.terms(c.x, c.y)
			for k := range t {
				for l := range t {
					a[k][l] += t[k] * t[l]
				}
				a[k][6] += t[k] * c.v
			}
		}
		c, ok := solve(a)
		if !ok {
			break
		}
		s.c = c
	}
	return s
}

// solve finds x with a·x = the last column, by Gauss and Jordan. ok is false where there
// are too few cells, or all in a line, for six numbers.
func solve(a [6][7]float64) (x [6]float64, ok bool) {
	for k := range 6 {
		best := k
		for i := k; i < 6; i++ {
			if math.Abs(a[i][k]) > math.Abs(a[best][k]) {
				best = i
			}
		}
		a[k], a[best] = a[best], a[k]
		if math.Abs(a[k][k]) < 1e-6 {
			return x, false
		}
		for i := range 6 {
			if i == k {
				continue
			}
			f := a[i][k] / a[k][k]
			for j := k; j < 7; j++ {
				a[i][j] -= f * a[k][j]
			}
		}
	}
	for k := range 6 {
		x[k] = a[k][6] / a[k][k]
	}
	return x, true
}
