package viz

import (
	"image"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// colorBar shows what number a colour stands for.
type colorBar struct {
	ramp  ramp
	scale scale
	label string
	above bool // values beyond the upper end have its colour
}

const barThick vg.Length = 12

// draw draws the bar upwards from low to top at x, ticks at its right.
func (b *colorBar) draw(c draw.Canvas, x, low, top vg.Length) {
	if most := vg.Length(260); top-low > most {
		low, top = (low+top-most)/2, (low+top+most)/2
	}
	low, top, x = whole(low), whole(top), whole(x)
	n := int((top-low)*pixelRatio + 0.5)
	if n < 2 {
		return
	}
	m := image.NewNRGBA(image.Rect(0, 0, int(barThick*pixelRatio), n))
	for y := range n {
		col := b.ramp.at(1 - float64(y)/float64(n-1))
		for i := range m.Rect.Dx() {
			m.SetNRGBA(i, y, col)
		}
	}
	box := rect(x, low, x+barThick, top)
	c.DrawImage(box, m)
	strokeRect(c, box, 1, absent)
	for _, t := range b.scale.ticks(max(2, int((top-low)/38))) {
		s := b.scale.norm(t.at)
		if t.label == "" || s < -1e-9 || s > 1+1e-9 {
			continue
		}
		y := low + vg.Length(s)*(top-low)
		c.StrokeLine2(draw.LineStyle{Color: soft, Width: 1}, x+barThick, y, x+barThick+3, y)
		if b.above && s > 1-1e-9 {
			t.label = "≥ " + t.label
		}
		tickText.draw(c, x+barThick+6, y-tickText.cap()/2, 0, t.label)
	}
	if b.label != "" {
		captionText.draw(c, x+barThick/2+8, top+10, 0.5, b.label)
	}
}
