package optim

import "fmt"

// Warmup rises linearly from 0 to the first rate of Then in Steps steps, then
// follows Then.
type Warmup struct {
	Steps int
	Then  Schedule
}

func (s Warmup) LR(step int) float64 {
	if step < s.Steps {
		return s.Then.LR(0) * float64(step+1) / float64(s.Steps)
	}
	return s.Then.LR(step - s.Steps)
}

// Bind gives Then what the warm-up leaves.
func (s Warmup) Bind(steps int) Schedule {
	s.Then = Bind(s.Then, max(steps-s.Steps, 1))
	return s
}

func (s Warmup) Check() error {
	return firstError(notNegative("Warmup", "Steps", s.Steps), checkPart("Warmup", s.Then))
}

func (s Warmup) CheckRun(steps int) error {
	if s.Steps >= steps {
		return fmt.Errorf("optim: Warmup: %s steps, the run has %s: want fewer", thousands(s.Steps), thousands(steps))
	}
	return checkRun(s.Then, steps-s.Steps)
}

func (s Warmup) Note(steps int) string { return ScheduleNote(s.Then, steps-s.Steps) }

// Tell is --warmup, before another schedule.
func (s Warmup) Tell(steps, _ int) (flags map[string]any, then Schedule, left int) {
	return map[string]any{"warmup": s.Steps}, s.Then, steps - s.Steps
}
