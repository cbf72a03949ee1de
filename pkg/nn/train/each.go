package train

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"inkling/pkg/nn"
)

// A Callback is code of one's own that a run calls as it goes, Config.Each: to end
// it, to print what no Event holds, to keep weights on the way.
//
//	Each: train.CallbackFunc(func(m train.Moment) error {
//		if m.Kind == train.Dev && m.Score >= 0.97 {
//			return train.Stop
//		}
//		return nil
//	})
//
// It is part of what identifies a run, as a loss of one's own is: by its code, and
// by the values that it holds. What it should go by is therefore a field of its type,
// not a variable that a function literal keeps of its surroundings. It must be a
// function of the Moment: one that gathers in itself what it has seen would forget
// it when the run is continued elsewhere, and is refused; Past has what was told.
//
// An error ends the run where it stands. Stop, or an error that wraps it, is no
// mistake: the run is judged once more, and over. Runs that train side by side call
// theirs side by side.
type Callback interface {
	Each(Moment) error
}

// CallbackFunc is a function as a Callback.
type CallbackFunc func(Moment) error

// Each calls f.
func (f CallbackFunc) Each(m Moment) error { return f(m) }

// Stop, returned by a Callback, ends a run early, and what wraps it says why:
//
//	return fmt.Errorf("dev loss %.3f is twice that of training: %w", m.Loss, train.Stop)
//
//lint:ignore ST1012 it is no failure: fs.SkipAll is named so too
var Stop = errors.New(stopped)

const stopped = "stop"

// Step is the kind of what only a Callback sees: a step has been made. Loss, Score
// and Objective are those of its batch; GradNorm is there where Config.ClipNorm has
// it measured.
const Step Kind = "step"

// Moment is what a Callback is shown: an event, right after whoever runs the loop
// has had it, and where the run stands. A run that is continued goes on as if it had
// never stopped; only what a killed one had not saved is made, and shown, again, and
// so is an event for which the Callback ended the run with an error.
type Moment struct {
	Event
	Past  []Event   // reports, evaluations and new bests before this one, to be read only
	Model *nn.Model // the one that evaluations judge: to be asked and saved, not to be changed
	Dev   Batches   // what it is judged on
}

// CallbackError is the error of a run that its Callback ended, or that it broke.
type CallbackError struct {
	Step  int // steps done
	Epoch int // counted from 0
	Err   error
}

func (e *CallbackError) Error() string {
	return fmt.Sprintf("train: Each at step %d of epoch %d: %v", e.Step, e.Epoch, e.Err)
}

func (e *CallbackError) Unwrap() error { return e.Err }

// show shows an event to the Callback, if there is one. It is owed until it has been
// taken without an error. A Stop is kept in Stopped.
func (t *Trainer) show(e Event, dev Batches) error {
	if t.cfg.Each == nil {
		return nil
	}
	t.Owed = append(t.Owed[:0], e)
	err := t.ask(Moment{Event: e, Past: t.Past, Model: t.Model(), Dev: dev})
	switch {
	case err == nil:
	case !errors.Is(err, Stop):
		return &CallbackError{Step: e.Step, Epoch: e.Epoch, Err: err}
	case t.Stopped == "":
		why, _ := strings.CutSuffix(err.Error(), stopped)
		t.Stopped = fmt.Sprintf("by its Each at step %d of epoch %d", e.Step, e.Epoch)
		if why = strings.TrimRight(why, ": "); why != "" {
			t.Stopped += ": " + why
		}
	}
	t.Owed = t.Owed[:0]
	if e.Kind != Step {
		t.Past = append(t.Past, e)
	}
	if n := len(t.DevLosses); e.Kind == Dev && n&(n-1) == 0 { // seldom, and soon
		return t.checkEach()
	}
	return nil
}

// ask calls the Callback; a panic in it is an error that says where.
func (t *Trainer) ask(m Moment) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v%s", v, panicked())
		}
	}()
	return t.cfg.Each.Each(m)
}

// panicked is the place of the panic that is being recovered from, " (file.go:12)".
func panicked() string {
	pc := make([]uintptr, 32)
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)]) // behind ask's function
	for {
		f, more := frames.Next()
		if f.Function != "" && !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf(" (%s:%d)", f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line)
		}
		if !more {
			return ""
		}
	}
}

// checkEach reports a Callback that has changed itself since the run began.
func (t *Trainer) checkEach() error {
	if t.cfg.Each == nil {
		return nil
	}
	if now := describeEach(t.cfg.Each); now != t.each {
		return &CallbackError{Step: t.Step, Epoch: t.Epoch, Err: fmt.Errorf(
			"it keeps what it has seen in itself, %.100s, which was %.100s: a run that is continued or shown again would not know of it; want what follows from Moment and its Past", now, t.each)}
	}
	return nil
}
