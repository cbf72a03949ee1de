package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// Trial is a point of a search and what came of it.
type Trial struct {
	Point
	Index    int       // in the order of the search, from 0
	Runs     lab.Runs  // one for each seed, as the store has them
	Rung     int       // of halving, counted from 0: the last that it was trained to
	Epochs   int       // likewise, the epochs that this means
	Error    lab.Stat  // share wrong on dev in %, of the best evaluations up to there
	Loss     float64   // mean loss at these evaluations
	Diverged bool      // one of the runs, by then
	Whole    bool      // the runs have ended
	Stages   []float64 // means of Error by rung, so far

	configs []train.Config // by seed
	work    float64        // of an epoch of all its runs
}

// compare puts the better trial first. Only what was trained as long is compared
// by its error: what went on was better when it was chosen. Diverged runs come last
// of those that were judged.
func (t *Trial) compare(o *Trial) int {
	rank := func(t *Trial) int {
		switch {
		case t.Diverged:
			return 1
		case t.Error.N == 0:
			return 2
		}
		return 0
	}
	value := func(v float64) float64 {
		if math.IsNaN(v) {
			return math.Inf(1)
		}
		return v
	}
	return cmp.Or(
		cmp.Compare(rank(t), rank(o)),
		cmp.Compare(o.Rung, t.Rung),
		cmp.Compare(value(t.Error.Mean), value(o.Error.Mean)),
		cmp.Compare(value(t.Loss), value(o.Loss)),
		cmp.Compare(t.Index, o.Index),
	)
}

// judge sets what the runs came to on a rung, in so many epochs.
func (t *Trial) judge(rung, epochs int) error {
	var errs []float64
	loss := 0.0
	t.Rung, t.Epochs, t.Whole, t.Diverged = rung, epochs, epochs >= t.configs[0].Epochs, false
	for _, r := range t.Runs {
		best := train.Event{Score: math.Inf(-1)}
		for _, e := range r.Dev() {
			if e.Epoch < epochs && e.Score > best.Score {
				best = e
			}
		}
		switch {
		case r.Status == lab.Diverged && r.Epochs <= epochs:
			t.Diverged = true
		case math.IsInf(best.Score, -1):
			return fmt.Errorf("search: %s has no evaluation on dev in its first %d epochs, by which it could be compared: want DevEvery once in an epoch or more often", r.Name, epochs)
		default:
			errs, loss = append(errs, 100*(1-best.Score)), loss+best.Loss/float64(len(t.Runs))
		}
	}
	t.Error, t.Loss = lab.StatOf(errs), loss
	if t.Diverged {
		t.Error, t.Loss = lab.StatOf([]float64{math.NaN()}), math.NaN()
	}
	t.Stages = append(t.Stages[:min(rung, len(t.Stages))], t.Error.Mean)
	return nil
}

// until is the number of epochs of a trial on a rung of so many; 0 stands for all.
func (t *Trial) until(epochs int) int { return cmp.Or(epochs, t.configs[0].Epochs) }

// parts are the runs of the trial up to so many epochs.
func (t *Trial) parts(epochs int) (list []lab.Part) {
	for _, c := range t.configs {
		list = append(list, lab.Part{Config: c, Until: epochs})
	}
	return list
}

// searching is a search at work.
type searching struct {
	Search
	lab    *lab.Lab
	runner Runner // nil only looks at what is stored

	mu     sync.Mutex // of what follows
	found  *Found
	began  time.Time
	done   float64 // work that is done, stored or made
	stored float64 // of it
	base   float64 // of it, done before what the runner is at
	at     float64 // all that the runner is at
	now    float64 // what of it is done, as far as steps tell
	told   time.Time
}

// Run makes the search and returns what it found, the best first. What is stored
// costs nothing: a search that was stopped goes on where it was, and a larger one
// makes only what is new. SIGINT, SIGTERM and SIGHUP save what is at work and make it
// [lab.Unfinished], with what there is by then; a budget of time that is used up is
// no error.
//
// As many runs as there are cores are made side by side, unless l.SideBySide says
// otherwise. The dev split chooses; a search never looks at the test set.
func (s Search) Run(l *lab.Lab) (*Found, error) {
	ctx, stop := lab.UntilSignal(context.Background(), syscall.SIGPIPE) // of a log that nobody reads any more
	defer stop()
	return s.RunContext(ctx, l)
}

// RunContext is Run that ends when ctx does, instead of at a signal.
func (s Search) RunContext(ctx context.Context, l *lab.Lab) (*Found, error) {
	w := &searching{Search: s, lab: l, runner: s.Runner}
	if w.runner == nil {
		w.runner = Here{l}
	}
	was := *l
	defer func() { l.SideBySide, l.Progress, l.Quiet = was.SideBySide, was.Progress, was.Quiet }()
	if l.SideBySide == 0 {
		l.SideBySide = runtime.GOMAXPROCS(0)
	}
	l.Progress, l.Quiet = func(string) lab.Bar { return w }, true
	return w.run(ctx)
}

// Price is what the search will come to: what is known of it before it begins,
// with the results that are stored. Nothing is trained.
func (s Search) Price(l *lab.Lab) (*Found, error) {
	w := &searching{Search: s, lab: l}
	f, err := w.run(context.Background())
	if errors.As(err, new(lab.Unfinished)) {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	if t := f.Trials[0]; w.Confirm > 0 && f.Confirmed == nil { // as much as one of them, at a guess
		f.Work += t.work / float64(w.Seeds) * float64(w.Confirm*t.until(0))
	}
	f.Left = w.price()
	return f, nil
}

func (w *searching) run(ctx context.Context) (*Found, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	w.began = time.Now()
	w.found = &Found{Dims: w.Dims, Method: w.Method, Seeds: w.Seeds, Data: w.lab.Data.Name}
	limited := ctx
	if w.Budget.Time > 0 && w.runner != nil {
		var stop func()
		limited, stop = context.WithTimeout(ctx, w.Budget.Time)
		defer stop()
	}
	p := &points{s: &w.Search, seen: map[string]bool{}}
	var err error
	for first := true; first || w.Budget.Time > 0 && w.Method != Grid && err == nil && w.runner != nil && limited.Err() == nil; first = false {
		var trials []*Trial
		var rungs []Rung
		if trials, rungs, err = w.bracket(p); err != nil {
			return nil, err
		}
		if len(trials) == 0 {
			break
		}
		err = w.make(limited, trials, rungs)
	}
	if errors.As(err, new(lab.Unfinished)) && w.runner != nil && ctx.Err() == nil {
		w.found.TimeOver, err = true, nil
	}
	if best := w.found.Best(); err == nil && best != nil && w.Confirm > 0 {
		err = w.confirm(ctx, best)
	}
	if err == nil && w.runner != nil {
		w.done = w.found.Work // what diverged has left out is not to come
	}
	w.tell(true)
	return w.found, err
}

// make goes through the rungs of a bracket.
func (w *searching) make(ctx context.Context, trials []*Trial, rungs []Rung) error {
	var parts []lab.Part
	for _, t := range trials {
		parts = append(parts, t.parts(rungs[0].Epochs)...)
	}
	// A mistake in any configuration is told before the first run begins.
	if _, _, err := w.lab.Saved(parts...); err != nil {
		return err
	}
	for _, t := range trials {
		if err := w.weigh(t); err != nil {
			return err
		}
	}
	w.mu.Lock()
	w.found.Trials = append(w.found.Trials, trials...)
	w.found.Brackets = append(w.found.Brackets, rungs)
	work, epochs := planned(trials, rungs)
	w.found.Work, w.found.Epochs = w.found.Work+work, w.found.Epochs+epochs
	w.mu.Unlock()
	before := 0
	for k, rung := range rungs {
		live := trials
		if k > 0 {
			live = survivors(trials, k-1, rung.Configs)
		}
		if err := w.rung(ctx, live, k, before, rung.Epochs); err != nil {
			return err
		}
		before = rung.Epochs
	}
	return nil
}

// survivors are the best n of those that a rung has trained and that have not
// diverged.
func survivors(trials []*Trial, rung, n int) []*Trial {
	list := slices.DeleteFunc(slices.Clone(trials), func(t *Trial) bool { return t.Rung < rung || t.Diverged })
	slices.SortFunc(list, (*Trial).compare)
	return list[:min(n, len(list))]
}

// one is a run of a trial.
type one struct {
	trial *Trial
	seed  int
	part  lab.Part
	work  float64
}

// rung trains trials from an epoch to another, or, with 0, to their ends.
func (w *searching) rung(ctx context.Context, live []*Trial, rung, from, to int) error {
	var all []one
	var parts []lab.Part
	for _, t := range live {
		if t.Runs == nil {
			t.Runs = make(lab.Runs, len(t.configs))
		}
		for seed, part := range t.parts(to) {
			work := t.work * float64(t.until(to)-from) / float64(len(t.configs))
			all, parts = append(all, one{t, seed, part, work}), append(parts, part)
		}
	}
	saved, ended, err := w.lab.Saved(parts...)
	if err != nil {
		return err
	}
	left := map[*Trial]int{}
	for _, t := range live {
		left[t] = len(t.configs)
	}
	// take keeps a run that is as far as was asked for.
	take := func(o one, r *lab.Result, stored bool) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		o.trial.Runs[o.seed] = r
		w.done += o.work
		if stored {
			w.stored += o.work
			w.found.Stored++
		} else {
			w.found.Made++
		}
		if left[o.trial]--; left[o.trial] == 0 {
			return o.trial.judge(rung, o.trial.until(to))
		}
		return nil
	}
	var tasks []Task
	var missing []one
	at := 0.0
	for i, o := range all {
		if ended[i] {
			if err := take(o, saved[i], true); err != nil {
				return err
			}
			continue
		}
		task := Task{Part: o.part}
		if w.Words != nil {
			if words := w.Words(o.trial.Point); words != nil {
				task.Words = append(words, fmt.Sprint("--seed=", task.Seed))
			}
		}
		tasks, missing = append(tasks, task), append(missing, o)
		at += o.work
	}
	w.tell(true)
	if len(tasks) == 0 {
		return nil
	}
	if w.runner == nil {
		return lab.Unfinished{Done: len(all) - len(tasks), Of: len(all)}
	}
	w.begin(at)
	defer w.begin(0)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := len(all) - len(tasks)
	var failed error
	err = w.runner.Run(ctx, tasks, func(i int, err error) {
		if failed == nil && err == nil {
			saved, ended, bad := w.lab.Saved(missing[i].part)
			switch {
			case bad != nil:
				err = bad
			case !ended[0]:
				err = fmt.Errorf("search: %s was told to have ended, and the store does not have it", saved[0].Name)
			default:
				err = take(missing[i], saved[0], false)
			}
		}
		if failed = cmp.Or(failed, err); failed != nil {
			cancel() // the others end, as at an interrupt
			return
		}
		done++
		w.tell(true)
	})
	if err = cmp.Or(failed, err); err != nil {
		return err
	}
	if done < len(all) {
		return lab.Unfinished{Done: done, Of: len(all)}
	}
	return nil
}

// confirm trains the best with other seeds, to the end.
func (w *searching) confirm(ctx context.Context, best *Trial) error {
	t := &Trial{Point: best.Point, Index: best.Index}
	c := best.configs[len(best.configs)-1]
	for range w.Confirm {
		c.Seed++
		t.configs = append(t.configs, c)
	}
	t.work = best.work / float64(len(best.configs)) * float64(w.Confirm)
	w.mu.Lock()
	w.found.Work += t.work * float64(c.Epochs)
	w.mu.Unlock()
	if err := w.rung(ctx, []*Trial{t}, best.Rung, 0, 0); err != nil {
		return err
	}
	w.found.Confirmed = t
	return nil
}

// weigh says how much work an epoch of a trial is: forward and backward of the
// training images, forward of the dev images, for a network of that size.
func (w *searching) weigh(t *Trial) error {
	for _, c := range t.configs {
		images := w.lab.Subset(c.TrainSize).Len() * (1 + c.Copies)
		times := 4.0
		if c.DevEvery != 0 {
			steps := max(c.StepsOn(images/(1+c.Copies)), 1)
			times = float64(steps) / float64(max(int(c.DevEvery.Steps(steps)), 1))
		}
		n, err := flops(w.lab.In(), c.Layers)
		if err != nil {
			return err
		}
		t.work += (3*float64(images) + times*float64(w.lab.Dev.Len())) * float64(n)
	}
	return nil
}

// flops are those of a forward pass, for one image.
func flops(in nn.Shape, layers []nn.Layer) (int, error) {
	m, err := nn.Blank(in, layers...)
	if err != nil {
		return 0, err
	}
	return m.FLOPs(), nil
}

// planned is the work of a bracket, and its epochs: of the rungs to come nobody
// knows whose they will be.
func planned(trials []*Trial, rungs []Rung) (work float64, epochs int) {
	if len(rungs) == 1 {
		for _, t := range trials {
			work += t.work * float64(t.until(rungs[0].Epochs))
			epochs += len(t.configs) * t.until(rungs[0].Epochs)
		}
		return work, epochs
	}
	epochs = cost(rungs)
	for _, t := range trials {
		work += t.work / float64(len(trials)) * float64(epochs)
	}
	return work, epochs * len(trials[0].configs)
}

// price is how long what is not stored will take, by the runs of the question that
// the store has; 0 if there are none to tell.
func (w *searching) price() time.Duration {
	var seconds, work float64
	for _, r := range w.lab.Recent(50) {
		layers, err := nn.DecodeLayers(r.Layers)
		if err != nil {
			continue
		}
		n, err := flops(w.lab.In(), layers)
		batch, ok := r.Hyper["batch"].(float64)
		if err != nil || !ok || r.CPU == 0 {
			continue
		}
		seconds += r.CPU
		work += (3*float64(r.Steps)*batch + float64(len(r.Dev())*w.lab.Dev.Len())) * float64(n)
	}
	if work == 0 {
		return 0
	}
	return time.Duration((w.found.Work - w.done) * seconds / work / float64(runtime.GOMAXPROCS(0)) * float64(time.Second))
}

// Update implements lab.Bar: steps of the runs that are made here.
func (w *searching) Update(done, total int, _ string) {
	w.mu.Lock()
	w.now = w.at * float64(done) / float64(max(total, 1))
	w.mu.Unlock()
	w.tell(false)
}

// Finish implements lab.Bar.
func (w *searching) Finish(string) {}

// begin says that the runner is about to do so much work.
func (w *searching) begin(at float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.base, w.at, w.now = w.done, at, 0
}

// watchEvery keeps the cost of watching away from the runs.
const watchEvery = 200 * time.Millisecond

// tell lets the caller look, if something ended or some time has passed.
func (w *searching) tell(now bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.SortStableFunc(w.found.Trials, (*Trial).compare)
	w.found.Elapsed, w.found.Left = time.Since(w.began), 0
	w.found.Done = max(w.done, w.base+w.now)
	if w.Watch == nil || !now && time.Since(w.told) < watchEvery {
		return
	}
	w.told = time.Now()
	if made := w.found.Done - w.stored; made > 0 && w.found.Work > w.found.Done {
		w.found.Left = time.Duration(float64(w.found.Elapsed) * (w.found.Work - w.found.Done) / made)
	}
	w.Watch(w.found)
}
