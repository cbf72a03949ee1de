package viz_test

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"inkling/pkg/viz"
)

// broken is a Drawer with a mistake.
type broken struct{}

func (broken) Draw(draw.Canvas) { panic("index out of range") }

func dark(m image.Image) (n int) {
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if g := color.GrayModel.Convert(m.At(x, y)).(color.Gray); g.Y < 128 {
				n++
			}
		}
	}
	return n
}

// drawn is f as the PNG that Save writes.
func drawn(t *testing.T, f viz.Figure) image.Image {
	t.Helper()
	path := filepath.Join(t.TempDir(), "figure.png")
	if err := viz.Save(path, f); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A plot of gonum's is drawn with its lines and letters, alone and in a panel,
// in all formats; one that panics is told in its place.
func TestOwnFigures(t *testing.T) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text = "own", "x"
	line, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}})
	if err != nil {
		t.Fatal(err)
	}
	p.Add(line)
	black := image.NewGray(image.Rect(0, 0, 40, 20))
	for name, f := range map[string]viz.Figure{
		"plot":     viz.Plot{Drawer: p, Title: "own", Width: 300, Height: 200},
		"panel":    viz.Row(viz.Plot{Drawer: p}, viz.Curves{Title: "T", Series: []viz.Series{{Y: []float64{1, 2}}}}),
		"picture":  viz.Picture{Image: black, Title: "night"},
		"mistaken": viz.Plot{Drawer: broken{}, Title: "mistaken"},
	} {
		if n := dark(drawn(t, f)); n < 400 {
			t.Errorf("%s: %d dark pixels", name, n)
		}
		for _, format := range []string{".png", ".svg", ".pdf"} {
			if err := viz.Save(t.TempDir()+"/figure"+format, f); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if f.Alt() == "" || strings.Contains(f.Alt(), "%!") {
			t.Errorf("%s: alternative text %q", name, f.Alt())
		}
	}
	// 20×10 CSS pixels of black and a margin, each of two device pixels.
	if n := dark(drawn(t, viz.Picture{Image: black})); n != 40*20 {
		t.Errorf("a picture of 40×20 pixels has %d", n)
	}
}
