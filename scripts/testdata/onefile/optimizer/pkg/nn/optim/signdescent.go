package optim

import "inkling/pkg/nn"

// SignDescent steps by the sign of the gradient, signSGD of Bernstein et al. (2018):
// w −= lr·(sign(g) + Decay·w).
type SignDescent struct{ Decay float64 }

var _ = Register("signdescent", func(k Knobs) Optimizer { return SignDescent{Decay: k.Decay} })

func (o SignDescent) New(params []*nn.Param) (Stepper, error) {
	if err := checkRange("SignDescent", "Decay", o.Decay, 0, 1); err != nil {
		return nil, err
	}
	return &signDescent{o, params}, nil
}

type signDescent struct {
	SignDescent
	params []*nn.Param
}

func (s *signDescent) Step(_ int, lr float64) {
	rate := float32(lr)
	for _, p := range s.params {
		shrink := 1 - rate*float32(decayOf(p, s.Decay))
		for j, g := range p.Grad {
			w := shrink * p.Data[j]
			switch {
			case g > 0:
				w -= rate
			case g < 0:
				w += rate
			}
			p.Data[j] = w
		}
	}
}

func (s *signDescent) State() []nn.State { return nil }
