package optim

import (
	"fmt"
	"slices"
)

// Joined follows each part in turn: part i until step Until[i], counted from
// the start of the run; every part counts its own steps from 0. The last part
// has no end. Parts with Steps 0 fill their place; other parts are taken at their
// word, so a schedule that is meant to be shorter than the run, or to be cut off,
// is a Joined: Joined{Parts: []Schedule{Cosine{Base: 0.1, Steps: 1000}}}.
type Joined struct {
	Parts []Schedule
	Until []int
}

func (s Joined) LR(step int) float64 {
	start := 0
	for i, part := range s.Parts {
		if i == len(s.Parts)-1 || step < s.Until[i] {
			return part.LR(step - start)
		}
		start = s.Until[i]
	}
	return 0
}

// Bind gives every part its place.
func (s Joined) Bind(steps int) Schedule {
	parts, start := slices.Clone(s.Parts), 0
	for i, p := range parts {
		end := steps
		if i < len(s.Until) {
			end = min(s.Until[i], steps)
		}
		parts[i] = Bind(p, max(end-start, 1))
		start = end
	}
	s.Parts = parts
	return s
}

func (s Joined) Check() error {
	if len(s.Parts) == 0 || len(s.Until) != len(s.Parts)-1 {
		return fmt.Errorf("optim: Joined: %d parts and %d ends, want one end less than parts", len(s.Parts), len(s.Until))
	}
	if !slices.IsSorted(s.Until) {
		return fmt.Errorf("optim: Joined: ends %v, want them in rising order", s.Until)
	}
	for _, p := range s.Parts {
		if err := checkPart("Joined", p); err != nil {
			return err
		}
	}
	return nil
}

func (s Joined) Note(steps int) string {
	for i, at := range s.Until {
		if at >= steps {
			return fmt.Sprintf("schedule: part %d of %d begins at step %s, the run has %s", i+2, len(s.Parts), thousands(at), thousands(steps))
		}
	}
	return ""
}
