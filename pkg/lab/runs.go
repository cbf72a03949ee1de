package lab

import (
	"math"

	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// Models loads the best weights of runs.
func Models(runs []*Result) ([]*nn.Model, error) {
	models := make([]*nn.Model, len(runs))
	for i, r := range runs {
		m, err := r.Model()
		if err != nil {
			return nil, err
		}
		models[i] = m
	}
	return models, nil
}

// DevErrors are the shares wrong on dev of the runs at their best evaluations,
// in %; NaN for a run that was never judged.
func DevErrors(runs []*Result) []float64 {
	errs := make([]float64, len(runs))
	for i, r := range runs {
		errs[i] = 100 * (1 - r.score(r.Best))
	}
	return errs
}

// LastErrors are the shares wrong on dev of the runs at their last evaluations,
// in %: those that nobody has picked. NaN for a run that was never judged.
func LastErrors(runs []*Result) []float64 {
	errs := make([]float64, len(runs))
	for i, r := range runs {
		errs[i] = 100 * (1 - r.score(r.Last))
	}
	return errs
}

// TestAccuracies are the accuracies of the runs on the test set, in %; see
// Result.Test.
func TestAccuracies(runs []*Result) ([]float64, error) {
	scores := make([]float64, len(runs))
	for i, r := range runs {
		s, err := r.Test()
		if err != nil {
			return nil, err
		}
		scores[i] = 100 * s.Accuracy
	}
	return scores, nil
}

// DevAccuracies are the best accuracies of the runs on the dev split, in %; NaN
// for a run that was never judged.
func DevAccuracies(runs []*Result) []float64 {
	v := make([]float64, len(runs))
	for i, r := range runs {
		v[i] = 100 * r.score(r.Best)
	}
	return v
}

// Judged reports whether the run has a score: an interrupted run, or one that
// diverged, may have none.
func (r *Result) Judged() bool { return r.Best != (train.Event{}) }

// score is that of an evaluation of r, NaN if there was none.
func (r *Result) score(e train.Event) float64 {
	if e == (train.Event{}) {
		return math.NaN()
	}
	return e.Score
}

// Reached is the first evaluation on the dev split with at least this accuracy,
// from 0 to 1; ok is false if there was none. It is as fine as
// Config.DevEvery.
func (r *Result) Reached(accuracy float64) (e train.Event, ok bool) {
	for _, e := range r.Dev() {
		if e.Score >= accuracy {
			return e, true
		}
	}
	return train.Event{}, false
}

// Stopped is where early stopping would have ended r, and the evaluation whose
// weights it would have kept: a run with Config.Patience is the beginning of the
// same run without. Where patience does not end the run, or is 0, end is the
// last evaluation; without any both are zero.
func (r *Result) Stopped(patience int) (end, kept train.Event) {
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
		if end != (train.Event{}) {
			share = float64(end.Step) / float64(r.Steps)
		}
		shares = append(shares, share)
	}
	return errors, StatOf(shares).Mean
}
