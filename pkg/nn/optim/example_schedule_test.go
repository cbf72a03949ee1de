package optim_test

import (
	"fmt"
	"math"

	"inkling/pkg/nn/optim"
)

// InverseRoot is a schedule of one's own: after a warm-up it falls as the root
// of the step (Vaswani et al. 2017, §5.3).
type InverseRoot struct {
	Peak float64
	Warm int
}

// LR is a pure function of the step, so a run that is continued needs no state.
func (s InverseRoot) LR(step int) float64 {
	t, warm := float64(step+1), float64(s.Warm)
	return s.Peak * math.Sqrt(warm) * min(1/math.Sqrt(t), t/math.Pow(warm, 1.5))
}

// Check is asked before the run begins.
func (s InverseRoot) Check() error {
	if s.Warm < 1 {
		return fmt.Errorf("Warm %d, want 1 step or more", s.Warm)
	}
	return nil
}

// Registered, it is what --schedule=inverseroot means.
var _ = optim.RegisterSchedule("inverseroot", func(k optim.ScheduleKnobs) (optim.Schedule, error) {
	return InverseRoot{Peak: k.LR, Warm: 100}, nil
})

// A schedule of one's own goes wherever ours go.
func ExampleSchedule() {
	s := InverseRoot{Peak: 0.1, Warm: 4}
	for _, step := range []int{0, 1, 3, 15} {
		fmt.Printf("%.3f\n", s.LR(step))
	}
	fmt.Println(optim.CheckSchedule(s, 16))
	fmt.Println(optim.CheckSchedule(InverseRoot{Peak: 0.1}, 16))
	// Output:
	// 0.025
	// 0.050
	// 0.100
	// 0.050
	// <nil>
	// Warm 0, want 1 step or more
}
