package viz

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Parallel draws every trial of a search as a line across one axis for each
// hyperparameter and one for the error, which colours the line: darker is better.
// The best line stands out.
type Parallel struct {
	Title string
	Y     string // what the error is
	Trials
	Note string
}

// Alt implements Figure.
func (f Parallel) Alt() string { return f.describe("Parallel coordinates", f.Title) }

func (f Parallel) name() string { return f.Title }

// The height that is left for trials which diverged, above the axis of errors, and
// for values that have no effect, below the others, in shares of an axis.
const beyond = 0.09

func (f Parallel) layout() layout {
	f.check("parallel coordinates")
	if len(f.Axes) == 0 || len(f.Error) == 0 {
		return emptyChart(f.Title, "no trials")
	}
	n := len(f.Axes)
	c := newChart(f.Title, min(max(160*(n+1), 480), int(pageW)), 380)
	c.x = axis{scale: scale{-0.45, float64(n) + 0.25, false}, bare: true, ticks: []tick{}}
	axes := make([]axis, n, n+1)
	none := make([]bool, n)
	for k, a := range f.Axes {
		axes[k] = a.axis(0.02)
		for _, v := range a.Values {
			none[k] = none[k] || !axes[k].scale.shows(v)
		}
	}
	axes = append(axes, axis{label: f.Y, scale: f.errorScale(0.02)})
	best := f.best()
	low, high := -0.12, 1.02 // with room for the names
	if slices.Contains(none, true) {
		low -= beyond
	}
	if f.diverged() > 0 {
		high = 1 + beyond
	}
	c.y = axis{scale: scale{low, high, false}, bare: true, ticks: []tick{}}
	c.marks = append(c.marks, func(p plane) {
		order := f.byError()
		width := vg.Length(math.Max(0.7, math.Min(1.4, 60/float64(len(f.Error)+1))))
		for i, e := range f.Error {
			if !isFinite(e) {
				p.StrokeLines(draw.LineStyle{Color: behind, Width: 1, Dashes: dashes[1]}, f.way(p, axes, i))
			}
		}
		for _, i := range order {
			if i != best {
				p.StrokeLines(draw.LineStyle{Color: f.shade(axes[n].scale, f.Error[i]), Width: width}, f.way(p, axes, i))
			}
		}
		if best >= 0 {
			way := f.way(p, axes, best)
			p.StrokeLines(draw.LineStyle{Color: paper, Width: 4.4}, way)
			p.StrokeLines(draw.LineStyle{Color: cycleColor(1), Width: 2.4}, way)
			for _, at := range way {
				p.DrawGlyph(draw.GlyphStyle{Color: cycleColor(1), Radius: 3.6, Shape: draw.CircleGlyph{}}, at)
			}
		}
	})
	c.labels = append(c.labels, func(p plane) {
		for k := range axes {
			f.drawAxis(p, axes, k, k < n && none[k])
		}
	})
	note := "Thick: the best."
	if n := f.diverged(); n > 0 {
		note += fmt.Sprintf(" Dashed: %d diverged.", n)
	}
	c.note("%s %s", f.Note, note)
	return c
}

// shade is the colour of an error: dark for a small one, never too light to see.
func (f Parallel) shade(s scale, e float64) color.NRGBA {
	return sequential.at(0.95 - 0.67*s.norm(e))
}

// height is where a value lies on axis k, in shares of it: below all where it has no
// effect, above all where the trial diverged.
func (f Parallel) height(axes []axis, k, i int) float64 {
	if k == len(f.Axes) {
		if !isFinite(f.Error[i]) {
			return 1 + beyond
		}
		return axes[k].scale.norm(f.Error[i])
	}
	v := f.Axes[k].Values[i]
	if !axes[k].scale.shows(v) {
		return -beyond
	}
	h := axes[k].scale.norm(v)
	if names := f.Axes[k].Names; names != nil { // apart from others at the same name
		h += 0.28 / float64(len(names)) * turn(i)
	}
	return h
}

// way is the line of a trial.
func (f Parallel) way(p plane, axes []axis, i int) (points []vg.Point) {
	for k := range axes {
		points = append(points, p.at(float64(k), f.height(axes, k, i)))
	}
	return points
}

func (f Parallel) drawAxis(p plane, axes []axis, k int, none bool) {
	low, top := p.at(float64(k), 0), p.at(float64(k), 1)
	if k == len(f.Axes) {
		f.drawBar(p, axes[k].scale, low, top)
	} else {
		p.StrokeLine2(draw.LineStyle{Color: soft, Width: 1.2}, low.X, low.Y, top.X, top.Y)
	}
	room := (p.Max.X-p.Min.X)/vg.Length(len(axes))*0.9 - 10
	labelText.draw(p.Canvas, low.X, p.Min.Y+3, 0.5, labelText.fit(axes[k].label, room))
	ticks := axes[k].ticks
	if ticks == nil {
		ticks = axes[k].scale.ticks(5)
	}
	write := func(h float64, text string) {
		at := p.at(float64(k), h)
		text = tickText.fit(text, room)
		w := tickText.width(text)
		fillRect(p.Canvas, rect(at.X-8-w-2, at.Y-tickText.cap()/2-2.5, at.X-5, at.Y+tickText.cap()/2+2.5), fade(paper, 0.85))
		p.StrokeLine2(draw.LineStyle{Color: soft, Width: 1}, at.X-4, at.Y, at.X, at.Y)
		tickText.with(ink).draw(p.Canvas, at.X-8, at.Y-tickText.cap()/2, 1, text)
	}
	for _, t := range ticks {
		if h := axes[k].scale.norm(t.at); t.label != "" && h > -1e-9 && h < 1+1e-9 {
			write(h, t.label)
		}
	}
	if none {
		write(-beyond, "no effect")
	}
	if k == len(f.Axes) && f.diverged() > 0 {
		write(1+beyond, "diverged")
	}
}

// drawBar is the axis of errors, in the colours of the lines.
func (f Parallel) drawBar(p plane, s scale, low, top vg.Point) {
	n := int((top.Y - low.Y) * pixelRatio)
	if n < 2 {
		return
	}
	m := image.NewNRGBA(image.Rect(0, 0, 6*pixelRatio, n))
	for y := range n {
		col := sequential.at(0.95 - 0.67*(1-float64(y)/float64(n-1)))
		for x := range m.Rect.Dx() {
			m.SetNRGBA(x, y, col)
		}
	}
	p.DrawImage(rect(low.X, low.Y, low.X+6, top.Y), m)
}
