package inspect

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"inkling/pkg/nn"
)

// linear is a network whose explanation is known: its weights.
func linear(t *testing.T) (*nn.Model, []float32) {
	m := build(t, nn.CHW(1, 6, 5), nn.Linear{Out: 3})
	return m, m.Param("0.linear.W").Data
}

func TestSmoothGrad(t *testing.T) {
	m, w := linear(t)
	x := noise(2, m.In, 1)
	for i, v := range (SmoothGrad{Seed: 1}).Of(probe(t, m), x, []uint16{2, 0}).Example(0) {
		if !near(float64(v), float64(w[60+i]), 1e-5) {
			t.Fatalf("pixel %d: %g, want the weight %g", i, v, w[60+i])
		}
	}
	for i, v := range probe(t, m).GradientTimesInput(x, []uint16{2, 0}).Example(0) {
		if !near(float64(v), float64(w[60+i]*x.Data[i]), 1e-5) {
			t.Fatalf("pixel %d: %g, want weight × pixel %g", i, v, w[60+i]*x.Data[i])
		}
	}
	// Where the gradient jumps, the mean over noise is between its two values.
	kink := build(t, nn.Vec(1), nn.ReLU{}, nn.Linear{Out: 1, Init: nn.Normal(1)})
	slope := float64(kink.Param("1.linear.W").Data[0])
	at0 := nn.NewTensor(1, nn.Vec(1))
	a := SmoothGrad{Samples: 400, Noise: 0.1, Seed: 2}
	g := float64(a.Of(probe(t, kink), at0, []uint16{0}).Data[0])
	if !near(g/slope, 0.5, 0.1) {
		t.Errorf("at the kink of a ReLU %.3f of the slope, want about a half", g/slope)
	}
	if b := a.Of(probe(t, kink), at0, []uint16{0}).Data[0]; float64(b) != g {
		t.Errorf("the same seed gives %g, then %g", g, b)
	}
}

// TestOcclusion: in a linear network a square takes away its share of w·x.
func TestOcclusion(t *testing.T) {
	m, w := linear(t)
	x := noise(2, m.In, 2)
	for _, o := range []Occlusion{{}, {Size: 3, Stride: 1}, {Size: 2, Stride: 9}} {
		size, stride := o.Size, min(o.Stride, o.Size)
		if size == 0 {
			size, stride = 5, 2
		}
		got := o.Of(probe(t, m), x, []uint16{1, 2})
		for n, class := range []int{1, 2} {
			sum, count := make([]float64, 30), make([]float64, 30)
			for y := 1 - size; y < 6; y += stride {
				for z := 1 - size; z < 5; z += stride {
					drop := 0.0
					inside := func(i int) bool { return i/5 >= y && i/5 < y+size && i%5 >= z && i%5 < z+size }
					for i := range 30 {
						if inside(i) {
							drop += float64(x.Example(n)[i]) * float64(w[30*class+i])
						}
					}
					for i := range 30 {
						if inside(i) {
							sum[i], count[i] = sum[i]+drop, count[i]+1
						}
					}
				}
			}
			for i, v := range got.Example(n) {
				if !near(float64(v), sum[i]/count[i], 1e-5) {
					t.Fatalf("%+v, pixel %d: %g, want %g", o, i, v, sum[i]/count[i])
				}
			}
		}
	}
}

func TestRankCorrelation(t *testing.T) {
	for _, c := range []struct {
		a, b []float32
		want float64
	}{
		{[]float32{1, -2, 3, 4}, []float32{10, 20, -30, 400}, 1},
		{[]float32{1, 2, 3, 4}, []float32{4, 3, 2, 1}, -1},
		{[]float32{1, 2, 2, 3}, []float32{1, 3, 2, 4}, 0.9486833}, // a tie: 0.5·√3.6
		{[]float32{0, 0, 0, 0}, []float32{1, 3, 2, 4}, math.NaN()},
	} {
		if got := rankCorrelation(c.a, c.b); !near(got, c.want, 1e-6) && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%v and %v: %g, want %g", c.a, c.b, got, c.want)
		}
	}
	mustPanic(t, "inspect: rank correlation: 1 values beside 2", func() { rankCorrelation([]float32{1}, []float32{1, 2}) })
}

func TestClassesOfSaliency(t *testing.T) {
	m, _ := linear(t)
	x := noise(2, m.In, 2)
	mustPanic(t, "inspect: saliency: 1 classes for 2 images", func() { probe(t, m).Saliency(x, []uint16{1}) })
	mustPanic(t, "inspect: occlusion: 3 classes for 2 images", func() { Occlusion{}.Of(probe(t, m), x, make([]uint16, 3)) })
}

func TestMaximize(t *testing.T) {
	m := build(t, nn.CHW(1, 12, 10), nn.Conv2D{Filters: 4, Kernel: 3}, nn.ReLU{}, nn.Linear{Out: 3})
	p := probe(t, m)
	classes := []uint16{0, 1, 2, 1}
	logits := func(x *nn.Tensor) (v []float64) {
		y := p.Forward(x)
		for i, c := range classes {
			v = append(v, float64(y.Example(i)[c]))
		}
		return v
	}
	start := logits(Maximize{Steps: 1, Rate: 1e-9, Seed: 5}.Images(p, classes))
	for name, a := range map[string]Maximize{"plain": {Seed: 5}, "natural": Natural} {
		gain := 0.5 // at least
		if a == Natural {
			gain = 0.05
		}
		x := a.Images(p, classes)
		if low, high := slices.Min(x.Data), slices.Max(x.Data); low < 0 || high > 1 {
			t.Errorf("%s: pixels from %g to %g", name, low, high)
		}
		for i, v := range logits(x) {
			if v < start[i]+gain {
				t.Errorf("%s: the logit of class %d is %.3f, at the start %.3f", name, classes[i], v, start[i])
			}
		}
		if !slices.Equal(x.Data, a.Images(p, classes).Data) {
			t.Errorf("%s: the same seed gives two pictures", name)
		}
		if slices.Equal(x.Example(1), x.Example(3)) {
			t.Errorf("%s: two starts end in one picture to the last bit", name)
		}
	}
	tv := func(a Maximize) float64 { return totalVariation(a.Images(p, classes).Example(0), 12, 10, 0) }
	if plain, blurred := tv(Maximize{}), tv(Maximize{Blur: 1}); blurred > 0.8*plain {
		t.Errorf("total variation %.3f with blur, %.3f without", blurred, plain)
	}
}

// TestJitter: a network that likes one pixel sees the image moved by a draw of
// the seed, so the step goes to the pixel that lies there then.
func TestJitter(t *testing.T) {
	m := build(t, nn.CHW(1, 9, 9), nn.Linear{Out: 1})
	w := m.Param("0.linear.W").Data
	clear(w)
	w[4*9+4] = 1
	moves := map[[2]int]bool{}
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, purposeMaximize))
		for range m.In.Size() {
			rng.Float32()
		}
		dy, dx := rng.IntN(5)-2, rng.IntN(5)-2
		x := Maximize{Steps: 1, Rate: 0.1, Jitter: 2, Seed: seed}.Images(probe(t, m), []uint16{0})
		if at := argmax(x.Data); at != (4-dy)*9+4-dx {
			t.Errorf("moved by %d, %d: the brightest pixel is %d, %d", dy, dx, at/9, at%9)
		}
		moves[[2]int{dy, dx}] = true
	}
	if len(moves) < 4 {
		t.Errorf("8 seeds make the moves %v", moves)
	}
}

func TestShiftAndBlur(t *testing.T) {
	s := nn.CHW(2, 3, 4)
	x := noise(1, s, 1).Data
	moved := make([]float32, len(x))
	shift(moved, x, s, 1, -2)
	for c := range 2 {
		for y := range 3 {
			for z := range 4 {
				want := float32(0)
				if y >= 1 && z < 2 {
					want = x[(c*3+y-1)*4+z+2]
				}
				if got := moved[(c*3+y)*4+z]; got != want {
					t.Fatalf("at %d,%d,%d: %g, want %g", c, y, z, got, want)
				}
			}
		}
	}
	big := nn.CHW(1, 21, 21)
	point := make([]float32, big.Size())
	point[10*21+10] = 1
	blur(point, big, 1.5)
	var sum, spread float64
	for i, v := range point {
		sum += float64(v)
		spread += float64(v) * float64((i%21-10)*(i%21-10))
	}
	if !near(sum, 1, 1e-5) || !near(spread, 1.5*1.5, 0.1) {
		t.Errorf("a blurred point sums to %g with variance %g, want 1 and 2.25", sum, spread)
	}
}

// What is no number has no rank, wherever it stands, and does not hold up the
// others.
func TestRankCorrelationOfWhatIsNoNumber(t *testing.T) {
	nan := float32(math.NaN())
	for _, v := range [][]float32{{nan, 1, 2}, {1, nan, 2}, {nan, nan, nan}} {
		if got := rankCorrelation(v, []float32{1, 2, 3}); !math.IsNaN(got) {
			t.Errorf("%v: %v", v, got)
		}
		if got := rankCorrelation([]float32{1, 2, 3}, v); !math.IsNaN(got) {
			t.Errorf("beside %v: %v", v, got)
		}
	}
	if got := argmax([]float32{nan, -1, 3, nan}); got != 2 {
		t.Errorf("NaN excites more than 3: place %d", got)
	}
}
