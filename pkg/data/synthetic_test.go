package data

import (
	"math"
	"reflect"
	"runtime"
	"testing"
)

func TestSyntheticIsAFunctionOfSeedAndNumber(t *testing.T) {
	const n = 1000
	want := Synthetic("all", 9, 0, n)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range []int{1, 2, 4, 8} {
		runtime.GOMAXPROCS(procs)
		if got := Synthetic("all", 9, 0, n); got.Fingerprint() != want.Fingerprint() {
			t.Errorf("GOMAXPROCS=%d draws other images", procs)
		}
	}
	part := Synthetic("part", 9, 333, 100)
	for i := range part.Len() {
		if part.Labels[i] != want.Labels[333+i] || !reflect.DeepEqual(part.Image(i), want.Image(333+i)) {
			t.Fatalf("image %d depends on where drawing began", 333+i)
		}
	}
	if Synthetic("other", 10, 0, n).Fingerprint() == want.Fingerprint() {
		t.Error("two seeds draw one set")
	}
	seen := make(map[string]bool)
	for i := range n {
		seen[string(want.pixels(i))] = true
	}
	if len(seen) != n {
		t.Errorf("%d different images of %d", len(seen), n)
	}
}

func TestSyntheticIsBalanced(t *testing.T) {
	s := Synthetic("balanced", 1, 30, 5000)
	for digit, n := range s.Counts() {
		if n != 500 {
			t.Errorf("%d images of %d, want 500", n, digit)
		}
	}
}

// What makes an image one of MNIST's: a digit that fills a box of 20×20, up to
// what a swelling pen adds, its centre of mass in the pixel below and right of
// the middle, and about as much ink.
func TestSyntheticLooksLikeMNIST(t *testing.T) {
	s := Synthetic("look", 2, 0, 2000)
	for i := range s.Len() {
		x0, y0, x1, y1 := side, side, -1, -1
		var mass, mx, my float64
		for j, v := range s.pixels(i) {
			if v == 0 {
				continue
			}
			x, y := j%side, j/side
			x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
			mass += float64(v)
			mx += float64(v) * float64(x)
			my += float64(v) * float64(y)
		}
		if w, h := x1-x0+1, y1-y0+1; max(w, h) > box+2 || max(w, h) < box-3 {
			t.Errorf("image %d fills %d×%d", i, w, h)
		}
		if dx, dy := mx/mass-side/2, my/mass-side/2; math.Abs(dx) > 0.51 || math.Abs(dy) > 0.51 {
			t.Errorf("image %d has its centre %.2f, %.2f off", i, dx, dy)
		}
	}
	// MNIST: mean .1307, standard deviation .3081, ink .191.
	st := s.Stats()
	if math.Abs(st.Mean-0.1307) > 0.01 || math.Abs(st.Std-0.3081) > 0.01 || math.Abs(st.Ink-0.191) > 0.02 {
		t.Errorf("mean %.4f, standard deviation %.4f, ink %.4f", st.Mean, st.Std, st.Ink)
	}
}

// Every way to write a digit must be drawn whole: moving the centre of mass to
// the middle may bring ink to the border, as it does in MNIST, but not beyond.
func TestGlyphs(t *testing.T) {
	w := newWriter()
	for digit, ways := range glyphs {
		for k, g := range ways {
			for seed := range uint64(20) {
				reseed(&w.src, seed, forSynthetic, digit, k)
				w.write(g, boldness[digit])
				var image [side * side]uint8
				w.canvas.render(image[:], w.marks, 1)
				var drawn, kept float64
				for j, v := range w.canvas.ink {
					drawn += math.Floor(v*255 + 0.5)
					kept += float64(image[j])
				}
				if kept < 15*255 || kept != drawn {
					t.Errorf("way %d to write %d, seed %d: drawn %.0f, kept %.0f", k, digit, seed, drawn, kept)
				}
			}
		}
	}
}

func BenchmarkSynthetic(b *testing.B) {
	for b.Loop() {
		Synthetic("bench", 1, 0, 70000)
	}
}
