package f32

import (
	"fmt"
	"math"
	"testing"
)

// A state is one weight with everything beside it, in float64.
type state struct{ w, g, a, b, c float64 }

var updateTests = []struct {
	name string
	run  func(w, g, a, b, c []float32)
	want func(s *state)
}{
	{"SGD", func(w, g, a, b, c []float32) { SGD(w, g, 0.1, 0.01) },
		func(s *state) { s.w -= 0.1 * (s.g + 0.01*s.w) }},
	{"Momentum", func(w, g, a, b, c []float32) { Momentum(w, g, a, 0.1, 0.9, 0.2, 0.01, false) },
		func(s *state) { s.a = 0.9*s.a + 0.8*(s.g+0.01*s.w); s.w -= 0.1 * s.a }},
	{"Nesterov", func(w, g, a, b, c []float32) { Momentum(w, g, a, 0.1, 0.9, 0, 0.01, true) },
		func(s *state) { d := s.g + 0.01*s.w; s.a = 0.9*s.a + d; s.w -= 0.1 * (d + 0.9*s.a) }},
	{"Adam", func(w, g, a, b, c []float32) {
		Adam(w, g, a, b, AdamParams{LR: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.1, Correction1: 0.271, Correction2: 0.003})
	}, func(s *state) {
		d := s.g + 0.1*s.w
		s.a = 0.9*s.a + 0.1*d
		s.b = 0.999*s.b + 0.001*d*d
		s.w -= 0.01 * (s.a / 0.271) / (math.Sqrt(s.b/0.003) + 1e-8)
	}},
	{"AdamW", func(w, g, a, b, c []float32) {
		Adam(w, g, a, b, AdamParams{LR: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.1, Decoupled: true, Correction1: 0.271, Correction2: 0.003})
	}, func(s *state) {
		s.w -= 0.01 * 0.1 * s.w
		s.a = 0.9*s.a + 0.1*s.g
		s.b = 0.999*s.b + 0.001*s.g*s.g
		s.w -= 0.01 * (s.a / 0.271) / (math.Sqrt(s.b/0.003) + 1e-8)
	}},
	{"RMSProp", func(w, g, a, b, c []float32) {
		RMSProp(w, g, a, nil, nil, RMSPropParams{LR: 0.01, Alpha: 0.99, Eps: 1e-8, Decay: 0.1})
	}, func(s *state) { s.rmsProp(false, 0) }},
	{"RMSProp momentum", func(w, g, a, b, c []float32) {
		RMSProp(w, g, a, nil, c, RMSPropParams{LR: 0.01, Alpha: 0.99, Eps: 1e-8, Decay: 0.1, Momentum: 0.9})
	}, func(s *state) { s.rmsProp(false, 0.9) }},
	{"RMSProp centered", func(w, g, a, b, c []float32) {
		RMSProp(w, g, a, b, nil, RMSPropParams{LR: 0.01, Alpha: 0.99, Eps: 1e-8, Decay: 0.1, Centered: true})
	}, func(s *state) { s.rmsProp(true, 0) }},
	{"RMSProp centered momentum", func(w, g, a, b, c []float32) {
		RMSProp(w, g, a, b, c, RMSPropParams{LR: 0.01, Alpha: 0.99, Eps: 1e-8, Decay: 0.1, Centered: true, Momentum: 0.9})
	}, func(s *state) { s.rmsProp(true, 0.9) }},
	{"AdaGrad", func(w, g, a, b, c []float32) { AdaGrad(w, g, a, 0.01, 1e-10, 0.1) },
		func(s *state) { d := s.g + 0.1*s.w; s.a += d * d; s.w -= 0.01 * d / (math.Sqrt(s.a) + 1e-10) }},
	{"EMA", func(w, g, a, b, c []float32) { EMA(w, g, 0.9) },
		func(s *state) { s.w = 0.9*s.w + 0.1*s.g }},
}

func (s *state) rmsProp(centered bool, momentum float64) {
	d := s.g + 0.1*s.w
	s.a = 0.99*s.a + 0.01*d*d
	square := s.a
	if centered {
		s.b = 0.99*s.b + 0.01*d
		square -= s.b * s.b
	}
	step := d / (math.Sqrt(square) + 1e-8)
	if momentum != 0 {
		s.c = momentum*s.c + step
		step = s.c
	}
	s.w -= 0.01 * step
}

func TestUpdates(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for _, u := range updateTests {
			for i, n := range lengths() {
				var slices [5][]float32
				var checks [5]func(testing.TB)
				for k := range slices {
					slices[k], checks[k] = guarded(n, (i*k+k)%16)
					copy(slices[k], random(newRand(uint64(n*5+k)), n))
				}
				w, g, a, b, c := slices[0], slices[1], slices[2], slices[3], slices[4]
				for k := range a {
					a[k] *= a[k] // a second moment, or any momentum
					if u.name == "Adam" || u.name == "AdamW" {
						b[k] *= b[k]
					} else {
						b[k] *= 0.1 * a[k] // a mean whose square is below it
						if a[k] > 1 {
							b[k] /= a[k]
						}
						a[k] += 0.1
					}
				}
				want := make([]state, n)
				for k := range want {
					want[k] = state{float64(w[k]), float64(g[k]), float64(a[k]), float64(b[k]), float64(c[k])}
					u.want(&want[k])
				}
				u.run(w, g, a, b, c)
				for k, s := range want {
					got := [...]float32{w[k], g[k], a[k], b[k], c[k]}
					for x, v := range [...]float64{s.w, s.g, s.a, s.b, s.c} {
						if !(math.Abs(float64(got[x])-v) <= 2e-6*(math.Abs(v)+1)) {
							t.Fatalf("%s of %d: %s of value %d is %v, want %v", u.name, n, [...]string{"w", "g", "a", "b", "c"}[x], k, got[x], v)
						}
					}
				}
				for _, check := range checks {
					check(t)
				}
			}
		}
	})
}

// TestUpdatesCarryNaN: a gradient that is not finite must reach the weight.
func TestUpdatesCarryNaN(t *testing.T) {
	forEach(t, func(t *testing.T) {
		for _, u := range updateTests {
			for at := range 11 {
				w, g, a, b, c := make([]float32, 11), make([]float32, 11), make([]float32, 11), make([]float32, 11), make([]float32, 11)
				g[at] = float32(math.NaN())
				u.run(w, g, a, b, c)
				for k, v := range w {
					if (v != v) != (k == at) {
						t.Fatalf("%s: NaN at %d of the gradient, weights %v", u.name, at, w)
					}
				}
			}
		}
	})
}

func TestUpdatePanics(t *testing.T) {
	defer func() {
		if got := fmt.Sprint(recover()); got != "f32: SGD: 3 weights, a slice beside them holds 2 values" {
			t.Errorf("panic %q", got)
		}
	}()
	SGD(make([]float32, 3), make([]float32, 2), 1, 0)
}
