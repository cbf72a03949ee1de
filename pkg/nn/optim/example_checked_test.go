package optim_test

import (
	"errors"
	"fmt"

	"inkling/pkg/nn/optim"
)

// Stairs is a schedule that knows what can be wrong with it: the rate falls from
// one stair to the next, and every stair has the same number of steps.
type Stairs struct {
	Rates []float64
	Each  int
}

// LR is that of the stair on which a step stands.
func (s Stairs) LR(step int) float64 {
	return s.Rates[min(step/s.Each, len(s.Rates)-1)]
}

// Check looks at the fields, whatever the run.
func (s Stairs) Check() error {
	if len(s.Rates) == 0 || s.Each < 1 {
		return errors.New("stairs: want rates, and 1 step or more on each")
	}
	return nil
}

// CheckRun refuses a run that would stand on the last stair for longer than on
// the others.
func (s Stairs) CheckRun(steps int) error {
	if whole := len(s.Rates) * s.Each; steps > whole {
		return fmt.Errorf("stairs: %d steps, the run has %d", whole, steps)
	}
	return nil
}

// Note tells of stairs that a shorter run does not come to.
func (s Stairs) Note(steps int) string {
	if reached := (steps + s.Each - 1) / s.Each; reached < len(s.Rates) {
		return fmt.Sprintf("%d of %d stairs", reached, len(s.Rates))
	}
	return ""
}

var (
	_ optim.Checker    = Stairs{}
	_ optim.RunChecker = Stairs{}
	_ optim.Noter      = Stairs{}
)

// A mistake in a schedule is told before the first step, what only a longer run
// would see is noted.
func ExampleCheckSchedule() {
	s := Stairs{Rates: []float64{0.1, 0.03, 0.01}, Each: 100}
	for _, steps := range []int{300, 400, 150} {
		fmt.Printf("%d steps: %v, note %q\n", steps, optim.CheckSchedule(s, steps), optim.ScheduleNote(s, steps))
	}
	fmt.Println(optim.CheckSchedule(Stairs{}, 300))
	// Output:
	// 300 steps: <nil>, note ""
	// 400 steps: stairs: 300 steps, the run has 400, note ""
	// 150 steps: <nil>, note "2 of 3 stairs"
	// stairs: want rates, and 1 step or more on each
}
