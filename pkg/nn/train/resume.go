package train

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"inkling/pkg/internal/source"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/safetensors"
)

// The metadata of a run's state.
const (
	progressKey = "progress" // as JSON, in which float64 values survive exactly
	configKey   = "config"   // a digest
	dataKey     = "data"     // Trainer.Data
	codeKey     = "code"     // Trainer.Code
	sumKey      = "progress_sha256"

	optimizerKey = "optimizer" // its type
	objectiveKey = "objective" // a digest of what is minimised
)

// File is all that is needed to continue the run bit for bit: weights, the
// running mean of the weights, the optimizer's arrays and the progress, in one
// file, so that one rename makes them consistent. The arrays are t's own. It
// may be called whenever Run does not run, or from the body of its loop.
func (t *Trainer) File() (*safetensors.File, error) {
	now := t.Progress
	now.Seconds, now.Norm = t.elapsed(), t.norm()
	where, err := json.Marshal(now)
	if err != nil {
		return nil, err
	}
	f, err := t.model.File(map[string]string{
		progressKey: string(where), sumKey: source.Sum(string(where)), configKey: t.cfg.sum(), dataKey: t.Data, codeKey: t.Code,
		optimizerKey: t.optimizer(), objectiveKey: t.objective(),
	})
	if err != nil {
		return nil, err
	}
	for _, s := range t.extra() {
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: s.Name, Dims: []int{len(s.Data)}, Data: s.Data})
	}
	return f, nil
}

// norm is that of the gradient of the last step, as a report right now would tell.
func (t *Trainer) norm() float64 {
	norm := t.gradNorm
	if norm < 0 {
		norm = optim.GradNorm(t.model.Params())
	}
	if !finite(norm) { // the run is about to end
		return 0
	}
	return norm
}

// sum is a digest of all that decides a run and is in the configuration.
func (c Config) sum() string {
	c.Name = ""
	return source.Sum(source.Describe(c, func(string) bool { return true }).Text)
}

// describeEach is all that a callback holds, as text.
func describeEach(c Callback) string {
	if c == nil {
		return ""
	}
	return source.Describe(c, func(string) bool { return true }).Text
}

// belongs says what of a state is another run's.
func (t *Trainer) belongs(meta map[string]string) error {
	for _, part := range []struct{ what, want, got string }{
		{"of another configuration", t.cfg.sum(), meta[configKey]},
		{"of a run on other data", t.Data, meta[dataKey]},
		{"made by other code or other kernels", t.Code, meta[codeKey]},
	} {
		if part.got != part.want {
			return fmt.Errorf("train: the state is %s and cannot be continued", part.what)
		}
	}
	return nil
}

// extra are the arrays of a run that are not the model's.
func (t *Trainer) extra() []nn.State {
	var all []nn.State
	for _, s := range t.stepper.State() {
		all = append(all, nn.State{Name: "optim/" + s.Name, Data: s.Data})
	}
	if t.average != nil {
		for _, p := range t.average.Params() {
			all = append(all, nn.State{Name: "ema/" + p.Name, Data: p.Data})
		}
		for _, s := range t.average.States() {
			all = append(all, nn.State{Name: "ema/" + s.Name, Data: s.Data})
		}
	}
	return all
}

// whole is the progress in a state, as text, if it is not damaged.
func whole(f *safetensors.File) (string, error) {
	where, ok := f.Meta[progressKey]
	if !ok {
		return "", fmt.Errorf("train: the file holds weights but no state of a run")
	}
	if source.Sum(where) != f.Meta[sumKey] {
		return "", fmt.Errorf("train: the progress of the run is damaged: %.60q", where)
	}
	return where, nil
}

// optimizer names the type of the optimizer, and objective is a digest of what is
// minimised.
func (t *Trainer) optimizer() string { return fmt.Sprintf("%T", t.cfg.Optimizer) }

func (t *Trainer) objective() string {
	return source.Sum(source.Describe([]any{t.cfg.Loss, t.cfg.Penalty}, func(string) bool { return true }).Text)
}

// Owns reports whether metadata are those of a state of p, on that data and of that
// code; see Trainer.Data.
func (p *Plan) Owns(meta map[string]string, data, code string) bool {
	return IsState(meta) && (&Trainer{cfg: p.Config, Data: data, Code: code}).belongs(meta) == nil
}

// IsState reports whether metadata are those of the state of a run, not of a
// saved model.
func IsState(meta map[string]string) bool {
	_, ok := meta[progressKey]
	return ok
}

// Restore makes t stand where the run saved in f stood: a run of the same
// configuration, Data and Code. The state of any other is refused.
func (t *Trainer) Restore(f *safetensors.File) error {
	where, err := whole(f)
	if err != nil {
		return err
	}
	if err := t.belongs(f.Meta); err != nil {
		return err
	}
	var p Progress
	if err := json.Unmarshal([]byte(where), &p); err != nil {
		return fmt.Errorf("train: the progress of the run: %w", err)
	}
	if err := p.check(t.cfg.Epochs); err != nil {
		return fmt.Errorf("train: the progress of the run: %w", err)
	}
	extra := t.extra()
	for _, s := range extra {
		if saved := f.Tensor(s.Name); saved == nil || len(saved.Data) != len(s.Data) {
			return fmt.Errorf("train: no array %q of %d values in the file: of another optimizer?", s.Name, len(s.Data))
		}
	}
	if err := t.model.Restore(f); err != nil {
		return err
	}
	for _, s := range extra {
		copy(s.Data, f.Tensor(s.Name).Data)
	}
	t.Progress, t.gradNorm = p, p.Norm
	return nil
}

// check reports what no run can have come to, in so many epochs at most.
func (p *Progress) check(epochs int) error {
	for _, c := range []struct {
		what            string
		value, low, top int
	}{
		{"epoch", p.Epoch, 0, epochs}, {"step", p.Step, 0, maxSteps}, {"the epoch's first step", p.EpochAt, 0, p.Step},
		{"events", p.Told, 0, maxSteps}, {"events due", len(p.Due), 0, 2}, {"events owed", len(p.Owed), 0, 1}, {"examples", p.Examples, 0, math.MaxInt},
		{"of them right", p.Correct, 0, p.Examples}, {"last evaluation", p.DevAt, 0, p.Step},
		{"evaluations since the best", p.Stale, 0, len(p.DevLosses)}, {"parts", p.Parts, 0, maxSteps},
		{"epochs ended", p.Border, 0, p.Epoch + 1}, {"first step of the optimizer", p.Fresh, 0, p.Step},
	} {
		if c.value < c.low || c.value > c.top {
			return fmt.Errorf("%s %d, want %d to %d", c.what, c.value, c.low, c.top)
		}
	}
	if !(p.BestScore >= -1 && p.BestScore <= 1 && p.Seconds >= 0 && p.CPU >= 0 && p.Norm >= 0) {
		return fmt.Errorf("best score %v, %v seconds, %v of the processors, a gradient of %v: these cannot be", p.BestScore, p.Seconds, p.CPU, p.Norm)
	}
	for i, e := range slices.Concat(p.Due, p.Owed) {
		if !e.Kind.Known() && (e.Kind != Step || i < len(p.Due)) {
			return fmt.Errorf("an event of the kind %.20q", e.Kind)
		}
	}
	return nil
}

// maxSteps is more than a run has steps, and few enough to be counted on from.
const maxSteps = math.MaxInt / 4
