package train

import (
	"context"
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

	x, dy nn.Tensor
	progress
	began time.Time
}

// progress is where a run stands: plain numbers, saved with the weights.
type progress struct {
	Step      int       // steps done
	Told      int       // events yielded
	Loss      float64   // a sum over the examples since the last report
	Correct   int       // likewise
	Examples  int       // so many
	DevAt     int       // the step of the last evaluation
	DevLosses []float64 // of all evaluations
	BestScore float64   // -1 before the first evaluation
	Stale     int       // evaluations since the best
	Seconds   float64   // spent in earlier parts of the run
}

// NewTrainer prepares a run of cfg on m.
func NewTrainer(cfg Config, m *nn.Model) (*Trainer, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	stepper, err := cfg.Optimizer.New(m.Params())
	if err != nil {
		return nil, err
	}
	t := &Trainer{cfg: cfg, model: m, stepper: stepper, progress: progress{BestScore: -1}}
	if cfg.EMA > 0 {
		t.average = m.Clone()
	}
	return t, nil
}

// Model is the model that evaluations judge: the one in training, or the
// running mean of its weights.
func (t *Trainer) Model() *nn.Model {
	if t.average != nil {
		return t.average
	}
	return t.model
}

// Run trains from where t stands to the end and yields what happens.
func (t *Trainer) Run(ctx context.Context, train, dev Batches) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		t.began = time.Now()
		defer func() { t.Seconds = t.elapsed() }()
		drawn := 0 // batches, those of earlier parts of the run included
		for epoch := range t.cfg.Epochs {
			for batch := range train(epoch) {
				if drawn++; drawn < t.Step {
					continue
				}
				if err := ctx.Err(); err != nil {
					yield(Event{}, err)
					return
				}
				if drawn > t.Step { // else resumed right after this step, with a report perhaps due
					if err := t.step(epoch, batch); err != nil {
						yield(Event{}, err)
						return
					}
				}
				if !t.report(ctx, epoch, dev, yield) {
					return
				}
			}
			last := epoch == t.cfg.Epochs-1
			if drawn == t.Step && (last || t.cfg.DevEvery == 0) && !t.summarize(ctx, epoch, dev, yield) {
				return
			}
		}
	}
}

// step is one forward, backward and update.
func (t *Trainer) step(epoch int, b data.Batch) error {
	lr := t.rate(t.Step)
	t.x = nn.Tensor{N: len(b.Labels), Shape: t.model.In, Data: b.X}
	y := t.model.Forward(&t.x, nn.Pass{Train: true, Seed: t.cfg.Seed, Step: t.Step})
	loss := t.cfg.Loss.Eval(&t.dy, y, b.Labels)
	correct := nn.Correct(y, b.Labels)
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return fmt.Errorf("train: the loss is %v at step %d of epoch %d with learning rate %g: try a smaller one",
			loss, t.Step, epoch, lr)
	}
	t.model.Backward(&t.dy)
	loss += t.cfg.Penalty.Add(t.model.Params())
	if t.cfg.ClipNorm > 0 {
		optim.ClipGradNorm(t.model.Params(), t.cfg.ClipNorm)
	}
	t.stepper.Step(t.Step, lr)
	if t.cfg.MaxNorm > 0 {
		optim.ClipMaxNorm(t.model.Params(), t.cfg.MaxNorm)
	}
	if t.average != nil {
		t.average.MoveTo(t.model, min(t.cfg.EMA, float64(t.Step+1)/float64(t.Step+10)))
	}
	t.Step++
	t.Loss += loss * float64(len(b.Labels))
	t.Correct += correct
	t.Examples += len(b.Labels)
	return nil
}

// report yields what is due after a step and says whether to go on.
func (t *Trainer) report(ctx context.Context, epoch int, dev Batches, yield func(Event, error) bool) bool {
	if t.Step%t.cfg.LogEvery == 0 && !t.tellTrain(epoch, yield) {
		return false
	}
	if t.cfg.DevEvery > 0 && t.Step%t.cfg.DevEvery == 0 {
		return t.tellDev(ctx, epoch, dev, yield)
	}
	return true
}

// summarize yields both reports unless they have just been told.
func (t *Trainer) summarize(ctx context.Context, epoch int, dev Batches, yield func(Event, error) bool) bool {
	return t.tellTrain(epoch, yield) && t.tellDev(ctx, epoch, dev, yield)
}

func (t *Trainer) tellTrain(epoch int, yield func(Event, error) bool) bool {
	if t.Examples == 0 {
		return true
	}
	n := float64(t.Examples)
	ev := Event{
		Kind: Train, Epoch: epoch, Step: t.Step, Loss: t.Loss / n, Score: float64(t.Correct) / n,
		LR: t.rate(t.Step - 1), GradNorm: optim.GradNorm(t.model.Params()), Seconds: t.elapsed(),
	}
	t.Loss, t.Correct, t.Examples = 0, 0, 0
	return t.tell(ev, yield)
}

func (t *Trainer) tellDev(ctx context.Context, epoch int, dev Batches, yield func(Event, error) bool) bool {
	if t.DevAt == t.Step {
		return true
	}
	s, err := Evaluate(ctx, t.Model(), t.cfg.Loss, dev)
	if err != nil {
		yield(Event{}, err)
		return false
	}
	ev := Event{Kind: Dev, Epoch: epoch, Step: t.Step, Loss: s.Loss, Score: s.Accuracy, Seconds: t.elapsed()}
	previous := t.BestScore
	better := s.Accuracy > previous
	t.DevAt = t.Step
	t.DevLosses = append(t.DevLosses, s.Loss)
	if t.Stale++; better {
		t.BestScore, t.Stale = s.Accuracy, 0
	}
	if !t.tell(ev, yield) {
		return false
	}
	if better {
		ev.Kind, ev.Previous = Best, max(previous, 0)
		if !t.tell(ev, yield) {
			return false
		}
	}
	return t.cfg.Patience == 0 || t.Stale < t.cfg.Patience
}

func (t *Trainer) tell(ev Event, yield func(Event, error) bool) bool {
	t.Told++
	return yield(ev, nil)
}

// rate is the learning rate of a step.
func (t *Trainer) rate(step int) float64 {
	if a, ok := t.cfg.Schedule.(optim.Adaptive); ok {
		return a.LRAfter(step, t.DevLosses)
	}
	return t.cfg.Schedule.LR(step)
}

// elapsed is the time spent in this and earlier parts of the run, in seconds.
func (t *Trainer) elapsed() float64 { return t.Seconds + time.Since(t.began).Seconds() }
