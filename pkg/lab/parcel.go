package lab

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/internal/printable"
	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
	"inkling/pkg/nn/train"
)

// A parcel is the folder of a run in one piece, a tar archive of its files, for the
// way between machines. The record comes last, so that a parcel which was cut short
// has none. What follows from the data (the split) or from the model (what it says
// about dev) stays where it is.

// packed are the files of a run that a parcel may hold, in its order.
var packed = []string{historyFile, bestFile, stateFile, recordFile}

// maxParcel is the largest parcel that is read, in bytes.
const maxParcel = 2*safetensors.MaxFile + maxHistory + 2*maxRecord

// pack writes the parcel of the run in dir.
func pack(w io.Writer, dir string) error {
	t := tar.NewWriter(w)
	for _, name := range packed {
		if err := packFile(t, dir, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("lab: parcel: %w", err)
		}
	}
	return t.Close()
}

func writeParcel(path, dir string) error {
	return atomicfile.Write(path, func(w io.Writer) error { return pack(w, dir) })
}

func packFile(t *tar.Writer, dir, name string) error {
	f, err := atomicfile.Open(filepath.Join(dir, name), safetensors.MaxFile)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: info.Size(), Mode: 0o644}); err != nil {
		return err
	}
	_, err = io.CopyN(t, f, info.Size())
	return err
}

// unpack writes the files of a parcel into dir, which it makes: those of packed,
// each once at most and of at most limit bytes, and nothing else.
func unpack(r io.Reader, dir string, limit func(name string) int64) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	seen := map[string]bool{}
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		switch {
		case err == io.EOF && seen[recordFile]:
			return nil
		case err == io.EOF:
			return fmt.Errorf("it holds no %s", recordFile)
		case err != nil:
			return fmt.Errorf("no archive of a run: %w", err)
		case h.Typeflag != tar.TypeReg || !slices.Contains(packed, h.Name):
			return fmt.Errorf("it holds %.60q, want regular files by the names of %q", h.Name, packed)
		case seen[h.Name]:
			return fmt.Errorf("it holds %s twice", h.Name)
		case seen[recordFile]:
			return fmt.Errorf("it holds %s behind %s", h.Name, recordFile)
		case h.Size > limit(h.Name):
			return fmt.Errorf("its %s has %d bytes, want at most %d for this run", h.Name, h.Size, limit(h.Name))
		}
		seen[h.Name] = true
		if err := atomicfile.Write(filepath.Join(dir, h.Name), func(w io.Writer) error {
			_, err := io.CopyN(w, t, h.Size)
			return err
		}); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

// limit is the most bytes that a file of the job's run can have.
func (j *job) limit(name string) int64 {
	switch name {
	case recordFile:
		return maxRecord
	case historyFile: // at most a report, an evaluation and a best one in a step
		return min(maxHistory, (3*int64(j.Steps())+16)*maxLine)
	}
	// Weights, statistics and moments are some float32 a weight, and what stands
	// beside them in words is short.
	return min(safetensors.MaxFile, 4<<20+64*int64(j.Weights()))
}

// check reports why what lies in the folder of p is not the run of the job, as far
// as it is asked for. All that can be computed here is: nothing is believed but how
// the losses came about on the way, and how long it took.
func (j *job) check(l *Lab, p *Result) error {
	want := j.result
	switch {
	case p.Config != want.Config:
		return fmt.Errorf("the run has another configuration")
	case p.Code != want.Code:
		return fmt.Errorf("the run was made by other code: %s", p.Code.differs(want.Code))
	case p.DataSum != want.DataSum || p.Data != want.Data || p.Split != want.Split:
		return fmt.Errorf("the run was made on other data: %s", p.Data)
	case p.Question != want.Question || p.Seed != want.Seed || p.Weights != want.Weights || compact(p.Layers) != compact(want.Layers):
		return fmt.Errorf("the record contradicts the configuration")
	case p.Record.Test != nil:
		return fmt.Errorf("the run has been tested, which is for the end and for this machine")
	case p.Steps > j.Steps() || p.Epochs < 0 || p.Epochs > j.Epochs || p.Parts < 0 || p.SideBySide < 0:
		return fmt.Errorf("%d steps in %d epochs, want at most %d in %d", p.Steps, p.Epochs, j.Steps(), j.Epochs)
	case !(p.Seconds >= 0 && p.Seconds < math.MaxInt32 && p.CPU >= 0 && p.CPU < math.MaxInt32):
		return fmt.Errorf("%v seconds, %v of processors: these cannot be", p.Seconds, p.CPU)
	case p.Status == Finished && p.Steps != j.Steps() && j.Patience == 0:
		return fmt.Errorf("finished after %d of %d steps", p.Steps, j.Steps())
	case !j.over(p):
		return fmt.Errorf("%s after %d of %d steps", p.Status, p.Steps, j.steps())
	}
	if err := j.checkHistory(p); err != nil {
		return err
	}
	if err := j.checkBest(l, p); err != nil {
		return err
	}
	if p.Status != Interrupted {
		return nil
	}
	t, err := j.Build(nil)
	if err != nil {
		return err
	}
	t.Data, t.Code = want.on(), want.Code.ofState()
	f, err := safetensors.Load(filepath.Join(p.Dir, stateFile))
	if err != nil {
		return err
	}
	if err := p.restore(t, p, f); err != nil {
		return err
	}
	if t.Step != p.Steps {
		return fmt.Errorf("%d steps, and a state after %d", p.Steps, t.Step)
	}
	return nil
}

// checkHistory reports a history that no run of the job can have.
func (j *job) checkHistory(p *Result) error {
	last := 0
	for i, e := range p.History {
		switch {
		case e.Step < last || e.Step < 1 || e.Step > p.Steps:
			return fmt.Errorf("event %d of the history is at step %d, after %d and of %d", i+1, e.Step, last, p.Steps)
		case e.Epoch < 0 || e.Epoch >= j.Epochs || e.Score < 0 || e.Score > 1:
			return fmt.Errorf("event %d of the history: epoch %d of %d, score %v", i+1, e.Epoch, j.Epochs, e.Score)
		}
		last = e.Step
	}
	if p.Status == Finished && len(p.History.Of(train.Dev)) == 0 {
		return fmt.Errorf("a history without an evaluation")
	}
	p.Best, p.Last = p.History.evaluations()
	return nil
}

// checkBest judges the model of p on the dev split again: the same kernels give the
// same score and loss, to the bit.
func (j *job) checkBest(l *Lab, p *Result) error {
	path := filepath.Join(p.Dir, bestFile)
	if p.Best.Step == 0 {
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("a model of a run that was never evaluated")
		}
		return nil
	}
	m, meta, err := nn.Load(path)
	if err != nil {
		return err
	}
	var of train.Event
	if err := p.belongs(meta, func(step int, score float64) bool {
		for _, e := range p.History.Of(train.Dev) {
			if e.Step == step && e.Score == score {
				of = e
			}
		}
		return of.Step > 0 && p.isBest(step, score)
	}); err != nil {
		return fmt.Errorf("its %s is not the model of its best evaluation", bestFile)
	}
	s, err := train.Evaluate(context.Background(), m, train.LossOf(m), train.InOrder(l.Dev))
	if err != nil {
		return err
	}
	if s.Accuracy != of.Score || s.Loss != of.Loss && !(math.IsNaN(s.Loss) && math.IsNaN(of.Loss)) {
		return fmt.Errorf("its model has %.2f %% and loss %.6g on dev here, its history tells of %.2f %% and %.6g", 100*s.Accuracy, s.Loss, 100*of.Score, of.Loss)
	}
	return nil
}

// differs names what of the code c, of a run from elsewhere, is other than wanted.
func (c Code) differs(want Code) string {
	for _, part := range []struct{ name, is, want string }{
		{"kernels", c.Kernels, want.Kernels}, {"compiler", c.Compiler, want.Compiler},
		{"library", c.Library, want.Library}, {"data library", c.Data, want.Data},
		{"own code", c.Own, want.Own},
	} {
		if part.is != part.want {
			return printable.Text(fmt.Sprintf("%s %.40q, want %q", part.name, part.is, part.want))
		}
	}
	return "it cannot be told"
}

// enter puts what lies in the folder of p, which was checked, into the folder of
// the run of j, which is locked; the record, which says that there is a run, last.
func (j *job) enter(l *Lab, p *Result) (*Result, error) {
	r := j.result
	for _, name := range append([]string{splitFile}, packed...) {
		if err := atomicfile.CanReplace(filepath.Join(r.Dir, name)); err != nil {
			return nil, fmt.Errorf("lab: run store: %w", err)
		}
	}
	r.Status, r.Error, r.Ended, r.Kernels = p.Status, p.Error, p.Ended, p.Kernels
	r.SideBySide, r.Epochs, r.Parts, r.Steps, r.Events = p.SideBySide, p.Epochs, p.Parts, p.Steps, len(p.History)
	r.Started, r.Seconds, r.CPU = p.Started, p.Seconds, p.CPU
	r.History, r.Best, r.Last = p.History, p.Best, p.Last
	if err := writeJSON(filepath.Join(r.Dir, splitFile), l.devIndex, ""); err != nil {
		return nil, fmt.Errorf("lab: run store: %w", err)
	}
	for _, name := range []string{historyFile, bestFile, stateFile} {
		err := os.Rename(filepath.Join(p.Dir, name), filepath.Join(r.Dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("lab: run store: %w", err)
		}
	}
	if err := l.keepBest(r); err != nil {
		return nil, err
	}
	if err := r.writeRecord(); err != nil {
		return nil, fmt.Errorf("lab: run store: %w", err)
	}
	if r.Status != Interrupted {
		os.Remove(filepath.Join(r.Dir, stateFile))
	}
	return r, nil
}
