package inspect

import (
	"math"
	"math/rand/v2"
	"testing"

	"inkling/pkg/nn"
)

func TestRead(t *testing.T) {
	layers := []nn.Layer{nn.Conv2D{Filters: 6, Kernel: 7}, nn.ReLU{}, nn.Linear{Out: 2}}
	var models []*nn.Model
	for seed := range uint64(3) {
		m, err := nn.New(seed, nn.CHW(1, 9, 9), layers...)
		if err != nil {
			t.Fatal(err)
		}
		models = append(models, m)
	}
	const name = "0.conv2d.W"
	raw := Read(models, name)
	if raw.Kept < 0.9999 || raw.Before != raw.After || raw.Random != raw.Aligned || raw.Chance != raw.Matched || raw.Before > 0.45 {
		t.Errorf("untrained networks: %+v", raw)
	}
	// "Training" puts the same six strokes into each, in an order of its own.
	r := rand.New(rand.NewPCG(1, 1))
	for _, m := range models {
		order := r.Perm(6)
		for i, k := range Maps(m.Param(name)) {
			copy(k, Gabor{Angle: 30 * float64(order[i]), Wavelength: 6, Across: 2, Along: 2.5, Even: 1, Odd: 0.4}.Map(7, 7))
		}
	}
	got := Read(models, name)
	if got.After < 0.99 || got.Matched < 0.999 || got.Kept > 0.4 || got.Before != raw.Before || got.Chance != raw.Chance || got.Aligned < 2*got.Random {
		t.Errorf("strokes: %+v, before %+v", got, raw)
	}
	if one := Read(models[:1], name); !math.IsNaN(one.Matched) || one.After < 0.99 {
		t.Errorf("a single network: %+v", one)
	}
	mustPanic(t, `inspect: read: no kernels called "2.linear.W"`, func() { Read(models, "2.linear.W") })
}

func TestIdeal(t *testing.T) {
	if v := largestResponse([]float32{0.5, -2, 1}); v != 1.5 {
		t.Errorf("%g, want 1.5", v)
	}
}

// TestSanityCheck tells an explanation that depends on the weights from one
// that shows the image.
func TestSanityCheck(t *testing.T) {
	m := build(t, nn.CHW(1, 8, 8), nn.Linear{Out: 30}, nn.Tanh{}, nn.Linear{Out: 20}, nn.Tanh{}, nn.Linear{Out: 4})
	x := noise(12, m.In, 3)
	clear(x.Example(5)) // of this one the image is all the same
	classes := make([]uint16, x.N)
	other := Randomized(m, 3, 4)
	honest, err := SanityCheck([]*nn.Model{m, other}, 9, func(p *Probe) *nn.Tensor { return p.Saliency(x, classes) })
	if err != nil || len(honest) != 4 {
		t.Fatalf("%v, error %v, want 0 to 3 layers", honest, err)
	}
	for k := range 2 {
		if !near(honest[0][k], 1, 1e-9) || honest[3][k] > 0.25 || honest[1][k] > 0.9 {
			t.Errorf("the gradient of model %d: %.2f", k, honest)
		}
	}
	blind, err := SanityCheck([]*nn.Model{m}, 9, func(*Probe) *nn.Tensor { return x })
	if err != nil {
		t.Fatal(err)
	}
	for n, c := range blind {
		if len(c) != 1 || !near(c[0], 1, 1e-9) {
			t.Errorf("the image itself, %d layers drawn anew: %v", n, c)
		}
	}
}
