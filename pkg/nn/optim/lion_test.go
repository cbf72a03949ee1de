package optim

import (
	"math"
	"math/rand/v2"
	"testing"

	"inkling/pkg/nn"
)

// The step without branches has the bits of the one that algorithm 2 writes down.
func TestLionWithoutBranches(t *testing.T) {
	inf, tiny := float32(math.Inf(1)), float32(math.SmallestNonzeroFloat32)
	special := []float32{0, float32(math.Copysign(0, -1)), tiny, -tiny, 1, -1, math.MaxFloat32, -math.MaxFloat32, inf, -inf, float32(math.NaN())}
	rng := rand.New(rand.NewPCG(1, 2))
	var w, g, m []float32
	for _, a := range special {
		for _, b := range special {
			for _, c := range special {
				w, g, m = append(w, a), append(g, b), append(m, c)
			}
		}
	}
	for range 1000 {
		w, g, m = append(w, rng.Float32()-0.5), append(g, rng.Float32()-0.5), append(m, rng.Float32()-0.5)
	}
	for _, rate := range []float32{0, 1e-4, 0.5} {
		o := Lion{Beta1: 0.9, Beta2: 0.99, Decay: 0.1}
		p := &nn.Param{Name: "w", Dims: []int{len(w)}, Data: append([]float32(nil), w...), Grad: g}
		s, err := o.New([]*nn.Param{p})
		if err != nil {
			t.Fatal(err)
		}
		copy(s.State()[0].Data, m)
		s.Step(0, float64(rate))
		b1, b2 := float32(o.Beta1), float32(o.Beta2)
		for i := range w {
			want := float32((1 - rate*float32(o.Decay)) * w[i])
			switch c := b1*m[i] + (1-b1)*g[i]; {
			case c > 0:
				want -= rate
			case c < 0:
				want += rate
			}
			if math.Float32bits(p.Data[i]) != math.Float32bits(want) && (want == want || p.Data[i] == p.Data[i]) {
				t.Fatalf("rate %v, w %v, g %v, m %v: %v, want %v", rate, w[i], g[i], m[i], p.Data[i], want)
			}
			if want := b2*m[i] + (1-b2)*g[i]; s.State()[0].Data[i] != want && want == want {
				t.Fatalf("m %v, g %v: %v, want %v", m[i], g[i], s.State()[0].Data[i], want)
			}
		}
	}
}
