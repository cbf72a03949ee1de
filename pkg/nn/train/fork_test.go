package train

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/safetensors"
)

// border is a run at the end of an epoch.
type border struct {
	state []byte
	step  int
	told  []Event
}

// borders runs tr to its end and returns where each epoch ended.
func borders(t *testing.T, tr *Trainer) (at []border, all []Event) {
	t.Helper()
	train, dev := sets()
	tr.AtBorder = func(epochs int) error {
		if epochs != len(at)+1 {
			t.Errorf("border %d after %d", epochs, len(at))
		}
		at = append(at, border{must(must(tr.File()).Encode()), tr.Step, slices.Clone(all)})
		return nil
	}
	for e, err := range tr.Run(context.Background(), batches(tr.cfg, train), InOrder(dev)) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return at, all
}

// branch is a run of cfg that goes on from b.
func branch(t *testing.T, cfg Config, b border) *Trainer {
	t.Helper()
	tr := newTrainer(t, cfg)
	if _, err := tr.Branch(must(safetensors.Decode(b.state))); err != nil {
		t.Fatal(err)
	}
	return tr
}

// A fork with nothing changed, after every epoch, ends in the bits of the run that it
// goes on from; so does one that is stopped between steps, and one of a fork.
func TestForkWithNothingChanged(t *testing.T) {
	train, dev := sets()
	for _, cfg := range append(configs(), deep()) {
		whole := newTrainer(t, cfg)
		at, want := borders(t, whole)
		for epoch, b := range at[:min(len(at), cfg.Epochs-1)] {
			name := fmt.Sprintf("%s after %d epochs", cfg.Name, epoch+1)
			c := cfg
			c.Fork = Fork{"parent", epoch + 1, b.step}
			mustEqual(t, name, append(slices.Clone(b.told), finish(t, branch(t, c, b))...), want, nil, nil)
			tr := branch(t, c, b)
			finish(t, tr)
			mustEqual(t, name, nil, nil, weights(tr), weights(whole))

			got, cut := slices.Clone(b.told), branch(t, c, b)
			var later []border
			for over := false; !over; {
				made := 0
				cut.Between = func() error {
					if made++; made > 2 {
						return errPulled
					}
					return nil
				}
				cut.AtBorder = func(epochs int) error {
					later = append(later, border{must(must(cut.File()).Encode()), cut.Step, nil})
					return nil
				}
				over = true
				for e, err := range cut.Run(context.Background(), batches(c, train), InOrder(dev)) {
					if err == errPulled {
						over = false
					} else if got = append(got, e); err != nil {
						t.Fatal(err)
					}
				}
				if !over {
					cut = reopen(t, cut)
				}
			}
			mustEqual(t, name+", stopped", got, want, weights(cut), weights(whole))
			if len(later) > 1 {
				again := c
				again.Fork = Fork{"fork", epoch + 2, later[0].step}
				tr := branch(t, again, later[0])
				finish(t, tr)
				mustEqual(t, name+", forked again", nil, nil, weights(tr), weights(whole))
			}
		}
	}
}

// deep has more layers than names sort by, and a batch norm and dropout behind each.
func deep() Config {
	c := mlp()
	c.Name, c.Layers, c.Optimizer = "deep", nil, optim.Adam{}
	for range 4 {
		c.Layers = append(c.Layers, nn.Linear{Out: 10}, nn.BatchNorm{}, nn.ReLU{}, nn.Dropout{P: 0.1})
	}
	c.Layers = append(c.Layers, nn.Linear{Out: 10})
	c.Schedule = optim.Constant(0.003)
	return c
}

// What a run of fewer epochs had at its end is where one of more stands then, unless
// its schedule or its augmentation goes by the length of the run.
func TestBranchOfALongerRun(t *testing.T) {
	for _, cfg := range append(configs(), deep()) {
		if cfg.Clean > 0 || cfg.Name == "patience" {
			continue
		}
		short := cfg
		short.Epochs = 2
		at, _ := borders(t, newTrainer(t, short))
		whole := newTrainer(t, cfg)
		want := finish(t, whole)
		tr := branch(t, cfg, at[1])
		mustEqual(t, cfg.Name, append(slices.Clone(at[1].told), finish(t, tr)...), want, weights(tr), weights(whole))
	}
}

// Other values act from the fork on, and what they need is begun afresh.
func TestForkWithOtherValues(t *testing.T) {
	cfg := cnn()
	cfg.Epochs, cfg.EMA = 4, 0
	whole := newTrainer(t, cfg)
	at, _ := borders(t, whole)
	b := at[1]
	seen := map[string]string{fmt.Sprint(weights(whole)[:400]): "the parent"}
	for _, c := range []struct {
		name   string
		change func(*Config)
		fresh  bool
	}{
		{"rate", func(c *Config) { c.Schedule = optim.Constant(0.001) }, false},
		{"rate by the whole length", func(c *Config) { c.Schedule = optim.Cosine{Base: 0.02} }, false},
		{"decay", func(c *Config) { c.Optimizer = optim.AdamW{Decay: 0.1} }, false},
		{"optimizer", func(c *Config) { c.Optimizer = optim.SGD{Momentum: 0.9} }, true},
		{"optimizer with other arrays", func(c *Config) { c.Optimizer = optim.Lion{} }, true},
		{"optimizer with the same arrays", func(c *Config) { c.Optimizer = optim.Adam{} }, true},
		{"batch", func(c *Config) { c.Batch = 30 }, false},
		{"batch, by the whole length", func(c *Config) { c.Batch, c.Schedule = 30, optim.LinearLR{From: 0.02} }, false},
		{"seed", func(c *Config) { c.Seed = 9 }, false},
		{"augmentation", func(c *Config) { c.Augment = data.Augment{}; c.Clean = 0 }, false},
		{"dropout", func(c *Config) { c.Layers = slices.Clone(c.Layers); c.Layers[3] = nn.Dropout{P: 0.5} }, false},
		{"no dropout", func(c *Config) { c.Layers = slices.Delete(slices.Clone(c.Layers), 3, 4) }, false},
		{"loss", func(c *Config) { c.Loss = nn.CrossEntropy{Smoothing: 0.1} }, false},
		{"mean of the weights", func(c *Config) { c.EMA = 0.9 }, false},
		{"penalty", func(c *Config) { c.Penalty = nn.Penalty{} }, false},
		{"epochs", func(c *Config) { c.Epochs = 6 }, false},
	} {
		changed := cfg
		changed.Fork = Fork{"parent", 2, b.step}
		c.change(&changed)
		tr := newTrainer(t, changed)
		fresh, err := tr.Branch(must(safetensors.Decode(b.state)))
		if err != nil || fresh != c.fresh {
			t.Errorf("%s: fresh %v, error %v", c.name, fresh, err)
			continue
		}
		h := events(finish(t, tr))
		text := fmt.Sprint(weights(tr)[:400])
		if seen[text] != "" && changed.EMA == 0 { // which is a mean of the same weights
			t.Errorf("%s: as %s", c.name, seen[text])
		}
		seen[text] = c.name
		train, _ := sets()
		steps := b.step + (changed.Epochs-2)*changed.StepsOn(train.Len())
		if tr.Step != steps || h[len(h)-1].Step != steps {
			t.Errorf("%s: ended after %d steps, want %d", c.name, tr.Step, steps)
		}
		if end := h.last(Train); strings.HasSuffix(c.name, "whole length") && !(end.LR > 0 && end.LR < 0.002) {
			t.Errorf("%s: the last rate is %v", c.name, end.LR)
		}
		if at := h[0]; at.Step <= b.step || c.name == "rate" && at.LR != 0.001 {
			t.Errorf("%s: begins with %+v", c.name, at)
		}
		if c.fresh && tr.Fresh != b.step {
			t.Errorf("%s: the optimizer counts from %d", c.name, tr.Fresh)
		}
	}
}

// An optimizer that begins at a fork takes the steps that it would from the start: its
// bias is corrected from 1 on.
func TestForkBeginsAnOptimizerAfresh(t *testing.T) {
	cfg := mlp()
	at, _ := borders(t, newTrainer(t, cfg))
	cfg.Optimizer, cfg.Schedule, cfg.Fork = optim.Adam{}, optim.Constant(0.01), Fork{"parent", 1, at[0].step}
	tr := branch(t, cfg, at[0])
	before := slices.Clone(tr.Network().Params()[0].Data)
	train, _ := sets()
	for b := range batches(cfg, train)(1) {
		must(0, tr.step(b))
		break
	}
	most := 0.0
	for i, w := range tr.Network().Params()[0].Data {
		most = max(most, float64(w-before[i]), float64(before[i]-w))
	}
	if !(most > 0.0099 && most < 0.0101) { // Adam's first step is lr, whatever the gradient
		t.Errorf("a first step of %v", most)
	}
}

// What cannot be is one line that says what was given and what is allowed, and changes
// nothing.
func TestForkRefuses(t *testing.T) {
	cfg := mlp()
	at, _ := borders(t, newTrainer(t, cfg))
	fork := Fork{"parent", 1, at[0].step}
	for _, c := range []struct {
		name   string
		change func(*Config)
		state  func(*safetensors.File)
		want   string
	}{
		{"width", func(c *Config) { c.Layers = nn.MLP([]int{13}, nn.ReLU{}, 10, 0) }, nil, "array 1 is linear.W of 10192 values, in the run that it goes on from linear.W of 9408 values"},
		{"depth", func(c *Config) { c.Layers = nn.MLP([]int{12, 12}, nn.ReLU{}, 10, 0) }, nil, "array 3 is linear.W of 144 values"},
		{"batch norm", func(c *Config) { c.Layers = append([]nn.Layer{nn.BatchNorm{}}, c.Layers...) }, nil, "a fork keeps the weights of its layers"},
		{"another epoch", func(c *Config) { c.Fork.Epoch, c.Fork.Step = 2, 14 }, nil, "a state after epoch 1 and step 7, want epoch 2 and step 14"},
		{"weights alone", nil, func(f *safetensors.File) { delete(f.Meta, progressKey) }, "no state of a run"},
		{"damage", nil, func(f *safetensors.File) { f.Meta[progressKey] += " " }, "damaged"},
		{"no number", nil, func(f *safetensors.File) { f.Tensors[0].Data[3] /= 0 }, "want finite numbers"},
	} {
		changed := cfg
		changed.Fork = fork
		if c.change != nil {
			c.change(&changed)
		}
		f := must(safetensors.Decode(at[0].state))
		if c.state != nil {
			c.state(f)
		}
		tr := newTrainer(t, changed)
		before := weights(tr)
		_, err := tr.Branch(f)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
		mustEqual(t, c.name, nil, nil, weights(tr), before)
	}
	within := newTrainer(t, cfg)
	train, _ := sets()
	for b := range batches(cfg, train)(0) {
		must(0, within.step(b))
		break
	}
	if _, err := newTrainer(t, cfg).Branch(must(within.File())); err == nil || !strings.Contains(err.Error(), "want one at the end of an epoch") {
		t.Errorf("within an epoch: %v", err)
	}
	changed := cfg
	changed.Fork = fork
	_, dev := sets()
	for e, err := range newTrainer(t, changed).Run(context.Background(), batches(changed, train), InOrder(dev)) {
		if err == nil || !strings.Contains(err.Error(), "want its state, by Branch") {
			t.Errorf("from the start: %+v, error %v", e, err)
		}
	}
	for _, f := range []Fork{{"p", 3, 21}, {"p", 4, 28}, {"p", 0, 3}, {"", 1, 7}, {"p", 2, 1}} {
		changed := cfg
		changed.Fork = f
		if _, err := changed.Complete(); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: error %v", f, err)
		}
	}
}

type events []Event

func (h events) last(k Kind) Event {
	for _, e := range slices.Backward(h) {
		if e.Kind == k {
			return e
		}
	}
	return Event{}
}
