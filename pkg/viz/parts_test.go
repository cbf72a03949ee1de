package viz

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

func TestConfusionPairs(t *testing.T) {
	f := Confusion{Counts: [][]int{{98, 1, 0}, {0, 90, 12}, {3, 0, 88}}, Names: []string{"a", "b", "c"}}
	if got := fmt.Sprint(f.Pairs(2)); got != "[{1 2 12} {2 0 3}]" {
		t.Errorf("pairs %s", got)
	}
	want := "Right: 276 of 292 (94.52 %). Most frequent errors: b read as c: 12, c read as a: 3, a read as b: 1."
	if got := strings.ReplaceAll(f.summary(), "\u00a0", " "); got != want {
		t.Errorf("summary %q, want %q", got, want)
	}
	// A column more than rows is that of images without an answer.
	f = Confusion{Counts: [][]int{{3, 0, 2}, {1, 4, 0}}}
	want = "Right: 7 of 10 (70.00 %). Most frequent errors: 0 read as none: 2, 1 read as 0: 1."
	if got := strings.ReplaceAll(f.summary(), "\u00a0", " "); got != want {
		t.Errorf("summary %q, want %q", got, want)
	}
}

func TestECE(t *testing.T) {
	// Two bins: 4 predictions of .8 of which 2 are right, 1 of .2 that is wrong.
	f := Reliability{Confidence: []float64{.8, .8, .8, .8, .2, math.NaN(), 1.5}, Right: []bool{true, true, false, false, false, true, true}, Bins: 10}
	want := (4*math.Abs(.8-.5) + 1*math.Abs(.2-0)) / 5
	if got := f.ECE(); math.Abs(got-want) > 1e-12 {
		t.Errorf("ECE %g, want %g", got, want)
	}
	f = Reliability{Confidence: []float64{0, 1, 1}, Right: []bool{false, true, true}}
	if got := f.ECE(); got != 0 {
		t.Errorf("ECE of a sure and right network %g, want 0", got)
	}
}

// TestWilson compares with the values of Wilson's formula for 8 of 10 and 0 of 5.
func TestWilson(t *testing.T) {
	for _, c := range [][4]float64{{0.8, 10, 0.4902, 0.9433}, {0, 5, 0, 0.4345}} {
		lo, hi := wilson(c[0], c[1])
		if math.Abs(lo-c[2]) > 1e-4 || math.Abs(hi-c[3]) > 1e-4 {
			t.Errorf("%g of %g: %.4f to %.4f, want %.4f to %.4f", c[0], c[1], lo, hi, c[2], c[3])
		}
	}
}

func TestHistogram(t *testing.T) {
	h, out := histogram([]float32{-1, 0, 0, 0.5, 0.6, 5, float32(math.NaN())}, scale{lo: -2, hi: 2}, 4)
	if fmt.Sprint(h) != "[0 0.5 1 0]" || out != 1 {
		t.Errorf("heights %v, %d outside", h, out)
	}
	m := distribution([]float32{0, 0, 1, 3, float32(math.Inf(1))})
	if m.n != 4 || m.bad != 1 || m.mean != 1 || m.zero != 0.5 || math.Abs(m.std-math.Sqrt(1.5)) > 1e-12 {
		t.Errorf("moments %+v", m)
	}
}

// TestRamps: lightness runs one way, or up and down by the same amount, so that
// a colour is read in one way only, in grey too.
func TestRamps(t *testing.T) {
	light := func(r ramp, x float64) float64 { return toOKLab(r.at(x)).l }
	for name, r := range map[string]ramp{"sequential": sequential, "warm": warm} {
		for i := range 100 {
			if a, b := light(r, float64(i)/100), light(r, float64(i+1)/100); b >= a {
				t.Errorf("%s: lightness %.3f, then %.3f at %d %%", name, a, b, i+1)
			}
		}
	}
	for i := range 50 {
		a, b := light(diverging, float64(i)/100), light(diverging, 1-float64(i)/100)
		if math.Abs(a-b) > 0.06 {
			t.Errorf("diverging: lightness %.3f below and %.3f above at %d %%", a, b, i)
		}
		if i > 0 && a <= light(diverging, float64(i-1)/100) {
			t.Errorf("diverging: lightness falls before the middle at %d %%", i)
		}
	}
	for _, c := range []color.NRGBA{rgb(0x000000), rgb(0xffffff), rgb(0x0072b2), rgb(0xd55e00)} {
		if back := toOKLab(c).color(); back != c {
			t.Errorf("%v to OKLab and back: %v", c, back)
		}
	}
}

// TestPaletteApart checks that neighbours in the cycle differ for normal and for
// red-green blind eyes (Viénot, Brettel and Mollon 1999).
func TestPaletteApart(t *testing.T) {
	for i, a := range cycle {
		for j, b := range cycle[:i] {
			for name, see := range map[string]func(color.NRGBA) color.NRGBA{
				"normal":       func(c color.NRGBA) color.NRGBA { return c },
				"protanopia":   func(c color.NRGBA) color.NRGBA { return blind(c, 0.11238, 0.88762, 0.00401) },
				"deuteranopia": func(c color.NRGBA) color.NRGBA { return blind(c, 0.29275, 0.70725, -0.02234) },
			} {
				p, q := toOKLab(see(a)), toOKLab(see(b))
				if d := math.Sqrt((p.l-q.l)*(p.l-q.l) + (p.a-q.a)*(p.a-q.a) + (p.b-q.b)*(p.b-q.b)); d < 0.06 {
					t.Errorf("%s: colours %d and %d are %.3f apart", name, j, i, d)
				}
			}
		}
	}
}

// blind projects linear RGB: red and green become r·R + g·G, blue gets a share
// of their difference.
func blind(c color.NRGBA, r, g, b float64) color.NRGBA {
	x := r*linear(c.R) + g*linear(c.G)
	return color.NRGBA{R: encode(x), G: encode(x), B: encode(b*linear(c.R) - b*linear(c.G) + linear(c.B)), A: 255}
}

func TestEnlarge(t *testing.T) {
	m := image.NewGray(image.Rect(3, 4, 5, 6)) // a sub-image starts anywhere
	copy(m.Pix, []uint8{10, 20, 30, 40})
	e := enlarge(m, 3, false)
	for y := range 6 {
		for x := range 6 {
			if got, want := e.NRGBAAt(x, y).R, m.Pix[y/3*2+x/3]; got != want {
				t.Fatalf("at %d,%d: %d, want %d", x, y, got, want)
			}
		}
	}
	if got := enlarge(m, 2, true).NRGBAAt(0, 0); got != (color.NRGBA{245, 245, 245, 255}) {
		t.Errorf("inverted %v", got)
	}
}

// TestImagesAreSharp finds the pixels of an image in the drawn figure: each must
// be a square of one exact value.
func TestImagesAreSharp(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 4, 4))
	for i := range m.Pix {
		m.Pix[i] = uint8(17 * i)
	}
	f := raster(Images{Tiles: []Tile{{Image: m}}, Scale: 10}.layout())
	at := image.Pt(-1, -1)
	for y := 0; y < f.Bounds().Dy() && at.X < 0; y++ {
		for x := range f.Bounds().Dx() {
			if r, g, b, _ := f.At(x, y).RGBA(); r|g|b == 0 {
				at = image.Pt(x, y)
				break
			}
		}
	}
	for y := range 40 {
		for x := range 40 {
			r, _, _, _ := f.At(at.X+x, at.Y+y).RGBA()
			if want := m.Pix[y/10*4+x/10]; uint8(r>>8) != want {
				t.Fatalf("device pixel %d,%d: %d, want %d", x, y, r>>8, want)
			}
		}
	}
}

func TestToPalette(t *testing.T) {
	few := image.NewRGBA(image.Rect(0, 0, 16, 16))
	many := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 256 {
		few.SetRGBA(i%16, i/16, color.RGBA{uint8(i), uint8(255 - i), 7, 255})
	}
	for i := range 64 * 64 {
		many.SetRGBA(i%64, i/64, color.RGBA{uint8(i % 64 * 4), uint8(i / 64 * 4), 100, 255})
	}
	p := toPalette(few, 256)
	for i := range 256 {
		if r, g, b, _ := p.At(i%16, i/16).RGBA(); r>>8 != uint32(i) || g>>8 != uint32(255-i) || b>>8 != 7 {
			t.Fatalf("256 colours are not kept: %d is %d %d %d", i, r>>8, g>>8, b>>8)
		}
	}
	p = toPalette(many, 256)
	worst := 0.0
	for i := range 64 * 64 {
		a, b := p.At(i%64, i/64), many.At(i%64, i/64)
		r0, g0, _, _ := a.RGBA()
		r1, g1, _, _ := b.RGBA()
		worst = math.Max(worst, math.Hypot(float64(r0>>8)-float64(r1>>8), float64(g0>>8)-float64(g1>>8)))
	}
	if len(p.Palette) > 256 || worst > 20 {
		t.Errorf("%d colours, the furthest %.1f off", len(p.Palette), worst)
	}
	if n := len(toPalette(many, 64).Palette); n != 64 {
		t.Errorf("%d colours, want the 64 that a large figure makes do with", n)
	}
}

// TestPDF reads what reaches vgpdf: images bottom up, colours not multiplied.
func TestPDF(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 1, 3))
	copy(m.Pix, []uint8{10, 20, 30})
	if u := upsideDown(m); u.Pix[0] != 30 || u.Pix[u.PixOffset(0, 2)] != 10 || u.Pix[u.PixOffset(0, 1)] != 20 {
		t.Errorf("upside down: %v", u.Pix)
	}
	var r recorder.Canvas
	c := pdfCanvas{&r}
	c.SetColor(color.NRGBA{200, 100, 0, 51})
	c.DrawImage(vg.Rectangle{}, m)
	red, green, _, alpha := r.Actions[0].(*recorder.SetColor).Color.RGBA()
	if red != 200*257 || green != 100*257 || alpha != 51*257 {
		t.Errorf("colour %d %d alpha %d", red/257, green/257, alpha/257)
	}
	if _, _, _, alpha = r.Actions[1].(*recorder.SetColor).Color.RGBA(); alpha != 0xffff {
		t.Error("an image is drawn with the alpha of the last colour")
	}
}

func TestLegendRows(t *testing.T) {
	var keys []key
	for i := range 60 {
		keys = append(keys, key{name: fmt.Sprintf("run number %d", i), shape: keyDot})
	}
	rows := legendRows(keys, 500)
	if len(rows) != legendMax {
		t.Fatalf("%d rows, want %d", len(rows), legendMax)
	}
	n := 0
	for _, r := range rows {
		w := -legendSkip
		for _, k := range r {
			w += legendSkip + k.width()
		}
		if w > 500 {
			t.Errorf("a row of %.0f in 500", w)
		}
		n += len(r)
	}
	last := rows[legendMax-1][len(rows[legendMax-1])-1]
	if want := fmt.Sprintf("and %d more", 60-(n-1)); last.name != want {
		t.Errorf("the last entry is %q, want %q", last.name, want)
	}
}

// TestSharedLegend: charts side by side share a legend only if a look means the
// same in both.
func TestSharedLegend(t *testing.T) {
	chartOf := func(names ...string) *chart {
		var s []Series
		for _, n := range names {
			s = append(s, Series{Name: n, Y: []float64{1, 2}})
		}
		return Curves{Series: s}.layout().(*chart)
	}
	if j, ok := joinLegends([]*chart{chartOf("train", "dev"), chartOf("train", "dev", "test")}); !ok || len(j) != 3 {
		t.Errorf("joined %v, %v", j, ok)
	}
	if _, ok := joinLegends([]*chart{chartOf("train", "dev"), chartOf("dev", "train")}); ok {
		t.Error("joined legends that contradict each other")
	}
	if _, ok := joinLegends([]*chart{chartOf("a", "b"), chartOf("c", "d")}); ok {
		t.Error("joined legends in which one colour has two names")
	}
}

// TestAlignedAxes: the plot areas of charts in a row begin and end at the same
// height, whatever stands above and below them.
func TestAlignedAxes(t *testing.T) {
	p := Row(Curves{Title: "One", X: "x", Series: []Series{{Y: []float64{1, 2}}}, Note: "a note"},
		Curves{Series: []Series{{Name: "a", Y: []float64{100000, 2}}, {Name: "b", Y: []float64{1}}}}).layout().(*panels)
	if a, b := p.insets[0], p.insets[1]; a.top != b.top || a.bottom != b.bottom {
		t.Errorf("insets %+v and %+v", a, b)
	}
}

func TestLettering(t *testing.T) {
	l := labelText
	if w := l.width("iii"); !(w > 0 && w < l.width("mmm")) {
		t.Errorf("widths %g and %g", w, l.width("mmm"))
	}
	if s := l.fit("a long sentence", l.width("a long")); !strings.HasSuffix(s, "…") || l.width(s) > l.width("a long") {
		t.Errorf("fitted %q", s)
	}
	for _, s := range l.wrap("several words that need a few lines and averyveryverylongword", 60) {
		if l.width(s) > 60 {
			t.Errorf("line %q is %.1f wide", s, l.width(s))
		}
	}
	if s := l.wrap("50\u202f000 a", l.width("50\u202f000")); s[0] != "50\u202f000" {
		t.Errorf("a number was broken: %q", s)
	}
	for _, r := range "aZ09éß→×±λσΔ∞≤−…·°" {
		if len(regularFace().glyph(r).outline) == 0 {
			t.Errorf("no outline for %c", r)
		}
	}
	for _, c := range l.path(0, 0, "g") {
		if y := float64(c.Pos.Y / l.size); y < -0.3 || y > 0.8 {
			t.Errorf("an outline of g at %g em", y)
		}
	}
}

// What is noted under all panels is said once; what warns, where it belongs.
func TestPanelsShareNotes(t *testing.T) {
	panel := func(note string, y ...float64) Figure {
		return Curves{Series: []Series{{Y: y}}, Smooth: 10, Note: note}
	}
	bad := math.NaN()
	p := Panels{Figures: []Figure{panel("a", 1, bad), panel("b", 2, bad)}, Note: "whole"}.layout().(*panels)
	if want := []string{"Thick lines: moving mean of 10 points.", "whole"}; !slices.Equal(p.notes, want) {
		t.Errorf("under the whole %q, want %q", p.notes, want)
	}
	for i, own := range []string{"a", "b"} {
		notes := p.cells[i].(*chart).notes
		if len(notes) != 2 || !notes[0].warn || notes[1].text != own {
			t.Errorf("under panel %d %v", i, notes)
		}
	}
	// Panels of panels, as reliability diagrams are.
	of := Reliability{Confidence: []float64{0.5, 0.9}, Right: []bool{true, true}}
	p = Row(of, of).layout().(*panels)
	if len(p.notes) != 2 || !strings.HasPrefix(p.notes[1], "Bars: 95 %") {
		t.Errorf("under two of the same %q", p.notes)
	}
	if alone := Row(of).layout().(*panels); len(alone.notes) != 0 {
		t.Errorf("under one %q", alone.notes)
	}
}

func TestBarsWriteAllValuesOrNone(t *testing.T) {
	for _, c := range []struct {
		width int
		want  bool
	}{{640, true}, {160, false}} {
		f := Bars{Names: []string{"a", "b", "c", "d"}, Series: []Series{{Y: []float64{5923, 1, 980, 2}}}, Width: c.width}
		l := f.layout().(*chart)
		area := vg.Length(c.width - 60)
		p := plane{draw.Canvas{Rectangle: rect(0, 0, area, 200)}, l.x.scale, l.y.scale}
		if got := f.valuesFit(p, shorts(f.Series[0].Y), 0.74); got != c.want {
			t.Errorf("%d px wide: values %v", c.width, got)
		}
	}
}

func TestLabelsOfBestPoints(t *testing.T) {
	for _, c := range [][2][]string{{{"8.600", "6.510"}, {"8.60", "6.51"}}, {{"0.1958", "0.1860"}, {"0.1958", "0.1860"}}, {{"1.000"}, {"1"}}, {{"10", "20"}, {"10", "20"}}, {{}, {}}} {
		if got := withoutZeros(c[0]); !slices.Equal(got, c[1]) {
			t.Errorf("%q became %q, want %q", c[0], got, c[1])
		}
	}
	// Between two curves there is no room close to the point; a line below is.
	p := plane{draw.Canvas{Rectangle: rect(0, 0, 400, 200)}, scale{0, 1, false}, scale{0, 1, false}}
	at := vg.Point{X: 380, Y: 100}
	level := func(y vg.Length) []vg.Point { return []vg.Point{{X: 0, Y: y}, {X: 400, Y: y}} }
	box, ok := p.place(at, 40, 8, nil, nil, [][]vg.Point{level(113), level(100), level(87), level(126), level(139)})
	if !ok || box.Max.Y > 87 {
		t.Errorf("the label stands at %v, over a curve", box)
	}
}
