package nn_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
)

// TestGoldenTraining repeats ten steps that PyTorch made from the same weights.
func TestGoldenTraining(t *testing.T) {
	optimizers := map[string]optim.Optimizer{
		"MLP, momentum, decay 0.01": optim.SGD{Momentum: 0.9, Decay: 0.01},
		"CNN, Adam":                 optim.Adam{},
	}
	b, err := os.ReadFile("testdata/training.json")
	if err != nil {
		t.Fatal(err)
	}
	var runs []struct {
		Name         string
		In           [3]int
		Architecture json.RawMessage
		Batches      []struct {
			X      []float32
			Labels []int
		}
		LR, Losses            []float64
		Params, Final, States map[string][]float32
		Eval                  []float32
	}
	if err := json.Unmarshal(b, &runs); err != nil || len(runs) != len(optimizers) {
		t.Fatalf("%d runs, want %d: %v", len(runs), len(optimizers), err)
	}
	for _, g := range runs {
		t.Run(g.Name, func(t *testing.T) {
			layers, err := nn.DecodeLayers(g.Architecture)
			if err != nil {
				t.Fatal(err)
			}
			m, err := nn.New(1, nn.CHW(g.In[0], g.In[1], g.In[2]), layers...)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range m.Params() {
				if copy(p.Data, g.Params[p.Name]) != p.Len() {
					t.Fatalf("%s: %d values given", p.Name, len(g.Params[p.Name]))
				}
			}
			stepper, err := optimizers[g.Name].New(m.Params())
			if err != nil {
				t.Fatal(err)
			}
			batch := func(i int) (*nn.Tensor, []uint16) {
				b := g.Batches[i]
				labels := make([]uint16, len(b.Labels))
				for j, l := range b.Labels {
					labels[j] = uint16(l)
				}
				return &nn.Tensor{N: len(labels), Shape: m.In, Data: b.X}, labels
			}
			var dy nn.Tensor
			for step, want := range g.Losses {
				x, labels := batch(step % len(g.Batches))
				loss := nn.CrossEntropy{}.Eval(&dy, m.Forward(x, nn.Pass{Train: true, Step: step}), labels)
				if math.Abs(loss-want) > 1e-5*max(1, want) {
					t.Errorf("loss of step %d is %v, want %v", step, loss, want)
				}
				m.Backward(&dy)
				stepper.Step(step, g.LR[step])
			}
			for _, p := range m.Params() {
				compare(t, p.Name, p.Data, g.Final[p.Name])
			}
			for _, s := range m.States() {
				compare(t, s.Name, s.Data, g.States[s.Name])
			}
			x, _ := batch(0)
			compare(t, "output in evaluation", m.Forward(x, nn.Pass{}).Data, g.Eval)
		})
	}
}

func compare(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i, w := range want {
		if !(math.Abs(float64(got[i]-w)) <= 1e-4*max(1, math.Abs(float64(w)))) {
			t.Errorf("%s: value %d is %v, want %v", what, i, got[i], w)
			return
		}
	}
}
