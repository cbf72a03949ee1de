package optim

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
)

// GeometricLR goes from From to To in Steps steps by a constant factor: the
// range test on a log axis, or an exponential decay to a given end. Steps 0 means
// the whole run.
type GeometricLR struct {
	From, To float64
	Steps    int
}

var _ = RegisterSchedule("exponential", func(k ScheduleKnobs) (Schedule, error) {
	end := 0.01
	if k.Gamma > 0 {
		end = math.Pow(k.Gamma, float64(k.Epochs))
	}
	// Less is gone before the last quarter of the run; see CheckSchedule.
	if least := math.Pow(1e-4, 1/float64(k.Epochs)); end < 1e-4 {
		over := fmt.Sprint(k.Epochs, " epochs")
		if k.Epochs == 1 {
			over = "1 epoch"
		}
		unit := math.Pow(10, math.Floor(math.Log10(least))-1) // two digits, rounded up
		return nil, fmt.Errorf("gamma %v, want %.2g or more with the schedule exponential over %s, or 0: the learning rate falls by it in every epoch and would end at %.1e",
			k.Gamma, math.Ceil(least/unit-1e-9)*unit, over, end*k.LR)
	}
	return GeometricLR{From: k.LR, To: k.LR * end}, nil
})

func (s GeometricLR) LR(step int) float64 {
	t := min(float64(step)/float64(max(s.Steps, 1)), 1)
	return s.From * math.Pow(s.To/s.From, t)
}

func (s GeometricLR) Bind(steps int) Schedule {
	s.Steps = cmp.Or(s.Steps, steps)
	return s
}

func (s GeometricLR) Check() error { return notNegative("GeometricLR", "Steps", s.Steps) }

func (s GeometricLR) CheckRun(steps int) error { return checkWhole(s, s.Steps, steps) }

// Tell gives the end as --gamma does: as a factor for every epoch.
func (s GeometricLR) Tell(steps, epochs int) (flags map[string]any, then Schedule, left int) {
	gamma, _ := strconv.ParseFloat(fmt.Sprintf("%.9g", math.Pow(s.To/s.From, 1/float64(epochs))), 64)
	flags = map[string]any{"lr": s.From, "gamma": gamma}
	if s.Steps != steps {
		flags["schedule.steps"] = s.Steps
	}
	return flags, nil, 0
}
