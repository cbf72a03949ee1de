package lab

import (
	"context"
	"errors"

	"inkling/pkg/nn/train"
)

// A Part is a run, or the first epochs of one.
type Part struct {
	train.Config
	// Until is the number of epochs after which the run is set aside, as one that
	// was interrupted there; 0, or that of the configuration, is its end. Schedules
	// and all else follow the length of the whole run, so that a run set aside goes
	// on bit for bit when it is asked for again, further or to its end.
	Until int
}

// FitParts is FitContext for runs that may be set aside: what is set aside where it
// was asked for counts as done. A run that the store has that far is not touched,
// however much further it went. each, if there is one, is called as runs end, one
// call at a time, in whatever order they do, with an Unfinished for those that were
// cut short; the log then tells nothing of them. A run that another process makes has
// an error by InUse, which then stops no other.
func (l *Lab) FitParts(parent context.Context, parts []Part, each func(i int, r *Result, err error)) (Runs, error) {
	jobs, err := l.planParts(parts)
	if err != nil {
		return nil, err
	}
	return l.fitAll(parent, jobs, each)
}

// Saved is what the run store holds of runs, one for each part, and whether that is
// all that the part asks for: a run that is not, or not begun, has the status
// Interrupted. It trains nothing.
func (l *Lab) Saved(parts ...Part) (runs Runs, done []bool, err error) {
	jobs, err := l.planParts(parts)
	if err != nil {
		return nil, nil, err
	}
	for _, j := range jobs {
		r, err := l.saved(j)
		if err != nil {
			return nil, nil, err
		}
		runs, done = append(runs, r), append(done, j.over(r))
	}
	return runs, done, nil
}

func (l *Lab) planParts(parts []Part) ([]*job, error) {
	var cfgs []train.Config
	for _, p := range parts {
		cfgs = append(cfgs, p.Config)
	}
	jobs, err := l.plan(cfgs)
	for i, j := range jobs {
		if p := parts[i]; p.Until > 0 && p.Until < j.Epochs {
			j.until = p.Until * j.EpochSteps
		}
	}
	return jobs, err
}

// errAside ends a run where it is to be set aside.
var errAside = errors.New("lab: set aside")

// steps is where the job ends: with the run, or where that is set aside.
func (j *job) steps() int {
	if j.until > 0 {
		return j.until
	}
	return j.Steps()
}

// over reports whether r is all that the job asks for.
func (j *job) over(r *Result) bool {
	return r.Status != Interrupted || j.until > 0 && r.Steps >= j.until
}

// aside finds a run that has not ended and is as far as the job asks for; nil if
// there is none.
func (l *Lab) aside(j *job, dir string) *Result {
	if j.until == 0 || dir == "" {
		return nil
	}
	r, err := readResult(dir)
	if err != nil || !j.over(r) || r.Config != j.result.Config || r.DataSum != j.result.DataSum || r.Code != j.result.Code {
		return nil
	}
	r.lab = l
	return r
}
