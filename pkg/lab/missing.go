package lab

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"inkling/pkg/internal/printable"
	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

// Files of a run may be missing: it was killed before they were written, or a
// person removed or mixed them up. What can be continued is; what cannot begins
// anew and says so in one line; what is there and wrong is refused, with advice.

// errNoBest says that a state cannot be continued, since the weights of its best
// evaluation are not in it.
var errNoBest = errors.New("lab: the best model is missing")

// fault says what is wrong with the best model of a run that has ended, as far as
// its folder tells at a glance: "missing" or "damaged", "" if it is whole. Only
// loading it compares its checksum.
func (r *Result) fault() string {
	path := filepath.Join(r.Dir, bestFile)
	if r.Best.Step == 0 {
		return ""
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return "missing"
	}
	if _, err := safetensors.Meta(path); err != nil {
		return "damaged"
	}
	return ""
}

// lacksModel is fault for a list, which may be long: it does not open the file, of
// which info is what the folder says, nil where there is none.
func (r *Result) lacksModel(info fs.FileInfo) bool {
	return r.Best.Step > 0 && (info == nil || info.Mode().IsRegular() && info.Size() < 4*int64(r.Weights))
}

// checkModel reports a model, in the folder of a run that has ended, that is
// whole and of another run.
func (r *Result) checkModel() error {
	meta, err := safetensors.Meta(filepath.Join(r.Dir, bestFile))
	if err == nil && r.Best.Step > 0 {
		err = r.belongs(meta, r.isBest)
	}
	if err != nil && r.Best.Step > 0 {
		return fmt.Errorf("lab: %w: remove %s to train it again", err, r.short())
	}
	return nil
}

// isBest says whether a model of that step and score is the best of r. Of a run
// that goes on elsewhere, a better one may be there by now.
func (r *Result) isBest(step int, score float64) bool {
	return r.Status == Interrupted || step == r.Best.Step && score == r.Best.Score
}

// startOver makes way for a run whose folder has no state. The folder may be new.
func (r *Result) startOver() error {
	old, err := readResult(r.Dir)
	switch {
	case err == nil && old.Status == Interrupted && len(old.History) == 0:
		return nil // killed before there was anything to lose
	case err == nil && old.Status == Interrupted:
		return r.anew(stateFile, "missing")
	case err == nil:
		return r.anew(bestFile, cmp.Or(old.fault(), "missing")) // else the run would have been taken as it is
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	h, err := readHistory(filepath.Join(r.Dir, historyFile))
	if err != nil || len(h) == 0 {
		return nil
	}
	return r.anew(stateFile, "missing") // killed before the first one was written, perhaps
}

// anew removes what says that there is a run, the record first, and remembers
// which file is the reason, and what is wrong with it.
func (r *Result) anew(file, wrong string) error {
	for _, name := range []string{recordFile, stateFile, bestFile} {
		if err := os.Remove(filepath.Join(r.Dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("lab: run store: %w", err)
		}
	}
	if r.lost == "" {
		r.lost = fmt.Sprintf("%s: begun anew, as %s is %s", r.Name, filepath.ToSlash(filepath.Join(r.short(), file)), wrong)
	}
	return nil
}

// gone is err, or that somebody has removed the folder of the run meanwhile.
func (r *Result) gone(err error) error {
	if _, bad := os.Lstat(r.Dir); err != nil && errors.Is(bad, fs.ErrNotExist) {
		return fmt.Errorf("lab: %s: somebody removed %s while the run was trained: run again to train it from the start", r.Name, r.short())
	}
	return err
}

// checkBest reports why the saved model is not one of this run's whose step and
// score fit.
func (r *Result) checkBest(fits func(step int, score float64) bool) error {
	_, meta, err := nn.Load(filepath.Join(r.Dir, bestFile))
	if err != nil {
		return err
	}
	return r.belongs(meta, fits)
}

// belongs is checkBest for the metadata of a model that has been loaded.
func (r *Result) belongs(meta map[string]string, fits func(step int, score float64) bool) error {
	step, err := strconv.Atoi(meta["step"])
	score, bad := strconv.ParseFloat(meta["dev_accuracy"], 64)
	var layers bytes.Buffer // run.json has them indented
	if json.Compact(&layers, r.Layers) != nil || err != nil || bad != nil ||
		meta["data_set_sha256"] != r.DataSum || meta["architecture"] != layers.String() || !fits(step, score) {
		return fmt.Errorf("%s is the model of another run: %s, dev accuracy %s at step %s",
			filepath.Join(r.Dir, bestFile), printable.Text(meta["name"]), printable.Text(meta["dev_accuracy"]), printable.Text(meta["step"]))
	}
	return nil
}
