package optim

import "math"

// InverseSqrt falls as 1/√(1 + step/Every).
type InverseSqrt struct {
	Base  float64
	Every int
}

var _ = RegisterSchedule("inversesqrt", func(k ScheduleKnobs) (Schedule, error) { return InverseSqrt{Base: k.LR, Every: 100}, nil })

func (s InverseSqrt) LR(step int) float64 {
	return s.Base / math.Sqrt(1+float64(step)/float64(max(s.Every, 1)))
}

func (s InverseSqrt) Check() error { return atLeastOne("InverseSqrt", "Every", s.Every) }
