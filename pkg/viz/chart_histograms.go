package viz

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Distribution is one row of Histograms.
type Distribution struct {
	Name   string
	Values []float32
	Remark string // at the right end: "dead units 3 %"
}

// Histograms draws one histogram under the other on a common X: activations or
// gradients by layer. Exact zeros (a ReLU at rest) are left out of the shape and
// given as a share, else they would be all one sees.
type Histograms struct {
	Title, X      string
	Rows          []Distribution
	Bins          int // 0: 80
	Note          string
	Width, Height int // CSS pixels; 0: as many as needed
}

// Alt implements Figure.
func (f Histograms) Alt() string {
	var b strings.Builder
	b.WriteString("Histograms")
	if f.Title != "" {
		b.WriteString(": " + f.Title)
	}
	b.WriteString(".")
	for _, r := range f.Rows {
		st := distribution(r.Values)
		if st.n == 0 {
			fmt.Fprintf(&b, " %s: no data.", r.Name)
			continue
		}
		fmt.Fprintf(&b, " %s: mean %s, standard deviation %s, %s zero.", r.Name, short(st.mean), short(st.std), percent(st.zero))
	}
	return b.String()
}

type moments struct {
	n         int // finite values
	bad       int
	mean, std float64
	zero      float64 // share of exact zeros
}

func distribution(v []float32) moments {
	var m moments
	var s, ss float64
	zeros := 0
	for _, x := range v {
		f := float64(x)
		if !isFinite(f) {
			m.bad++
			continue
		}
		m.n++
		s, ss = s+f, ss+f*f
		if x == 0 {
			zeros++
		}
	}
	if m.n > 0 {
		n := float64(m.n)
		m.mean, m.zero = s/n, float64(zeros)/n
		m.std = math.Sqrt(math.Max(0, ss/n-m.mean*m.mean))
	}
	return m
}

// span is the range that holds all but one in a thousand at each end: one
// outlier must not flatten everything else.
func (f Histograms) span() (e extent) {
	e = noExtent()
	for _, r := range f.Rows {
		var v []float32
		stride := max(1, len(r.Values)/20000) // a sample is enough for quantiles
		for i := 0; i < len(r.Values); i += stride {
			if x := r.Values[i]; isFinite(float64(x)) && x != 0 {
				v = append(v, x)
			}
		}
		if len(v) == 0 {
			continue
		}
		slices.Sort(v)
		k := len(v) / 1000
		e.add(float64(v[k]))
		e.add(float64(v[len(v)-1-k]))
	}
	return e
}

func (f Histograms) name() string { return f.Title }

func (f Histograms) layout() layout {
	c := newChart(f.Title, f.Width, f.Height)
	n := len(f.Rows)
	if f.Height <= 0 {
		c.h = max(150, vg.Length(n)*62+110)
	}
	e := f.span()
	c.x = axis{label: f.X, scale: newScale(e, false, 0.02)}
	names := make([]tick, n)
	for i, r := range f.Rows {
		names[i] = tick{float64(i), tickText.fit(r.Name, c.w*0.3)}
	}
	// Row i stands on i+½ and reaches up to i−½; the first is on top.
	c.y = axis{scale: scale{float64(max(n, 1)) - 0.5, -0.5, false}, ticks: names, bare: true}
	if n == 0 || e.empty() {
		c.nodata = "no data"
	}
	bins := f.Bins
	if bins <= 0 {
		bins = 80
	}
	bad, out := 0, 0
	for i, r := range f.Rows {
		m := distribution(r.Values)
		bad += m.bad
		if m.n == 0 {
			continue
		}
		share, beyond := histogram(r.Values, c.x.scale, bins)
		out += beyond
		remark := r.Remark
		if m.zero > 0 {
			remark = strings.TrimPrefix(remark+"  zero "+percent(m.zero), "  ")
		}
		col := cycleColor(0)
		c.marks = append(c.marks, func(p plane) {
			p.ridge(share, float64(i), tint(col, 0.55), draw.LineStyle{Color: col, Width: 1.2})
			y := p.at(p.x.lo, float64(i)-0.5).Y
			captionText.draw(p.Canvas, p.Max.X-4, y-captionText.size, 1, remark)
		})
	}
	if bad > 0 {
		c.warn("Not drawn: %s NaN or infinite.", count(bad, "value that is", "values that are"))
	}
	if out > 0 {
		c.note("%s beyond the axis.", count(out, "value lies", "values lie"))
	}
	c.note("%s", f.Note)
	return c
}

// histogram returns the height of each bin as a share of the highest, zeros left
// out, and the number of values outside the scale.
func histogram(values []float32, s scale, bins int) (height []float64, outside int) {
	height = make([]float64, bins)
	most := 0.0
	for _, v := range values {
		if !isFinite(float64(v)) || v == 0 {
			continue
		}
		k := int(math.Floor(s.norm(float64(v)) * float64(bins)))
		if k < 0 || k >= bins {
			outside++
			continue
		}
		height[k]++
		most = math.Max(most, height[k])
	}
	for i := range height {
		height[i] /= math.Max(most, 1)
	}
	return height, outside
}

// ridge draws a histogram as a stepped area on the baseline of a row.
func (p plane) ridge(height []float64, row float64, fill color.NRGBA, line draw.LineStyle) {
	base := p.at(p.x.lo, row+0.42).Y
	full := p.at(p.x.lo, row-0.42).Y - base
	var pts []vg.Point
	for k, v := range height {
		y := base + vg.Length(v)*full
		x0, x1 := p.X(float64(k)/float64(len(height))), p.X(float64(k+1)/float64(len(height)))
		pts = append(pts, vg.Point{X: x0, Y: y}, vg.Point{X: x1, Y: y})
	}
	p.FillPolygon(fill, append([]vg.Point{{X: p.Min.X, Y: base}}, append(pts, vg.Point{X: p.Max.X, Y: base})...))
	p.StrokeLines(line, pts)
	p.StrokeLine2(draw.LineStyle{Color: absent, Width: 1}, p.Min.X, base, p.Max.X, base)
}
