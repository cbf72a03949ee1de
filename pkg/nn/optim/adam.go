package optim

import (
	"math"

	"inkling/pkg/nn"
	"inkling/pkg/nn/internal/f32"
)

// Adam keeps running means of the gradient and of its square (Kingma & Ba
// 2015, algorithm 1, with the bias correction). Zero Beta1, Beta2 and Eps mean
// 0.9, 0.999 and 1e-8. Decay is coupled: part of the gradient.
type Adam struct{ Beta1, Beta2, Eps, Decay float64 }

// AdamW is Adam with decoupled weight decay: w shrinks by lr·Decay, whatever
// the moments say (Loshchilov & Hutter 2019, algorithm 2).
type AdamW struct{ Beta1, Beta2, Eps, Decay float64 }

var (
	_ = Register("adam", func(k Knobs) Optimizer { return Adam{Decay: k.Decay} })
	_ = Register("adamw", func(k Knobs) Optimizer { return AdamW{Decay: k.Decay} })
)

func (o Adam) New(params []*nn.Param) (Stepper, error) { return newAdam("Adam", o, false, params) }
func (o AdamW) New(params []*nn.Param) (Stepper, error) {
	return newAdam("AdamW", Adam(o), true, params)
}

func newAdam(rule string, o Adam, decoupled bool, params []*nn.Param) (Stepper, error) {
	o.Beta1, o.Beta2, o.Eps = orDefault(o.Beta1, 0.9), orDefault(o.Beta2, 0.999), orDefault(o.Eps, 1e-8)
	if err := firstError(
		checkRange(rule, "Beta1", o.Beta1, 0, 1),
		checkRange(rule, "Beta2", o.Beta2, 0, 1),
		checkRange(rule, "Eps", o.Eps, 0, 1),
		checkRange(rule, "Decay", o.Decay, 0, 1),
	); err != nil {
		return nil, err
	}
	return &adam{Adam: o, decoupled: decoupled, params: params, m: mirror("m", params), v: mirror("v", params)}, nil
}

func orDefault(v, def float64) float64 {
	if v == 0 {
		return def
	}
	return v
}

type adam struct {
	Adam
	decoupled bool
	params    []*nn.Param
	m, v      []nn.State
}

// Step: m = β1·m + (1−β1)·g, v = β2·v + (1−β2)·g²,
// w = w − lr·(m/(1−β1ᵗ)) / (√(v/(1−β2ᵗ)) + ε), with t = step + 1.
func (s *adam) Step(step int, lr float64) {
	t := float64(step + 1)
	for i, p := range s.params {
		f32.Adam(p.Data, p.Grad, s.m[i].Data, s.v[i].Data, f32.AdamParams{
			LR: lr, Beta1: s.Beta1, Beta2: s.Beta2, Eps: s.Eps, Decay: decayOf(p, s.Decay), Decoupled: s.decoupled,
			Correction1: 1 - math.Pow(s.Beta1, t), Correction2: 1 - math.Pow(s.Beta2, t),
		})
	}
}

func (s *adam) State() []nn.State { return append(s.m[:len(s.m):len(s.m)], s.v...) }
