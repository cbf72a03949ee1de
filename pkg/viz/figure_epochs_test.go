package viz

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var _ = walked("epochs", func(v []float64) Figure {
	f := Epochs{Title: "T", H: 2, W: 2, Names: []string{"a", "b"}}
	for i := range min(len(v), 300) {
		f.Labels = append(f.Labels, uint16(i%3))
	}
	for m := range 3 {
		moment := Moment{Tick: fmt.Sprint(m), Counts: [][]int{{m, 1}, {0, len(v)}}}
		for i := range f.Labels {
			moment.Points = append(moment.Points, [2]float64{v[i], -v[i]})
		}
		for i := 0; i+4 <= len(f.Labels); i += 4 {
			moment.Kernels = append(moment.Kernels, []float32{float32(v[i]), float32(v[i+1]), float32(v[i+2]), float32(v[i+3])})
		}
		f.Moments = append(f.Moments, moment)
	}
	f.page()
	return f
})

// learning is a network of two classes at four moments: kernels grow from nothing, two
// heaps part, errors go.
func learning() Epochs {
	f := Epochs{
		Title: "T <b>", H: 2, W: 2, Kernels: "2 kernels", Labels: []uint16{0, 1, 0, 1, 1}, Names: []string{"a", "b<"},
		Points: "5 dev images", Confused: "all 20 dev images", Note: "N & so",
	}
	for i, tick := range []string{"0", "1/2", "1", "2"} {
		w, wrong := float32(i), 9-3*i
		m := Moment{
			Tick: tick, Told: fmt.Sprintf("after %s epochs: dev error %d %%", tick, 5*wrong),
			Kernels: [][]float32{{-w, 0, 0, w / 3}, {w, w, 0, 0}},
			Counts:  [][]int{{10, 0}, {wrong, 10 - wrong}},
		}
		for k, l := range f.Labels {
			m.Points = append(m.Points, [2]float64{float64(i) * (float64(l) - 0.5), float64(k) / 10})
		}
		f.Moments = append(f.Moments, m)
	}
	return f
}

var momentParts = regexp.MustCompile(`(?s)<details( open)? name="(epochs-[0-9a-f]{8})"[^>]*><summary><b class="tick">([^<]*)</b> <span class="told">([^<]*)</span></summary>(.*?)</details>`)

// inlined are the pictures of a piece of HTML of a type.
func inlined(t *testing.T, kind, part string) (found [][]byte) {
	for _, m := range regexp.MustCompile(`src="data:`+regexp.QuoteMeta(kind)+`;base64,([^"]*)"`).FindAllStringSubmatch(part, -1) {
		b, err := base64.StdEncoding.DecodeString(html.UnescapeString(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, b)
	}
	return found
}

// Each moment has its line and its parts, the last one is open, and no more than one is.
func TestEpochsPage(t *testing.T) {
	f := learning()
	page := f.page()
	parts := momentParts.FindAllStringSubmatch(page, -1)
	if len(parts) != 4 || strings.Count(page, "<details") != 4 {
		t.Fatalf("%d moments, want 4 in\n%s", len(parts), page)
	}
	for i, p := range parts {
		m := f.Moments[i]
		if (p[1] != "") != (i == 3) || p[2] != parts[0][2] || p[3] != m.Tick || p[4] != m.Told {
			t.Errorf("moment %d: open %q, group %s, %q, %q", i, p[1], p[2], p[3], p[4])
		}
		if n := strings.Count(p[5], "<td style"); n != 4-strings.Count(fmt.Sprint(m.Counts), " 0]")-strings.Count(fmt.Sprint(m.Counts), "[0 ") {
			t.Errorf("moment %d: %d cells with a number of %v", i, n, m.Counts)
		}
		if len(inlined(t, "image/png", p[5])) != 1 || len(inlined(t, "image/svg+xml", p[5])) != 1 {
			t.Errorf("moment %d: want one picture of kernels and one of points", i)
		}
	}
	for _, s := range []string{"T &lt;b&gt;", "2 kernels: blue is −3, white 0, red 3.", "5 dev images.", "All 20 dev images. Rows: what they are.", "N &amp; so", ">b&lt;</th>", `alt="5 dev images, after 1/2 epochs: dev error 30 %"`} {
		if !strings.Contains(page, s) {
			t.Errorf("no %q in the page", s)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "<style") || strings.Contains(page, "%!") {
		t.Error("markup that a notebook's output may not hold, or a verb without its value")
	}
	other := learning()
	other.Moments[1].Tick = "1/4"
	if momentParts.FindStringSubmatch(other.page())[2] == parts[0][2] {
		t.Error("two figures of a page open each other's moments")
	}
}

// A weight has one colour at all moments, also where it is the only one.
func TestEpochsShareTheirScales(t *testing.T) {
	f := learning()
	var sheets []image.Image
	var clouds []string
	for _, p := range momentParts.FindAllStringSubmatch(f.page(), -1) {
		m, err := png.Decode(bytes.NewReader(inlined(t, "image/png", p[5])[0]))
		if err != nil || m.Bounds().Size() != image.Pt(5*40, 2*40) {
			t.Fatalf("a sheet of %v, %v, want two kernels of 2×2 and a gap, 40 pixels each", m.Bounds(), err)
		}
		sheets, clouds = append(sheets, m), append(clouds, string(inlined(t, "image/svg+xml", p[5])[0]))
	}
	for i, m := range sheets {
		for _, c := range []struct {
			x, y  int
			value float64
		}{{0, 0, -float64(i)}, {1, 0, 0}, {1, 1, float64(i) / 3}, {3, 0, float64(i)}, {4, 1, 0}} {
			want := diverging.at(math.Round((c.value/3+1)/2*253) / 253)
			for _, at := range []image.Point{{40 * c.x, 40 * c.y}, {40*c.x + 39, 40*c.y + 39}} {
				if got := color.NRGBAModel.Convert(m.At(at.X, at.Y)); got != want {
					t.Errorf("moment %d: weight %g is drawn %v, want %v", i, c.value, got, want)
				}
			}
		}
	}
	dots := regexp.MustCompile(`M(\d+) (\d+)h0`)
	apart := -1
	for i, cloud := range clouds {
		if strings.Count(cloud, "<path ") != 2 || strings.Count(cloud, "<text ") != 2 || !strings.Contains(cloud, ">b&lt;</text>") {
			t.Fatalf("cloud %d: want two classes and their names:\n%s", i, cloud)
		}
		found := dots.FindAllStringSubmatch(cloud, -1)
		if len(found) != len(f.Labels) {
			t.Fatalf("cloud %d: %d dots of %d points", i, len(found), len(f.Labels))
		}
		first, _ := strconv.Atoi(found[0][1]) // of class a, and behind those of it one of class b
		other, _ := strconv.Atoi(found[2][1])
		if other-first <= apart || i == 0 && other != first {
			t.Errorf("cloud %d: the classes are %d apart, before it %d", i, other-first, apart)
		}
		apart = other - first
	}
}

// Names of classes stand among their points, unless all are one heap, or nowhere.
func TestEpochsNames(t *testing.T) {
	f := Epochs{Labels: []uint16{0, 1, 2}, Moments: []Moment{
		{Points: [][2]float64{{0, 0}, {0.1, 0}, {0, 0.1}}},
		{Points: [][2]float64{{-5, -5}, {5, 5}, {5, 5.1}}},
		{Points: [][2]float64{{-5, 0}, {math.NaN(), 0}, {5, 0}}},
	}}
	for i, want := range []string{"", "0", "0 2"} {
		var got []string
		for _, m := range regexp.MustCompile(`<text [^>]*>([^<]*)</text>`).FindAllStringSubmatch(f.cloud(f.scales(), f.Moments[i].Points), -1) {
			got = append(got, m[1])
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("moment %d: names %q, want %q", i, s, want)
		}
	}
}

// A cell's colour says how many errors it counts, at all moments alike: one image is
// seen beside a thousand.
func TestEpochsErrors(t *testing.T) {
	f := Epochs{Moments: []Moment{{Counts: [][]int{{0, 1000}, {1, 0}}}, {Counts: [][]int{{0, 1}, {0, 5}}}}}
	s := f.scales()
	if s.cell(1000) != warm.at(1) || s.cell(1) == warm.at(0) || s.cell(1) == s.cell(3) || s.cell(0) != warm.at(0) {
		t.Errorf("0 is %v, 1 is %v, 3 is %v, 1000 is %v", s.cell(0), s.cell(1), s.cell(3), s.cell(1000))
	}
	one := s.cell(1)
	if n := strings.Count(f.page(), css(one)); n != 2 {
		t.Errorf("one error has its colour %d times, want at both moments", n)
	}
	many := Epochs{Moments: []Moment{{Counts: make([][]int, mostWritten+1)}}}
	for i := range many.Moments[0].Counts {
		many.Moments[0].Counts[i] = make([]int, mostWritten+1)
	}
	if page := many.page(); strings.Contains(page, "<table") || len(inlined(t, "image/png", page)) != 1 {
		t.Error("the matrix of many classes is not a picture")
	}
}

// Other readers than a page have the moments side by side, the first and the last one
// among them.
func TestEpochsSideBySide(t *testing.T) {
	p := inPage(t)
	f := learning()
	Show(f)
	o := p.whole[0]
	if !strings.HasPrefix(o.html, `<div class="epochs"`) || len(o.png) == 0 || o.alt != f.Alt() {
		t.Errorf("HTML %.40q, %d bytes of PNG, text %q", o.html, len(o.png), o.alt)
	}
	for i := range 30 {
		m := f.Moments[1]
		m.Tick = fmt.Sprint("more ", i)
		f.Moments = append(f.Moments, m)
	}
	g := f.layout().(*gridLayout)
	if len(g.heads) != mostSide || g.heads[0] != "0" || g.heads[mostSide-1] != "more 29" || fmt.Sprint(g.rows) != "[kernels points errors]" {
		t.Errorf("columns %q, rows %q", g.heads, g.rows)
	}
	if last := g.tiles[len(g.tiles)-1].Caption; last != "30.00 % wrong" {
		t.Errorf("under the last matrix stands %q", last)
	}
	for name, f := range map[string]Epochs{"nothing": {}, "no parts": {Moments: []Moment{{Tick: "0"}}}} {
		if page := f.page(); strings.Contains(page, "<img") || strings.Contains(page, "%!") {
			t.Errorf("%s: %s", name, page)
		}
		f.layout()
	}
}

// What the tests of pages in a browser drag is what is written here.
func TestEpochsPageInABrowser(t *testing.T) {
	const path = "testdata/epochs.html"
	got := learning().page() + "\n"
	if *regen {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || got != string(want) {
		t.Errorf("%s is another page, %v: go test ./pkg/viz -run EpochsPage -regen writes it anew", path, err)
	}
}
