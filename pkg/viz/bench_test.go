package viz

import (
	"image"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// BenchmarkFigure draws and encodes each kind of figure at the size it has in
// the notebooks; 300 ms is the limit.
func BenchmarkFigure(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	wave := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(math.Sin(float64(i)/9) + 0.3*r.NormFloat64())
		}
		return v
	}
	runs := losses(6, 8000)
	var tiles []Tile
	for i := range 50 {
		g := image.NewGray(image.Rect(0, 0, 28, 28))
		for j := range g.Pix {
			g.Pix[j] = uint8(r.IntN(256))
		}
		tiles = append(tiles, Tile{Image: g, Caption: Caption(strings.Fields("0 1 2 3 4 5 6 7 8 9"), i%10, i%7, 0.5)})
	}
	counts := make([][]int, 10)
	for i := range counts {
		for range 10 {
			counts[i] = append(counts[i], r.IntN(30))
		}
	}
	matrix := make([][]float64, 256)
	for i := range matrix {
		matrix[i] = noise(512)
	}
	e := Embedding{}
	for i := range 10_000 {
		e.Points = append(e.Points, [2]float64{r.NormFloat64(), r.NormFloat64()})
		e.Labels = append(e.Labels, uint16(i%10))
	}
	n := noise(100_000)
	for name, f := range map[string]Figure{
		"curves 6×8k smoothed": Curves{Title: "Loss", X: "iteration", Y: "cross-entropy", Series: runs, Smooth: 100, LogY: true},
		"curves 100k":          Curves{Series: []Series{{Y: n}}},
		"row of two":           Row(Curves{Series: runs[:3]}, Curves{Series: runs[3:]}),
		"scatter 100k":         Scatter{Series: []Series{{X: n, Y: noise(100_000)}}},
		"embedding 10k":        e,
		"images 50":            Images{Tiles: tiles},
		"maps 64×28×28":        Kernels("", 28, 28, wave(64*784)),
		"feature maps 9 rows":  FeatureMaps{Layers: slices.Repeat([]Channels{{Name: "conv", H: 22, W: 22, Data: wave(16 * 22 * 22)}}, 9)},
		"saliency 10×8":        Saliency{H: 28, W: 28, Pixels: wave(10 * 784), Maps: slices.Repeat([][]float32{wave(10 * 784)}, 8)},
		"patches 16×20":        Patches{Size: 7, Kernels: slices.Repeat([][]float32{wave(49)}, 16), Best: slices.Repeat([][][]float32{slices.Repeat([][]float32{wave(49)}, 20)}, 16)},
		"heat 256×512":         Heat{Values: matrix, Diverging: true, NoText: true},
		"confusion":            Confusion{Counts: counts},
		"histograms 4×100k":    Histograms{Rows: []Distribution{{Values: wave(100_000)}, {Values: wave(100_000)}, {Values: wave(100_000)}, {Values: wave(100_000)}}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := writePNG(io.Discard, f.layout()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// losses are n falling, noisy curves.
func losses(n, points int) []Series {
	r := rand.New(rand.NewPCG(1, 2))
	var out []Series
	for k := range n {
		s := Series{Name: string(rune('a' + k)), Best: Min}
		for i := range points {
			s.X = append(s.X, float64(i))
			s.Y = append(s.Y, (2.3*math.Exp(-float64(i)/float64(points)*5)+0.1)*math.Exp(0.2*r.NormFloat64()))
		}
		out = append(out, s)
	}
	return out
}

// BenchmarkLiveStep is what the live view adds to a training step on average,
// frames included: at steps of 1 ms, 10 µs are 1 %.
func BenchmarkLiveStep(b *testing.B) {
	p := &page{ids: map[string]int{}}
	old := notebook
	notebook = p
	defer func() { notebook = old }()
	l := NewLive("run", Curves{Title: "Loss"}, Curves{Title: "Accuracy"})
	i := 0
	for b.Loop() {
		l.Add("Loss", "train", float64(i), 1)
		l.Update(i, 1<<30, "dev .97")
		i++
	}
}
