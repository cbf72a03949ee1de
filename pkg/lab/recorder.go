package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/nn/safetensors"
	"inkling/pkg/nn/train"
)

// recorder writes a run's folder as the run goes. What is on disk can be
// continued from at every moment, because of the order in which it gets there:
// a state is saved after the history and the best model that it knows of, the
// record that says a run is over after all else, and the state goes last.
type recorder struct {
	result  *Result
	trainer *train.Trainer
	history *os.File
	saved   time.Time // when the state was last written

	leg    *Result           // the run whose configuration is at work; see fork.go
	until  int               // the epoch that the leg ends with, if it is not the last
	at     *safetensors.File // where it stood then
	epochs int               // of the whole run
	alone  bool              // its end is kept
}

// saveEvery is how much work a killed run can lose. Only tests change it.
var saveEvery = 10 * time.Second

// begin opens the folder of a run, which must be locked, and continues an
// unfinished one: the state is restored, and history that the state does not
// know of is dropped. leg is the run that t is of, r or one that it goes on from.
func begin(r *Result, t *train.Trainer, leg *Result, devIndex []int) (*recorder, error) {
	atomicfile.Sweep(r.Dir, 0)
	// What cannot be written is told now, not after hours of work.
	for _, name := range []string{recordFile, historyFile, splitFile, stateFile, bestFile} {
		if err := atomicfile.CanReplace(filepath.Join(r.Dir, name)); err != nil {
			return nil, fmt.Errorf("lab: run store: %w", err)
		}
	}
	t.Data, t.Code = leg.on(), leg.Code.ofState()
	f, err := safetensors.Load(filepath.Join(r.Dir, stateFile))
	switch {
	case err == nil:
		err := r.restore(t, leg, f)
		if errors.Is(err, errNoBest) {
			return nil, errors.Join(err, r.anew(bestFile, "missing"))
		}
		if err != nil {
			return nil, fmt.Errorf("%w: remove %s to train it from the start", err, r.short())
		}
	case errors.Is(err, fs.ErrNotExist):
		if err := r.startOver(); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("lab: %w: remove %s to train it from the start", err, r.short())
	}
	if err := writeJSON(filepath.Join(r.Dir, splitFile), devIndex, ""); err != nil {
		return nil, err
	}
	path := filepath.Join(r.Dir, historyFile)
	if err := writeHistory(path, r.History); err != nil {
		return nil, err
	}
	h, err := atomicfile.OpenOwn(path, os.O_WRONLY|os.O_APPEND)
	if err != nil {
		return nil, err
	}
	// From now on the run is in the list of runs, and if it is killed, can be
	// removed from there.
	open := *r
	open.Status, open.Steps, open.Events = Interrupted, t.Step, len(r.History)
	open.Best, open.Last = r.History.evaluations()
	if err := open.writeRecord(); err != nil {
		h.Close()
		return nil, err
	}
	return &recorder{result: r, trainer: t, history: h, saved: time.Now()}, nil
}

// restore makes r and t stand where f was saved.
func (r *Result) restore(t *train.Trainer, leg *Result, f *safetensors.File) error {
	if err := t.Restore(f); err != nil {
		return err
	}
	h, err := readHistory(filepath.Join(r.Dir, historyFile))
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	if len(h) < t.Told {
		return fmt.Errorf("lab: a history of %d events and a state that knows of %d", len(h), t.Told)
	}
	if best := h[:t.Told].Of(train.Best); len(best) > 0 && r.alike(leg) {
		// It may be better than the state knows: the run was killed after it.
		err := r.checkBest(func(step int, _ float64) bool { return step >= best[len(best)-1].Step })
		if errors.Is(err, fs.ErrNotExist) {
			return errNoBest
		}
		if err != nil {
			return fmt.Errorf("lab: %w", err)
		}
	}
	r.History = h[:t.Told]
	t.Past = slices.Clip(r.History)
	if old, err := readResult(r.Dir); err == nil {
		r.Started = old.Started
		if r.Continued == nil {
			r.Continued = old.Continued
		}
	}
	return nil
}

// tell keeps an event, and the weights if it is the best so far.
func (rec *recorder) tell(e train.Event) error {
	r := rec.result
	r.History = append(r.History, e)
	if err := writeLine(rec.history, e); err != nil {
		return err
	}
	if e.Kind != train.Best || !r.alike(rec.leg) {
		return nil
	}
	meta := rec.meta(e)
	if err := tellKind(meta, r.lab.Train); err != nil {
		return err
	}
	return rec.trainer.Model().Save(filepath.Join(r.Dir, bestFile), meta)
}

// meta is what a saved model says of itself.
func (rec *recorder) meta(e train.Event) map[string]string {
	r := rec.result
	return map[string]string{
		"question": r.Question, "run": filepath.Base(r.Dir), "name": r.Name, "data": r.Data, "data_set_sha256": r.DataSum,
		"preprocessing": "pixels / 255", "step": fmt.Sprint(e.Step), "dev_accuracy": fmt.Sprint(e.Score), "dev_loss": fmt.Sprint(e.Loss),
	}
}

// saveInTime saves the state if that is due.
func (rec *recorder) saveInTime() error {
	if time.Since(rec.saved) < saveEvery {
		return nil
	}
	return rec.save()
}

// save writes the state of the run, if it is one that can be continued. With a
// weight that is not finite the run is about to end, and the last good state
// stays.
func (rec *recorder) save() error {
	if rec.trainer.Network().CheckFinite() != nil {
		return nil
	}
	if rec.result.Code.Once != "" {
		rec.saved = time.Now()
		return rec.history.Sync()
	}
	if err := rec.history.Sync(); err != nil {
		return err
	}
	f, err := rec.trainer.File()
	if err != nil {
		return err
	}
	if err := f.Save(filepath.Join(rec.result.Dir, stateFile)); err != nil {
		return err
	}
	rec.saved = time.Now()
	return nil
}

// end closes the run's folder with its status. keep is given the result once
// its files are complete, and before the record says so.
func (rec *recorder) end(status Status, cause error, keep func(*Result) error) error {
	defer rec.history.Close()
	r := rec.result
	t := rec.trainer
	r.Status, r.Steps, r.Seconds, r.Events = status, t.Step, t.Seconds, len(r.History)
	r.Epochs, r.CPU, r.Parts = t.Begun(), t.CPU, t.Parts
	if cause != nil {
		r.Error = cause.Error()
	}
	r.Best, r.Last = r.History.evaluations()
	finish := rec.history.Sync
	if status == Interrupted {
		finish = rec.save
	}
	if err := finish(); err != nil {
		return err
	}
	if err := keep(r); err != nil {
		if status == Finished { // to be continued at its very end
			err = errors.Join(err, rec.save())
		}
		return err
	}
	if err := r.writeRecord(); err != nil {
		return err
	}
	if status != Interrupted {
		os.Remove(filepath.Join(r.Dir, stateFile))
	}
	return nil
}
