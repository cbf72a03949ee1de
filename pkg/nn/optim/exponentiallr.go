package optim

import "math"

// ExponentialLR multiplies the learning rate by Gamma at every step:
// Base·Gamma^step.
type ExponentialLR struct{ Base, Gamma float64 }

func (s ExponentialLR) LR(step int) float64 { return s.Base * math.Pow(s.Gamma, float64(step)) }
