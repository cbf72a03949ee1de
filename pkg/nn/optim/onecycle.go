package optim

import "cmp"

// OneCycle rises from Max/25 to Max along half a cosine in the first
// Rise·Steps steps and falls to Max/250,000 in the rest (Smith & Topin 2019;
// PyTorch's OneCycleLR). Rise 0 means 0.3, Steps 0 the whole run.
type OneCycle struct {
	Max   float64
	Steps int
	Rise  float64
}

var _ = RegisterSchedule("onecycle", func(k ScheduleKnobs) (Schedule, error) { return OneCycle{Max: k.LR}, nil })

func (s OneCycle) LR(step int) float64 {
	rise := s.Rise
	if rise == 0 {
		rise = 0.3
	}
	top := float64(rise*float64(s.Steps)) - 1 // fused, 0.1·10 - 1 is not 0
	end := float64(s.Steps) - 1
	switch at := float64(step); {
	case at < top:
		return anneal(s.Max/25, s.Max, at/top)
	case at == top:
		return s.Max // also where there is nothing on one of the sides
	default:
		return anneal(s.Max, s.Max/250000, (at-top)/(end-top))
	}
}

func (s OneCycle) Bind(steps int) Schedule {
	s.Steps = cmp.Or(s.Steps, steps)
	return s
}

func (s OneCycle) Check() error {
	return firstError(notNegative("OneCycle", "Steps", s.Steps), checkRange("OneCycle", "Rise", s.Rise, 0, 1))
}

func (s OneCycle) CheckRun(steps int) error { return checkWhole(s, s.Steps, steps) }
