package optim

import (
	"inkling/pkg/nn"
	"inkling/pkg/nn/internal/f32"
)

// AdaGrad divides each step by the root of the sum of all squared gradients so
// far (Duchi et al. 2011): s += g², w −= lr·g/(√s + Eps). Zero Eps means 1e-10.
type AdaGrad struct{ Eps, Decay float64 }

var _ = Register("adagrad", func(k Knobs) Optimizer { return AdaGrad{Decay: k.Decay} })

func (o AdaGrad) New(params []*nn.Param) (Stepper, error) {
	o.Eps = orDefault(o.Eps, 1e-10)
	if err := firstError(
		checkRange("AdaGrad", "Eps", o.Eps, 0, 1),
		checkRange("AdaGrad", "Decay", o.Decay, 0, 1),
	); err != nil {
		return nil, err
	}
	return &adaGrad{o, params, mirror("sum", params)}, nil
}

type adaGrad struct {
	AdaGrad
	params []*nn.Param
	sum    []nn.State
}

func (s *adaGrad) Step(_ int, lr float64) {
	for i, p := range s.params {
		f32.AdaGrad(p.Data, p.Grad, s.sum[i].Data, float32(lr), float32(s.Eps), float32(decayOf(p, s.Decay)))
	}
}

func (s *adaGrad) State() []nn.State { return s.sum }
