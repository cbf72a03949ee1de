package viz

import (
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sensitivity draws the error of a search's trials against each hyperparameter, a
// panel for each. The line joins the best trial in every part of an axis: what can
// be had there when the others are chosen well. Trials that were compared on the
// way have a colour for each stage.
type Sensitivity struct {
	Title string
	Y     string // what the error is: "dev error, %"
	Trials
	Note string
}

// Alt implements Figure.
func (f Sensitivity) Alt() string { return f.describe("Sensitivity plot", f.Title) }

func (f Sensitivity) name() string { return f.Title }

func (f Sensitivity) layout() layout {
	f.check("sensitivity")
	if len(f.Axes) == 0 || len(f.Error) == 0 {
		return emptyChart(f.Title, "no trials")
	}
	stages := f.Stages
	if len(stages) == 0 {
		stages = []Stage{{"", f.Error}}
	}
	y := axis{label: f.Y, scale: f.errorScale(0.06)}
	columns := min(len(f.Axes), 3)
	if len(f.Axes) == 4 {
		columns = 2
	}
	best := f.best()
	p := Panels{Title: f.Title, Columns: columns, Note: f.Note}
	var omitted int
	for _, a := range f.Axes {
		c := newChart("", 0, 0)
		c.x, c.y = a.axis(0.05), y
		if len(stages) > 1 {
			for k, s := range stages {
				c.legend = append(c.legend, key{name: s.Name, color: stageColor(k, len(stages)), shape: keyDot})
			}
		}
		if f.diverged() == len(f.Error) {
			c.nodata = "all diverged"
		}
		c.marks = append(c.marks, func(p plane) {
			for k, s := range stages {
				col := stageColor(k, len(stages))
				if a.Names == nil {
					x, y := a.envelope(s.Error, p.x, p.y)
					p.line(x, y, draw.LineStyle{Color: col, Width: 1.6})
				}
				for i, v := range a.Values {
					if p.x.shows(v) && p.y.shows(s.Error[i]) {
						at := p.at(v, s.Error[i])
						at.X += a.aside(i, p)
						p.DrawGlyph(draw.GlyphStyle{Color: fade(col, 0.75), Radius: 3.2, Shape: draw.CircleGlyph{}}, at)
					}
				}
			}
			for i, v := range a.Values { // those that diverged, along the upper edge
				if !isFinite(f.Error[i]) && p.x.shows(v) {
					cross(p.Canvas, vg.Point{X: p.X(p.x.norm(v)) + a.aside(i, p), Y: p.Max.Y - 5}, 3, draw.LineStyle{Color: alarm, Width: 1.3})
				}
			}
			if best >= 0 && p.x.shows(a.Values[best]) && p.y.shows(f.Error[best]) {
				at := p.at(a.Values[best], f.Error[best])
				at.X += a.aside(best, p)
				for _, radius := range []vg.Length{6, 6.5, 7} {
					p.DrawGlyph(draw.GlyphStyle{Color: cycleColor(1), Radius: radius, Shape: draw.RingGlyph{}}, at)
				}
			}
		})
		for _, v := range a.Values {
			if !c.x.scale.shows(v) && isFinite(v) {
				omitted++
			}
		}
		p.Figures = append(p.Figures, ready{c})
	}
	note := "Ringed: the best."
	if lined := func() bool {
		for _, a := range f.Axes {
			if a.Names == nil {
				return true
			}
		}
		return false
	}(); lined {
		note = "Lines: the best trial in each part of the axis. " + note
	}
	if n := f.diverged(); n > 0 {
		note += fmt.Sprintf(" Crosses at the top: %d diverged.", n)
	}
	if omitted > 0 {
		note += " Not drawn: " + count(omitted, "value that is", "values that are") + " zero or less on a log axis."
	}
	if p.Note != "" {
		note = p.Note + " " + note
	}
	p.Note = note
	return p.layout()
}

// stageColor runs from a light to the full blue of one hue: more training is darker.
func stageColor(k, n int) color.NRGBA {
	if n < 2 {
		return cycleColor(0)
	}
	return sequential.at(0.38 + 0.57*float64(k)/float64(n-1))
}

// aside moves a mark away from others at the same name.
func (a TrialAxis) aside(i int, p plane) vg.Length {
	if a.Names == nil {
		return 0
	}
	slot := (p.Max.X - p.Min.X) / vg.Length(len(a.Names))
	return min(slot*0.25, 24) * vg.Length(turn(i))
}

// turn spreads numbers evenly over -1 to 1, whatever number of them there is: the
// fractional part of i times the golden section.
func turn(i int) float64 {
	_, f := math.Modf(float64(i) * 0.6180339887)
	return 2*f - 1
}

// parts is into how many parts an axis is cut where trials lie anywhere on it.
const parts = 6

// envelope are the best points in each part of the axis, in order; of few values
// each is a part.
func (a TrialAxis) envelope(errors []float64, sx, sy scale) (x, y []float64) {
	values := map[float64]bool{}
	for i, v := range a.Values {
		if sx.shows(v) && sy.shows(errors[i]) {
			values[v] = true
		}
	}
	bins := map[int]int{} // the best trial in it
	index := map[float64]int{}
	if len(values) <= 2*parts {
		for _, v := range slices.Sorted(maps.Keys(values)) {
			index[v] = len(index)
		}
	}
	for i, v := range a.Values {
		if !sx.shows(v) || !sy.shows(errors[i]) {
			continue
		}
		bin, few := index[v]
		if !few {
			bin = min(max(int(sx.norm(v)*parts), 0), parts-1)
		}
		if b, ok := bins[bin]; !ok || errors[i] < errors[b] {
			bins[bin] = i
		}
	}
	for _, bin := range slices.Sorted(maps.Keys(bins)) {
		x, y = append(x, a.Values[bins[bin]]), append(y, errors[bins[bin]])
	}
	return x, y
}
