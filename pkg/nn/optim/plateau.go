package optim

import (
	"cmp"
	"fmt"
	"math"
)

// ReduceOnPlateau multiplies the learning rate by Factor when the dev loss has
// not fallen for more than Patience evaluations, down to Min. Factor 0 means
// 0.1.
type ReduceOnPlateau struct {
	Base, Factor, Min float64
	Patience          int
}

var _ = RegisterSchedule("plateau", func(k ScheduleKnobs) (Schedule, error) {
	return ReduceOnPlateau{Base: k.LR, Factor: cmp.Or(k.Gamma, 0.5), Patience: 2}, nil
})

func (s ReduceOnPlateau) LR(int) float64 { return s.Base }

func (s ReduceOnPlateau) LRAfter(_ int, devLosses []float64) float64 {
	factor := s.Factor
	if factor == 0 {
		factor = 0.1
	}
	lr, best, bad := s.Base, math.Inf(1), 0
	for _, l := range devLosses {
		if l < best {
			best, bad = l, 0
			continue
		}
		if bad++; bad > s.Patience {
			lr, bad = lr*factor, 0
		}
	}
	return max(lr, s.Min)
}

func (s ReduceOnPlateau) Check() error {
	return firstError(
		notNegative("ReduceOnPlateau", "Patience", s.Patience),
		s.checkFactor(),
		checkRange("ReduceOnPlateau", "Min", s.Min, 0, MaxLR),
	)
}

// checkFactor refuses a factor after whose first use the rate would be gone.
func (s ReduceOnPlateau) checkFactor() error {
	if 0 < s.Factor && s.Factor < goneShare && s.Min < goneShare*s.Base {
		return fmt.Errorf("optim: ReduceOnPlateau: Factor %v, want %g ≤ Factor < 1, or 0 for 0.1", s.Factor, goneShare)
	}
	return checkRange("ReduceOnPlateau", "Factor", s.Factor, 0, 1)
}
