package data

import "math"

// The geometry of MNIST: a digit fills a box of 20×20 pixels, and its centre of
// mass is the centre of 28×28.
const (
	side = 28
	box  = 20
)

// canvas is where the marks of a pen become pixels.
type canvas struct{ ink [side * side]float64 }

// render draws marks, scaled so that the larger side of the digit measures 20
// pixels, and moves the result by whole pixels until its centre of mass is in
// the centre, as was done for MNIST. The half widths of the marks are in pixels
// already; soft is the width of an edge, from full ink to none.
func (c *canvas) render(dst []uint8, marks []mark, soft float64) {
	c.ink = [side * side]float64{}
	scale, left, top := fit(marks, soft/2)
	var px, py, pr float64
	for i, m := range marks {
		x, y := (m.x-left)*scale, (m.y-top)*scale
		if m.lifted {
			px, py, pr = x, y, m.r
			if i+1 < len(marks) && !marks[i+1].lifted {
				continue
			}
		}
		c.line(px, py, pr, x, y, m.r, soft)
		px, py, pr = x, y, m.r
	}

	var mass, mx, my float64
	for y := range side {
		for x, v := range c.ink[y*side : (y+1)*side] {
			mass += v
			mx += v * float64(x)
			my += v * float64(y)
		}
	}
	const centre = side / 2 // MNIST: the pixel to the lower right of the middle
	dx := clamp(int(math.Round(centre-mx/mass)), side)
	dy := clamp(int(math.Round(centre-my/mass)), side)
	for y := range side {
		for x := range side {
			v := 0.0
			if sx, sy := x-dx, y-dy; sx >= 0 && sx < side && sy >= 0 && sy < side {
				v = c.ink[sy*side+sx]
			}
			dst[y*side+x] = uint8(v*255 + 0.5)
		}
	}
}

func clamp(v, limit int) int { return max(-limit, min(limit, v)) }

// margin leaves room around the box for the soft edge of the ink.
const margin = (side - box) / 2

// fit returns the scale, and the corner that comes to lie at pixel 0,0, with
// which marks and the edge around them fill the box.
func fit(marks []mark, edge float64) (scale, left, top float64) {
	x0, y0 := math.Inf(1), math.Inf(1)
	x1, y1 := math.Inf(-1), math.Inf(-1)
	var r float64
	for _, m := range marks {
		x0, x1 = min(x0, m.x), max(x1, m.x)
		y0, y1 = min(y0, m.y), max(y1, m.y)
		r += m.r
	}
	reach := r/float64(len(marks)) + edge
	scale = (box - 2*reach) / max(x1-x0, y1-y0)
	// Pixel x covers [x-½, x+½].
	at := margin - 0.5 + reach
	return scale, x0 - at/scale, y0 - at/scale
}

// line draws a segment with round ends whose half width goes from ar to br.
// Where lines cross the darker one stays.
func (c *canvas) line(ax, ay, ar, bx, by, br, soft float64) {
	reach := max(ar, br) + soft/2
	x0 := max(0, int(math.Ceil(min(ax, bx)-reach)))
	x1 := min(side-1, int(math.Floor(max(ax, bx)+reach)))
	y0 := max(0, int(math.Ceil(min(ay, by)-reach)))
	y1 := min(side-1, int(math.Floor(max(ay, by)+reach)))
	ex, ey := bx-ax, by-ay
	inv := 0.0
	if l := ex*ex + ey*ey; l > 0 {
		inv = 1 / l
	}
	for y := y0; y <= y1; y++ {
		row := c.ink[y*side : (y+1)*side]
		qy := float64(y) - ay
		for x := x0; x <= x1; x++ {
			qx := float64(x) - ax
			t := min(1, max(0, (qx*ex+qy*ey)*inv))
			dx, dy := qx-t*ex, qy-t*ey
			v := (ar + t*(br-ar) - math.Sqrt(dx*dx+dy*dy)) / soft
			row[x] = max(row[x], min(1, v+0.5))
		}
	}
}
