package viz

import (
	"fmt"

	"gonum.org/v1/plot/vg/draw"
)

// Stems draws every value as a line from the axis to a dot.
type Stems struct {
	Title, X, Y   string
	Series        []Series
	Note          string
	Width, Height int // CSS pixels; 0: 640×380
}

// Alt implements Figure.
func (f Stems) Alt() string {
	n := 0
	for _, s := range f.Series {
		n += len(s.Y)
	}
	return fmt.Sprintf("%s. %s.", alternative("Stems", f.Title), count(n, "value", "values"))
}

func (f Stems) name() string { return f.Title }

func (f Stems) layout() layout {
	c := newChart(f.Title, f.Width, f.Height)
	c.seriesAxes("stems", f.X, f.Y, f.Series, false, false, 0, 0)
	ex, ey := extents(f.Series, false, false)
	c.x.scale, c.y.scale = newScale(ex, false, 0.03), newScale(ey, false, 0.03)
	st, keys := styles(f.Series, keyDot)
	if len(f.Series) > 1 {
		c.legend = keys
	}
	for i, s := range f.Series {
		c.marks = append(c.marks, func(p plane) {
			x := s.xs()
			for j, y := range s.Y {
				if p.x.shows(x[j]) && p.y.shows(y) {
					at := p.at(x[j], y)
					p.StrokeLine2(draw.LineStyle{Color: st[i].color, Width: 1}, at.X, p.Min.Y, at.X, at.Y)
				}
			}
			p.dots(s, st[i], 3)
		})
	}
	c.note("%s", f.Note)
	return c
}
