package viz

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// data are the values every figure must survive.
var data = []struct {
	name   string
	values []float64
	says   string // what a chart of them must say in words, "" nothing
}{
	{"empty", nil, "no data"},
	{"one", []float64{0.5}, ""},
	{"constant", []float64{2, 2, 2, 2}, ""},
	{"zero", []float64{0, 0}, ""},
	{"gaps", []float64{1, math.NaN(), 2, math.Inf(1), 3, math.Inf(-1)}, "3 values that are NaN or infinite"},
	{"all NaN", []float64{math.NaN(), math.NaN()}, "no data"},
	{"huge", []float64{-math.MaxFloat64, math.MaxFloat64}, ""},
	{"tiny", []float64{1e-300, 2e-300}, ""},
	{"close", []float64{1, math.Nextafter(1, 2)}, ""},
	{"negative", []float64{-3, -2, -5}, ""},
	{"100,000 points", noise(100_000), ""},
}

func noise(n int) []float64 {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	v := make([]float64, n)
	for i := range v {
		v[i] = r.NormFloat64()
	}
	return v
}

// more are kinds of figure that stand in test files of their own, see walked.
var more = map[string]func(v []float64) Figure{}

// walked adds a kind of figure to every from its own test file:
//
//	var _ = walked("stems", func(v []float64) Figure { return Stems{Series: []Series{{Y: v}}} })
func walked(name string, from func(v []float64) Figure) string {
	more[name] = from
	return name
}

// every returns each kind of figure drawn from v.
func every(v []float64) map[string]Figure {
	s := []Series{{Name: "a", Y: v, Best: Max}, {Name: "b", Y: v, Low: v, High: v, Dashed: true}}
	f32 := make([]float32, len(v))
	points := make([][2]float64, len(v))
	right := make([]bool, len(v))
	labels := make([]uint16, len(v))
	var rows [][]any
	for i, x := range v {
		f32[i], points[i], labels[i] = float32(x), [2]float64{x, x}, uint16(i%10)
		if i < 100 {
			rows = append(rows, []any{"row", x, i})
		}
	}
	few := v[:min(len(v), 200)]
	side := int(math.Sqrt(float64(len(f32))))
	var matrix [][]float64
	for i := range side {
		matrix = append(matrix, v[i*side:(i+1)*side])
	}
	var maps [][]float32
	for i := 0; i+4 <= len(f32) && i < 400; i += 4 {
		maps = append(maps, f32[i:i+4])
	}
	all := map[string]Figure{
		"curves":      Curves{Title: "T", X: "x", Y: "y", Series: s},
		"log curves":  Curves{Title: "T", X: "x", Y: "y", Series: s, LogX: true, LogY: true},
		"smooth":      Curves{Title: "T", Series: s, Smooth: 5, Note: "note"},
		"lines":       Lines{Title: "T", X: "x", Y: "y", Series: []Series{{Name: "a", Y: few, Low: few, High: few}}},
		"bars":        Bars{Title: "T", Y: "y", Names: []string{"a"}, Series: []Series{{Y: few}}},
		"side bars":   Bars{Title: "T", Y: "y", Horizontal: true, Series: []Series{{Y: few}, {Y: few}}},
		"heat":        Heat{Title: "T", X: "x", Y: "y", Values: matrix},
		"heat, signs": Heat{Title: "T", Values: [][]float64{few}, Diverging: true},
		"maps":        Maps{Title: "T", H: 2, W: 2, Maps: maps, Diverging: true},
		"filters":     Filters("T", len(maps), 1, 2, slices.Concat(maps...)),
		"features":    FeatureMaps{Title: "T", Image: Ink(side, side, f32[:side*side]), Layers: []Channels{{Name: "conv", H: 1, W: 2, Data: f32[:len(f32)/2*2]}, {Name: "linear", H: 1, W: 1, Data: f32}}},
		"saliency":    Saliency{Title: "T", H: 1, W: 1, Pixels: f32[:min(len(f32), 60)], Names: []string{"a"}, Maps: [][]float32{f32[:min(len(f32), 60)]}},
		"patches":     Patches{Title: "T", Size: 2, Kernels: maps, Best: make([][][]float32, len(maps))},
		"overlay":     Images{Title: "T", Tiles: []Tile{{Image: overlay(side, side, f32[:side*side], f32[:side*side], 0)}}},
		"histograms":  Histograms{Title: "T", Rows: []Distribution{{Name: "a", Values: f32}}},
		"reliability": Reliability{Title: "T", Confidence: v, Right: right},
		"embedding":   Embedding{Title: "T", Points: points, Labels: labels},
		"table":       Table{Title: "T", Columns: []string{"a", "b", "c"}, Rows: rows},
		"panels":      Row(Curves{Title: "T", Series: s}, Lines{Series: []Series{{Y: few}}}),
	}
	for name, from := range more {
		all[name] = from(v)
	}
	return all
}

// TestEveryFigure draws every kind of figure from every kind of data: it must
// not be blank, have an alternative text and be the same twice.
func TestEveryFigure(t *testing.T) {
	for _, d := range data {
		for name, f := range every(d.values) {
			t.Run(d.name+"/"+name, func(t *testing.T) {
				m := rasterAt(f.layout(), 1).(*image.RGBA)
				if d.name == "gaps" && !bytes.Equal(m.Pix, rasterAt(f.layout(), 1).(*image.RGBA).Pix) {
					t.Error("drawn twice, the pixels differ")
				}
				if n := inked(m); n < 50 {
					t.Errorf("%d pixels differ from the paper: blank", n)
				}
				alt := f.Alt()
				if len(alt) < 5 || strings.Contains(alt, "%!") {
					t.Errorf("alternative text %q", alt)
				}
			})
		}
	}
}

// inked counts the pixels that are not paper.
func inked(m *image.RGBA) (n int) {
	for i := 0; i < len(m.Pix); i += 4 {
		if m.Pix[i] != paper.R || m.Pix[i+1] != paper.G || m.Pix[i+2] != paper.B {
			n++
		}
	}
	return n
}

// TestChartsSayWhatIsMissing reads the words in charts of bad data.
func TestChartsSayWhatIsMissing(t *testing.T) {
	for _, d := range data {
		for name, want := range map[string]string{"curves": d.says, "log curves": d.says, "smooth": d.says} {
			c := every(d.values)[name].layout().(*chart)
			if name == "log curves" && (d.name == "zero" || d.name == "negative") {
				want = "zero or less on a log axis"
			}
			words := c.nodata
			for _, n := range c.notes {
				words += "\n" + n.text
			}
			twice := strings.Replace(want, "3 values", "6 values", 1) // two series
			if !strings.Contains(words, twice) {
				t.Errorf("%s of %s says %q, want %q", name, d.name, words, twice)
			}
			if want == "" && words != "" && name == "curves" {
				t.Errorf("%s of %s says %q, want nothing", name, d.name, words)
			}
		}
	}
}

func TestImagesAndConfusion(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 28, 28))
	for name, f := range map[string]Figure{
		"no images":      Images{Title: "T"},
		"a gap":          Images{Tiles: []Tile{{Caption: "none"}, {Image: gray, Caption: "7"}}},
		"empty image":    Images{Title: "T", Tiles: []Tile{{Image: image.NewGray(image.Rectangle{})}}},
		"large image":    Images{Title: "T", Tiles: []Tile{{Image: image.NewGray(image.Rect(0, 0, 900, 300)), Caption: "large"}}},
		"no counts":      Confusion{Title: "T"},
		"all right":      Confusion{Title: "T", Counts: [][]int{{5, 0}, {0, 5}}, Rates: true},
		"ragged":         Confusion{Title: "T", Counts: [][]int{{5}, {1, 5}, {}}},
		"no panels":      Row(),
		"text":           Text("a sentence"),
		"mixed panels":   Panels{Columns: 2, Figures: []Figure{Images{Tiles: []Tile{{Image: gray}}}, Curves{Title: "c"}, Table{Columns: []string{"a"}}, Text("t")}},
		"nested panels":  Row(Row(Curves{}, Curves{}), Heat{Values: [][]float64{{1}}}),
		"tiny chart":     Curves{Title: strings.Repeat("long title ", 30), Width: 1, Height: 1, Series: []Series{{Y: []float64{1, 2}}}},
		"200 series":     Curves{Title: "T", Series: make([]Series, 200)},
		"long names":     Bars{Title: "T", Names: []string{strings.Repeat("name ", 50), "b"}, Series: []Series{{Y: []float64{1, 2}}}},
		"missing errors": Lines{Title: "T", Series: []Series{{Y: []float64{1, 2}, Low: []float64{math.NaN(), 1}, High: []float64{math.NaN(), 3}}}},
	} {
		t.Run(name, func(t *testing.T) {
			if n := inked(rasterAt(f.layout(), 1).(*image.RGBA)); n < 50 {
				t.Errorf("%d pixels differ from the paper: blank", n)
			}
			if strings.TrimSpace(f.Alt()) == "" {
				t.Error("no alternative text")
			}
		})
	}
}

func TestSaveFormats(t *testing.T) {
	dir := t.TempDir()
	f := Row(Curves{Title: "λ → 0 ± σ", Series: []Series{{Y: noise(50)}}}, Images{Tiles: []Tile{{Image: image.NewGray(image.Rect(0, 0, 8, 8))}}})
	for ext, magic := range map[string]string{".png": "\x89PNG", ".svg": "<?xml", ".PDF": "%PDF"} {
		path := filepath.Join(dir, "deep", "er", "f"+ext)
		if err := Save(path, f); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(b, []byte(magic)) || len(b) < 2000 {
			t.Errorf("%s: %d bytes beginning %.8q, error %v", ext, len(b), b, err)
		}
	}
	if err := Save(filepath.Join(dir, "f.gif"), f); err == nil || !strings.Contains(err.Error(), `".gif", want .png, .svg or .pdf`) {
		t.Errorf("Save as .gif: %v", err)
	}
	if err := Save(filepath.Join(dir, "deep", "er", "f.png", "under-a-file.png"), f); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("Save under a file: %v", err)
	}
}

func TestMisuse(t *testing.T) {
	for want, f := range map[string]func(){
		`viz: curves: series "a": 2 X, 1 Y`:                func() { Curves{Series: []Series{{Name: "a", X: []float64{1, 2}, Y: []float64{1}}}}.layout() },
		`viz: lines: series "": 1 Y, 1 Low, 0 High`:        func() { Lines{Series: []Series{{Y: []float64{1}, Low: []float64{1}}}}.layout() },
		"viz: maps: map 0 has 3 values, want 2×2":          func() { Maps{H: 2, W: 2, Maps: [][]float32{{1, 2, 3}}}.layout() },
		"viz: kernels: 10 weights, want a multiple of 3×3": func() { Kernels("", 3, 3, make([]float32, 10)) },
		"viz: reliability: 1 confidences, 0 outcomes":      func() { Reliability{Confidence: []float64{1}}.Alt() },
		"viz: embedding: 1 points, 0 labels, 0 marks":      func() { Embedding{Points: make([][2]float64, 1)}.layout() },
		`viz: live: pane "loss", want one of ["Loss"]`:     func() { NewLive("", Curves{Title: "Loss"}).Add("loss", "", 0, 0) },
		"viz: ink: 3 values, want 2×2 or 3×2×2":            func() { Ink(2, 2, make([]float32, 3)) },
		"viz: filters: 3 weights, want 1×2×3×3":            func() { Filters("", 1, 2, 3, make([]float32, 3)) },
		"viz: feature maps: a has 3 values, want a multiple of 2×2": func() {
			FeatureMaps{Layers: []Channels{{Name: "a", H: 2, W: 2, Data: make([]float32, 3)}}}.layout()
		},
		`viz: live: metric "lr", want loss or score`:        func() { NewTraining("").Point("a", "train", "lr", 0, 0) },
		"viz: saliency: 3 pixels, want a multiple of 1×2×2": func() { Saliency{H: 2, W: 2, Pixels: make([]float32, 3)}.layout() },
		"viz: saliency: method 0 has 1 values for 4 pixels": func() {
			Saliency{H: 2, W: 2, Pixels: make([]float32, 4), Maps: [][]float32{{1}}}.Alt()
		},
		"viz: patches: 1 kernels, patches of 0": func() { Patches{Size: 1, Kernels: [][]float32{{1}}}.layout() },
		"viz: patches: a patch of 1 values, want 2×2 or 3×2×2": func() {
			Patches{Size: 2, Kernels: [][]float32{make([]float32, 4)}, Best: [][][]float32{{{1}}}}.layout()
		},
		"viz: map image: 3 values, want 2×2": func() { mapImage(2, 2, make([]float32, 3), 0) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != want {
					t.Errorf("panic %q, want %q", got, want)
				}
			}()
			f()
		}()
	}
}

// TestLargeFiguresStaySmall keeps a saved notebook small: the vector formats
// must not write 100,000 points either.
func TestLargeFiguresStaySmall(t *testing.T) {
	v := noise(100_000)
	for name, f := range map[string]Figure{
		"curves":  Curves{Series: []Series{{Y: v}}},
		"scatter": Scatter{Series: []Series{{X: v, Y: noise(100_000)}}},
	} {
		for ext, write := range map[string]func(*bytes.Buffer) error{
			"png": func(b *bytes.Buffer) error { return writePNG(b, f.layout()) },
			"svg": func(b *bytes.Buffer) error { return writeSVG(b, f.layout()) },
		} {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			if b.Len() > 400_000 {
				t.Errorf("%s as %s: %d bytes", name, ext, b.Len())
			}
		}
	}
}
