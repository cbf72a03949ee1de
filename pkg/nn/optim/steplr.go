package optim

import (
	"cmp"
	"fmt"
	"math"
)

// StepLR multiplies the learning rate by Gamma every Every steps.
type StepLR struct {
	Base, Gamma float64
	Every       int
}

var _ = RegisterSchedule("step", func(k ScheduleKnobs) (Schedule, error) {
	if len(k.Milestones) != 1 {
		return nil, fmt.Errorf("milestones %q, want one number, the period of the schedule step", commas(k.Milestones))
	}
	return StepLR{Base: k.LR, Gamma: cmp.Or(k.Gamma, 0.5), Every: k.Milestones[0]}, nil
})

func (s StepLR) LR(step int) float64 {
	return s.Base * math.Pow(s.Gamma, float64(step/max(s.Every, 1)))
}

func (s StepLR) Check() error { return atLeastOne("StepLR", "Every", s.Every) }

func (s StepLR) Note(steps int) string {
	if s.Every < steps || s.Gamma == 1 {
		return ""
	}
	return fmt.Sprintf("schedule: the first fall of the learning rate comes after %s steps, the run has %s: it stays at %g", thousands(s.Every), thousands(steps), s.Base)
}
