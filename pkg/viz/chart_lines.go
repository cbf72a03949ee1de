package viz

import (
	"gonum.org/v1/plot/vg/draw"
)

// Lines draws few measured points: each with a mark and an error bar from Low
// to High, joined in order. A learning-rate sensitivity, a size sweep.
type Lines struct {
	Title, X, Y   string
	Series        []Series
	LogX, LogY    bool
	Names         []string // instead of numbers under X = 0, 1, 2, …
	YMin, YMax    float64  // the range of Y; both 0: that of the data
	Note          string
	Width, Height int // CSS pixels; 0: 640×380
}

// Alt implements Figure.
func (f Lines) Alt() string {
	return describe("Line chart with error bars", f.Title, f.Y, f.X, f.Series)
}

func (f Lines) name() string { return f.Title }

func (f Lines) layout() layout {
	c := newChart(f.Title, f.Width, f.Height)
	c.seriesAxes("lines", f.X, f.Y, f.Series, f.LogX, f.LogY, f.YMin, f.YMax)
	if !f.LogX {
		c.x.scale.lo, c.x.scale.hi = widen(c.x.scale, 0.02)
	}
	if len(f.Names) > 0 {
		c.x.scale = scale{-0.5, float64(len(f.Names)) - 0.5, false}
		for i, s := range f.Names {
			c.x.ticks = append(c.x.ticks, tick{float64(i), s})
		}
	}
	st, keys := styles(f.Series, keyLine)
	if len(f.Series) > 1 {
		for i := range keys {
			if i < len(st) && keys[i].shape == keyLine {
				keys[i].glyph = st[i].glyph
			}
		}
		c.legend = keys
	}
	for i, s := range f.Series {
		x := s.xs()
		c.marks = append(c.marks, func(p plane) {
			if s.Low != nil {
				for j := range x {
					if p.x.shows(x[j]) && p.y.shows(s.Low[j]) && p.y.shows(s.High[j]) {
						p.errorBar(x[j], s.Low[j], s.High[j], st[i].color, false)
					}
				}
			}
			p.line(x, s.Y, draw.LineStyle{Color: st[i].color, Width: 1.6, Dashes: st[i].dash})
			for j := range x {
				if p.x.shows(x[j]) && p.y.shows(s.Y[j]) {
					p.DrawGlyph(draw.GlyphStyle{Color: st[i].color, Radius: 3.6, Shape: st[i].glyph}, p.at(x[j], s.Y[j]))
				}
			}
			p.diverged(x, s.Y, st[i].color)
		})
	}
	c.labels = append(c.labels, func(p plane) { p.bestMarks(f.Series, st, p.lines(f.Series)) })
	c.note("%s", f.Note)
	return c
}

func widen(s scale, share float64) (lo, hi float64) {
	d := (s.hi - s.lo) * share
	return s.lo - d, s.hi + d
}
