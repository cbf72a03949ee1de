package lab

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/internal/parallel"
	"inkling/pkg/internal/printable"
	"inkling/pkg/internal/rawjson"
	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
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
	Named    bool `json:",omitempty"` // a person chose the name; else it follows from the settings
	Question string
	Status   Status
	Error    string `json:",omitempty"`
	Ended    string `json:",omitempty"` // why it finished before its last epoch: by its Each, or out of patience

	Hyper   Settings // the hyperparameters, for people and their programs
	Config  string   // Config.Key
	Data    string   // what the run was trained on, in words
	DataSum string   // SHA-256 of the training set before the split
	Split   Split
	Code    Code

	Fork      *Origin `json:",omitempty"` // the run that it goes on from with other values, from its first epoch on in History
	Continued *Origin `json:",omitempty"` // the same run but shorter, whose end it was continued from

	Kernels string // as told, with the number of workers
	Weights int    // trainable values
	Layers  json.RawMessage
	Input   nn.Shape `json:",omitzero"` // of one example; that of MNIST where an old record does not say

	// SideBySide is the number of runs that shared the machine, if more than
	// one: Seconds does not compare with those of a run alone.
	SideBySide int `json:",omitempty"`

	Seed       uint64
	Epochs     int // begun
	EpochSteps int `json:",omitempty"` // of one epoch, in a fork of its own

	Started      time.Time
	Seconds      float64 // of training and evaluation, see Result.Disturbed
	CPU          float64 `json:",omitempty"` // of these, over all cores, see Result.Cost
	Parts        int     `json:",omitempty"` // so many times begun or continued
	Steps        int
	Planned      int          `json:",omitempty"` // steps of the whole run, which patience may end earlier
	Events       int          // in the history
	HistoryBytes int64        `json:",omitempty"` // of a run that has ended, by which a list sees that its history is whole
	Best         train.Event  // the evaluation with the best score
	Last         train.Event  // the last evaluation
	Test         *train.Score `json:",omitempty"` // of the best model, once it has been asked for
}

// Split says how the dev split was cut off the training set.
type Split struct {
	Seed uint64
	Dev  int
}

// Result is a run with its record and history.
type Result struct {
	Record
	History History // of a run that was listed, empty until one of the methods is asked for a part of it
	Dir     string
	Stored  bool // found in the run store, not trained now

	unread bool  // History is still on disk alone
	held   int64 // bytes in the folder when the run was listed
	lab    *Lab
	lost   string // the missing file because of which the run was begun anew, in a sentence
	label  string // among the runs of its Fit
}

// StoreDir is the folder of the run store: INKLING_RUNS, else runs beside the
// go.mod of this module, found by walking up from the working directory, else
// inkling/runs in the user's cache.
func StoreDir() (string, error) {
	if dir := os.Getenv("INKLING_RUNS"); dir != "" {
		return filepath.Abs(dir)
	}
	if root := ModuleRoot(); root != "" {
		return filepath.Join(root, "runs"), nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("lab: no place for runs: set INKLING_RUNS to a folder: %w", err)
	}
	return filepath.Join(cache, "inkling", "runs"), nil
}

// ModuleRoot is the folder of this module's go.mod, found by walking up from the
// working directory; "" if that is elsewhere.
func ModuleRoot() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		b, err := atomicfile.ReadFile(filepath.Join(dir, "go.mod"), 1<<20)
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
	m, meta, err := nn.Load(filepath.Join(r.Dir, bestFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && r.Best.Step == 0:
		return nil, fmt.Errorf("lab: %s has no saved model: it was never evaluated", r.Name)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("lab: %s has lost its model, %s: train it again", r.Name, filepath.ToSlash(filepath.Join(r.short(), bestFile)))
	case err == nil:
		err = r.belongs(meta, r.isBest)
	}
	if err != nil {
		return nil, fmt.Errorf("lab: %w: remove %s to train it again", err, r.short())
	}
	return m, nil
}

// Train and Dev are the reports and the evaluations of the run.
func (r *Result) Train() History { return r.AllEvents().Of(train.Train) }

func (r *Result) Dev() History { return r.AllEvents().Of(train.Dev) }

// AllEvents are all events of the run.
func (r *Result) AllEvents() History {
	reading.Lock()
	defer reading.Unlock()
	if r.unread {
		r.unread = false
		r.History, _ = readHistory(filepath.Join(r.Dir, historyFile)) // checked when the run was listed
	}
	return r.History
}

var reading sync.Mutex // of Result.unread

// Label is the run's name, for where it is shown alone; see LabelAmong.
func (r *Result) Label() string { return r.Name }

// Points returns a curve over the iterations: split is "train" or "dev",
// metric "loss", "objective", "score", "lr" or "gradnorm". That of a fork begins
// where the run that it goes on from was then.
func (r *Result) Points(split, metric string) (x, y []float64) {
	h := r.AllEvents().Of(train.Kind(split))
	if r.Fork != nil {
		own := slices.IndexFunc(h, func(e train.Event) bool { return e.Step > r.Fork.Step })
		if own < 0 {
			own = len(h)
		}
		h = h[max(own-1, 0):]
	}
	switch metric {
	case "loss":
		return h.Steps(), h.Losses()
	case "objective":
		return h.Steps(), h.Objectives()
	case "score":
		return h.Steps(), h.Scores()
	case "lr":
		return h.Steps(), h.LRs()
	case "gradnorm":
		return h.Steps(), h.GradNorms()
	}
	panic(fmt.Sprintf("lab: metric %q, want loss, objective, score, lr or gradnorm", metric))
}

// dataName is the name of the data in Record.Data.
func (r *Result) dataName() string {
	before, _, _ := strings.Cut(r.Data, " for training")
	if i := strings.LastIndex(before, ", "); i >= 0 {
		before = before[:i]
	}
	return before
}

// String is a run in a line: on what, if not MNIST, and what came of it.
func (r *Result) String() string {
	name := cmp.Or(r.label, r.Name)
	if on := r.dataName(); on != "MNIST" && on != "" {
		name += " on " + on
	}
	s := fmt.Sprintf("%s: dev %.2f %% at iteration %d of %d, %.1f s", name, 100*r.Best.Score, r.Best.Step, r.Steps, r.Seconds)
	if why := r.Disturbed(); why != "" {
		s += " (" + why + ")"
	}
	if r.Ended != "" {
		s += ", ended early " + r.Ended
	}
	steps, at, best := r.Steps, r.Best, ""
	if r.Status == Interrupted && steps == 0 { // not begun, or killed
		steps, _, at = r.reached()
	}
	if at != (train.Event{}) {
		best = fmt.Sprintf("best dev %.2f %%, ", 100*at.Score)
	}
	switch {
	case r.Status == Diverged:
		s = fmt.Sprintf("%s: %s", name, r.Error)
	case r.Status == Interrupted && steps == 0:
		s = name + ": not begun"
	case r.Status == Interrupted && r.Code.Once != "":
		s = fmt.Sprintf("%s: interrupted after iteration %d, %sit cannot be continued: %s", name, steps, best, r.Code.Unknown)
	case r.Status == Interrupted && r.Steps == 0:
		s = fmt.Sprintf("%s: ended unsaved after iteration %d, %srun again to make it", name, steps, best)
	case r.Status == Interrupted:
		s = fmt.Sprintf("%s: interrupted after iteration %d, %ssaved in %s: run again to continue", name, r.Steps, best, r.short())
	case r.Stored:
		s += ", stored " + r.Started.Format("2006-01-02 15:04")
	}
	return s
}

// readResult reads a run's folder. A missing record is fs.ErrNotExist.
func readResult(dir string) (*Result, error) {
	r, err := readRecord(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, historyFile)
	if r.History, err = readHistory(path); err != nil {
		return nil, fmt.Errorf("lab: run store: %v", err) // never fs.ErrNotExist: the record is there
	}
	if r.Status != Interrupted && len(r.History) != r.Events {
		return nil, fmt.Errorf("lab: %s is damaged: %d events, %s tells of %d", printable.Text(path), len(r.History), recordFile, r.Events)
	}
	return r, nil
}

// readHead is readResult for a list, which may be long: where the history looks
// whole, it is left for whoever wants to see it.
func readHead(dir string) (*Result, error) {
	r, err := readRecord(dir)
	if err != nil {
		return nil, err
	}
	// One look at the folder tells all but what the files say.
	entries, _ := os.ReadDir(dir)
	var history, best fs.FileInfo
	held := int64(0)
	for _, e := range entries {
		info, err := e.Info()
		switch {
		case err != nil: // gone meanwhile
			continue
		case info.IsDir():
			held += sizeOf(filepath.Join(dir, e.Name()))
		case info.Mode().IsRegular():
			held += info.Size()
		}
		switch {
		case e.Name() == bestFile:
			best = info
		case e.Name() == historyFile && info.Mode().IsRegular():
			history = info
		}
	}
	whole := history != nil && (r.Status == Interrupted || history.Size() == r.HistoryBytes)
	if history != nil && !whole && r.HistoryBytes == 0 { // a record that does not tell
		n, err := countEvents(filepath.Join(dir, historyFile))
		whole = err == nil && n == r.Events
	}
	if !whole {
		if r, err = readResult(dir); err != nil {
			return nil, err
		}
	}
	r.unread, r.held = whole, held
	if r.lacksModel(best) {
		r.Status = Interrupted // no result without a model: it will be made anew
	}
	return r, nil
}

func readRecord(dir string) (*Result, error) {
	path := filepath.Join(dir, recordFile)
	b, err := atomicfile.ReadFile(path, maxRecord)
	if err != nil {
		return nil, fmt.Errorf("lab: run store: %w", err)
	}
	r := &Result{Dir: dir, Stored: true}
	if err := r.decode(b); err != nil {
		return nil, fmt.Errorf("lab: %s is damaged: %w", printable.Text(path), err)
	}
	for _, text := range []*string{&r.Name, &r.Question, &r.Error, &r.Ended, &r.Data, &r.Kernels} {
		*text = printable.Text(*text)
	}
	for _, from := range []*Origin{r.Fork, r.Continued} {
		if from != nil {
			from.Run, from.Name = printable.Text(from.Run), printable.Text(from.Name)
		}
	}
	r.Layers = json.RawMessage(squeezed(r.Layers))
	return r, nil
}

// decode reads what writeRecord wrote.
func (r *Record) decode(b []byte) error {
	if quick := (Record{}); quick.read(b) {
		*r = quick
	} else if err := json.Unmarshal(b, r); err != nil {
		return err
	}
	switch r.Status {
	case Finished, Interrupted, Diverged:
	default:
		return fmt.Errorf("status %.20q, want %s, %s or %s", r.Status, Finished, Interrupted, Diverged)
	}
	if r.Steps < 0 || r.Events < 0 || r.Best.Step < 0 || r.Best.Step > r.Steps || r.Weights < 0 || r.Split.Dev < 0 {
		return fmt.Errorf("%d steps, %d events, the best at step %d: these cannot be", r.Steps, r.Events, r.Best.Step)
	}
	return nil
}

// maxRecord is the largest run.json that is read, in bytes.
const maxRecord = 16 << 20

// read reads a plain record without the detours of package json: a list has as many of
// them as the store has runs.
func (r *Record) read(b []byte) bool {
	return rawjson.Fields(b, func(name string, value []byte) (ok bool) {
		text := func(to *string) bool {
			v, ok := rawjson.Text(value)
			*to = v
			return ok
		}
		whole := func(to *int) bool {
			v, err := strconv.Atoi(string(value))
			*to = v
			return err == nil
		}
		number := func(to *float64) bool {
			v, err := strconv.ParseFloat(string(value), 64)
			*to = v
			return err == nil
		}
		switch name {
		case "Name":
			return text(&r.Name)
		case "Named":
			r.Named = value[0] == 't'
			return value[0] == 't' || value[0] == 'f'
		case "Question":
			return text(&r.Question)
		case "Status":
			var status string
			ok = text(&status)
			r.Status = Status(status)
			return ok
		case "Error":
			return text(&r.Error)
		case "Ended":
			return text(&r.Ended)
		case "Hyper":
			r.Hyper, ok = readFlat(value)
			return ok
		case "Config":
			return text(&r.Config)
		case "Data":
			return text(&r.Data)
		case "DataSum":
			return text(&r.DataSum)
		case "Kernels":
			return text(&r.Kernels)
		case "Weights":
			return whole(&r.Weights)
		case "Layers":
			r.Layers = slices.Clone(value)
			return true
		case "SideBySide":
			return whole(&r.SideBySide)
		case "Seed":
			v, err := strconv.ParseUint(string(value), 10, 64)
			r.Seed = v
			return err == nil
		case "Epochs":
			return whole(&r.Epochs)
		case "EpochSteps":
			return whole(&r.EpochSteps)
		case "Seconds":
			return number(&r.Seconds)
		case "CPU":
			return number(&r.CPU)
		case "Parts":
			return whole(&r.Parts)
		case "Steps":
			return whole(&r.Steps)
		case "Planned":
			return whole(&r.Planned)
		case "Events":
			return whole(&r.Events)
		case "HistoryBytes":
			v, err := strconv.ParseInt(string(value), 10, 64)
			r.HistoryBytes = v
			return err == nil
		case "Started":
			return r.Started.UnmarshalJSON(value) == nil
		case "Best":
			return r.Best.UnmarshalJSON(value) == nil
		case "Last":
			return r.Last.UnmarshalJSON(value) == nil
		case "Code":
			if same, ok := codes.Load(string(value)); ok { // as most runs have it
				r.Code = same.(Code)
				return true
			}
			ok = r.Code.UnmarshalJSON(value) == nil
			if ok {
				codes.Store(string(value), r.Code)
			}
			return ok
		case "Split":
			return json.Unmarshal(value, &r.Split) == nil
		case "Input":
			return json.Unmarshal(value, &r.Input) == nil
		case "Fork":
			return json.Unmarshal(value, &r.Fork) == nil
		case "Continued":
			return json.Unmarshal(value, &r.Continued) == nil
		case "Test":
			return json.Unmarshal(value, &r.Test) == nil
		}
		return false
	})
}

var codes sync.Map // Code by its JSON

// writeRecord replaces run.json.
func (r *Result) writeRecord() error {
	r.HistoryBytes = 0
	if info, err := os.Lstat(filepath.Join(r.Dir, historyFile)); err == nil && r.Status != Interrupted {
		r.HistoryBytes = info.Size()
	}
	return writeJSON(filepath.Join(r.Dir, recordFile), r.Record, "  ")
}

func writeJSON(path string, v any, indent string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", indent)
		return enc.Encode(v)
	})
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
	return strings.TrimRight(s[:min(len(s), 60)], "-.")
}

// lock takes the run's folder, made if need be, for this process.
func (r *Result) lock() (release func(), err error) {
	if err := r.ownFolders(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("lab: run store: %w", err)
	}
	release, err = lock(filepath.Join(r.Dir, "lock"), refuse)
	switch {
	case errors.Is(err, errLocked):
		return nil, fmt.Errorf("lab: %s is %w: wait for it or stop it", r.short(), err)
	case err != nil:
		return nil, fmt.Errorf("lab: run store: %w", err)
	}
	return release, nil
}

// short is the run's folder as told to a person: it can be pasted into a shell,
// and holds no name of a folder of the machine's.
func (r *Result) short() string {
	root := filepath.Dir(filepath.Dir(filepath.Dir(r.Dir)))
	data := filepath.Base(filepath.Dir(filepath.Dir(r.Dir)))
	return filepath.ToSlash(filepath.Join(shortRoot(root), data, r.Question, filepath.Base(r.Dir)))
}

// shortRoot is how a person names the run store at root.
func shortRoot(root string) string {
	if env := os.Getenv("INKLING_RUNS"); env != "" {
		if dir, err := filepath.Abs(env); err == nil && dir == root {
			return "$INKLING_RUNS"
		}
	}
	home, err := os.UserHomeDir()
	cache, bad := os.UserCacheDir()
	if err == nil && bad == nil && root == filepath.Join(cache, "inkling", "runs") {
		if rel, err := filepath.Rel(home, root); err == nil && filepath.IsLocal(rel) {
			return filepath.Join("~", rel)
		}
		return root
	}
	return "runs"
}

// folders are the folders in dir whose names end in suffix, sorted; none if
// there is no dir.
func folders(dir, suffix string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("lab: run store: %w", err)
	}
	var list []string
	var errs []error
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case !strings.HasSuffix(e.Name(), suffix) || e.Name()[0] == '.': // which is on its way out
		case e.IsDir():
			list = append(list, path)
		case e.Type()&fs.ModeSymlink != 0:
			errs = append(errs, ownFolder(path))
		}
	}
	return list, errors.Join(errs...)
}

// ownFolder refuses a link in the place of a folder of the run store: what is
// written there would end up anywhere.
func ownFolder(path string) error {
	if err := atomicfile.OwnFolder(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("lab: run store: %w; only the whole store may be a link, or lie where INKLING_RUNS says", err)
	}
	return nil
}

// ownFolders checks the folders of the data, the question and the run.
func (r *Result) ownFolders() error {
	question := filepath.Dir(r.Dir)
	for _, dir := range []string{filepath.Dir(question), question, r.Dir} {
		if err := ownFolder(dir); err != nil {
			return err
		}
	}
	return nil
}

// readRuns reads all runs below dir that have ended or been interrupted,
// oldest first. The error names those that cannot be read; the others come
// all the same.
func readRuns(dir string) ([]*Result, error) {
	dirs, err := folders(dir, "")
	runs, damaged := readAll(dirs)
	return runs, errors.Join(err, damaged)
}

// readAll is readRuns for the folders of runs of one question.
func readAll(dirs []string) ([]*Result, error) {
	found, errs := make([]*Result, len(dirs)), make([]error, len(dirs))
	parallel.Each(len(dirs), 16, func() func(int) {
		return func(i int) {
			found[i], errs[i] = readHead(dirs[i])
		}
	})
	var all []*Result
	var damaged []error
	for i, err := range errs {
		switch {
		case err == nil:
			all = append(all, found[i])
		case !errors.Is(err, fs.ErrNotExist): // else at its beginning, or killed there
			damaged = append(damaged, err)
		}
	}
	slices.SortStableFunc(all, func(a, b *Result) int { return a.Started.Compare(b.Started) })
	return all, errors.Join(damaged...)
}

// StoredRuns are the runs of a question, or of every question if it is "",
// whatever data they were made on: for looking, without loading data. As with
// Lab.Runs, the error names what cannot be read beside the runs that can.
func StoredRuns(question string) ([]*Result, error) {
	places, err := places()
	errs := []error{err}
	var all []*Result
	for _, dir := range places {
		if question == "" || filepath.Base(dir) == question {
			runs, err := readRuns(dir)
			all, errs = append(all, runs...), append(errs, err)
		}
	}
	return all, errors.Join(errs...)
}

// Questions are those that have runs, on any data, sorted.
func Questions() []string {
	places, _ := places() // what cannot be read is not what was asked about
	var list []string
	for _, dir := range places {
		name := filepath.Base(dir)
		if slices.Contains(list, name) {
			continue
		}
		dirs, _ := folders(dir, "")
		if slices.ContainsFunc(dirs, func(dir string) bool {
			info, err := os.Stat(filepath.Join(dir, recordFile))
			return err == nil && info.Mode().IsRegular()
		}) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// places are the folders of all questions on all data.
func places() ([]string, error) {
	root, err := StoreDir()
	if err != nil {
		return nil, err
	}
	data, err := folders(root, "")
	errs := []error{err}
	var all []string
	for _, dir := range data {
		questions, err := folders(dir, "")
		all, errs = append(all, questions...), append(errs, err)
	}
	return all, errors.Join(errs...)
}
