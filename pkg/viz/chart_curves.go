package viz

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Curves draws lines over a common X: loss and accuracy of one or several runs.
type Curves struct {
	Title, X, Y string // the labels of the axes say the units
	Series      []Series
	LogX, LogY  bool
	// Smooth is the number of points of a centred moving mean. The raw line
	// stays visible behind. Series of fewer than 4×Smooth points are not smoothed.
	Smooth        int
	YMin, YMax    float64 // the range of Y; both 0: that of the data
	Note          string  // a line under the figure: data, seeds, run
	Width, Height int     // CSS pixels; 0: 640×380
}

// Alt implements Figure.
func (f Curves) Alt() string {
	return describe("Line chart", f.Title, f.Y, f.X, f.Series)
}

// describe says in one or two sentences what a chart of series shows.
func describe(kind, title, y, x string, series []Series) string {
	var b strings.Builder
	b.WriteString(kind)
	if title != "" {
		fmt.Fprintf(&b, ": %s", title)
	}
	b.WriteString(".")
	if y != "" && x != "" {
		fmt.Fprintf(&b, " %s against %s.", y, x)
	}
	const most = 6
	var behind []string // names of quiet series
	series = slices.DeleteFunc(slices.Clone(series), func(s Series) bool {
		if name := cmp.Or(s.Group, s.Name); s.Quiet && !slices.Contains(behind, name) {
			behind = append(behind, name)
		}
		return s.Quiet
	})
	for i, s := range series {
		if i == most {
			fmt.Fprintf(&b, " And %d more.", len(series)-most)
			break
		}
		e := noExtent()
		last, n := 0.0, 0
		for _, v := range s.Y {
			e.add(v)
			if isFinite(v) {
				last = v
				n++
			}
		}
		name := strings.TrimSpace(s.Group + " " + s.Name)
		if name == "" {
			name = fmt.Sprintf("Series %d", i+1)
		}
		switch k := s.best(); {
		case n == 0:
			fmt.Fprintf(&b, " %s: no data.", name)
		case k >= 0:
			fmt.Fprintf(&b, " %s: best %s at %s, last %s.", name, short(s.Y[k]), short(s.xs()[k]), short(last))
		default:
			fmt.Fprintf(&b, " %s: %s to %s, last %s.", name, short(e.lo), short(e.hi), short(last))
		}
	}
	if len(behind) > 0 {
		fmt.Fprintf(&b, " Behind them %s.", strings.Join(behind, " and "))
	} else if len(series) == 0 {
		b.WriteString(" No data.")
	}
	return b.String()
}

func (f Curves) name() string { return f.Title }

func (f Curves) layout() layout {
	c := newChart(f.Title, f.Width, f.Height)
	c.seriesAxes("curves", f.X, f.Y, f.Series, f.LogX, f.LogY, f.YMin, f.YMax)
	st, keys := styles(f.Series, keyLine)
	if len(f.Series) > 1 || f.Series != nil && f.Series[0].Group != "" {
		c.legend = keys
	}
	shown := slices.Clone(f.Series) // what the thick lines follow
	for i, s := range f.Series {
		x := s.xs()
		if s.Low != nil {
			c.marks = append(c.marks, func(p plane) { p.band(x, s.Low, s.High, tint(st[i].color, 0.2)) })
		}
		if f.Smooth > 1 && len(s.Y) >= 4*f.Smooth {
			shown[i].Y = smooth(s.Y, f.Smooth)
			c.marks = append(c.marks, func(p plane) {
				p.line(x, s.Y, draw.LineStyle{Color: tint(st[i].color, 0.3), Width: 1})
			})
		}
	}
	for i, s := range shown {
		x := s.xs()
		c.marks = append(c.marks, func(p plane) {
			p.line(x, s.Y, draw.LineStyle{Color: st[i].color, Width: st[i].width(1.8), Dashes: st[i].dash})
			p.diverged(x, s.Y, st[i].color)
		})
	}
	c.labels = append(c.labels, func(p plane) { p.bestMarks(f.Series, st, p.lines(shown)) })
	if f.Smooth > 1 {
		c.note("Thick lines: moving mean of %d points.", f.Smooth)
	}
	c.note("%s", f.Note)
	return c
}

// seriesAxes checks the series, sets both axes to hold them and notes what
// cannot be drawn.
func (c *chart) seriesAxes(figure, x, y string, series []Series, logX, logY bool, yMin, yMax float64) {
	for _, s := range series {
		s.check(figure)
	}
	ex, ey := extents(series, logX, logY)
	c.x = axis{label: x, scale: newScale(ex, logX, 0.015)}
	c.y = axis{label: y, scale: newScale(ey, logY, 0.05)}
	if yMin < yMax && (!logY || yMin > 0) {
		c.y.scale = scale{yMin, yMax, logY}
	}
	// A margin below zero would suggest that a loss can be negative.
	if !logY && ey.lo >= 0 && c.y.scale.lo < 0 {
		c.y.scale.lo = 0
	}
	if ex.empty() {
		c.nodata = "no data"
	}
	c.x.whole = true
	var o omitted
	for _, s := range series {
		xs := s.xs()
		for i := range s.Y {
			o.see(c.x.scale, c.y.scale, xs[i], s.Y[i])
			c.x.whole = c.x.whole && xs[i] == math.Trunc(xs[i])
		}
	}
	c.warnOmitted(o)
}

// lines are the polylines of all series.
func (p plane) lines(series []Series) (out [][]vg.Point) {
	for _, s := range series {
		out = append(out, p.segments(s.xs(), s.Y)...)
	}
	return out
}

// line draws a polyline; a point with no neighbours becomes a dot.
func (p plane) line(x, y []float64, sty draw.LineStyle) {
	for _, seg := range p.segments(x, y) {
		if len(seg) == 1 {
			p.DrawGlyph(draw.GlyphStyle{Color: sty.Color, Radius: sty.Width + 1, Shape: draw.CircleGlyph{}}, seg[0])
			continue
		}
		for _, l := range p.ClipLinesXY(seg) {
			p.strokeLong(sty, l)
		}
	}
}

// strokeLong strokes a polyline in pieces: the time vgimg takes grows with the
// square of a path's length in a row of pixels. Pieces share a segment, so every
// corner is joined in one of them; the colour must be opaque.
func (p plane) strokeLong(sty draw.LineStyle, l []vg.Point) {
	const piece = 64
	for i := 0; i < len(l)-1; {
		end := min(i+piece, len(l))
		p.StrokeLines(sty, l[i:end])
		if end == len(l) {
			return
		}
		for j := i; j < end-2; j++ {
			sty.DashOffs += vg.Length(math.Hypot(float64(l[j+1].X-l[j].X), float64(l[j+1].Y-l[j].Y)))
		}
		i = end - 2
	}
}

// band fills the area between low and high; points without both break it.
func (p plane) band(x, low, high []float64, col color.NRGBA) {
	for i := 0; i < len(x); i++ {
		var up, down []vg.Point
		for ; i < len(x) && p.x.shows(x[i]) && p.y.shows(low[i]) && p.y.shows(high[i]); i++ {
			up = append(up, p.at(x[i], high[i]))
			down = append(down, p.at(x[i], low[i]))
		}
		up, down = envelope(up, down)
		// In strips, as strokeLong; they overlap, so no seam shows.
		const strip = 48
		for j := 0; j < len(up)-1; j += strip - 2 {
			end := min(j+strip, len(up))
			area := slices.Clone(up[j:end])
			for k := end - 1; k >= j; k-- {
				area = append(area, down[k])
			}
			p.FillPolygon(col, p.ClipPolygonXY(area))
		}
	}
}

// envelope reduces many points to the highest and lowest of each pixel.
func envelope(up, down []vg.Point) (u, d []vg.Point) {
	if len(up) < 2000 {
		return up, down
	}
	last := math.Inf(-1)
	for i := range up {
		col := math.Floor(float64(up[i].X))
		if col != last {
			u, d = append(u, up[i]), append(d, down[i])
			last = col
			continue
		}
		k := len(u) - 1
		u[k].Y, d[k].Y = max(u[k].Y, up[i].Y), min(d[k].Y, down[i].Y)
	}
	return u, d
}

// diverged puts a cross on the last point of a line that ends in NaN or Inf.
func (p plane) diverged(x, y []float64, col color.NRGBA) {
	last := -1
	for i, v := range y {
		if p.x.shows(x[i]) && p.y.shows(v) {
			last = i
		}
	}
	if last < 0 || last == len(y)-1 || isFinite(y[len(y)-1]) {
		return
	}
	cross(p.Canvas, p.at(x[last], y[last]), 4, draw.LineStyle{Color: col, Width: 2})
}

func cross(c draw.Canvas, at vg.Point, r vg.Length, sty draw.LineStyle) {
	c.StrokeLine2(sty, at.X-r, at.Y-r, at.X+r, at.Y+r)
	c.StrokeLine2(sty, at.X-r, at.Y+r, at.X+r, at.Y-r)
}
