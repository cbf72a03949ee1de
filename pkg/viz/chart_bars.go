package viz

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bars draws one bar per name and series, from zero, with the value at its end
// and error bars from Low and High. Names that do not fit under upright bars
// turn the chart: bars then run from left to right.
type Bars struct {
	Title, X, Y   string   // X names the categories, Y the values
	Names         []string // of the categories
	Series        []Series // Y[i] belongs to Names[i]; X is not used
	Horizontal    bool
	NoValues      bool
	Note          string
	Width, Height int // CSS pixels; 0: as many as needed
}

// Alt implements Figure.
func (f Bars) Alt() string {
	s := describe("Bar chart", f.Title, f.Y, f.X, f.Series)
	if len(f.Series) != 1 || len(f.Names) > 12 {
		return s
	}
	// Few bars: say them all.
	s = describe("Bar chart", f.Title, f.Y, f.X, nil)
	s = s[:len(s)-len(" No data.")]
	for i, v := range f.Series[0].Y {
		if i < len(f.Names) {
			s += " " + f.Names[i] + ": " + short(v) + "."
		}
	}
	return s
}

func (f Bars) name() string { return f.Title }

func (f Bars) layout() layout {
	c := newChart(f.Title, f.Width, f.Height)
	n := len(f.Names)
	for _, s := range f.Series {
		s.check("bars")
		n = max(n, len(s.Y))
	}
	e, o := noExtent(), omitted{}
	all := scale{}
	var shown []float64
	for _, s := range f.Series {
		for i, v := range s.Y {
			if o.see(all, all, 0, v) {
				e.add(v)
				shown = append(shown, v)
				if s.Low != nil {
					e.add(s.Low[i])
					e.add(s.High[i])
				}
			}
		}
	}
	if e.empty() {
		c.nodata = "no data"
	}
	e.add(0)
	values := newScale(e, false, 0.12) // room for the values beyond the bars
	if e.lo == 0 {
		values.lo = 0
	}
	if e.hi == 0 && e.lo < 0 {
		values.hi = 0
	}
	f.orient(c, n)
	names := make([]tick, n)
	for i := range names {
		names[i] = tick{at: float64(i)}
		if i < len(f.Names) {
			names[i].label = f.Names[i]
		}
	}
	slots := axis{label: f.X, scale: scale{-0.5, math.Max(float64(n), 1) - 0.5, false}, ticks: names, bare: true}
	if f.Horizontal {
		slots.scale = scale{slots.scale.hi, slots.scale.lo, false} // the first name on top
		for i := range names {
			names[i].label = tickText.fit(names[i].label, c.w*0.4)
		}
		c.x, c.y = axis{label: f.Y, scale: values}, slots
	} else {
		c.x, c.y = slots, axis{label: f.Y, scale: values}
	}
	st, keys := styles(f.Series, keyBox)
	if len(f.Series) > 1 {
		c.legend = keys
	}
	c.warnOmitted(o)
	if values.lo < 0 {
		c.labels = append(c.labels, f.zeroLine)
	}
	write := shorts(shown)
	for k, s := range f.Series {
		c.marks = append(c.marks, func(p plane) { f.drawSeries(p, s, k, st[k], write) })
	}
	c.note("%s", f.Note)
	return c
}

// zeroLine marks where bars begin if some are negative.
func (f Bars) zeroLine(p plane) {
	line := draw.LineStyle{Color: soft, Width: 1}
	if f.Horizontal {
		x := p.X(p.x.norm(0))
		p.StrokeLine2(line, x, p.Min.Y, x, p.Max.Y)
		return
	}
	y := p.Y(p.y.norm(0))
	p.StrokeLine2(line, p.Min.X, y, p.Max.X, y)
}

// orient turns the chart if the names do not fit under the bars.
func (f *Bars) orient(c *chart, n int) {
	room := (c.w - 80) / vg.Length(max(n, 1))
	for _, s := range f.Names {
		if tickText.width(s) > room-6 {
			f.Horizontal = true
		}
	}
	if f.Horizontal && f.Height <= 0 {
		bars := vg.Length(n * max(len(f.Series), 1))
		c.h = max(130, min(vg.Length(n)*16+bars*15+120, 1200))
		c.sized = true
	}
}

func (f Bars) drawSeries(p plane, s Series, k int, st style, write func(float64) string) {
	const share = 0.74 // of a slot for its bars
	thick := share / float64(len(f.Series))
	values := !f.NoValues && (f.Horizontal || f.valuesFit(p, write, thick))
	for i, v := range s.Y {
		if !isFinite(v) {
			continue
		}
		a := float64(i) - share/2 + thick*float64(k) + thick*0.04
		b := a + thick*0.92
		mid := (a + b) / 2
		end := v
		if f.Horizontal {
			q, r := p.at(0, a), p.at(v, b)
			fillRect(p.Canvas, rect(q.X, q.Y, r.X, r.Y), st.color)
		} else {
			q, r := p.at(a, 0), p.at(b, v)
			fillRect(p.Canvas, rect(q.X, q.Y, r.X, r.Y), st.color)
		}
		if s.Low != nil && isFinite(s.Low[i]) && isFinite(s.High[i]) {
			p.errorBar(mid, s.Low[i], s.High[i], ink, f.Horizontal)
			if v >= 0 {
				end = math.Max(end, s.High[i])
			} else {
				end = math.Min(end, s.Low[i])
			}
		}
		if values {
			f.drawValue(p, mid, end, write(v), v < 0)
		}
	}
}

// valuesFit reports whether every value has room at the end of its upright bar:
// some values without the others would look like a choice.
func (f Bars) valuesFit(p plane, write func(float64) string, thick float64) bool {
	wide := vg.Length(thick) * (p.X(1) - p.X(0)) / vg.Length(p.x.hi-p.x.lo)
	for _, s := range f.Series {
		for _, v := range s.Y {
			if isFinite(v) && tickText.width(write(v)) > wide+4 {
				return false
			}
		}
	}
	return true
}

// drawValue writes s beyond the end of a bar.
func (f Bars) drawValue(p plane, mid, end float64, s string, below bool) {
	l := tickText
	if f.Horizontal {
		q := p.at(end, mid)
		if !below {
			l.draw(p.Canvas, q.X+5, q.Y-l.cap()/2, 0, s)
		} else {
			l.draw(p.Canvas, q.X-5, q.Y-l.cap()/2, 1, s)
		}
		return
	}
	q := p.at(mid, end)
	if !below {
		l.draw(p.Canvas, q.X, q.Y+4, 0.5, s)
	} else {
		l.draw(p.Canvas, q.X, q.Y-4-l.cap(), 0.5, s)
	}
}

// errorBar draws from low to high at position at on the other axis.
func (p plane) errorBar(at, low, high float64, col color.NRGBA, horizontal bool) {
	sty := draw.LineStyle{Color: col, Width: 1.2}
	const half = 3.5
	if horizontal {
		a, b := p.at(low, at), p.at(high, at)
		p.StrokeLine2(sty, a.X, a.Y, b.X, b.Y)
		p.StrokeLine2(sty, a.X, a.Y-half, a.X, a.Y+half)
		p.StrokeLine2(sty, b.X, b.Y-half, b.X, b.Y+half)
		return
	}
	a, b := p.at(at, low), p.at(at, high)
	p.StrokeLine2(sty, a.X, a.Y, b.X, b.Y)
	p.StrokeLine2(sty, a.X-half, a.Y, a.X+half, a.Y)
	p.StrokeLine2(sty, b.X-half, b.Y, b.X+half, b.Y)
}
