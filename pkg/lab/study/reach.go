package study

import (
	"fmt"
	"math"

	"inkling/pkg/lab"
)

// Reach is how soon runs, of several seeds perhaps, came to an accuracy.
type Reach struct {
	Accuracy       float64
	Runs, Reached  int     // so many of so many came there
	Steps, StepsSD float64 // over those that did; NaN for none, and a single one has no deviation
	Seconds        float64 // likewise, of processor time: see Result.Cost
}

// share turns the seconds of events into processor time.
func share(r *lab.Result) float64 {
	if r.Seconds == 0 {
		return 1
	}
	return r.Cost() / r.Seconds
}

// TimeTo says how soon runs reached an accuracy on the dev split.
func TimeTo(accuracy float64, runs lab.Runs) Reach {
	t := Reach{Accuracy: accuracy, Runs: len(runs), Steps: math.NaN(), StepsSD: math.NaN(), Seconds: math.NaN()}
	var steps, seconds []float64
	for _, r := range runs {
		if e, ok := r.Reached(accuracy); ok {
			steps, seconds = append(steps, float64(e.Step)), append(seconds, e.Seconds*share(r))
		}
	}
	if t.Reached = len(steps); t.Reached > 0 {
		of := lab.StatOf(steps)
		t.Steps, t.StepsSD, t.Seconds = of.Mean, of.SD, lab.StatOf(seconds).Mean
	}
	return t
}

// String is the mean number of iterations for the cell of a table, with the
// number of runs that got there if not all did.
func (t Reach) String() string {
	switch {
	case t.Runs == 0:
		return "–"
	case t.Reached == 0:
		return "not reached"
	case t.Reached == t.Runs:
		return fmt.Sprintf("%.0f", t.Steps)
	}
	return fmt.Sprintf("%.0f (%d of %d)", t.Steps, t.Reached, t.Runs)
}

// Time is the mean processor time in seconds, for the cell of a table; nothing where no
// run got there.
func (t Reach) Time() string {
	if t.Reached == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f s", t.Seconds)
}
