package optim

import (
	"errors"

	"inkling/pkg/nn"
	"inkling/pkg/nn/internal/f32"
)

// SGD is stochastic gradient descent, with momentum if Momentum > 0:
//
//	g = grad + Decay·w
//	v = Momentum·v + g
//	w = w − lr·v              or w − lr·(g + Momentum·v) with Nesterov
//
// With HeavyBall the momentum has the form of Polyak (1964),
// w(t+1) = w(t) − lr·g + Momentum·(w(t) − w(t−1)). At a constant learning rate
// the two are the same; when lr falls, PyTorch's form slows down at once and
// HeavyBall carries its old speed on.
type SGD struct {
	Momentum  float64
	Nesterov  bool
	HeavyBall bool
	Decay     float64 // weight decay, coupled: part of the gradient
}

var (
	_ = Register("sgd", func(k Knobs) Optimizer { return SGD{Momentum: k.Momentum, Decay: k.Decay} })
	_ = Register("nesterov", func(k Knobs) Optimizer { return SGD{Momentum: k.Momentum, Decay: k.Decay, Nesterov: true} })
	_ = Register("heavyball", func(k Knobs) Optimizer { return SGD{Momentum: k.Momentum, Decay: k.Decay, HeavyBall: true} })
)

func (o SGD) New(params []*nn.Param) (Stepper, error) {
	if err := firstError(
		checkRange("SGD", "Momentum", o.Momentum, 0, 1),
		checkRange("SGD", "Decay", o.Decay, 0, 1),
	); err != nil {
		return nil, err
	}
	switch {
	case o.Nesterov && o.HeavyBall:
		return nil, errors.New("optim: SGD: Nesterov and HeavyBall, want one of the two")
	case o.Nesterov && o.Momentum == 0:
		return nil, errors.New("optim: SGD: Momentum 0, want 0 < Momentum < 1 with Nesterov")
	case o.HeavyBall && o.Momentum == 0:
		return nil, errors.New("optim: SGD: Momentum 0, want 0 < Momentum < 1 with HeavyBall")
	}
	s := &sgd{SGD: o, params: params}
	switch {
	case o.HeavyBall: // which is not the same: a fork cannot go on with one as the other
		s.velocity = mirror("displacement", params)
	case o.Momentum > 0:
		s.velocity = mirror("velocity", params)
	}
	return s, nil
}

type sgd struct {
	SGD
	params   []*nn.Param
	velocity []nn.State
}

func (s *sgd) Step(_ int, lr float64) {
	rate, mu := float32(lr), float32(s.Momentum)
	for i, p := range s.params {
		decay := float32(decayOf(p, s.Decay))
		switch {
		case s.velocity == nil:
			f32.SGD(p.Data, p.Grad, rate, decay)
		case s.HeavyBall:
			v := s.velocity[i].Data
			f32.Scale(v, mu)
			f32.AddScaled(v, p.Grad, -rate)
			if decay != 0 {
				f32.AddScaled(v, p.Data, -rate*decay)
			}
			f32.Add(p.Data, p.Data, v)
		default:
			f32.Momentum(p.Data, p.Grad, s.velocity[i].Data, rate, mu, 0, decay, s.Nesterov)
		}
	}
}

func (s *sgd) State() []nn.State { return s.velocity }
