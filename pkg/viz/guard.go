package viz

import (
	"math"

	"gonum.org/v1/plot/vg"
)

// guard drops paths that leave all reason: with a coordinate of NaN or 1e18 the
// rasterizer below vgimg does not come back. Scales are built so that this does
// not happen; a notebook cell must not hang if one is wrong.
type guard struct{ vg.Canvas }

const guardLimit = 1e5 // CSS pixels

func sane(v vg.Length) bool { return math.Abs(float64(v)) < guardLimit } // false for NaN

func sanePath(p vg.Path) bool {
	for _, c := range p {
		if !sane(c.Pos.X) || !sane(c.Pos.Y) || !sane(c.Radius) {
			return false
		}
		for _, q := range c.Control {
			if !sane(q.X) || !sane(q.Y) {
				return false
			}
		}
	}
	return true
}

func (g guard) Stroke(p vg.Path) {
	if sanePath(p) {
		g.Canvas.Stroke(p)
	}
}

func (g guard) Fill(p vg.Path) {
	if sanePath(p) {
		g.Canvas.Fill(p)
	}
}
