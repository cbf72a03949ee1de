package lab

import (
	"math"

	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// Runs are results, of several seeds perhaps, in the order that they were asked
// for. What they came to is a Stat of all of them, in % where it is a share, or
// a slice with a value for each where a figure wants that. A run without a score
// has NaN for it; see Result.Judged.
type Runs []*Result

// DevError is the share wrong on dev at the best evaluations, in %.
func (rs Runs) DevError() Stat { return StatOf(rs.DevErrors()) }

// DevErrors are the shares wrong on dev at the best evaluations, in %.
func (rs Runs) DevErrors() []float64 {
	return rs.each(func(r *Result) float64 { return 100 * (1 - r.score(r.Best)) })
}

// LastError is the share wrong on dev at the last evaluations, which nobody has
// picked, in %.
func (rs Runs) LastError() Stat {
	return StatOf(rs.each(func(r *Result) float64 { return 100 * (1 - r.score(r.Last)) }))
}

// DevAccuracy is the share right on dev at the best evaluations, in %.
func (rs Runs) DevAccuracy() Stat { return StatOf(rs.DevAccuracies()) }

// DevAccuracies are the shares right on dev at the best evaluations, in %.
func (rs Runs) DevAccuracies() []float64 {
	return rs.each(func(r *Result) float64 { return 100 * r.score(r.Best) })
}

// TestError is the share wrong on the test set, in %; see Result.Test.
func (rs Runs) TestError() (Stat, error) {
	errs, err := rs.TestErrors()
	return StatOf(errs), err
}

// TestErrors are the shares wrong on the test set, in %.
func (rs Runs) TestErrors() (errs []float64, err error) {
	for _, r := range rs {
		s, err := r.Test()
		if err != nil {
			return nil, err
		}
		errs = append(errs, 100*(1-s.Accuracy))
	}
	return errs, nil
}

// TestAccuracy is the share right on the test set, in %.
func (rs Runs) TestAccuracy() (Stat, error) {
	wrong, err := rs.TestError()
	wrong.Mean = 100 - wrong.Mean
	return wrong, err
}

// Seconds is the processor time of a run, over all cores; see Result.Cost.
func (rs Runs) Seconds() Stat { return StatOf(rs.each((*Result).Cost)) }

// Weights is the number of trainable values, 0 of no runs; runs of several sizes
// have no number in common, and -1.
func (rs Runs) Weights() int {
	if len(rs) == 0 {
		return 0
	}
	for _, r := range rs {
		if r.Weights != rs[0].Weights {
			return -1
		}
	}
	return rs[0].Weights
}

// Models loads the best weights.
func (rs Runs) Models() ([]*nn.Model, error) {
	models := make([]*nn.Model, len(rs))
	for i, r := range rs {
		m, err := r.Model()
		if err != nil {
			return nil, err
		}
		models[i] = m
	}
	return models, nil
}

// Stopped is what the runs would have kept with a patience, as the share wrong on
// dev in %, and the share of their steps that they would have made, in %; see
// Result.Stopped.
func (rs Runs) Stopped(patience int) (devError, made Stat) {
	errs := rs.each(func(r *Result) float64 {
		_, kept := r.Stopped(patience)
		return 100 * (1 - r.score(kept))
	})
	shares := rs.each(func(r *Result) float64 {
		end, _ := r.Stopped(patience)
		if end == (train.Event{}) {
			return math.NaN()
		}
		return 100 * float64(end.Step) / float64(r.Steps)
	})
	return StatOf(errs), StatOf(shares)
}

// each is something about every run.
func (rs Runs) each(of func(r *Result) float64) []float64 {
	values := make([]float64, len(rs))
	for i, r := range rs {
		values[i] = of(r)
	}
	return values
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
