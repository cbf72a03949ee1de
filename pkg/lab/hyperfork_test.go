package lab

import (
	"flag"
	"io"
	"reflect"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// lined is what a line of flags asks for.
func lined(l *Lab, line ...string) (train.Config, error) {
	h := goodHyper()
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	h.Register(fs)
	if _, err := Line("", fs).Parse(line); err != nil {
		return train.Config{}, err
	}
	return h.Config(l)
}

// With --fork, what is given changes, and all else is that run's, whatever it was made
// by; flags alone never say less than the run's own.
func TestForkByFlags(t *testing.T) {
	root := t.TempDir()
	l := testLab(t, root)
	flags := must(lined(l, "--name=flags", "--momentum=0.5", "--decay=0.01", "--schedule=cosine", "--warmup=2", "--patience=30"))
	flags.Augment = data.Augment{Rotate: 5}
	parent := must(l.Fit(flags))[0]
	own := cnn()
	own.Name = "own"
	must(l.Fit(own))
	milestones := must(lined(l, "--name=steps", "--schedule=multistep", "--milestones=5,9", "--gamma=0.3", "--optimizer=adam", "--dropout=0.2"))
	must(l.Fit(milestones))
	beta := flags
	beta.Name, beta.Optimizer, beta.Schedule = "beta", optim.Adam{Beta1: 0.5}, optim.Joined{Parts: []optim.Schedule{optim.Constant(0.01), optim.LinearLR{From: 0.01}}, Until: []int{5}}
	must(l.Fit(beta))
	for _, c := range []struct {
		line   string
		of     train.Config
		change func(c *train.Config)
	}{
		{"--fork=flags@2", flags, func(c *train.Config) {}},
		{"--fork=flags@2 --lr=0.02", flags, func(c *train.Config) {
			c.Schedule = optim.Warmup{Steps: 2, Then: optim.Cosine{Base: 0.02}}
		}},
		{"--fork=flags@2 --epochs=6", flags, func(c *train.Config) { c.Epochs = 6 }},
		{"--fork=flags@2 --batch=50 --seed=7 --size=60", flags, func(c *train.Config) { c.Batch, c.Seed, c.TrainSize = 50, 7, 60 }},
		{"--fork=flags@2 --momentum=0.9", flags, func(c *train.Config) { c.Optimizer = optim.SGD{Momentum: 0.9, Decay: 0.01} }},
		{"--fork=flags@2 --optimizer=adamw --lr=0.001 --schedule=constant --warmup=0", flags, func(c *train.Config) {
			c.Optimizer, c.Schedule = optim.AdamW{Decay: 0.01}, optim.Constant(0.001)
		}},
		{"--fork=flags@2 --dropout=0.3", flags, func(c *train.Config) { c.Layers = nn.MLP([]int{32, 16}, nn.ReLU{}, 10, 0.3) }},
		{"--fork=flags@2 --activation=tanh", flags, func(c *train.Config) { c.Layers = nn.MLP([]int{32, 16}, nn.Tanh{}, 10, 0) }},
		{"--fork=flags@2 --smoothing=0.1 --ema=0.9 --patience=0", flags, func(c *train.Config) {
			c.Loss, c.EMA, c.Patience = nn.CrossEntropy{Smoothing: 0.1}, 0.9, 0
		}},
		{"--fork=steps@1 --gamma=0.1", milestones, func(c *train.Config) {
			c.Schedule = optim.MultiStepLR{Base: 0.1, Gamma: 0.1, Milestones: []int{5, 9}}
		}},
		{"--fork=steps@3 --decay=0.1", milestones, func(c *train.Config) { c.Optimizer = optim.Adam{Decay: 0.1} }},
		{"--fork=own@2", own, func(c *train.Config) {}},
		{"--fork=own@2 --optimizer=sgd --schedule=constant --lr=0.01", own, func(c *train.Config) {
			c.Optimizer, c.Schedule = optim.SGD{Decay: 0.01}, optim.Constant(0.01)
		}},
		{"--fork=beta@2", beta, func(c *train.Config) {}},
		{"--fork=beta@2 --seed=9", beta, func(c *train.Config) { c.Seed = 9 }},
	} {
		for _, l := range []*Lab{l, testLab(t, root)} {
			got, err := lined(l, strings.Fields(c.line)...)
			if err != nil {
				t.Errorf("%s: %v", c.line, err)
				continue
			}
			want := c.of
			c.change(&want)
			want.Name, want.Fork = "", got.Fork
			a, b := must(l.plan([]train.Config{got})), must(l.plan([]train.Config{want}))
			if a[0].result.Config != b[0].result.Config {
				t.Errorf("%s:\n%s, want\n%s", c.line, a[0].result.Config, b[0].result.Config)
			}
		}
	}
	for _, c := range []struct{ line, want string }{
		{"--fork=@2", "want RUN or RUN@EPOCH"},
		{"--fork=flags@0", "an epoch of at least 1"},
		{"--fork=flgs@2", `no run "flgs" among 4, did you mean flags?`},
		{"--fork=flags@5", "after epoch 5, want 1 to 4"},
		{"--fork=flags --lr=0.01", "after epoch 4 of 4: --epochs=N with more than 4 says how long it goes on, or --fork=" + parent.ID() + "@N begins earlier"},
		{"--fork=own@2 --dropout=0.1", "--dropout has no effect: own is conv3"},
		{"--fork=beta@2 --decay=0.1", "is more than flags say: --optimizer=adam as well"},
		{"--fork=beta@2 --lr=0.1", "is more than flags say: --schedule and --lr as well"},
		{"--fork=flags@2 --optimizer=adm", "did you mean adam?"},
		{"--fork=flags@2 --batch=0", "batch 0, want 1 to"},
	} {
		if _, err := lined(l, strings.Fields(c.line)...); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", c.line, err, c.want)
		}
	}
	// Before any data are there, mistakes in the words are told.
	h := goodHyper()
	h.Fork = "a@b"
	if err := h.Check(); err == nil {
		t.Error("a fork at epoch b")
	}
}

// A configuration comes back from its record as it went in, and a record that was
// changed gives none.
func TestConfigOf(t *testing.T) {
	for _, cfg := range forkable() {
		root := t.TempDir()
		r := must(testLab(t, root).Fit(cfg))[0]
		l := testLab(t, root)
		back := must(l.ConfigOf(r))
		again := must(l.plan([]train.Config{back}))[0]
		if again.result.key() != r.key() || reflect.DeepEqual(back, train.Config{}) {
			t.Errorf("%s comes back as %+v", cfg.Name, back)
		}
		for _, change := range [][2]string{
			{"Batch:16", "Batch:x"}, {"Batch:16", "Batches:16"}, {"}", "}}"}, {"{", "("}, {"Seed:1", "Seed:1, Seed:1"}, {"Seed:1", "Seed:1, Size:3"},
			{"optim.", "optin."}, {"Name:\"\"", "Name:\"x"}, {"Layers:{", "Layers:{{"}, {"train.Config", "train.config"},
		} {
			other := *r
			if other.Config = strings.Replace(r.Config, change[0], change[1], 1); other.Config == r.Config {
				t.Errorf("no %q in %s", change[0], r.Config)
			}
			if _, err := l.ConfigOf(&other); err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q for %q: error %v", change[1], change[0], err)
			}
		}
		for n := range len(r.Config) {
			other := *r
			other.Config = r.Config[:n]
			if _, err := l.ConfigOf(&other); err == nil {
				t.Errorf("the first %d bytes are a configuration", n)
			}
		}
	}
	cfg := mlp()
	cfg.Schedule = wild{0.05}
	root := t.TempDir()
	l := testLab(t, root)
	r := must(l.Fit(cfg))[0]
	if c, err := l.ConfigOf(r); err != nil || c.Schedule != cfg.Schedule {
		t.Errorf("asked for before: %+v, %v", c.Schedule, err)
	}
	if _, err := testLab(t, root).ConfigOf(r); err == nil || !strings.Contains(err.Error(), "ask Fit for it first") || !strings.Contains(err.Error(), "lab.wild") {
		t.Errorf("error %v", err)
	}
}
