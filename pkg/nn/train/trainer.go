package train

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
)

// Batches gives the batches of an epoch; data.Loader.Epoch is one. For a run
// to be repeatable it must be a function of epoch.
type Batches func(epoch int) iter.Seq[data.Batch]

// Run trains m as cfg says and yields what happens. The body of the caller's
// loop is the callback; break ends the run with the weights as they are. An
// error is the last thing yielded: a loss that is not finite, or ctx.Err().
//
// The length of the run is that of train(0) times cfg.Epochs: batches are counted
// before the first step if the schedule is an [optim.Binder]. Unlike Lab.Fit, Run
// takes a schedule of any length at its word.
func Run(ctx context.Context, cfg Config, m *nn.Model, train, dev Batches) iter.Seq2[Event, error] {
	t, err := NewTrainer(cfg, m)
	if err != nil {
		return func(yield func(Event, error) bool) { yield(Event{}, err) }
	}
	return t.Run(ctx, train, dev)
}

// Trainer is a run that can be stopped, saved (File) and continued (Restore)
// bit for bit.
type Trainer struct {
	cfg     Config
	model   *nn.Model
	average *nn.Model // running mean of the weights, if cfg.EMA > 0
	stepper optim.Stepper
	told    nn.Loss // what events call the loss; nil where it is cfg.Loss

	schedule   optim.Schedule // of cfg, bound to the run; nil until its length is known
	epochSteps int            // 0 until they are known
	devEvery   int            // steps of cfg.DevEvery
	looked     bool           // the batches are known to fit

	// Between, if there is one, is called between steps, where nothing is half
	// done: the moment to save.
	Between func() error
	// AtBorder, if there is one, is called once at the end of every epoch, with how
	// many have ended, before the end of the run is told. What File gives there is
	// where another run can go on from; see Branch.
	AtBorder func(epochs int) error
	// Data and Code name what the run is trained on, and what computes it. A state
	// is only continued by the same; where they are empty, the caller is trusted.
	Data, Code string
	// Past is what was told so far, where there is a Callback to see it. A state
	// does not hold it: who restores one gives it back.
	Past []Event

	each  string // what the Callback was before the run
	made  Event  // the step just made, where there is a Callback
	x, dy nn.Tensor
	Progress
	gradNorm float64   // before clipping, if that has measured it, else -1
	began    time.Time // zero while the run does not run
}

// Progress is where a run stands: plain numbers, saved with the weights. CPU
// and Parts are kept for who makes the run; the loop does not look at them.
type Progress struct {
	Step      int       // steps done
	Epoch     int       // the one at work
	EpochAt   int       // the step it began with
	Told      int       // events yielded
	Due       []Event   // decided on, not yielded yet
	Owed      []Event   // yielded, not taken by the Callback yet: one at most
	Norm      float64   // in a state: of the gradient, which it does not hold, for the report that may be next
	Stopped   string    // why the Callback has ended the run, "" if it has not
	window              // since the last report
	Before    window    // of the last report
	Most      int       // steps between two reports so far
	DevAt     int       // the step of the last evaluation
	DevLosses []float64 // of all evaluations
	BestScore float64   // -1 before the first evaluation
	Stale     int       // evaluations since the best
	Border    int       // epochs whose end AtBorder was told of
	Fresh     int       // the step that the optimizer takes for its first
	Seconds   float64   // spent in earlier parts of the run
	CPU       float64   // likewise, processor time
	Parts     int       // of the run so far, the one at work among them
}

// window is what a report of the training loss is the mean of.
type window struct {
	Loss, Objective          float64 // sums over the examples
	Correct, Examples, Steps int
}

func (w window) add(v window) window {
	return window{w.Loss + v.Loss, w.Objective + v.Objective, w.Correct + v.Correct, w.Examples + v.Examples, w.Steps + v.Steps}
}

// Divergence is the error of a run whose loss is no finite number any more.
type Divergence struct {
	Split   Kind // Train, or Dev where the weights went wrong in the step before an evaluation
	Loss    float64
	Step    int // steps done
	Epoch   int // counted from 0
	LR      float64
	Weights string // the first one that is not finite, where the loss does not show it
}

func (d *Divergence) Error() string {
	if d.Weights != "" {
		return fmt.Sprintf("train: %s at step %d of epoch %d with learning rate %g: try a smaller one", d.Weights, d.Step, d.Epoch, d.LR)
	}
	return fmt.Sprintf("train: the %s loss is %v at step %d of epoch %d with learning rate %g: try a smaller one",
		d.Split, d.Loss, d.Step, d.Epoch, d.LR)
}

// NewTrainer prepares a run of cfg on m, of as many steps as its batches will
// turn out to be. [Config.Plan] is the way to a run on a set.
func NewTrainer(cfg Config, m *nn.Model) (*Trainer, error) {
	cfg, err := cfg.Complete()
	if err != nil {
		return nil, err
	}
	return (&Plan{Config: cfg, draft: m.Draft()}).Build(m)
}

// Model is the model that evaluations judge: the one in training, or the
// running mean of its weights.
func (t *Trainer) Model() *nn.Model {
	if t.average != nil {
		return t.average
	}
	return t.model
}

// Network is the model in training.
func (t *Trainer) Network() *nn.Model { return t.model }

// Run trains from where t stands to the end and yields what happens. After a
// break or an error it may be called again and goes on.
func (t *Trainer) Run(ctx context.Context, train, dev Batches) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		t.began = time.Now()
		defer func() { t.Seconds, t.began = t.elapsed(), time.Time{} }()
		if err := t.look(train); err != nil {
			yield(Event{}, err)
			return
		}
		if err := t.run(ctx, train, dev, yield); err != nil && err != errStop {
			yield(Event{}, err)
		}
	}
}

// run makes the epochs that are not done yet. One that the Callback has ended is
// judged as at its end.
func (t *Trainer) run(ctx context.Context, train, dev Batches, yield func(Event, error) bool) error {
	if at := t.cfg.Fork; t.Step < at.Step {
		return fmt.Errorf("train: the run goes on from another, after epoch %d and step %d: want its state, by Branch, before it runs", at.Epoch, at.Step)
	}
	err := t.catchUp(dev, yield)
	for ; err == nil && t.Epoch < t.cfg.Epochs; t.Epoch++ {
		if err = t.epoch(ctx, train, dev, yield); err != nil {
			break
		}
	}
	if err == errStopped {
		if err = t.tellTrain(dev, yield); err == nil || err == errStopped {
			err = t.tellDev(ctx, dev, yield)
		}
	}
	if err == nil || err == errStopped {
		return t.checkEach()
	}
	return err
}

// catchUp tells what is left of an earlier part of the run.
func (t *Trainer) catchUp(dev Batches, yield func(Event, error) bool) error {
	if t.each = describeEach(t.cfg.Each); len(t.Owed) > 0 {
		e := t.Owed[0]
		if e.Kind != Step { // who has had it may have counted it already
			t.Past = t.Past[:min(len(t.Past), t.Told-1)]
		}
		if err := t.show(e, dev); err != nil {
			return err
		}
	}
	return t.flush(dev, yield)
}

// look walks over the batches of an epoch before the first step where something
// hangs on them: the length of the run, for schedules and evaluations that are in
// terms of it, or a model that some batch is too small for, perhaps the last one.
// A planned run has been looked at.
func (t *Trainer) look(train Batches) error {
	if !t.looked && (t.schedule == nil || t.cfg.DevEvery < 0 || t.model.CheckBatch(1) != nil) {
		steps, last := 0, 0
		for b := range train(0) {
			steps++
			if n := len(b.Labels); n != last {
				if err := t.model.CheckBatch(n); err != nil {
					return fmt.Errorf("train: %w", err)
				}
				last = n
			}
		}
		t.epochSteps = steps
		t.schedule = optim.Bind(t.cfg.Schedule, t.cfg.Fork.Step+steps*(t.cfg.Epochs-t.cfg.Fork.Epoch))
	}
	t.looked = true
	t.devEvery = int(t.cfg.DevEvery.Steps(t.epochSteps))
	return nil
}

// errStop ends a run without an error: by a break, or out of patience. errStopped
// does so too, once it has been judged: the Callback has ended it.
var errStop, errStopped = errors.New("stop"), errors.New("stopped")

// epoch makes the steps of an epoch that are not done yet.
func (t *Trainer) epoch(ctx context.Context, train, dev Batches, yield func(Event, error) bool) error {
	drawn := t.EpochAt // steps, by the batches seen
	for batch := range train(t.Epoch) {
		if drawn++; drawn < t.Step {
			continue
		}
		if drawn > t.Step { // else the run stopped right after this step, with an evaluation perhaps due
			if err := t.pause(ctx); err != nil {
				return err
			}
			if err := t.step(batch); err != nil {
				return err
			}
			if err := t.show(t.made, dev); err != nil {
				return err
			}
			if t.Stopped != "" {
				return errStopped
			}
		}
		if err := t.report(ctx, dev, yield); err != nil {
			return err
		}
	}
	if drawn < t.Step {
		return fmt.Errorf("train: epoch %d ends at step %d, the run stands at step %d: not the batches it began with", t.Epoch, drawn, t.Step)
	}
	ends := func() error {
		if err := t.tellTrain(dev, yield); err != nil {
			return err
		}
		return t.tellDev(ctx, dev, yield)
	}
	if t.devEvery == 0 {
		if err := ends(); err != nil {
			return err
		}
	}
	if was := t.Border; was <= t.Epoch {
		t.Border = t.Epoch + 1
		if t.AtBorder != nil {
			if err := t.AtBorder(t.Border); err != nil {
				t.Border = was
				return err
			}
		}
	}
	if t.Epoch == t.cfg.Epochs-1 {
		if err := ends(); err != nil {
			return err
		}
	}
	t.EpochAt = drawn
	return nil
}

// pause is the moment between two steps: the run can end here, or be saved.
func (t *Trainer) pause(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if t.Between != nil {
		return t.Between()
	}
	return nil
}

// step is one forward, backward and update.
func (t *Trainer) step(b data.Batch) error {
	lr := t.rate(t.Step)
	if !(lr >= 0 && lr <= optim.MaxLR) { // an adaptive schedule could not be looked at before
		return fmt.Errorf("train: the schedule gives learning rate %v at step %d, want 0 to %g", lr, t.Step, float64(optim.MaxLR))
	}
	t.x = nn.Tensor{N: len(b.Labels), Shape: t.model.In, Data: b.X}
	y := t.model.Forward(&t.x, nn.Pass{Train: true, Seed: t.cfg.Seed, Step: t.Step})
	if err := checkLabels(b.Labels, y.Shape.Size()); err != nil {
		return err
	}
	objective := t.cfg.Loss.Eval(&t.dy, y, b.Labels)
	loss := objective
	if t.told != nil {
		loss = t.told.Eval(nil, y, b.Labels)
	}
	correct := nn.Correct(y, b.Labels)
	if !finite(objective) {
		return t.diverged(Train, objective, lr)
	}
	t.model.Backward(&t.dy)
	if objective += t.cfg.Penalty.Add(t.model.Params()); !finite(objective) {
		return t.diverged(Train, objective, lr)
	}
	t.gradNorm = -1
	if t.cfg.ClipNorm > 0 {
		t.gradNorm = optim.ClipGradNorm(t.model.Params(), t.cfg.ClipNorm)
	}
	t.stepper.Step(t.Step-t.Fresh, lr)
	if t.cfg.MaxNorm > 0 {
		optim.ClipMaxNorm(t.model.Params(), t.cfg.MaxNorm)
	}
	if t.average != nil {
		t.average.MoveTo(t.model, min(t.cfg.EMA, float64(t.Step+1)/float64(t.Step+10)))
	}
	t.Step++
	t.Loss += loss * float64(len(b.Labels))
	t.Objective += objective * float64(len(b.Labels))
	t.Correct += correct
	t.Examples += len(b.Labels)
	t.Steps++
	if t.cfg.Each != nil {
		t.made = Event{
			Kind: Step, Epoch: t.Epoch, Step: t.Step, Loss: loss, Score: float64(correct) / float64(len(b.Labels)),
			Objective: objective, LR: lr, GradNorm: max(t.gradNorm, 0), Seconds: t.elapsed(),
		}
	}
	return nil
}

// checkLabels reports a label that no output of a model stands for.
func checkLabels(labels []uint16, outputs int) error {
	for _, label := range labels {
		if int(label) >= outputs {
			return fmt.Errorf("train: label %d, the model's outputs stand for 0 to %d", label, outputs-1)
		}
	}
	return nil
}

func (t *Trainer) diverged(split Kind, loss, lr float64) error {
	return &Divergence{Split: split, Loss: loss, Step: t.Step, Epoch: t.Epoch, LR: lr}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// report yields what is due after a step.
func (t *Trainer) report(ctx context.Context, dev Batches, yield func(Event, error) bool) error {
	if t.Step%t.cfg.LogEvery == 0 {
		if err := t.tellTrain(dev, yield); err != nil {
			return err
		}
	}
	if t.devEvery > 0 && t.Step%t.devEvery == 0 {
		return t.tellDev(ctx, dev, yield)
	}
	return nil
}

// tellTrain reports the steps since the last report, if there are any. Where a
// report comes so soon that it has fewer than half the steps of others, as at the
// end of a run, it takes in those of the one before: the mean of a few steps
// scatters, and would bend the end of every curve.
func (t *Trainer) tellTrain(dev Batches, yield func(Event, error) bool) error {
	if t.Examples == 0 {
		return nil
	}
	norm := t.gradNorm
	if norm < 0 {
		norm = optim.GradNorm(t.model.Params())
	}
	w := t.window
	t.Most = max(t.Most, w.Steps)
	if 2*w.Steps < t.Most {
		w = w.add(t.Before)
	}
	t.window, t.Before = window{}, w
	n := float64(w.Examples)
	ev := Event{
		Kind: Train, Epoch: t.Epoch, Step: t.Step, Loss: w.Loss / n, Score: float64(w.Correct) / n,
		Objective: w.Objective / n, LR: t.rate(t.Step - 1), GradNorm: norm, Seconds: t.elapsed(),
	}
	return t.tell(dev, yield, ev)
}

// tellDev evaluates, unless that has just been done.
func (t *Trainer) tellDev(ctx context.Context, dev Batches, yield func(Event, error) bool) error {
	if t.DevAt == t.Step {
		return nil
	}
	s, err := Evaluate(ctx, t.Model(), LossOf(t.model), dev)
	if err != nil {
		return err
	}
	if !finite(s.Loss) { // such weights must not become the best
		return t.diverged(Dev, s.Loss, t.rate(t.Step-1))
	}
	if err := t.Model().CheckFinite(); err != nil { // behind a ReLU they may not show
		return &Divergence{Split: Dev, Loss: s.Loss, Step: t.Step, Epoch: t.Epoch, LR: t.rate(t.Step - 1), Weights: err.Error()}
	}
	t.DevAt = t.Step
	t.DevLosses = append(t.DevLosses, s.Loss)
	ev := Event{Kind: Dev, Epoch: t.Epoch, Step: t.Step, Loss: s.Loss, Score: s.Accuracy, Seconds: t.elapsed()}
	if t.Stale++; s.Accuracy <= t.BestScore {
		return t.tell(dev, yield, ev)
	}
	best := ev
	best.Kind, best.Previous = Best, max(t.BestScore, 0)
	t.BestScore, t.Stale = s.Accuracy, 0
	return t.tell(dev, yield, ev, best)
}

// tell yields events. They are due before they are told, so that a run which
// is stopped and continued between two of them loses none.
func (t *Trainer) tell(dev Batches, yield func(Event, error) bool, events ...Event) error {
	t.Due = append(t.Due, events...)
	return t.flush(dev, yield)
}

// flush yields what is due, shows it to the Callback, and says whether to go on. At
// the end of a run that the Callback has ended, all of it is told.
func (t *Trainer) flush(dev Batches, yield func(Event, error) bool) error {
	for len(t.Due) > 0 {
		e := t.Due[0]
		t.Due = t.Due[1:]
		t.Told++
		if t.cfg.Each != nil {
			t.Owed = append(t.Owed[:0], e)
		}
		if !yield(e, nil) {
			return errStop
		}
		if err := t.show(e, dev); err != nil {
			return err
		}
	}
	switch {
	case t.Stopped != "":
		return errStopped
	case t.cfg.Patience > 0 && t.Stale >= t.cfg.Patience:
		return errStop
	}
	return nil
}

// rate is the learning rate of a step.
func (t *Trainer) rate(step int) float64 {
	if a, ok := t.schedule.(optim.Adaptive); ok {
		return a.LRAfter(step, t.DevLosses)
	}
	return t.schedule.LR(step)
}

// Begun is the number of epochs begun.
func (t *Trainer) Begun() int {
	if t.Step > t.EpochAt {
		return t.Epoch + 1
	}
	return t.Epoch
}

// elapsed is the time spent in this and earlier parts of the run, in seconds.
func (t *Trainer) elapsed() float64 {
	if t.began.IsZero() {
		return t.Seconds
	}
	return t.Seconds + time.Since(t.began).Seconds()
}
