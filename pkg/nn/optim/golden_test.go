package optim

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"inkling/pkg/nn"
)

// The files in testdata hold what PyTorch computes; ../testdata/golden.py says
// how they are made.

func golden[T any](t testing.TB, path string) []T {
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

// goldenSteps is what the optimizers of PyTorch make of ten given gradients.
type goldenSteps struct {
	lr      []float64
	weights [][]float32            // two arrays
	grads   [][][]float32          // of each step
	trace   map[string][][]float64 // the weights after each step, both arrays
}

func readSteps(t testing.TB) goldenSteps {
	type given struct {
		Name    string
		LR      []float64
		Weights json.RawMessage
		Grads   [][][]float32
	}
	g := goldenSteps{trace: map[string][][]float64{}}
	for i, r := range golden[given](t, "testdata/steps.json") {
		var err error
		if i == 0 {
			g.lr, g.grads = r.LR, r.Grads
			err = json.Unmarshal(r.Weights, &g.weights)
		} else {
			var trace [][]float64
			err = json.Unmarshal(r.Weights, &trace)
			g.trace[r.Name] = trace
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// params are two parameters with the given weights, as Model.New makes them.
func (g goldenSteps) params() []*nn.Param {
	a := &nn.Param{Name: "0.linear.W", Dims: []int{2, 3}}
	b := &nn.Param{Name: "1.linear.W", Dims: []int{3}}
	for i, p := range []*nn.Param{a, b} {
		p.Data = append([]float32(nil), g.weights[i]...)
		p.Grad = make([]float32, len(p.Data))
	}
	return []*nn.Param{a, b}
}

// check runs o over the given gradients and compares with the trace.
func (g goldenSteps) check(o Optimizer, name string) error {
	trace := g.trace[name]
	if len(trace) != len(g.grads) {
		return fmt.Errorf("%d steps in the file, want %d", len(trace), len(g.grads))
	}
	params := g.params()
	s, err := o.New(params)
	if err != nil {
		return err
	}
	for step, grads := range g.grads {
		for i, p := range params {
			copy(p.Grad, grads[i])
		}
		s.Step(step, g.lr[step])
		got := append(append([]float32(nil), params[0].Data...), params[1].Data...)
		for i, want := range trace[step] {
			if !(math.Abs(float64(got[i])-want) <= 1e-4*max(1, math.Abs(want))) {
				return fmt.Errorf("step %d: weight %d is %v, want %v", step, i, got[i], want)
			}
		}
	}
	return nil
}

var goldenOptimizers = map[string]Optimizer{
	"sgd":                                SGD{},
	"sgd, decay":                         SGD{Decay: 0.25},
	"momentum":                           SGD{Momentum: 0.9},
	"momentum, decay":                    SGD{Momentum: 0.5, Decay: 0.25},
	"nesterov":                           SGD{Momentum: 0.9, Nesterov: true},
	"nesterov, decay":                    SGD{Momentum: 0.5, Nesterov: true, Decay: 0.25},
	"heavy ball":                         SGD{Momentum: 0.9, HeavyBall: true},
	"heavy ball, decay":                  SGD{Momentum: 0.5, HeavyBall: true, Decay: 0.25},
	"adam":                               Adam{},
	"adam, betas and eps":                Adam{Beta1: 0.5, Beta2: 0.75, Eps: 0.03125},
	"adam, decay":                        Adam{Decay: 0.25},
	"adamw":                              AdamW{},
	"adamw, decay":                       AdamW{Beta1: 0.5, Beta2: 0.75, Decay: 0.25},
	"rmsprop":                            RMSProp{},
	"rmsprop, alpha, eps, decay":         RMSProp{Alpha: 0.75, Eps: 0.03125, Decay: 0.25},
	"rmsprop, momentum":                  RMSProp{Momentum: 0.5},
	"rmsprop, centered":                  RMSProp{Alpha: 0.75, Centered: true},
	"rmsprop, centered, momentum, decay": RMSProp{Alpha: 0.75, Centered: true, Momentum: 0.5, Decay: 0.25},
	"adagrad":                            AdaGrad{},
	"adagrad, eps, decay":                AdaGrad{Eps: 0.03125, Decay: 0.25},
	"lion":                               Lion{},
	"lion, decay":                        Lion{Decay: 0.25},
}

func TestGoldenOptimizers(t *testing.T) {
	g := readSteps(t)
	if len(g.trace) != len(goldenOptimizers) {
		t.Errorf("%d option sets in the file, %d here", len(g.trace), len(goldenOptimizers))
	}
	for name, o := range goldenOptimizers {
		t.Run(name, func(t *testing.T) {
			if err := g.check(o, name); err != nil {
				t.Error(err)
			}
		})
	}
}

var goldenSchedules = map[string]Schedule{
	"step":                     StepLR{Base: 0.1, Every: 5, Gamma: 0.5},
	"multistep":                MultiStepLR{Base: 0.1, Milestones: []int{3, 9, 10}, Gamma: 0.3},
	"exponential":              ExponentialLR{Base: 0.1, Gamma: 0.9},
	"cosine":                   Cosine{Base: 0.1, Min: 0.01, Steps: 23},
	"one cycle":                OneCycle{Max: 0.1, Steps: 24},
	"one cycle, rise 0.5":      OneCycle{Max: 0.1, Steps: 20, Rise: 0.5},
	"linear":                   LinearLR{From: 0.01, To: 0.1, Steps: 8},
	"joined":                   Joined{Parts: []Schedule{LinearLR{From: 0.01, To: 0.1, Steps: 5}, Cosine{Base: 0.1, Steps: 19}}, Until: []int{5}},
	"plateau":                  ReduceOnPlateau{Base: 0.1, Factor: 0.5, Patience: 2},
	"plateau, patience 0, min": ReduceOnPlateau{Base: 0.1, Min: 0.0005},
}

// goldenRates are the learning rates of one of PyTorch's schedules; with dev
// losses, the rate that follows each of them.
type goldenRates struct {
	Name    string
	Dev, LR []float64
}

// check compares s with the rates, whatever run they would fit.
func (g goldenRates) check(s Schedule) error {
	if err := checkForm(s); err != nil {
		return err
	}
	for i, want := range g.LR {
		var got float64
		if len(g.Dev) > 0 {
			got = s.(Adaptive).LRAfter(i, g.Dev[:i+1])
		} else {
			got = s.LR(i)
		}
		if math.Abs(got-want) > 1e-12+1e-9*want {
			return fmt.Errorf("step %d: %v, want %v", i, got, want)
		}
	}
	return nil
}

func TestGoldenSchedules(t *testing.T) {
	list := golden[goldenRates](t, "testdata/schedules.json")
	if len(list) != len(goldenSchedules) {
		t.Errorf("%d schedules in the file, %d here", len(list), len(goldenSchedules))
	}
	for _, g := range list {
		t.Run(g.Name, func(t *testing.T) {
			if err := g.check(goldenSchedules[g.Name]); err != nil {
				t.Error(err)
			}
		})
	}
}
