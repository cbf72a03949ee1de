package viz

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

var regen = flag.Bool("regen", false, "write the golden images anew; then look at each of them")

// golden are small figures that show as much as they can of each kind.
func golden() map[string]Figure {
	r := rand.New(rand.NewPCG(11, 12))
	var runs []Series
	for g, name := range []string{"600", "1024"} {
		train, dev := Series{Group: name, Name: "train", Dashed: true}, Series{Group: name, Name: "dev", Best: Min}
		for i := range 120 {
			v := math.Exp(-float64(i)/(12+6*float64(g))) + 0.1
			train.Y = append(train.Y, v*(1+0.2*r.NormFloat64()))
			dev.Y = append(dev.Y, v*1.2)
		}
		train.Y[60] = math.NaN()
		runs = append(runs, train, dev)
	}
	mean := []float64{3, 1.6, 1.2, 1.5, math.NaN()}
	low, high := []float64{2.6, 1.5, 1.1, 1.2, 1}, []float64{3.5, 1.8, 1.3, 1.9, 1}
	rates := []float64{0.001, 0.01, 0.1, 1, 10}
	disc := image.NewGray(image.Rect(0, 0, 12, 12))
	for i := range disc.Pix {
		if math.Hypot(float64(i%12)-5.5, float64(i/12)-5.5) < 4 {
			disc.Pix[i] = 255
		}
	}
	kernels := make([]float32, 6*9)
	for i := range kernels {
		kernels[i] = float32(math.Sin(float64(i*i)) / 3)
	}
	var e Embedding
	var rel Reliability
	for i := range 2000 {
		a := float64(i%3) * 2.1
		e.Points = append(e.Points, [2]float64{4*math.Cos(a) + r.NormFloat64(), 4*math.Sin(a) + r.NormFloat64()})
		e.Labels = append(e.Labels, uint16(i%3))
		e.Marked = append(e.Marked, i%400 == 0)
		p := 0.3 + 0.7*r.Float64()
		rel.Confidence = append(rel.Confidence, p)
		rel.Right = append(rel.Right, r.Float64() < p*p)
	}
	e.Title, e.Mark, e.Width, e.Height = "Embedding", "misread", 300, 260
	rel.Title = "Calibration"
	var acts []float32
	for range 3000 {
		acts = append(acts, float32(math.Max(0, r.NormFloat64())))
	}
	return map[string]Figure{
		"curves":  Curves{Title: "Loss of two runs", X: "iteration", Y: "cross-entropy", Series: runs, LogY: true, Smooth: 10, Note: "Invented data.", Width: 420, Height: 300},
		"bands":   Row(Curves{Title: "Mean and range", X: "epoch", Series: []Series{{Name: "SGD", Y: mean[:4], Low: low[:4], High: high[:4], Best: Min}}, Width: 240, Height: 200}, Lines{Title: "Sensitivity", X: "learning rate", LogX: true, Series: []Series{{Name: "Adam", X: rates, Y: mean, Low: low, High: high, Best: Min}}, Width: 240, Height: 200}),
		"bars":    Row(Bars{Title: "Upright", Names: []string{"a", "b", "c"}, Series: []Series{{Name: "train", Y: mean[:3], Low: low[:3], High: high[:3]}, {Name: "dev", Y: []float64{-1, 2, 0.5}}}, Width: 240, Height: 200}, Bars{Title: "Lying", Names: []string{"a structure with a name", "another"}, Series: []Series{{Y: mean[:2]}}, Width: 300, Height: 160}),
		"grid":    Row(Images{Title: "Digits", Tiles: []Tile{{Image: disc, Caption: Caption([]string{"0"}, 0, 0, 0.97)}, {Image: disc, Caption: Caption([]string{"0", 6: "6"}, 0, 6, 0.5), Wrong: true}}, Paper: true}, Kernels("Kernels", 3, 3, kernels)),
		"layers":  features(),
		"heat":    Heat{Title: "Sweep", X: "width", Y: "rate", Columns: []string{"64", "128", "256"}, Rows: []string{"0.1", "0.3"}, Values: [][]float64{{0.91, 0.95, math.NaN()}, {0.97, 0.98, 0.96}}, Outline: [][2]int{{1, 1}}},
		"errors":  Confusion{Title: "Confusion", Counts: [][]int{{98, 1, 0}, {0, 90, 12}, {3, 0, 88}}},
		"classes": Row(e, Histograms{Title: "Activations", X: "activation", Rows: []Distribution{{Name: "0.relu", Values: acts, Remark: "dead 1 of 9"}, {Name: "2.relu", Values: acts[:900]}}, Width: 300}),
		"trust":   rel,
		"table":   Table{Title: "Table", Columns: []string{"structure", "weights", "dev"}, Rows: [][]any{{"784-600-10", 477010, 0.9712}, {"CNN", 5000, 0.99}}, Highlight: []int{1}, Note: "A note."},
	}
}

// features has a layer with negative values, one without, a vector and NaN.
func features() Figure {
	wave := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(math.Sin(float64(i) / 3))
		}
		return v
	}
	relu := positive(wave(3 * 9))
	relu[4] = float32(math.NaN())
	pixels := wave(64)
	return Panels{Columns: 1, Figures: []Figure{
		FeatureMaps{Title: "Layers", Image: Ink(8, 8, pixels), Most: 4, Layers: []Channels{{"0.conv2d", 6, 6, wave(5 * 36)}, {"1.relu", 3, 3, relu}, {"2.linear", 1, 1, wave(10)}}},
		Images{Tiles: []Tile{{Image: Ink(8, 8, pixels), Caption: "ink"}, {Image: overlay(8, 8, pixels, wave(64), 0.8), Caption: "overlay"}}},
		Filters("Filters", 2, 3, 2, wave(24)),
		Saliency{Title: "Saliency", H: 8, W: 4, Pixels: pixels, Names: []string{"one", "two"}, Maps: [][]float32{wave(64), positive(wave(64))}},
		Patches{Title: "Patches", Size: 3, Kernels: [][]float32{wave(9), wave(9), relu[:9]}, Best: [][][]float32{{pixels[:9], pixels[9:18], pixels[18:27]}, {pixels[:9]}, nil}, Most: 2},
	}}
}

func positive(v []float32) []float32 {
	for i := range v {
		v[i] = max(v[i], 0)
	}
	return v
}

func TestGolden(t *testing.T) {
	for name, f := range golden() {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name+".png")
			var got bytes.Buffer
			if err := writePNG(&got, f.layout()); err != nil {
				t.Fatal(err)
			}
			if *regen {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if len(b) > 40_000 {
				t.Errorf("%s has %d bytes, want at most 40,000", path, len(b))
			}
			want, err := png.Decode(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			have, err := png.Decode(&got)
			if err != nil {
				t.Fatal(err)
			}
			if d := difference(have, want); d > goldenLimit {
				bad := filepath.Join(os.TempDir(), "viz-"+name+".png")
				_ = Save(bad, f)
				t.Errorf("%.3f %% of the pixels differ from %s, want at most %.3f %%; see %s", 100*d, path, 100*goldenLimit, bad)
			}
		})
	}
}

// goldenLimit leaves room for rounding on other machines, not for a label that
// moved: see TestDifference.
const goldenLimit = 0.0005

// difference is the share of pixels that differ visibly, 1 if the sizes differ.
func difference(a, b image.Image) float64 {
	if a.Bounds() != b.Bounds() {
		return 1
	}
	n, all := 0, a.Bounds().Dx()*a.Bounds().Dy()
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			p := color.NRGBAModel.Convert(a.At(x, y)).(color.NRGBA)
			q := color.NRGBAModel.Convert(b.At(x, y)).(color.NRGBA)
			far := func(u, v uint8) bool { return u > v && u-v > 40 || v > u && v-u > 40 }
			if far(p.R, q.R) || far(p.G, q.G) || far(p.B, q.B) {
				n++
			}
		}
	}
	return float64(n) / float64(all)
}

// TestDifference makes small mistakes in a figure; each must be seen.
func TestDifference(t *testing.T) {
	right := golden()["curves"].(Curves)
	image := raster(right.layout())
	for name, spoil := range map[string]func(*Curves){
		"a letter":  func(f *Curves) { f.Title = "Loss of two rans" },
		"a value":   func(f *Curves) { f.Series[1].Y[119] *= 0.97; f.Series[3].Y[119] *= 0.97 },
		"no legend": func(f *Curves) { f.Series = f.Series[:1] },
		"no smooth": func(f *Curves) { f.Smooth = 0 },
		"linear":    func(f *Curves) { f.LogY = false },
	} {
		wrong := golden()["curves"].(Curves)
		spoil(&wrong)
		if d := difference(raster(wrong.layout()), image); d <= goldenLimit {
			t.Errorf("%s: %.3f %% of the pixels differ: not seen", name, 100*d)
		}
	}
	if d := difference(raster(right.layout()), image); d != 0 {
		t.Errorf("the same figure differs by %g", d)
	}
}
