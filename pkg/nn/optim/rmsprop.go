package optim

import (
	"slices"

	"inkling/pkg/nn"
	"inkling/pkg/nn/internal/f32"
)

// RMSProp divides each step by the root of a running mean of squared gradients
// (Hinton 2012, lecture 6): s = Alpha·s + (1−Alpha)·g², w −= lr·g/(√s + Eps).
// Zero Alpha and Eps mean 0.99 and 1e-8. With Momentum the steps are gathered,
// b = Momentum·b + g/(√s + Eps), w −= lr·b; Centered subtracts the square of
// the running mean of g from s (Graves 2013).
type RMSProp struct {
	Alpha, Eps, Momentum, Decay float64
	Centered                    bool
}

var _ = Register("rmsprop", func(k Knobs) Optimizer { return RMSProp{Momentum: k.Momentum, Decay: k.Decay} })

func (o RMSProp) New(params []*nn.Param) (Stepper, error) {
	o.Alpha, o.Eps = orDefault(o.Alpha, 0.99), orDefault(o.Eps, 1e-8)
	if err := firstError(
		checkRange("RMSProp", "Alpha", o.Alpha, 0, 1),
		checkRange("RMSProp", "Eps", o.Eps, 0, 1),
		checkRange("RMSProp", "Momentum", o.Momentum, 0, 1),
		checkRange("RMSProp", "Decay", o.Decay, 0, 1),
	); err != nil {
		return nil, err
	}
	s := &rmsProp{RMSProp: o, params: params, square: mirror("square", params)}
	if o.Centered {
		s.mean = mirror("mean", params)
	}
	if o.Momentum > 0 {
		s.velocity = mirror("velocity", params)
	}
	return s, nil
}

type rmsProp struct {
	RMSProp
	params                 []*nn.Param
	square, mean, velocity []nn.State
}

func (s *rmsProp) Step(_ int, lr float64) {
	for i, p := range s.params {
		f32.RMSProp(p.Data, p.Grad, s.square[i].Data, at(s.mean, i), at(s.velocity, i), f32.RMSPropParams{
			LR: lr, Alpha: s.Alpha, Eps: s.Eps, Momentum: s.Momentum, Centered: s.Centered, Decay: decayOf(p, s.Decay),
		})
	}
}

func (s *rmsProp) State() []nn.State { return slices.Concat(s.square, s.mean, s.velocity) }

// at is the array of state i, or nil where the optimizer keeps none.
func at(states []nn.State, i int) []float32 {
	if states == nil {
		return nil
	}
	return states[i].Data
}
