package train

import (
	"fmt"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
)

// Plan is a run that has been looked at and not begun: a Config that says all,
// with the set that it trains on.
type Plan struct {
	Config               // complete; its schedule and evaluations know the length of the run
	Set        *data.Set // nil where only a model and batches are known
	EpochSteps int       // 0 likewise
	draft      *nn.Draft
}

// Plan finds what is wrong with a run of c on s before anything is allocated: its
// values, the shapes of its layers, and batches that cannot be trained on, the
// last one of an epoch among them. What the length of the run decides is decided.
func (c Config) Plan(s *data.Set) (*Plan, error) {
	c, err := c.Complete()
	if err != nil {
		return nil, err
	}
	if c.Batch > s.Len() {
		return nil, fmt.Errorf("train: batch %d, want 1 to %d, the training examples", c.Batch, s.Len())
	}
	p := &Plan{Config: c, Set: s, EpochSteps: c.StepsOn(s.Len())}
	p.DevEvery = c.DevEvery.Steps(p.EpochSteps)
	if err := optim.CheckSchedule(c.Schedule, p.Steps()); err != nil {
		return nil, err
	}
	p.Schedule = optim.Bind(c.Schedule, p.Steps())
	if p.draft, err = nn.NewDraft(nn.CHW(s.C, s.H, s.W), c.Layers...); err != nil {
		return nil, err
	}
	if out := p.draft.Out; out != nn.Vec(len(s.Classes)) {
		return nil, fmt.Errorf("train: the layers end in an output of %v, want %d, one for each class", out, len(s.Classes))
	}
	if err := p.draft.CheckBatch(c.Batch); err != nil {
		return nil, fmt.Errorf("train: batch %d: %w", c.Batch, err)
	}
	n := s.Len() * (1 + c.Copies)
	if rest := n % c.Batch; rest > 0 {
		if err := p.draft.CheckBatch(rest); err != nil {
			return nil, fmt.Errorf("train: batch %d of %d examples leaves a last batch of %d: %w; or another batch or size", c.Batch, n, rest, err)
		}
	}
	return p, nil
}

// Steps is the number of steps of the whole run, of a fork with those before it.
func (p *Plan) Steps() int { return p.Fork.Step + p.EpochSteps*(p.Epochs-p.Fork.Epoch) }

// Weights is the number of trainable values.
func (p *Plan) Weights() int { return p.draft.Weights }

// Build makes the Trainer of p on m, or, if m is nil, on a new model as it is
// before the first step, once memory is known to do.
func (p *Plan) Build(m *nn.Model) (*Trainer, error) {
	err := p.checkMemory(m != nil)
	if err != nil {
		return nil, err
	}
	if m == nil {
		if m, err = nn.New(p.Seed, p.draft.In(), p.Layers...); err != nil {
			return nil, err
		}
	}
	t := &Trainer{cfg: p.Config, model: m, told: LossOf(m), epochSteps: p.EpochSteps, looked: p.Set != nil, Progress: Progress{BestScore: -1}}
	if t.stepper, err = p.Optimizer.New(m.Params()); err != nil {
		return nil, err
	}
	if p.Loss == t.told {
		t.told = nil // once is enough
	}
	if _, binds := p.Schedule.(optim.Binder); !binds || p.Set != nil {
		t.schedule = p.Schedule
	}
	if p.EMA > 0 {
		t.average = m.Clone()
	}
	return t, nil
}
