package optim

import "cmp"

// Cosine falls from Base to Min along half a cosine in Steps steps and stays
// there (Loshchilov & Hutter 2017, without restarts). Steps 0 means the whole run.
type Cosine struct {
	Base, Min float64
	Steps     int
}

var _ = RegisterSchedule("cosine", func(k ScheduleKnobs) (Schedule, error) { return Cosine{Base: k.LR}, nil })

func (s Cosine) LR(step int) float64 {
	return anneal(s.Base, s.Min, float64(step)/float64(max(s.Steps, 1)))
}

func (s Cosine) Bind(steps int) Schedule {
	s.Steps = cmp.Or(s.Steps, steps)
	return s
}

func (s Cosine) Check() error { return notNegative("Cosine", "Steps", s.Steps) }

func (s Cosine) CheckRun(steps int) error { return checkWhole(s, s.Steps, steps) }
