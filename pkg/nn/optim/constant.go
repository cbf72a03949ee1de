package optim

// Constant is the same learning rate at every step.
type Constant float64

var _ = RegisterSchedule("constant", func(k ScheduleKnobs) (Schedule, error) { return Constant(k.LR), nil })

func (s Constant) LR(int) float64 { return float64(s) }

// Tell is --lr.
func (s Constant) Tell(int, int) (flags map[string]any, then Schedule, left int) {
	return map[string]any{"lr": float64(s)}, nil, 0
}
