package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"time"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/internal/atomicfile"
	"inkling/pkg/nn/optim"
)

// Lab is where the runs of one question are made: the data, cut into train and
// dev, and the question's part of the run store.
type Lab struct {
	Question   string
	Digits     *data.Digits // Digits.Train reordered: Train and Dev are windows of it
	Train, Dev *data.Set
	Split      Split
	Log        io.Writer              // where Fit writes; os.Stdout
	Progress   func(label string) Bar // nil for none
	Quiet      bool                   // Fit tells only of what goes wrong
	Quick      bool                   // INKLING_QUICK is set: try things out, not for results

	store    string // the part of the run store for this data
	devIndex []int
	dataSum  string
}

// quickTrain and quickDev are the sizes of the splits of a quick lab.
const quickTrain, quickDev = 5000, 1000

// Open loads the data and opens the run store for a question: a short name
// such as "q1". The training set is cut into train and dev by a seeded
// permutation; dev has 10,000 of the 60,000 examples of MNIST.
func Open(ctx context.Context, question string) (*Lab, error) {
	if question == "" || slug(question) != question {
		return nil, fmt.Errorf("train: question %q, want a short name of a-z, 0-9, - and .", question)
	}
	root, err := StoreDir()
	if err != nil {
		return nil, err
	}
	digits, err := data.Load(ctx)
	if err != nil {
		return nil, err
	}
	l := &Lab{Question: question, Digits: digits, Log: os.Stdout, Quick: os.Getenv("INKLING_QUICK") != ""}
	l.store = filepath.Join(root, slug(digits.Name))
	if l.Quick {
		l.store += "-quick"
	}
	l.Split = Split{Seed: 1, Dev: digits.Train.Len() / 6}
	l.dataSum = digits.Train.Fingerprint()
	l.Train, l.Dev, l.devIndex = data.Partition(digits.Train, l.Split.Seed, l.Split.Dev)
	if l.Quick {
		l.Train, l.Dev = head(l.Train, quickTrain), head(l.Dev, quickDev)
	}
	return l, nil
}

// head is the first n examples of s, sharing memory.
func head(s *data.Set, n int) *data.Set {
	if n == 0 || n >= s.Len() {
		return s
	}
	return &data.Set{Name: s.Name, H: s.H, W: s.W, Pixels: s.Pixels[:n*s.H*s.W], Labels: s.Labels[:n]}
}

// String says what the lab works on, for the head of a report.
func (l *Lab) String() string {
	s := fmt.Sprintf("%v; %d for training, %d dev (split seed %d)", l.Digits, l.Train.Len(), l.Dev.Len(), l.Split.Seed)
	if l.Quick {
		s += "; QUICK: a subset, to try things out, not for results"
	}
	return s
}

// Steps is the number of steps of an epoch with batches of that size, for
// schedules.
func (l *Lab) Steps(batch int) int { return (l.Train.Len() + batch - 1) / max(batch, 1) }

// IfQuick chooses a number of epochs, seeds or the like: the first in a quick
// lab, the second otherwise.
func (l *Lab) IfQuick(quick, full int) int {
	if l.Quick {
		return quick
	}
	return full
}

// In is the shape of one example.
func (l *Lab) In() nn.Shape { return nn.CHW(1, l.Digits.Train.H, l.Digits.Train.W) }

// Fit makes the runs of the given configurations in turn. One that the run
// store has already comes back at once; an interrupted one continues where it
// stopped. A single run is logged in full, several with a line each. SIGINT
// saves the run at work and ends Fit without an error: the results are those
// there are. A run that diverges is a result too; see Result.Status.
func (l *Lab) Fit(cfgs ...Config) ([]*Result, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return l.FitContext(ctx, cfgs...)
}

// FitContext is Fit that ends when ctx does.
func (l *Lab) FitContext(ctx context.Context, cfgs ...Config) ([]*Result, error) {
	var results []*Result
	for _, cfg := range cfgs {
		if ctx.Err() != nil {
			fmt.Fprintf(l.Log, "%s: not begun\n", cfg.Name)
			continue
		}
		r, err := l.fit(ctx, cfg, len(cfgs) == 1 && !l.Quiet)
		if err != nil {
			return results, err
		}
		if !l.Quiet || r.Status != Finished {
			fmt.Fprintln(l.Log, r)
		}
		results = append(results, r)
	}
	return results, nil
}

// fit finds or makes one run.
func (l *Lab) fit(ctx context.Context, cfg Config, verbose bool) (*Result, error) {
	cfg, train, err := l.prepare(cfg)
	if err != nil {
		return nil, err
	}
	key, err := cfg.Key()
	if err != nil {
		return nil, err
	}
	r := &Result{Record: l.record(cfg, key, train), lab: l}
	r.Dir = filepath.Join(l.store, l.Question, slug(cfg.Name)+"-"+r.id())
	log := io.Discard
	if verbose {
		log = l.Log
	}
	printer := &Printer{W: log}
	if stored := l.stored(r); stored != nil {
		for _, e := range stored.History {
			printer.Tell(e)
		}
		return stored, nil
	}
	m, err := nn.New(cfg.Seed, l.In(), cfg.Layers...)
	if err != nil {
		return nil, err
	}
	r.Weights = m.Weights()
	if r.Layers, err = nn.EncodeLayers(cfg.Layers); err != nil {
		return nil, err
	}
	t, err := NewTrainer(cfg, m)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("train: run store: %w", err)
	}
	release, err := lock(r.Dir)
	if err != nil {
		return nil, err
	}
	defer release()
	rec, err := begin(r, t, l.devIndex)
	if err != nil {
		return nil, err
	}
	for _, e := range r.History {
		printer.Tell(e)
	}
	status, cause := l.run(ctx, t, rec, printer, train)
	if err := rec.end(status, cause); err != nil {
		return nil, err
	}
	if status == "" {
		return nil, cause
	}
	return r, l.keepBest(r)
}

// run trains to the end and says how it ended; no status means that cause is
// an error of the machine, not of the run.
func (l *Lab) run(ctx context.Context, t *Trainer, rec *recorder, printer *Printer, train *data.Set) (Status, error) {
	loader := &data.Loader{Set: train, Batch: t.cfg.Batch, Seed: t.cfg.Seed, Shuffle: true}
	total := loader.Steps() * t.cfg.Epochs
	var bar Bar
	if l.Progress != nil {
		bar = l.Progress(t.cfg.Name)
		defer func() { bar.Finish(fmt.Sprintf("best dev %.2f %%", 100*max(t.BestScore, 0))) }()
	}
	for e, err := range t.Run(ctx, loader.Epoch, InOrder(l.Dev)) {
		switch {
		case err != nil && ctx.Err() != nil:
			fmt.Fprintf(l.Log, "interrupted at iteration %d of %d: saved in %s; run again to continue\n", t.Step, total, rec.result.short())
			return Interrupted, nil
		case err != nil:
			return Diverged, err
		}
		printer.Tell(e)
		if err := rec.tell(e); err != nil {
			return "", err
		}
		if bar != nil {
			bar.Update(t.Step, total, fmt.Sprintf("best dev %.2f %%", 100*max(t.BestScore, 0)))
		}
	}
	return Finished, nil
}

// prepare fills in what follows from the lab and checks the configuration, so
// that a mistake is told before anything is written.
func (l *Lab) prepare(cfg Config) (Config, *data.Set, error) {
	if cfg.TrainSize > l.Train.Len() {
		return cfg, nil, fmt.Errorf("train: train-size %d, want at most %d", cfg.TrainSize, l.Train.Len())
	}
	train := head(l.Train, cfg.TrainSize)
	if cfg.Batch > train.Len() {
		return cfg, nil, fmt.Errorf("train: batch %d, want 1 to %d, the training split", cfg.Batch, train.Len())
	}
	cfg, err := cfg.withDefaults()
	if err != nil {
		return cfg, nil, err
	}
	steps := (train.Len() + cfg.Batch - 1) / cfg.Batch
	if cfg.DevEvery == 0 {
		cfg.LogEvery = min(cfg.LogEvery, max(steps/4, 1))
		cfg.DevEvery = max(steps/4/cfg.LogEvery, 1) * cfg.LogEvery
	}
	if err := optim.CheckSchedule(cfg.Schedule, steps*cfg.Epochs); err != nil {
		return cfg, nil, err
	}
	if cfg.Name == "" {
		cfg.Name = "run"
	}
	return cfg, train, nil
}

// record is what is known of a run before it begins.
func (l *Lab) record(cfg Config, key string, train *data.Set) Record {
	name := fmt.Sprintf("%s, %d for training, %d dev", l.Digits.Name, train.Len(), l.Dev.Len())
	return Record{
		Name: cfg.Name, Question: l.Question, Config: key, Data: name, DataSum: l.dataSum, Split: l.Split,
		Code: nn.Version()[:16] + " " + data.Version()[:16], Kernels: nn.Kernels(), Started: time.Now().UTC().Truncate(time.Second),
	}
}

// id is the part of a run's folder that identifies it.
func (r *Result) id() string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s\n%s\n%s\n%v\n%s", r.Config, r.Data, r.DataSum, r.Split, r.Code)))
	return hex.EncodeToString(sum[:6])
}

// stored finds the finished run that r would be, under whatever name.
func (l *Lab) stored(r *Result) *Result {
	dirs, _ := filepath.Glob(filepath.Join(l.store, l.Question, "*-"+r.id()))
	for _, dir := range dirs {
		s, err := readResult(dir)
		if err != nil || s.Status == Interrupted || s.Config != r.Config || s.DataSum != r.DataSum {
			continue
		}
		s.Name, s.lab = r.Name, l
		return s
	}
	if len(dirs) > 0 {
		r.Dir = dirs[0] // interrupted under another name
	}
	return nil
}

// short is the run's folder as told to a person.
func (r *Result) short() string {
	data := filepath.Base(filepath.Dir(filepath.Dir(r.Dir)))
	return filepath.ToSlash(filepath.Join("runs", data, r.Question, filepath.Base(r.Dir)))
}

// Test judges the run's best model on the test set. The score is kept with the
// run, so the test set is read once.
func (r *Result) Test() (Score, error) {
	if r.Record.Test != nil {
		return *r.Record.Test, nil
	}
	if r.lab == nil {
		return Score{}, fmt.Errorf("train: %s was read without its data; use Lab.Runs", r.Name)
	}
	m, err := r.Model()
	if err != nil {
		return Score{}, err
	}
	s, err := Evaluate(context.Background(), m, LossOf(m), InOrder(r.lab.Digits.Test))
	if err != nil {
		return Score{}, err
	}
	r.Record.Test = &s
	return s, r.writeRecord()
}

// Runs are all runs of the question that the store holds for this data.
func (l *Lab) Runs() ([]*Result, error) {
	all, err := readRuns(filepath.Join(l.store, l.Question))
	for _, r := range all {
		r.lab = l
	}
	return all, err
}

// BestPath is where the best model of a question is kept, the one with the
// highest score on the dev split.
func (l *Lab) BestPath(question string) string { return filepath.Join(l.store, question, bestFile) }

// BestModel loads the best model of a question and what it says of itself.
func (l *Lab) BestModel(question string) (*nn.Model, map[string]string, error) {
	m, meta, err := nn.Load(l.BestPath(question))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("train: no saved model for %s on %s: run its notebook first", question, l.Digits.Name)
	}
	return m, meta, err
}

// keepBest copies the model of r to the question's best one if it scored
// higher.
func (l *Lab) keepBest(r *Result) error {
	if r.Best.Step == 0 {
		return nil
	}
	path := l.BestPath(l.Question)
	if _, meta, err := nn.Load(path); err == nil {
		if best, err := strconv.ParseFloat(meta["dev_accuracy"], 64); err == nil && best >= r.Best.Score {
			return nil
		}
	}
	b, err := os.ReadFile(filepath.Join(r.Dir, bestFile))
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}
