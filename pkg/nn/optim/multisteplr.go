package optim

import (
	"cmp"
	"fmt"
	"slices"
)

// MultiStepLR multiplies the learning rate by Gamma at each milestone, a step
// number: from that step on the new rate holds.
type MultiStepLR struct {
	Base, Gamma float64
	Milestones  []int
}

var _ = RegisterSchedule("multistep", func(k ScheduleKnobs) (Schedule, error) {
	if len(k.Milestones) == 0 {
		return nil, fmt.Errorf(`milestones "", want steps as 800,2400 with the schedule multistep`)
	}
	return MultiStepLR{Base: k.LR, Gamma: cmp.Or(k.Gamma, 0.5), Milestones: k.Milestones}, nil
})

func (s MultiStepLR) LR(step int) float64 {
	lr := s.Base
	for _, m := range s.Milestones {
		if step >= m {
			lr *= s.Gamma
		}
	}
	return lr
}

func (s MultiStepLR) Check() error {
	if !slices.IsSorted(s.Milestones) {
		return fmt.Errorf("optim: MultiStepLR: milestones %v, want them in rising order", s.Milestones)
	}
	return nil
}

func (s MultiStepLR) Note(steps int) string {
	seen := len(s.Milestones)
	for seen > 0 && s.Milestones[seen-1] >= steps {
		seen--
	}
	late := len(s.Milestones) - seen
	if late == 0 {
		return ""
	}
	return fmt.Sprintf("schedule: %d of %d milestones lie beyond the run's %s steps, the first at %s: the learning rate stays at %g",
		late, len(s.Milestones), thousands(steps), thousands(s.Milestones[seen]), s.LR(steps-1))
}
