package nn

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// The files in testdata hold what PyTorch computes; testdata/golden.py says
// how they are made.

func golden[T any](t *testing.T, path string) []T {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []T
	if err := json.Unmarshal(b, &list); err != nil || len(list) == 0 {
		t.Fatalf("%s: %d entries, %v", path, len(list), err)
	}
	return list
}

// near fails unless got is want within tol, relative to values above 1.
func near(t *testing.T, what string, got []float32, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i, w := range want {
		if !(math.Abs(float64(got[i])-w) <= tol*max(1, math.Abs(w))) {
			t.Errorf("%s: value %d is %v, want %v ± %.0e", what, i, got[i], w, tol)
			return
		}
	}
}

func float32s(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// fromGolden builds a model with the parameters given.
func fromGolden(t *testing.T, architecture json.RawMessage, in [3]int, params map[string][]float64) *Model {
	t.Helper()
	layers, err := DecodeLayers(architecture)
	if err != nil {
		t.Fatal(err)
	}
	m := build(t, 1, CHW(in[0], in[1], in[2]), layers...)
	if len(m.Params()) != len(params) {
		t.Fatalf("%d parameters, PyTorch has %d", len(m.Params()), len(params))
	}
	for name, values := range params {
		p := m.Param(name)
		if p == nil || len(p.Data) != len(values) {
			t.Fatalf("no parameter %s of %d values", name, len(values))
		}
		copy(p.Data, float32s(values))
	}
	return m
}

func compareStates(t *testing.T, m *Model, want map[string][]float64, tol float64) {
	t.Helper()
	if len(m.States()) != len(want) {
		t.Errorf("%d states, PyTorch has %d", len(m.States()), len(want))
	}
	for _, s := range m.States() {
		near(t, s.Name, s.Data, want[s.Name], tol)
	}
}

func TestGoldenLayers(t *testing.T) {
	type record struct {
		Name                  string
		In                    [3]int
		N                     int
		Architecture          json.RawMessage
		X, DY, Y, DX, Eval    []float64
		Params, Grads, States map[string][]float64
	}
	for _, g := range golden[record](t, "testdata/layers.json") {
		t.Run(g.Name, func(t *testing.T) {
			const tol = 1e-5
			m := fromGolden(t, g.Architecture, g.In, g.Params)
			x := &Tensor{N: g.N, Shape: m.In, Data: float32s(g.X)}
			y := m.Forward(x, Pass{Train: true})
			near(t, "output", y.Data, g.Y, tol)
			dx := m.InputGrad(&Tensor{N: g.N, Shape: m.Out(), Data: float32s(g.DY)})
			near(t, "gradient of the input", dx.Data, g.DX, tol)
			for name, want := range g.Grads {
				near(t, "gradient of "+name, m.Param(name).Grad, want, tol)
			}
			compareStates(t, m, g.States, tol)
			near(t, "output in evaluation", m.Forward(x, Pass{}).Data, g.Eval, tol)
		})
	}
}

func TestGoldenLosses(t *testing.T) {
	losses := map[string]Loss{
		"cross-entropy":                      CrossEntropy{},
		"cross-entropy, label smoothing 0.1": CrossEntropy{Smoothing: 0.1},
		"cross-entropy, label smoothing 0.5": CrossEntropy{Smoothing: 0.5},
		"cross-entropy of one":               CrossEntropy{},
		"mse":                                MSE{},
		"probabilities":                      ProbabilityCrossEntropy{},
	}
	type record struct {
		Name   string
		N      int
		Labels []int
		Y, DY  []float64
		Loss   float64
	}
	list := golden[record](t, "testdata/losses.json")
	if len(list) != len(losses) {
		t.Errorf("%d losses in the file, %d here", len(list), len(losses))
	}
	for _, g := range list {
		t.Run(g.Name, func(t *testing.T) {
			y := &Tensor{N: g.N, Shape: Vec(len(g.Y) / g.N), Data: float32s(g.Y)}
			labels := make([]uint8, g.N)
			for i, l := range g.Labels {
				labels[i] = uint8(l)
			}
			var dy Tensor
			got := losses[g.Name].Eval(&dy, y, labels)
			if math.Abs(got-g.Loss) > 1e-6*max(1, g.Loss) {
				t.Errorf("loss %v, want %v", got, g.Loss)
			}
			near(t, "gradient", dy.Data, g.DY, 1e-6)
			if again := losses[g.Name].Eval(nil, y, labels); again != got {
				t.Errorf("without a gradient the loss is %v, with one %v", again, got)
			}
		})
	}
}
