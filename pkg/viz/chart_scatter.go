package viz

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Scatter draws clouds of points. Many points are drawn into one image with
// translucent dots, so that density shows and SVG and PDF stay small.
type Scatter struct {
	Title, X, Y   string
	Series        []Series
	LogX, LogY    bool
	Label         bool // write each name at the median of its points as well
	Bare          bool // no axes: the coordinates mean nothing (t-SNE)
	Note          string
	Width, Height int // CSS pixels; 0: 640×380
}

// Alt implements Figure.
func (f Scatter) Alt() string {
	var b strings.Builder
	b.WriteString("Scatter plot")
	if f.Title != "" {
		b.WriteString(": " + f.Title)
	}
	b.WriteString(".")
	if f.Y != "" && f.X != "" {
		fmt.Fprintf(&b, " %s against %s.", f.Y, f.X)
	}
	n := 0
	var names []string
	for _, s := range f.Series {
		n += len(s.Y)
		if s.Name != "" && len(names) < 12 {
			names = append(names, s.Name)
		}
	}
	fmt.Fprintf(&b, " %s", count(n, "point", "points"))
	if len(names) > 0 {
		fmt.Fprintf(&b, " in groups %s", strings.Join(names, ", "))
	}
	b.WriteString(".")
	return b.String()
}

// vectorDots is the largest number of points drawn one by one.
const vectorDots = 1500

func (f Scatter) name() string { return f.Title }

func (f Scatter) layout() layout {
	c := newChart(f.Title, f.Width, f.Height)
	c.seriesAxes("scatter", f.X, f.Y, f.Series, f.LogX, f.LogY, 0, 0)
	ex, ey := extents(f.Series, f.LogX, f.LogY)
	c.x.scale, c.y.scale = newScale(ex, f.LogX, 0.03), newScale(ey, f.LogY, 0.03)
	if f.Bare {
		c.x.ticks, c.y.ticks = []tick{}, []tick{}
		c.x.bare, c.y.bare = true, true
	}
	st, keys := f.styles()
	n := 0
	for _, s := range f.Series {
		n += len(s.Y)
	}
	if len(f.Series) > 1 {
		c.legend = keys
	}
	if n <= vectorDots {
		for i, s := range f.Series {
			c.marks = append(c.marks, func(p plane) { p.dots(s, st[i], 3.2) })
		}
	} else {
		c.marks = append(c.marks, func(p plane) { p.cloud(f.Series, st, n) })
	}
	if f.Label && len(f.Series) <= mostNames {
		c.labels = append(c.labels, func(p plane) { p.names(f.Series, st) })
	}
	c.note("%s", f.Note)
	return c
}

// styles uses the ten class colours when there are more series than the cycle
// holds.
func (f Scatter) styles() ([]style, []key) {
	st, keys := styles(f.Series, keyDot)
	if len(f.Series) > len(cycle) {
		for i := range st {
			st[i].color = classColor(i)
			if i < len(keys) {
				keys[i].color = st[i].color
			}
		}
	}
	return st, keys
}

// classes are ten colours for ten digits: the cycle, then three that differ from
// it in lightness. Where they matter the name stands in the cloud as well.
var classes = append(slices.Clone(cycle), rgb(0x7a4a1f), rgb(0xc7b42c), rgb(0x2b2f77))

func classColor(i int) color.NRGBA { return classes[i%len(classes)] }

func (p plane) dots(s Series, st style, radius vg.Length) {
	x := s.xs()
	for j, y := range s.Y {
		if p.x.shows(x[j]) && p.y.shows(y) {
			p.DrawGlyph(draw.GlyphStyle{Color: fade(st.color, 0.8), Radius: radius, Shape: draw.CircleGlyph{}}, p.at(x[j], y))
		}
	}
}

// crosses stresses points: they must be seen in a crowd.
func (p plane) crosses(s Series, st style) {
	for i, x := range s.X {
		if p.x.shows(x) && p.y.shows(s.Y[i]) {
			cross(p.Canvas, p.at(x, s.Y[i]), 3, draw.LineStyle{Color: st.color, Width: 1.3})
		}
	}
}

// cloud draws all points into one image the size of the plot area. Points of
// the series alternate, so that no series covers the others.
func (p plane) cloud(series []Series, st []style, n int) {
	low, high := p.Min, p.Max
	low.X, low.Y = whole(low.X), whole(low.Y)
	w, h := int((high.X-low.X)*pixelRatio), int((high.Y-low.Y)*pixelRatio)
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	radius := math.Max(1.2, math.Min(5, 5*math.Sqrt(3000/float64(n))))
	alpha := math.Max(0.35, math.Min(0.8, 12000/float64(n)))
	stamp := newStamp(radius, alpha)
	longest := 0
	xs := make([][]float64, len(series))
	for i, s := range series {
		longest = max(longest, len(s.Y))
		xs[i] = s.xs()
	}
	for j := range longest {
		for i, s := range series {
			if j >= len(s.Y) || !p.x.shows(xs[i][j]) || !p.y.shows(s.Y[j]) {
				continue
			}
			q := p.at(xs[i][j], s.Y[j])
			stamp.press(m, int((q.X-low.X)*pixelRatio), h-1-int((q.Y-low.Y)*pixelRatio), st[i].color)
		}
	}
	p.DrawImage(rect(low.X, low.Y, low.X+cssPixels(w), low.Y+cssPixels(h)), m)
}

// mostNames is the largest number of series whose names are written among their
// points, and nameRoom the width that a name has there: more of them would hide
// what they name.
const (
	mostNames           = 40
	nameRoom  vg.Length = 90
)

// names writes the name of each series at its median, in its colour on a halo.
func (p plane) names(series []Series, st []style) {
	l := lettering{size: 14, bold: true}
	for i, s := range series {
		var xs, ys []float64
		for j, x := range s.xs() {
			if p.x.shows(x) && p.y.shows(s.Y[j]) {
				xs, ys = append(xs, x), append(ys, s.Y[j])
			}
		}
		if len(xs) == 0 || s.Name == "" {
			continue
		}
		slices.Sort(xs)
		slices.Sort(ys)
		at := p.at(xs[len(xs)/2], ys[len(ys)/2])
		name := l.fit(s.Name, nameRoom)
		if w, h := l.width(name)/2+4, l.cap()/2+4; w > 2*h {
			fillRect(p.Canvas, rect(at.X-w, at.Y-h, at.X+w, at.Y+h), fade(paper, 0.8))
		} else {
			p.DrawGlyphNoClip(draw.GlyphStyle{Color: fade(paper, 0.8), Radius: max(w, h), Shape: draw.CircleGlyph{}}, at)
		}
		l.with(darker(st[i].color)).draw(p.Canvas, at.X, at.Y-l.cap()/2, 0.5, name)
	}
}

// stamp is an anti-aliased disc.
type stamp struct {
	r     int
	alpha []float64
}

func newStamp(radius, alpha float64) stamp {
	r := int(math.Ceil(radius))
	s := stamp{r: r}
	for y := -r; y <= r; y++ {
		for x := -r; x <= r; x++ {
			d := math.Hypot(float64(x), float64(y))
			s.alpha = append(s.alpha, alpha*math.Max(0, math.Min(1, radius+0.5-d)))
		}
	}
	return s
}

func (s stamp) press(m *image.NRGBA, cx, cy int, col color.NRGBA) {
	i := 0
	for y := cy - s.r; y <= cy+s.r; y++ {
		for x := cx - s.r; x <= cx+s.r; x++ {
			a := s.alpha[i]
			i++
			if a == 0 || !(image.Point{X: x, Y: y}.In(m.Rect)) {
				continue
			}
			px := m.Pix[m.PixOffset(x, y):][:4:4]
			old := float64(px[3]) / 255
			out := a + old*(1-a)
			mix := func(c, p uint8) uint8 { return uint8((float64(c)*a+float64(p)*old*(1-a))/out + 0.5) }
			px[0], px[1], px[2], px[3] = mix(col.R, px[0]), mix(col.G, px[1]), mix(col.B, px[2]), uint8(out*255+0.5)
		}
	}
}
