package viz

import (
	"image"
	"image/draw"
	"math"

	"gonum.org/v1/plot/vg"
)

// guard stands between a layout and the canvas. It drops paths that leave all
// reason: with a coordinate of NaN or 1e18 the rasterizer below vgimg does not
// come back. Scales are built so that this does not happen; a notebook cell must
// not hang if one is wrong. On a PNG it also copies images that lie on the grid
// of device pixels, which vgimg would resample.
type guard struct {
	vg.Canvas
	pixels draw.Image // of a PNG, else nil
	ratio  vg.Length  // device pixels per CSS pixel
}

// DrawImage must not be called under a transform; no layout does.
func (g guard) DrawImage(r vg.Rectangle, m image.Image) {
	if g.pixels != nil {
		size := m.Bounds().Size()
		x, y := g.ratio*r.Min.X, vg.Length(g.pixels.Bounds().Dy())-g.ratio*r.Max.Y
		w, h := g.ratio*(r.Max.X-r.Min.X), g.ratio*(r.Max.Y-r.Min.Y)
		if at := image.Pt(round(x), round(y)); near(x, at.X) && near(y, at.Y) && near(w, size.X) && near(h, size.Y) {
			draw.Draw(g.pixels, image.Rectangle{Min: at, Max: at.Add(size)}, m, m.Bounds().Min, draw.Over)
			return
		}
	}
	g.Canvas.DrawImage(r, m)
}

func round(v vg.Length) int { return int(math.Round(float64(v))) }

func near(v vg.Length, n int) bool { return math.Abs(float64(v)-float64(n)) < 1e-6 }

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
