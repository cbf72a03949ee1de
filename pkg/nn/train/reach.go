package train

import (
	"fmt"
	"math"
)

// Reached is the first evaluation on the dev split with at least this accuracy,
// from 0 to 1; ok is false if there was none. It is as fine as
// Config.DevEvery.
func (r *Result) Reached(accuracy float64) (e Event, ok bool) {
	for _, e := range r.Dev() {
		if e.Score >= accuracy {
			return e, true
		}
	}
	return Event{}, false
}

// Stopped is where early stopping would have ended r, and the evaluation whose
// weights it would have kept: a run with Config.Patience is the beginning of the
// same run without. Where patience does not end the run, or is 0, end is the
// last evaluation; without any both are zero.
func (r *Result) Stopped(patience int) (end, kept Event) {
	dev := r.Dev()
	for i := 0; i < len(dev) && (patience == 0 || i-dev[:i].Best() <= patience); i++ {
		end, kept = dev[i], dev[dev[:i+1].Best()]
	}
	return end, kept
}

// StoppedErrors are the dev errors in % that runs would have kept with a
// patience, and the mean share of their steps that they would have made, 0 to 1;
// see Result.Stopped. Both are NaN for a run that was never judged.
func StoppedErrors(runs []*Result, patience int) (errors []float64, made float64) {
	var shares []float64
	for _, r := range runs {
		end, kept := r.Stopped(patience)
		errors = append(errors, 100*(1-r.score(kept)))
		share := math.NaN()
		if end != (Event{}) {
			share = float64(end.Step) / float64(r.Steps)
		}
		shares = append(shares, share)
	}
	return errors, StatOf(shares).Mean
}

// Reach is how soon runs, of several seeds perhaps, came to an accuracy.
type Reach struct {
	Accuracy       float64
	Runs, Reached  int     // so many of so many came there
	Steps, StepsSD float64 // over those that did; NaN for none, and a single one has no deviation
	Seconds        float64 // likewise, of processor time: see Result.Cost
}

// costShare turns the seconds of events into processor time.
func (r *Result) costShare() float64 {
	if r.Seconds == 0 {
		return 1
	}
	return r.Cost() / r.Seconds
}

// TimeTo says how soon runs reached an accuracy on the dev split.
func TimeTo(accuracy float64, runs []*Result) Reach {
	t := Reach{Accuracy: accuracy, Runs: len(runs), Steps: math.NaN(), StepsSD: math.NaN(), Seconds: math.NaN()}
	var steps, seconds []float64
	for _, r := range runs {
		if e, ok := r.Reached(accuracy); ok {
			steps, seconds = append(steps, float64(e.Step)), append(seconds, e.Seconds*r.costShare())
		}
	}
	if t.Reached = len(steps); t.Reached > 0 {
		of := StatOf(steps)
		t.Steps, t.StepsSD, t.Seconds = of.Mean, of.SD, StatOf(seconds).Mean
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
