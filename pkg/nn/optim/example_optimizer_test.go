package optim_test

import (
	"fmt"

	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
)

// SignSGD is an optimizer of one's own: a step of the same length for every
// weight, in the direction of the sign of its gradient (Bernstein et al. 2018).
type SignSGD struct{ Decay float64 }

// Registered, it is what --optimizer=signsgd means.
var _ = optim.Register("signsgd", func(k optim.Knobs) optim.Optimizer { return SignSGD{Decay: k.Decay} })

// New returns a stepper for params.
func (o SignSGD) New(params []*nn.Param) (optim.Stepper, error) {
	if o.Decay < 0 {
		return nil, fmt.Errorf("signsgd: Decay %v, want 0 or more", o.Decay)
	}
	return &signSGD{o, params}, nil
}

type signSGD struct {
	SignSGD
	params []*nn.Param
}

// Step makes w −= lr·(sign(g) + Decay·w).
func (s *signSGD) Step(_ int, lr float64) {
	for _, p := range s.params {
		for i, g := range p.Grad {
			way := s.Decay * float64(p.Data[i])
			switch {
			case g > 0:
				way++
			case g < 0:
				way--
			}
			p.Data[i] -= float32(lr * way)
		}
	}
}

// State is what must be saved to continue a run: nothing here.
func (s *signSGD) State() []nn.State { return nil }

// An optimizer of one's own goes wherever ours go.
func ExampleOptimizer() {
	w := &nn.Param{Name: "w", Data: []float32{1, 1, 1}, Grad: []float32{0.001, -7, 0}}
	rule, err := SignSGD{}.New([]*nn.Param{w})
	if err != nil {
		fmt.Println(err)
		return
	}
	rule.Step(0, 0.25)
	fmt.Println(w.Data)
	// Output:
	// [0.75 1.25 1]
}
