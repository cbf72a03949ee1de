package train

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"inkling/pkg/nn"
	"inkling/pkg/nn/internal/atomicfile"
	"inkling/pkg/nn/safetensors"
)

// The files of a run's folder.
const (
	recordFile  = "run.json"
	historyFile = "history.jsonl"
	splitFile   = "split.json" // indices of the dev examples in the training set
	stateFile   = "state.safetensors"
	bestFile    = "best.safetensors"
)

// Status says how a run ended.
type Status string

const (
	Finished    Status = "finished"
	Interrupted Status = "interrupted" // can be continued
	Diverged    Status = "diverged"    // the loss was not finite; best.safetensors is from before
)

// Record is what the run store knows of a run: run.json.
type Record struct {
	Name     string
	Question string
	Status   Status
	Error    string `json:",omitempty"`

	Config  string // Config.Key
	Data    string // what the run was trained on, in words
	DataSum string // SHA-256 of the training set before the split
	Split   Split
	Code    string // nn.Version and data.Version
	Kernels string
	Weights int // trainable values
	Layers  json.RawMessage

	Started time.Time
	Seconds float64 // of training and evaluation
	Steps   int
	Best    Event  // the evaluation with the best score
	Last    Event  // the last evaluation
	Test    *Score `json:",omitempty"` // of the best model, once it has been asked for
}

// Split says how the dev split was cut off the training set.
type Split struct {
	Seed uint64
	Dev  int
}

// Result is a run with its record and history.
type Result struct {
	Record
	History History
	Dir     string
	Stored  bool // found in the run store, not trained now

	lab *Lab
}

// StoreDir is the folder of the run store: INKLING_RUNS, else runs beside the
// go.mod of this module, found by walking up from the working directory, else
// inkling/runs in the user's cache.
func StoreDir() (string, error) {
	if dir := os.Getenv("INKLING_RUNS"); dir != "" {
		return filepath.Abs(dir)
	}
	if root := moduleRoot(); root != "" {
		return filepath.Join(root, "runs"), nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("train: no place for runs: set INKLING_RUNS to a folder: %w", err)
	}
	return filepath.Join(cache, "inkling", "runs"), nil
}

func moduleRoot() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(b, []byte("module inkling\n")) {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// Model loads the best weights of the run.
func (r *Result) Model() (*nn.Model, error) {
	m, _, err := nn.Load(filepath.Join(r.Dir, bestFile))
	return m, err
}

// Train and Dev are the reports and the evaluations of the run.
func (r *Result) Train() History { return r.History.Of(Train) }
func (r *Result) Dev() History   { return r.History.Of(Dev) }

// Label is the run's name, for legends.
func (r *Result) Label() string { return r.Name }

// Points returns a curve over the iterations: split is "train" or "dev",
// metric "loss", "score", "lr" or "gradnorm".
func (r *Result) Points(split, metric string) (x, y []float64) {
	h := r.History.Of(Kind(split))
	switch metric {
	case "loss":
		return h.Steps(), h.Losses()
	case "score":
		return h.Steps(), h.Scores()
	case "lr":
		return h.Steps(), h.LRs()
	case "gradnorm":
		return h.Steps(), h.GradNorms()
	}
	panic(fmt.Sprintf("train: metric %q, want loss, score, lr or gradnorm", metric))
}

func (r *Result) String() string {
	s := fmt.Sprintf("%s: dev %.2f %% at iteration %d of %d, %.1f s", r.Name, 100*r.Best.Score, r.Best.Step, r.Steps, r.Seconds)
	switch {
	case r.Status == Diverged:
		s = fmt.Sprintf("%s: %s", r.Name, r.Error)
	case r.Status == Interrupted:
		s += ", interrupted: run again to continue"
	case r.Stored:
		s += ", stored " + r.Started.Format("2006-01-02 15:04")
	}
	return s
}

// readResult reads a run's folder. A missing folder is fs.ErrNotExist.
func readResult(dir string) (*Result, error) {
	b, err := os.ReadFile(filepath.Join(dir, recordFile))
	if err != nil {
		return nil, err
	}
	r := &Result{Dir: dir, Stored: true}
	if err := json.Unmarshal(b, &r.Record); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, recordFile), err)
	}
	r.History, err = readHistory(filepath.Join(dir, historyFile))
	return r, err
}

func readHistory(path string) (History, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var h History
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var e Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return h, nil // the last line of a killed run may be cut short
		}
		h = append(h, e)
	}
	return h, nil
}

// writeRecord replaces run.json.
func (r *Result) writeRecord() error {
	return writeJSON(filepath.Join(r.Dir, recordFile), r.Record, "  ")
}

func writeJSON(path string, v any, indent string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", indent)
		return enc.Encode(v)
	})
}

// recorder writes a run's history and state as it goes.
type recorder struct {
	result  *Result
	trainer *Trainer
	history *os.File
	saved   time.Time // when the state was last written
}

// saveEvery is how much work a killed run can lose.
const saveEvery = 10 * time.Second

// begin opens the folder of a run, and continues an unfinished one: the state
// is restored and history that the state does not know of is dropped.
func begin(r *Result, t *Trainer, devIndex []int) (*recorder, error) {
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("train: run store: %w", err)
	}
	atomicfile.Sweep(r.Dir, time.Hour)
	f, err := safetensors.Load(filepath.Join(r.Dir, stateFile))
	switch {
	case err == nil:
		if err := t.Restore(f); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Dir, err)
		}
		if r.History, err = readHistory(filepath.Join(r.Dir, historyFile)); err != nil {
			return nil, err
		}
		if len(r.History) < t.Told {
			return nil, fmt.Errorf("%s: history of %d events, the state was saved after %d: remove the folder to start again", r.Dir, len(r.History), t.Told)
		}
		r.History = r.History[:t.Told]
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if err := writeJSON(filepath.Join(r.Dir, splitFile), devIndex, ""); err != nil {
		return nil, err
	}
	if err := atomicfile.Write(filepath.Join(r.Dir, historyFile), func(w io.Writer) error {
		for _, e := range r.History {
			if err := writeLine(w, e); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	h, err := os.OpenFile(filepath.Join(r.Dir, historyFile), os.O_WRONLY|os.O_APPEND, 0o644)
	return &recorder{result: r, trainer: t, history: h, saved: time.Now()}, err
}

func writeLine(w io.Writer, e Event) error {
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// tell keeps an event, the best weights, and from time to time the state.
func (rec *recorder) tell(e Event) error {
	rec.result.History = append(rec.result.History, e)
	if err := writeLine(rec.history, e); err != nil {
		return err
	}
	if e.Kind == Best {
		if err := rec.trainer.Model().Save(filepath.Join(rec.result.Dir, bestFile), rec.meta(e)); err != nil {
			return err
		}
	}
	if time.Since(rec.saved) > saveEvery {
		return rec.save()
	}
	return nil
}

// meta is what a saved model says of itself.
func (rec *recorder) meta(e Event) map[string]string {
	r := rec.result
	return map[string]string{
		"question": r.Question, "run": filepath.Base(r.Dir), "name": r.Name, "data": r.Data, "data_set_sha256": r.DataSum,
		"preprocessing": "pixels / 255", "step": fmt.Sprint(e.Step), "dev_accuracy": fmt.Sprint(e.Score), "dev_loss": fmt.Sprint(e.Loss),
	}
}

// save writes the state of the run.
func (rec *recorder) save() error {
	f, err := rec.trainer.File()
	if err != nil {
		return err
	}
	rec.saved = time.Now()
	return f.Save(filepath.Join(rec.result.Dir, stateFile))
}

// end closes the run's folder with its status.
func (rec *recorder) end(status Status, cause error) error {
	r := rec.result
	r.Status, r.Steps, r.Seconds = status, rec.trainer.Step, rec.trainer.Seconds
	if cause != nil {
		r.Error = cause.Error()
	}
	if dev := r.Dev(); len(dev) > 0 {
		r.Best, r.Last = dev[dev.Best()], dev[len(dev)-1]
	}
	err := rec.history.Close()
	if status == Interrupted {
		err = errors.Join(err, rec.save())
	}
	err = errors.Join(err, r.writeRecord())
	if status != Interrupted && err == nil {
		os.Remove(filepath.Join(r.Dir, stateFile))
	}
	return err
}

// slug makes a name fit for a folder.
func slug(name string) string {
	s := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '.':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		}
		return '-'
	}, name)
	parts := strings.FieldsFunc(s, func(c rune) bool { return c == '-' })
	s = strings.Trim(strings.Join(parts, "-"), ".")
	return s[:min(len(s), 40)]
}

// readRuns reads all runs below dir that have ended, oldest first.
func readRuns(dir string) ([]*Result, error) {
	records, err := filepath.Glob(filepath.Join(dir, "*", recordFile))
	if err != nil {
		return nil, err
	}
	var all []*Result
	for _, path := range records {
		r, err := readResult(filepath.Dir(path))
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b *Result) int { return a.Started.Compare(b.Started) })
	return all, nil
}
