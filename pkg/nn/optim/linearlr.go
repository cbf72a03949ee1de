package optim

import "cmp"

// LinearLR goes from From to To in Steps steps and stays there: the learning
// rate range test, or a plain decay. Steps 0 means the whole run.
type LinearLR struct {
	From, To float64
	Steps    int
}

func (s LinearLR) LR(step int) float64 {
	t := min(float64(step)/float64(max(s.Steps, 1)), 1)
	return s.From + t*(s.To-s.From)
}

func (s LinearLR) Bind(steps int) Schedule {
	s.Steps = cmp.Or(s.Steps, steps)
	return s
}

func (s LinearLR) Check() error { return notNegative("LinearLR", "Steps", s.Steps) }

func (s LinearLR) CheckRun(steps int) error { return checkWhole(s, s.Steps, steps) }
