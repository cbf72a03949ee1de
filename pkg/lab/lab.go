package lab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"inkling/pkg/data"
	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/internal/printable"
	"inkling/pkg/internal/source"
	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// Lab is where the runs of one question are made: the data, cut into train and
// dev, and the question's part of the run store.
type Lab struct {
	Question   string
	Data       *data.Dataset // Data.Train reordered: Train and Dev are windows of it
	Train, Dev *data.Set
	Split      Split
	Log        io.Writer              // where Fit writes; os.Stdout; one with Flush() error is flushed at its end
	Progress   func(label string) Bar // nil for none; see Bar for what else one may have
	Quiet      bool                   // Fit tells only of what goes wrong now
	Quick      bool                   // INKLING_QUICK is 1 or true: try things out, not for results
	SideBySide int                    // runs that Fit makes at a time; 0 and 1: one after the other

	budget  budget // of INKLING_BUDGET
	counted *count // the runs that it has come to, with those of labs made by On

	known       map[string]train.Config // of runs that Fit was asked for, by their keys
	asked       []string                // folders of what Fit was asked for, the latest last
	interrupted bool                    // by a signal, in Fit: no run begins any more

	drawn *subsets

	store    string // the part of the run store for this data
	devIndex []int
	dataSum  string
	made     uint64          // quickSum of Train and Dev as they were cut
	now      uint64          // that of the last look
	said     map[string]bool // why runs were made anew
}

// quickTrain, quickDev and quickTest are the sizes of the sets of a quick lab.
const quickTrain, quickDev, quickTest = 5000, 1000, 2000

// Open loads the data and opens the run store for a question: a short name
// such as "q1". The data are those that INKLING_DATA asks for, or that the program
// does in the same words: mnist, synthetic, PATH[,options]. See data.Open. The training set is cut into train and dev by a seeded
// permutation; dev has 10,000 of the 60,000 examples of MNIST.
func Open(ctx context.Context, question string, of ...string) (*Lab, error) {
	if err := leftOver(); err != nil {
		return nil, err
	}
	if question == "" || slug(question) != question {
		return nil, fmt.Errorf("lab: question %q, want a short name of a-z, 0-9, - and .", question)
	}
	root, err := StoreDir()
	if err != nil {
		return nil, err
	}
	quick, err := quick(os.Getenv("INKLING_QUICK"))
	if err != nil {
		return nil, err
	}
	b, err := readBudget(os.Getenv("INKLING_BUDGET"))
	if err != nil {
		return nil, err
	}
	if quick && b.given {
		return nil, errors.New("lab: INKLING_QUICK and INKLING_BUDGET, want one of them")
	}
	d, err := data.Open(ctx, of...)
	if err != nil {
		return nil, err
	}
	return build(question, d, root, quick, b), nil
}

// quick reads the value of INKLING_QUICK.
func quick(value string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "1", "true":
		return true, nil
	case "", "0", "false":
		return false, nil
	}
	return false, fmt.Errorf("lab: INKLING_QUICK %.20q, want 1 or true for quick runs, 0, false or nothing for full ones", value)
}

// New is a lab on data of one's own, with a run store in the folder root; a quick
// one works on few of the images. The dev split is a sixth of d.Train, which is
// reordered.
func New(question string, d *data.Dataset, root string, quick bool) *Lab {
	return build(question, d, root, quick, budget{})
}

func build(question string, d *data.Dataset, root string, quick bool, b budget) *Lab {
	l := &Lab{Question: question, Data: d, Log: os.Stdout, Quick: quick, budget: b, counted: new(count), drawn: new(subsets)}
	l.Split = Split{Seed: 1, Dev: d.Train.Len() / 6}
	l.dataSum = d.Train.Fingerprint()
	l.store = filepath.Join(root, l.folder())
	l.Train, l.Dev, l.devIndex = data.Partition(d.Train, l.Split.Seed, l.Split.Dev)
	b.of = l.Train.Len()
	if l.budget = b; l.less() {
		l.Train = train.Subset(l.Train, between(b.images, quickTrain, l.Train.Len()))
		l.Dev = train.Subset(l.Dev, between(b.images, quickDev, l.Dev.Len()))
		few := *d
		if d.Test != nil {
			few.Test = train.Subset(d.Test, between(b.images, quickTest, d.Test.Len()))
		}
		l.Data = &few
	}
	l.made = l.quickSum()
	l.now = l.made
	return l
}

// folder is the part of the run store for the lab's data. Whatever their names, no
// two sets share one: those that are not known to all by their name have a part of
// their fingerprint in it.
func (l *Lab) folder() string {
	name := cmp.Or(slug(l.Data.Name), "data")
	if !l.Data.Known() {
		sum := l.dataSum
		if l.Data.Test != nil {
			sum += l.Data.Test.Fingerprint()
		}
		name += "-" + source.Sum(sum)[:12]
	}
	if l.Quick {
		name += "-quick"
	}
	if b := l.budget; b.given {
		name += fmt.Sprintf("-budget-%04.0f", 1000*b.counts)
		if b.images != b.counts {
			name += fmt.Sprintf("-%04.0f", 1000*b.images)
		}
	}
	return name
}

// Place names the part of the run store for the lab's data.
func (l *Lab) Place() string { return filepath.Base(l.store) }

// On is a lab for the same question on other data, which it cuts as Open does,
// with the part of the run store that is theirs. d.Train is reordered.
func (l *Lab) On(d *data.Dataset) *Lab {
	other := build(l.Question, d, filepath.Dir(l.store), l.Quick, l.budget)
	other.Log, other.Progress, other.Quiet, other.SideBySide = l.Log, l.Progress, l.Quiet, l.SideBySide
	other.counted = l.counted
	return other
}

// String says what the lab works on, for the head of a report.
func (l *Lab) String() string {
	s := fmt.Sprintf("%v; %d for training, %d dev (split seed %d)", l.Data, l.Train.Len(), l.Dev.Len(), l.Split.Seed)
	if l.Quick {
		s += "; QUICK: a subset, to try things out, not for results"
	}
	if d := l.Departs(); d != "" {
		s += "; " + d
	}
	return s
}

// Steps is the number of steps of an epoch with batches of that size.
func (l *Lab) Steps(batch int) int { return (l.Train.Len() + batch - 1) / max(batch, 1) }

// IfQuick chooses a number of epochs, seeds or the like: the first in a quick
// lab, the second otherwise, and one between them within a budget.
func (l *Lab) IfQuick(quick, full int) int {
	if l.less() {
		return l.budget.choose(quick, full)
	}
	return full
}

// In is the shape of one example.
func (l *Lab) In() nn.Shape {
	if l == nil {
		return digit
	}
	return nn.CHW(l.Train.C, l.Train.H, l.Train.W)
}

// Out is the number of classes: the outputs of a network for the lab's data.
func (l *Lab) Out() int {
	if l == nil {
		return 10
	}
	return len(l.Train.Classes)
}

// Outline names the layers of a network for the lab's data by their weights,
// "784-512-256-10" or "conv16-pool-256-10".
func (l *Lab) Outline(layers []nn.Layer) string { return outline(l.In(), layers) }

// digit is the shape of what runs were made on when there was nothing else, and
// of what flags are checked for while no data is there.
var digit = nn.CHW(1, 28, 28)

// Test judges the run's best model on the test set. The score of a run that
// has ended is kept with it, so the test set is read once.
func (r *Result) Test() (train.Score, error) {
	if r.Record.Test != nil {
		return *r.Record.Test, nil
	}
	if r.lab == nil {
		return train.Score{}, fmt.Errorf("lab: %s was read without its data; use Lab.Runs", r.Name)
	}
	m, err := r.Model()
	if err != nil {
		return train.Score{}, err
	}
	s, err := train.Evaluate(context.Background(), m, train.LossOf(m), train.InOrder(r.lab.Data.Test))
	if err != nil {
		return train.Score{}, err
	}
	r.Record.Test = &s
	return s, r.keepTest(s)
}

// keepTest writes s into the run's record as it stands on disk now: another
// process may have continued the run since it was read. A store that cannot
// be written costs the next caller time, not the score.
func (r *Result) keepTest(s train.Score) error {
	release, err := r.lock()
	if err != nil {
		return nil
	}
	defer release()
	now, err := readResult(r.Dir)
	if err != nil {
		return err
	}
	if now.Status == Interrupted || now.Best != r.Best {
		return nil
	}
	now.Record.Test = &s
	return now.writeRecord()
}

// Runs are all runs of the question that the store holds for this data, oldest
// first but for those that Fit was asked for: they come last, in order. Those
// that cannot be read are told in the log and left out.
func (l *Lab) Runs() (Runs, error) {
	all, err := readRuns(filepath.Join(l.store, l.Question))
	if err != nil {
		fmt.Fprintln(l.Log, OneLine(err))
	}
	for _, r := range all {
		r.lab = l
	}
	slices.SortStableFunc(all, func(a, b *Result) int { return slices.Index(l.asked, a.Dir) - slices.Index(l.asked, b.Dir) })
	return all, nil
}

// BestPath is where the best model of a question is kept, the one with the
// highest score on the dev split.
func (l *Lab) BestPath(question string) string { return filepath.Join(l.store, question, bestFile) }

// BestModel loads the best model of a question and what it says of itself.
func (l *Lab) BestModel(question string) (*nn.Model, map[string]string, error) {
	m, meta, err := l.LoadModel(l.BestPath(question))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("lab: no saved model for %s on %s: make a run first", question, l.Data.Name)
	}
	return m, meta, err
}

// LoadModel loads a saved model that fits the lab's data, and what it says
// of itself.
func (l *Lab) LoadModel(path string) (*nn.Model, map[string]string, error) {
	m, meta, err := nn.Load(path)
	if err != nil {
		return nil, nil, err
	}
	if train.IsState(meta) {
		return nil, nil, fmt.Errorf("%s: the state of an unfinished run, not a model: want %s beside it", path, bestFile)
	}
	// In the folder of a run, it must be that run's.
	if r, err := readResult(filepath.Dir(path)); err == nil && filepath.Base(path) == bestFile {
		if err := r.belongs(meta, r.isBest); err != nil {
			return nil, nil, fmt.Errorf("lab: %w: remove %s to train it again, or give the file another name to test it as it is", err, r.short())
		}
	}
	if err := l.reads(m, meta); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	for k, v := range meta {
		meta[k] = printable.Text(v)
	}
	return m, meta, nil
}

// lockBest takes the question's best model for this process.
func (l *Lab) lockBest() (release func(), err error) {
	release, err = lock(l.BestPath(l.Question)+".lock", wait)
	if err != nil {
		return nil, fmt.Errorf("lab: run store: %w", err)
	}
	return release, nil
}

// keepBest copies the model of r to the question's best one if it scored
// higher. Other runs of the question, in this process or another, may end at
// the same time.
func (l *Lab) keepBest(r *Result) error {
	if r.Best.Step == 0 {
		return nil
	}
	release, err := l.lockBest()
	if err != nil {
		return err
	}
	defer release()
	path := l.BestPath(l.Question)
	if _, meta, err := nn.Load(path); err == nil {
		// Data of the same name may be other data: then the newer run counts.
		best, err := strconv.ParseFloat(meta["dev_accuracy"], 64)
		if err == nil && best >= r.Best.Score && meta["data_set_sha256"] == r.DataSum {
			return nil
		}
	}
	atomicfile.Sweep(filepath.Dir(path), 0)
	return r.copyBest(path)
}

// copyBest puts the best model of r at path as well.
func (r *Result) copyBest(path string) error {
	return copyFile(path, filepath.Join(r.Dir, bestFile))
}
