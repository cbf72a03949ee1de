package viz

import (
	"encoding/base64"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var _ = walked("confusion images", func(v []float64) Figure {
	p := make([]float32, 3)
	for i := range p {
		if i < len(v) {
			p[i] = float32(v[i])
		}
	}
	f := digitsRead(p)
	f.page()
	return f
})

// digitsRead is a matrix of three classes, with a column for no answer.
func digitsRead(p []float32) ConfusionImages {
	gray := image.NewGray(image.Rect(0, 0, 28, 28))
	example := func(truth, predicted int) Example {
		return Example{Name: "image <i>", Image: gray, True: truth, Predicted: predicted, Probabilities: p, Near: []Tile{{Image: gray, Caption: "like & so"}, {}}}
	}
	return ConfusionImages{
		Confusion: Confusion{Title: "T <b>", Counts: [][]int{{5, 1, 0, 0}, {2, 4, 4, 0}, {0, 0, 6, 1}}, Names: []string{"a", "b<", "c"}},
		Examples: []Example{
			example(0, 0), example(0, 1), example(1, 2), example(1, 2), example(1, 2), example(1, 2), example(2, -1),
			{True: 1, Predicted: 0}, {Image: image.NewGray(image.Rectangle{}), True: 1, Predicted: 0}, example(7, 0), example(-1, 0), example(0, 9),
		},
		NearBy: "nearest",
	}
}

var (
	hrefs   = regexp.MustCompile(`<a href="#([^"]*)" title="([^"]*)"[^>]*>([^<]*)</a>`)
	behinds = regexp.MustCompile(`(?s)<details( class="first" open)?[^>]*><summary>([^<]*)</summary><div id="([^"]*)" class="behind">(.*?)</div></details>`)
)

// Every link has its part, which says what it says and holds the cell's images.
func TestConfusionLeadsToImages(t *testing.T) {
	page := digitsRead([]float32{.1, .7, .2}).page()
	links, found := hrefs.FindAllStringSubmatch(page, -1), behinds.FindAllStringSubmatch(page, -1)
	want := []struct {
		words    string
		examples int
		first    bool
	}{
		{"a, read right: 5 images", 1, false}, {"a read as b&lt;: 1 image", 1, false}, {"b&lt; read as c: 4 images", 3, true}, {"c, without an answer: 1 image", 1, false},
	}
	if len(links) != len(want) || len(found) != len(want) {
		t.Fatalf("%d links and %d parts, want %d: of cells with images, and no others", len(links), len(found), len(want))
	}
	for i, w := range want {
		l, p := links[i], found[i]
		if l[1] != p[3] || l[2] != w.words || p[2] != w.words {
			t.Errorf("link to %s, %q, part %s, %q, want %q", l[1], l[2], p[3], p[2], w.words)
		}
		if n := strings.Count(p[4], `class="example"`); n != w.examples || strings.Count(p[4], "<img") != 2*n {
			t.Errorf("%s: %d examples with %d images, want %d with two each", w.words, n, strings.Count(p[4], "<img"), w.examples)
		}
		if (p[1] != "") != w.first {
			t.Errorf("%s: open at first: %v", w.words, p[1] != "")
		}
	}
	for _, s := range []string{"b&lt;: 70.0 %", "width:42px", `alt="image &lt;i&gt;, true class a"`, "like &amp; so", "no answer", `<span style="display:block;padding:3px 2px;text-align:center;min-width:26px">2</span>`} {
		if !strings.Contains(page, s) {
			t.Errorf("no %q in the page", s)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "<style") || strings.Contains(page, "<i>") {
		t.Error("markup that a notebook's output may not hold")
	}
}

func TestConfusionImagesDiffer(t *testing.T) {
	one, other := digitsRead([]float32{.1, .7, .2}), digitsRead([]float32{.1, .2, .7})
	same := hrefs.FindStringSubmatch(one.page())[1]
	if again := hrefs.FindStringSubmatch(one.page())[1]; again != same {
		t.Errorf("the same figure has the parts %s and %s", same, again)
	}
	if hrefs.FindStringSubmatch(other.page())[1] == same {
		t.Error("two matrices of a page have parts of one name")
	}
	one.PerCell = 2
	if n := strings.Count(one.page(), `class="example"`); n != 5 {
		t.Errorf("%d examples, want 5 with two a cell at most", n)
	}
}

func TestConfusionImagesTold(t *testing.T) {
	f := ConfusionImages{Confusion: Confusion{Counts: make([][]int, 6)}}
	for _, c := range []struct {
		truth int
		want  []int
	}{{1, []int{4, 1, 0}}, {0, []int{4, 1, 0}}, {5, []int{4, 1, 0, 5}}} {
		if got := f.told(Example{True: c.truth, Probabilities: []float32{.1, .3, .05, .05, .48, .02}}); !slices.Equal(got, c.want) {
			t.Errorf("true class %d: probabilities of %v, want %v", c.truth, got, c.want)
		}
	}
}

// A page gets the links, all other readers the picture of the matrix.
func TestConfusionImagesInNotebook(t *testing.T) {
	p := inPage(t)
	f := digitsRead(nil)
	Show(f, f.Confusion)
	o, plain := p.whole[0], p.whole[1]
	if !strings.HasPrefix(o.html, `<div class="confused"`) || o.alt != f.Confusion.Alt() {
		t.Errorf("HTML %.60q, text %q", o.html, o.alt)
	}
	if len(o.png) == 0 || fmt.Sprint(o.png) != fmt.Sprint(plain.png) {
		t.Error("the picture is not that of the matrix")
	}
}

// Nothing to draw is no reason to fail.
func TestConfusionImagesOfNothing(t *testing.T) {
	for name, f := range map[string]ConfusionImages{
		"nothing":     {},
		"no examples": {Confusion: Confusion{Counts: [][]int{{5, 0}, {0, 5}}}},
		"ragged":      {Confusion: Confusion{Counts: [][]int{{5}, {1, 5}, {}}}, Examples: []Example{{True: 2, Predicted: 1, Image: image.NewGray(image.Rect(0, 0, 1, 900))}}},
	} {
		if page := f.page(); strings.Contains(page, "<details") || strings.Contains(page, "NaN") || strings.Contains(page, "%!") {
			t.Errorf("%s: %s", name, page)
		}
	}
}

// What the tests of pages in a browser click on is what is written here.
func TestConfusionImagesPage(t *testing.T) {
	const path = "testdata/confused.html"
	got := digitsRead([]float32{.1, .7, .2}).page() + "\n"
	if *regen {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || got != string(want) {
		t.Errorf("%s is another page, %v: go test ./pkg/viz -run ConfusionImagesPage -regen writes it anew", path, err)
	}
}

// Counts can be read on every colour that a cell can have.
func TestCountsAreLegible(t *testing.T) {
	luminance := func(c color.NRGBA) float64 {
		return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
	}
	for i := range 1001 {
		cell := warm.at(float64(i) / 1000)
		a, b := luminance(cell), luminance(legible(cell))
		if contrast := (max(a, b) + 0.05) / (min(a, b) + 0.05); contrast < 4.5 {
			t.Errorf("%v on %v: a contrast of %.2f", legible(cell), cell, contrast)
		}
	}
}

// On paper ink is dark: what is grey is inverted, what is in colour is as it was, and
// the caller's pixels stay his own.
func TestConfusionImagesOnPaper(t *testing.T) {
	gray, colour := image.NewGray(image.Rect(0, 0, 4, 4)), image.NewNRGBA(image.Rect(0, 0, 4, 2))
	for i := range colour.Pix {
		colour.Pix[i] = 200
	}
	part := image.NewGray(image.Rect(0, 0, 8, 8)).SubImage(image.Rect(3, 3, 5, 7)) // not at 0, 0
	for i, c := range []struct {
		m     image.Image
		paper bool
		want  uint8
		size  string
	}{{gray, false, 0, `width="42" height="42"`}, {gray, true, 255, `width="42" height="42"`}, {colour, true, 200, `width="42" height="21"`}, {part, true, 255, `width="42" height="84"`}} {
		var h htmlBuilder
		ConfusionImages{Paper: c.paper}.thumbnail(&h, c.m, "", 42)
		coded := html.UnescapeString(regexp.MustCompile(`base64,([^"]*)"`).FindStringSubmatch(h.String())[1])
		m, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(coded)))
		if err != nil {
			t.Fatal(err)
		}
		if got := color.NRGBAModel.Convert(m.At(1, 1)).(color.NRGBA).R; got != c.want || m.Bounds().Size() != c.m.Bounds().Size() || !strings.Contains(h.String(), c.size) {
			t.Errorf("%d: a pixel of %d in %v, want %d; %s, want %s", i, got, m.Bounds(), c.want, h.String(), c.size)
		}
	}
	if gray.Pix[0] != 0 {
		t.Error("the image was changed")
	}
}
