package viz

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Series is one line, one set of bars or one cloud of points.
type Series struct {
	Name string
	// Group names the run that the series belongs to. Series of one group share
	// a colour, and the legend then lists groups by colour and names by dash:
	// Group "784-600-10", Name "train" (Dashed) and "dev".
	Group string

	X, Y []float64 // X may be nil: 1, 2, 3, …
	// Low and High are the ends of the band or error bar at each point (not
	// distances from Y). Nil: none; NaN at a point: none there.
	Low, High []float64

	Dashed bool
	Quiet  bool // thin and grey, for what only stands behind; all of one name or group have one key
	Best   Best // the point to mark with its value
}

// Best says which point of a series deserves a mark.
type Best int

const (
	NoBest Best = iota
	Min         // the smallest Y: a loss
	Max         // the largest Y: an accuracy
)

// xs returns X, or 1…n. Lengths that differ are a caller's bug.
func (s Series) xs() []float64 {
	if s.X == nil {
		x := make([]float64, len(s.Y))
		for i := range x {
			x[i] = float64(i + 1)
		}
		return x
	}
	return s.X
}

// Scaled is s with X times a factor: iterations become images seen, or epochs.
func (s Series) Scaled(factor float64) Series {
	x := make([]float64, len(s.Y))
	for i, v := range s.xs() {
		x[i] = factor * v
	}
	s.X = x
	return s
}

func (s Series) check(figure string) {
	if s.X != nil && len(s.X) != len(s.Y) {
		panic(fmt.Sprintf("viz: %s: series %q: %d X, %d Y", figure, s.Name, len(s.X), len(s.Y)))
	}
	if (s.Low != nil || s.High != nil) && (len(s.Low) != len(s.Y) || len(s.High) != len(s.Y)) {
		panic(fmt.Sprintf("viz: %s: series %q: %d Y, %d Low, %d High", figure, s.Name, len(s.Y), len(s.Low), len(s.High)))
	}
}

// best returns the index of the best point, -1 if there is none.
func (s Series) best() int {
	at := -1
	for i, v := range s.Y {
		if !isFinite(v) {
			continue
		}
		if at < 0 || (s.Best == Min && v < s.Y[at]) || (s.Best == Max && v > s.Y[at]) {
			at = i
		}
	}
	if s.Best == NoBest {
		return -1
	}
	return at
}

// omitted counts what a chart cannot show.
type omitted struct{ bad, nonpos int }

func (o *omitted) see(x, y scale, xv, yv float64) bool {
	switch {
	case !isFinite(xv) || !isFinite(yv):
		o.bad++
	case !x.shows(xv) || !y.shows(yv):
		o.nonpos++
	default:
		return true
	}
	return false
}

func (c *chart) warnOmitted(o omitted) {
	if o.bad > 0 {
		c.warn("Not drawn: %s NaN or infinite.", count(o.bad, "value that is", "values that are"))
	}
	if o.nonpos > 0 {
		c.warn("Not drawn: %s zero or less on a log axis.", count(o.nonpos, "value that is", "values that are"))
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%s %s", thousands(n), many)
}

// thousands writes n, if it has five digits or more, in groups: 50,000.
func thousands(n int) string {
	s := fmt.Sprint(n)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for i := len(s) - 3; i > 0 && len(s) > 4; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if neg {
		s = "−" + s
	}
	return s
}

// extents of all that can be drawn, bands included. On a log axis only what is
// above zero counts.
func extents(series []Series, logX, logY bool) (x, y extent) {
	x, y = noExtent(), noExtent()
	sx, sy := scale{log: logX}, scale{log: logY}
	for _, s := range series {
		xs := s.xs()
		for i, yv := range s.Y {
			if !sx.shows(xs[i]) || !sy.shows(yv) {
				continue
			}
			x.add(xs[i])
			y.add(yv)
			if s.Low != nil && sy.shows(s.Low[i]) {
				y.add(s.Low[i])
			}
			if s.High != nil && sy.shows(s.High[i]) {
				y.add(s.High[i])
			}
		}
	}
	return x, y
}

// style is how a series looks.
type style struct {
	color color.NRGBA
	dash  []vg.Length
	glyph draw.GlyphDrawer
	quiet bool
}

// width is that of a line in this style where others are w wide.
func (s style) width(w vg.Length) vg.Length {
	if s.quiet {
		return w / 2
	}
	return w
}

var glyphs = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, diamond{}, crossed{}}

// styles gives every series its look and the legend its keys; see Series.Group.
func styles(series []Series, shape keyShape) ([]style, []key) {
	out := make([]style, len(series))
	var keys []key
	grouped := false
	for _, s := range series {
		grouped = grouped || s.Group != ""
	}
	quiet := map[string]int{}
	aside := func(i int, name string) {
		k, seen := quiet[name]
		if !seen {
			k = len(quiet)
			quiet[name] = k
		}
		out[i] = style{color: behind, dash: dashes[k%len(dashes)], glyph: glyphs[0], quiet: true}
		if name != "" && !seen {
			keys = append(keys, key{name: name, color: behind, shape: keyLine, dash: out[i].dash, thin: true})
		}
	}
	if !grouped {
		n := 0 // that are not quiet
		for _, s := range series {
			if !s.Quiet {
				n++
			}
		}
		k := -1
		for i, s := range series {
			if s.Quiet {
				continue
			}
			k++
			out[i] = style{color: seriesColor(k, n), glyph: glyphs[k%len(glyphs)]}
			if n > len(cycle) { // neighbours on the ramp differ by dash as well
				out[i].dash = dashes[k%len(dashes)]
			}
			if s.Dashed {
				out[i].dash = dashes[1]
			}
			if s.Name != "" {
				keys = append(keys, key{name: s.Name, color: out[i].color, shape: shape, dash: out[i].dash})
			}
		}
		for i, s := range series {
			if s.Quiet {
				aside(i, s.Name)
			}
		}
		return out, keys
	}
	all := map[string]bool{}
	for _, s := range series {
		if !s.Quiet {
			all[s.Group] = true
		}
	}
	groups, names := map[string]int{}, map[string]bool{}
	var lines []key
	for i, s := range series {
		if s.Quiet {
			continue
		}
		g, seen := groups[s.Group]
		if !seen {
			g = len(groups)
			groups[s.Group] = g
			keys = append(keys, key{name: s.Group, color: seriesColor(g, len(all)), shape: keyDot})
		}
		out[i] = style{color: seriesColor(g, len(all)), glyph: glyphs[g%len(glyphs)]}
		if s.Dashed {
			out[i].dash = dashes[1]
		}
		if s.Name != "" && !names[s.Name] {
			names[s.Name] = true
			lines = append(lines, key{name: s.Name, color: soft, shape: keyLine, dash: out[i].dash})
		}
	}
	for i, s := range series {
		if s.Quiet {
			aside(i, s.Group)
		}
	}
	if len(lines) > 1 {
		keys = append(keys, lines...)
	}
	return out, keys
}

// segments maps the points of a series to the plane and breaks the line where a
// point cannot be shown. More points than the figure has columns are thinned to
// the first, lowest, highest and last of each pixel: the line looks the same.
func (p plane) segments(x, y []float64) [][]vg.Point {
	var out [][]vg.Point
	var run []vg.Point
	flush := func() {
		if len(run) > 0 {
			out = append(out, thin(run))
		}
		run = nil
	}
	for i := range y {
		if !p.x.shows(x[i]) || !p.y.shows(y[i]) {
			flush()
			continue
		}
		run = append(run, p.at(x[i], y[i]))
	}
	flush()
	return out
}

func thin(pts []vg.Point) []vg.Point {
	const column = 1.0
	if len(pts) < 2000 {
		return pts
	}
	out := pts[:0:0]
	for i := 0; i < len(pts); {
		col := math.Floor(float64(pts[i].X) / column)
		lo, hi, j := i, i, i
		for ; j < len(pts) && math.Floor(float64(pts[j].X)/column) == col; j++ {
			if pts[j].Y < pts[lo].Y {
				lo = j
			}
			if pts[j].Y > pts[hi].Y {
				hi = j
			}
		}
		last := -1
		for _, k := range []int{i, min(lo, hi), max(lo, hi), j - 1} {
			if k != last {
				out = append(out, pts[k])
			}
			last = k
		}
		i = j
	}
	return out
}

// smooth is the mean over a centred window of n points, so that the line does
// not lag behind the data as a running average would. At the start, where a steep
// fall must not be averaged away, the window narrows to a quarter; at the end it
// is cut, so that the last points do not show as noise. Points that are not
// finite stay as they are and count for nothing.
func smooth(y []float64, n int) []float64 {
	half := n / 2
	sum := make([]float64, len(y)+1)
	num := make([]int, len(y)+1)
	for i, v := range y {
		sum[i+1], num[i+1] = sum[i], num[i]
		if isFinite(v) {
			sum[i+1] += v
			num[i+1]++
		}
	}
	out := make([]float64, len(y))
	for i, v := range y {
		h := min(half, max(i, half/4))
		from, to := max(i-h, 0), min(i+h+1, len(y))
		out[i] = v
		if k := num[to] - num[from]; k > 0 && isFinite(v) {
			out[i] = (sum[to] - sum[from]) / float64(k)
		}
	}
	return out
}

// crossed is a glyph for the fifth series, with lines as heavy as those of the curves.
type crossed struct{}

func (crossed) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, pt vg.Point) {
	cross(*c, pt, s.Radius*0.9, draw.LineStyle{Color: s.Color, Width: 2})
}

// diamond is a filled glyph for the fourth series.
type diamond struct{}

func (diamond) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, pt vg.Point) {
	r := s.Radius * 1.25
	c.FillPolygon(s.Color, []vg.Point{{X: pt.X - r, Y: pt.Y}, {X: pt.X, Y: pt.Y - r}, {X: pt.X + r, Y: pt.Y}, {X: pt.X, Y: pt.Y + r}})
}
