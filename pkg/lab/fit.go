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
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"inkling/pkg/internal/printable"
	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// Fit makes the runs of the given configurations, in turn or l.SideBySide at a
// time; the results come in the order of the configurations and do not depend
// on that. A run that the store has already comes back at once; an interrupted
// one continues where it stopped. A single run is logged in full, several with
// a line each. A mistake in any configuration is told before the first run
// begins.
//
// A run with a Fork goes on from another one, see Result.At. One that is asked for
// alone, with more epochs than it had before, goes on from that end, where this gives
// the bits of a run from the start; a line says so, or why not.
//
// A run that diverges is a result, not an error; see Result.Status. One that is
// cut short makes Fit Unfinished, with all results there are beside the error:
// SIGINT, SIGTERM and SIGHUP save what is at work, and what has not begun comes
// back with the status Interrupted and whatever there is. From then on this lab
// begins no more runs, so that one signal ends a whole loop of Fits. See
// UntilSignal.
func (l *Lab) Fit(cfgs ...train.Config) (Runs, error) {
	var more []os.Signal
	if inCell() { // a kernel that is gone leaves a pipe that nobody reads
		more = append(more, syscall.SIGPIPE)
	}
	ctx, stop := UntilSignal(context.Background(), more...)
	if l.interrupted {
		stop()
	}
	results, err := l.FitContext(ctx, cfgs...)
	stop()
	l.interrupted = l.interrupted || errors.As(context.Cause(ctx), new(Stopped))
	return results, err
}

// FitContext is Fit that ends when parent does, instead of at a signal. It tells
// of each run in order. An error stops the others as an interrupt does.
func (l *Lab) FitContext(parent context.Context, cfgs ...train.Config) (Runs, error) {
	jobs, err := l.plan(cfgs)
	if err != nil {
		return nil, err
	}
	return l.fitAll(parent, jobs, nil)
}

// fitAll makes the runs of jobs; see FitParts for each.
func (l *Lab) fitAll(parent context.Context, jobs []*job, each func(i int, r *Result, err error)) (Runs, error) {
	if f, ok := l.Log.(flusher); ok {
		defer f.Flush()
	}
	for _, j := range jobs {
		if err := l.prepare(j); err != nil {
			return nil, err
		}
		j.alone = len(jobs) == 1
	}
	if each == nil {
		l.tellNotes(jobs)
	}
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	atATime := max(min(l.SideBySide, len(jobs)), 1)
	m := l.newMeter(jobs)
	// The first run that is to be trained waits for the turn, for all of them.
	var took atomic.Bool
	turn := sync.OnceValue(func() error {
		err := takeTurn(ctx)
		if err == nil {
			took.Store(true)
			m.begin()
		}
		return err
	})
	defer func() {
		if took.Load() {
			giveTurn()
		}
	}()
	queue := make(chan *job)
	go func() {
		defer close(queue)
		for _, j := range jobs {
			queue <- j
		}
	}()
	for range atATime {
		go func() {
			for j := range queue {
				if j.twin != nil {
					<-j.twin.done // it began before this one, so it ends
				}
				j.result, j.err = l.fit(ctx, j, m, len(jobs) == 1 && !l.Quiet, atATime, turn)
				if j.err != nil && !(each != nil && InUse(j.err)) || j.crash != "" {
					cancel()
				}
				close(j.done)
			}
		}()
	}
	var results Runs
	var errs []error
	if each != nil {
		tellEach(jobs, each)
	}
	for _, j := range jobs {
		<-j.done
		if len(jobs) == 1 {
			m.finish()
		}
		if j.crash != "" {
			m.finish()
			panic(j.crash)
		}
		if j.err != nil {
			errs = append(errs, j.err)
			continue
		}
		if j.result.label = j.label; j.result.Named && j.label == j.Name {
			j.result.label = j.result.Name // a name that it was given before
		}
		results = append(results, j.result)
		if j.result.lost != "" && (l.Quiet || len(jobs) > 1) { // else told when it began
			fmt.Fprintln(l.Log, j.result.lost)
		}
		l.asked = append(slices.DeleteFunc(l.asked, func(dir string) bool { return dir == j.result.Dir }), j.result.Dir)
		if each == nil && (!l.Quiet || j.result.Status != Finished && !j.result.Stored) { // what went wrong before was told before
			fmt.Fprintln(l.Log, j.result)
		}
	}
	m.finish()
	l.counted.add(results)
	l.sweepSuperseded(results)
	if len(errs) > 0 {
		return results, errors.Join(errs...)
	}
	return results, allDone(jobs)
}

// tellEach calls each for every job when it is done, until one has crashed.
func tellEach(jobs []*job, each func(i int, r *Result, err error)) {
	done := make(chan int)
	for i, j := range jobs {
		go func() {
			<-j.done
			done <- i
		}()
	}
	crashed := false
	for range jobs {
		i := <-done
		if crashed = crashed || jobs[i].crash != ""; !crashed {
			err := jobs[i].err
			if err == nil && !jobs[i].over(jobs[i].result) {
				err = Unfinished{0, 1}
			}
			each(i, jobs[i].result, err)
		}
	}
}

// Unfinished is the error of a Fit that was cut short: what compares runs needs
// them all.
type Unfinished struct{ Done, Of int }

func (u Unfinished) Error() string {
	return fmt.Sprintf("lab: %d of %d runs are done: run again to continue", u.Done, u.Of)
}

// allDone is Unfinished where some runs are to be continued.
func allDone(jobs []*job) error {
	done := 0
	for _, j := range jobs {
		if j.over(j.result) {
			done++
		}
	}
	if done < len(jobs) {
		return Unfinished{done, len(jobs)}
	}
	return nil
}

// Finished is what the run store holds of the runs that Fit would make: those
// that have ended, perhaps none. It trains nothing, and is for runs so long that
// a notebook makes them on demand only.
func (l *Lab) Finished(cfgs ...train.Config) (Runs, error) {
	jobs, err := l.plan(cfgs)
	if err != nil {
		return nil, err
	}
	var ended Runs
	for _, j := range jobs {
		r, err := l.saved(j)
		if err != nil {
			return nil, err
		}
		if r.Status != Interrupted {
			ended = append(ended, r)
		}
	}
	return ended, nil
}

// job is a run that Fit is asked for.
type job struct {
	*train.Plan
	given  train.Config // as asked for
	before []*job       // the runs that it goes on from, the first one first
	lost   error        // why these are not known
	alone  bool         // asked for alone
	label  string       // its name, told apart from equal ones
	until  int          // the step at which the run is set aside; 0: at its end
	result *Result
	twin   *job          // an earlier job for the same run, or nil
	done   chan struct{} // closed when the job is
	err    error
	crash  string // a panic, with where it came from
}

// plan fills in what follows from the lab and says what configurations come to,
// so that a mistake in any is told before anything is written. What is known of a
// run before it begins is its Result.
func (l *Lab) plan(cfgs []train.Config) ([]*job, error) {
	if err := cmp.Or(leftOver(), single()); err != nil {
		return nil, err
	}
	l.look()
	if err := l.checkSets(); err != nil {
		return nil, err
	}
	var jobs []*job
	var runs []*Result
	first := map[string]*job{}
	if l.known == nil {
		l.known = map[string]train.Config{}
	}
	for _, cfg := range cfgs {
		given := cfg
		n := l.Train.Len()
		if l.less() {
			cfg.TrainSize = min(cfg.TrainSize, n)
		}
		switch {
		case !nameable(cfg.Name):
			return nil, badName(cfg.Name)
		case cfg.TrainSize < 0 || cfg.TrainSize > n:
			return nil, fmt.Errorf("lab: size %d, want 1 to %d, or 0 for all", cfg.TrainSize, n)
		case cfg.TrainSize == n:
			cfg.TrainSize = 0 // two ways to say the same
		}
		p, err := cfg.Plan(l.Subset(cfg.TrainSize))
		if err != nil {
			return nil, err
		}
		if p.DevEvery == 0 { // four times in an epoch, each with a report
			p.LogEvery = min(p.LogEvery, max(p.EpochSteps/4, 1))
			p.DevEvery = train.Every(max(p.EpochSteps/4/p.LogEvery, 1) * p.LogEvery)
		}
		auto := autoName(l.In(), p.Config)
		if p.Fork != (train.Fork{}) { // a name that came with what it goes on from is not its own
			plain := p.Config
			plain.Fork = train.Fork{}
			if p.Name == l.known[p.Fork.Run].Name || p.Name == autoName(l.In(), plain) {
				p.Name = ""
			}
		}
		p.Name = cmp.Or(p.Name, auto)
		key, code := identify(p.Config)
		r := &Result{lab: l, Record: Record{
			Name: p.Name, Named: p.Name != auto, Question: l.Question, Config: key, Seed: p.Seed, Weights: p.Weights(), EpochSteps: p.EpochSteps,
			Data:    fmt.Sprintf("%s, %d for training, %d dev", l.Data.Name, p.Set.Len(), l.Dev.Len()),
			DataSum: l.sum(), Split: l.Split, Input: l.In(), Code: code, Kernels: nn.Kernels(), Planned: p.Steps(), Started: time.Now().UTC().Truncate(time.Second),
		}}
		if r.Layers, err = nn.EncodeLayers(p.Layers); err != nil {
			return nil, err
		}
		if r.Hyper, err = settingsOf(p, r.Layers); err != nil {
			return nil, err
		}
		id := r.id()
		r.Dir = filepath.Join(l.store, l.Question, slug(p.Name)+"-"+id)
		l.known[r.key()] = given
		j := &job{Plan: p, given: given, result: r, twin: first[id], done: make(chan struct{})}
		if j.twin == nil {
			first[id] = j
		}
		jobs, runs = append(jobs, j), append(runs, r)
	}
	for i, label := range labelsOf(runs) {
		jobs[i].label = label
	}
	return jobs, nil
}

// saved is what there is of a run that is not to be made now.
func (l *Lab) saved(j *job) (*Result, error) {
	s, unfinished, err := l.stored(j.result)
	if s != nil || err != nil {
		return s, err
	}
	r := j.result
	if s, err := readResult(unfinished); err == nil && s.Status == Interrupted {
		s.lab, s.Stored = l, false
		if r.Named {
			s.Name, s.Named = r.Name, true
		}
		return s, nil
	}
	r.Status = Interrupted
	return r, nil
}

// fit finds or makes one run; none begins once ctx has ended, nor trains before turn
// has returned. A panic, of a layer or a loss of one's own perhaps, is kept for the
// goroutine that asked for the run: there it can be recovered from.
func (l *Lab) fit(ctx context.Context, j *job, m *meter, verbose bool, atATime int, turn func() error) (*Result, error) {
	defer func() {
		if v := recover(); v != nil {
			j.crash = fmt.Sprintf("%v\n\nin the run %s:\n%s", v, j.label, debug.Stack())
		}
	}()
	if ctx.Err() != nil {
		return l.saved(j)
	}
	log := io.Discard
	if verbose {
		log = l.Log
	}
	printer := &printer{W: log}
	r := j.result
	s, unfinished, err := l.stored(r)
	if s != nil || err != nil {
		m.have(j, s)
		if s != nil && j.Each != nil && snapshotsAt(j.Plan) == nil {
			fmt.Fprintln(log, "the run is stored: its Each is not called again")
		}
		return s.tellAll(printer), err
	}
	if s := l.aside(j, unfinished); s != nil {
		m.have(j, s)
		return s, nil
	}
	if unfinished != "" {
		r.Dir = unfinished
	}
	l.sayUnknown(r.Code)
	if err := turn(); err != nil {
		if ctx.Err() != nil {
			return l.saved(j)
		}
		return nil, err
	}
	t, err := j.Build(nil) // for a look at memory before anything is written
	if err != nil {
		return nil, err
	}
	release, err := r.lock()
	if err != nil {
		return nil, err
	}
	defer release()
	// Another process may have finished it since the first look.
	if s, _, err := l.stored(r); s != nil || err != nil {
		m.have(j, s)
		return s.tellAll(printer), err
	}
	if atATime > 1 {
		r.SideBySide = atATime
	}
	// What would refuse the best model at the end is told before the beginning.
	unlock, err := l.lockBest()
	if err != nil {
		return nil, err
	}
	unlock()
	rec, legs, at, err := l.open(j, t, log)
	if err != nil {
		return nil, err
	}
	t = rec.trainer
	if r.lost != "" && verbose {
		fmt.Fprintln(l.Log, r.lost)
	}
	if t.Parts > 0 && t.Step > 0 && len(r.History) > 0 {
		fmt.Fprintf(log, "continued after iteration %d of %d\n", t.Step, j.Steps())
	}
	r.tellAll(printer)
	for _, e := range r.History {
		m.tell(j.label, e)
	}
	best, _ := r.History.evaluations()
	m.found(t.Step, best)
	status, cause := l.run(ctx, j, legs[at], rec, printer, m)
	for cause == errLeg {
		at++
		if err := rec.turn(legs[at], until(legs, at), log); err != nil {
			rec.history.Close()
			return nil, err
		}
		status, cause = l.run(ctx, j, legs[at], rec, printer, m)
	}
	t = rec.trainer
	var broken *train.CallbackError
	switch {
	case at < len(legs)-1 && (status == Finished || status == Diverged):
		rec.history.Close()
		return nil, fmt.Errorf("lab: %s goes on from %s, and that run stopped before: want an earlier epoch of it", r.Name, r.Fork)
	case errors.As(cause, &broken):
		err := fmt.Errorf("lab: %s: %w", r.Name, cause)
		if r.Code.Once == "" {
			err = fmt.Errorf("%w; saved after iteration %d: run again to continue", err, t.Step)
		}
		return nil, errors.Join(err, r.gone(rec.end(Interrupted, cause, l.keepBest)))
	case status == "":
		rec.history.Close() // what was saved last is there to continue from
		return nil, r.gone(cause)
	}
	if status != Interrupted {
		m.drop(j.steps() - t.Step)
	}
	if err := rec.end(status, cause, l.keepBest); err != nil {
		return r, r.gone(err)
	}
	return r, l.supersede(r)
}

// Check finds whatever is wrong with a configuration, and returns the model as
// it is before the first step.
func (l *Lab) Check(cfg train.Config) (*nn.Model, error) {
	jobs, err := l.plan([]train.Config{cfg})
	if err != nil {
		return nil, err
	}
	t, err := jobs[0].Build(nil)
	if err != nil {
		return nil, err
	}
	return t.Network(), nil
}

// tellAll gives the history so far to p.
func (r *Result) tellAll(p *printer) *Result {
	if r != nil {
		for _, e := range r.History {
			p.Tell(e)
		}
	}
	return r
}

// run trains to the end of a leg of j and says how it ended. No status means that
// cause is an error of the machine, not of the run, or that the leg ends.
func (l *Lab) run(ctx context.Context, j, leg *job, rec *recorder, printer *printer, m *meter) (Status, error) {
	t := rec.trainer
	rec.epochs = j.Epochs
	t.AtBorder = rec.border
	t.Parts++
	spent, end := machine.begin()
	before := t.CPU
	defer func() {
		end()
		t.CPU = before + spent()
	}()
	told := t.Step
	defer func() { m.step(t.Step - told) }()
	var keep map[int]bool
	if leg == j { // else what it goes on from is made again
		keep = snapshotsAt(j.Plan)
	}
	t.Between = func() error {
		m.step(t.Step - told)
		told = t.Step
		t.CPU = before + spent()
		if keep[t.Step] {
			if err := rec.snapshot(); err != nil {
				return err
			}
		}
		if j.until > 0 && t.Step >= j.until {
			return errAside
		}
		return rec.saveInTime()
	}
	for e, err := range t.Run(ctx, leg.Batches(leg.Set), train.InOrder(l.Dev)) {
		var diverged *train.Divergence
		switch {
		case errors.As(err, &diverged):
			return Diverged, err
		case err != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, errAside)):
			return Interrupted, nil
		case err != nil:
			return "", err
		}
		printer.Tell(e)
		m.tell(j.label, e)
		if t.BestScore >= 0 {
			m.score(t.BestScore)
		}
		if err := rec.tell(e); err != nil {
			return "", err
		}
	}
	if keep != nil {
		if err := rec.snapshot(); err != nil {
			return "", err
		}
	}
	switch {
	case t.Stopped != "":
		rec.result.Ended = t.Stopped
	case j.Patience > 0 && t.Stale >= j.Patience && t.Step < j.Steps():
		rec.result.Ended = fmt.Sprintf("out of patience: no better score in %s", printable.Count(t.Stale, "evaluation"))
	}
	return Finished, nil
}

// stored finds the run that r would be among those that have ended, under
// whatever name; else it names the folder of one that has not, if there is one.
func (l *Lab) stored(r *Result) (s *Result, unfinished string, err error) {
	dirs, err := folders(filepath.Join(l.store, l.Question), "-"+r.id())
	if err != nil {
		return nil, "", err
	}
	for _, dir := range dirs {
		s, err := readResult(dir)
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return nil, "", fmt.Errorf("%w: remove the folder to train it again", err)
		case err == nil && (s.Config != r.Config || s.DataSum != r.DataSum || s.Code != r.Code):
			return nil, "", fmt.Errorf("lab: %s is that of another run, %s: remove the folder to train it again", filepath.Join(dir, recordFile), printable.Text(s.Name))
		case err != nil || s.Status == Interrupted || s.fault() != "":
			if unfinished != r.Dir {
				unfinished = dir
			}
		default:
			s.lab = l
			if err := s.checkModel(); err != nil {
				return nil, "", err
			}
			if err := s.called(r); err != nil {
				return nil, "", err
			}
			os.Remove(filepath.Join(dir, stateFile)) // is there if the run was killed at its very end
			return s, "", nil
		}
	}
	return nil, unfinished, nil
}
