package nn

import (
	"encoding/json"
	"errors"
	"fmt"
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

// far is an error unless got is want within tol, relative to values above 1.
func far(what string, got []float32, want []float64, tol float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if !(math.Abs(float64(got[i])-w) <= tol*max(1, math.Abs(w))) {
			return fmt.Errorf("%s: value %d is %v, want %v ± %.0e", what, i, got[i], w, tol)
		}
	}
	return nil
}

// near fails where far is an error.
func near(t *testing.T, what string, got []float32, want []float64, tol float64) {
	t.Helper()
	if err := far(what, got, want, tol); err != nil {
		t.Error(err)
	}
}

func float32s(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// goldenLayer is what PyTorch makes of one or two layers.
type goldenLayer struct {
	Name                  string
	In                    [3]int
	N                     int
	Architecture          json.RawMessage
	X, DY, Y, DX, Eval    []float64
	Params, Grads, States map[string][]float64
}

// model is the layers with the parameters given.
func (g goldenLayer) model() (*Model, error) {
	layers, err := DecodeLayers(g.Architecture)
	if err != nil {
		return nil, err
	}
	m, err := New(1, CHW(g.In[0], g.In[1], g.In[2]), layers...)
	if err != nil {
		return nil, err
	}
	if len(m.Params()) != len(g.Params) || len(m.States()) != len(g.States) {
		return nil, fmt.Errorf("%d parameters and %d states, PyTorch has %d and %d", len(m.Params()), len(m.States()), len(g.Params), len(g.States))
	}
	for name, values := range g.Params {
		p := m.Param(name)
		if p == nil || len(p.Data) != len(values) {
			return nil, fmt.Errorf("no parameter %s of %d values", name, len(values))
		}
		copy(p.Data, float32s(values))
	}
	return m, nil
}

// check compares a training pass and an evaluation with PyTorch's. spoil, if
// not nil, may make the model a wrong one.
func (g goldenLayer) check(spoil func(*Model)) error {
	const tol = 1e-5
	m, err := g.model()
	if err != nil {
		return err
	}
	if spoil != nil {
		spoil(m)
	}
	x := &Tensor{N: g.N, Shape: m.In, Data: float32s(g.X)}
	errs := []error{far("output", m.Forward(x, Pass{Train: true}).Data, g.Y, tol)}
	dx := m.InputGrad(&Tensor{N: g.N, Shape: m.Out(), Data: float32s(g.DY)})
	errs = append(errs, far("gradient of the input", dx.Data, g.DX, tol))
	for name, want := range g.Grads {
		errs = append(errs, far("gradient of "+name, m.Param(name).Grad, want, tol))
	}
	for _, s := range m.States() {
		errs = append(errs, far(s.Name, s.Data, g.States[s.Name], tol))
	}
	errs = append(errs, far("output in evaluation", m.Forward(x, Pass{}).Data, g.Eval, tol))
	return errors.Join(errs...)
}

func TestGoldenLayers(t *testing.T) {
	for _, g := range golden[goldenLayer](t, "testdata/layers.json") {
		t.Run(g.Name, func(t *testing.T) {
			if err := g.check(nil); err != nil {
				t.Error(err)
			}
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
			labels := make([]uint16, g.N)
			for i, l := range g.Labels {
				labels[i] = uint16(l)
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
