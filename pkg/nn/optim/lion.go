package optim

import (
	"math"

	"inkling/pkg/nn"
)

// Lion steps by the sign of an interpolation between momentum and gradient
// (Chen et al. 2023, algorithm 2), with decoupled weight decay. It needs half
// of Adam's state and a learning rate 3 to 10 times smaller. Zero Beta1 and
// Beta2 mean 0.9 and 0.99.
type Lion struct{ Beta1, Beta2, Decay float64 }

var _ = Register("lion", func(k Knobs) Optimizer { return Lion{Decay: k.Decay} })

func (o Lion) New(params []*nn.Param) (Stepper, error) {
	o.Beta1, o.Beta2 = orDefault(o.Beta1, 0.9), orDefault(o.Beta2, 0.99)
	if err := firstError(
		checkRange("Lion", "Beta1", o.Beta1, 0, 1),
		checkRange("Lion", "Beta2", o.Beta2, 0, 1),
		checkRange("Lion", "Decay", o.Decay, 0, 1),
	); err != nil {
		return nil, err
	}
	return &lion{o, params, mirror("m", params)}, nil
}

type lion struct {
	Lion
	params []*nn.Param
	m      []nn.State
}

// Step: w −= lr·(sign(β1·m + (1−β1)·g) + Decay·w), then m = β2·m + (1−β2)·g.
func (s *lion) Step(_ int, lr float64) {
	b1, b2, rate := float32(s.Beta1), float32(s.Beta2), float32(lr)
	for i, p := range s.params {
		shrink := 1 - rate*float32(decayOf(p, s.Decay))
		m := s.m[i].Data
		for j, g := range p.Grad {
			c := b1*m[j] + (1-b1)*g
			p.Data[j] = float32(shrink*p.Data[j]) - withSign(rate, c)
			m[j] = b2*m[j] + (1-b2)*g
		}
	}
}

// withSign is rate·sign(c), and 0 where c is 0 or no number. It has no branch: the sign
// of a gradient is a coin's toss, and guessed wrong half of the time.
func withSign(rate, c float32) float32 {
	const sign, infinite = 1 << 31, 0x7F800000
	bits := math.Float32bits(c)
	signed := math.Float32bits(rate) | bits&sign
	less := bits&^sign - 1 // of 0, more than any
	known := uint32((int64(less) - infinite) >> 63)
	return math.Float32frombits(signed & known)
}

func (s *lion) State() []nn.State { return s.m }
