package lab

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// goodHyper is what every test changes one thing of.
func goodHyper() Hyper {
	return Hyper{
		Hidden: "32,16", Activation: "relu", Optimizer: "sgd", LR: 0.1, Schedule: "constant", Batch: 20, Epochs: 4, Seed: 3,
	}
}

// Every field must have a flag, and the flag must set that field.
func TestEveryFieldHasAFlag(t *testing.T) {
	var h Hyper
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	h.Register(fs)
	v := reflect.ValueOf(&h).Elem()
	fields := 0
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue
		}
		fields++
		name := strings.ToLower(v.Type().Field(i).Name)
		if err := fs.Set(name, "7"); err != nil {
			t.Errorf("--%s: %v", name, err)
		}
		if got := fmt.Sprint(v.Field(i)); got != "7" {
			t.Errorf("--%s=7 makes the field %s", name, got)
		}
	}
	flags := 0
	fs.VisitAll(func(*flag.Flag) { flags++ })
	if flags != fields {
		t.Errorf("%d flags for %d fields", flags, fields)
	}
}

func TestHyperBecomesAConfig(t *testing.T) {
	l := testLab(t, t.TempDir()) // 100 training examples: 5 steps an epoch, 20 in all
	for _, c := range []struct {
		name   string
		change func(*Hyper)
		want   func(*train.Config)
	}{
		{"as it is", func(h *Hyper) {}, func(c *train.Config) {}},
		{"adam", func(h *Hyper) { h.Optimizer, h.Decay = "adamw", 0.01 }, func(c *train.Config) {
			c.Optimizer, c.Name = optim.AdamW{Decay: 0.01}, "784-32-16-10 adamw lr 0.1 seed 3"
		}},
		{"momentum is no business of adam's", func(h *Hyper) { h.Optimizer, h.Momentum = "adam", 0.9 }, func(c *train.Config) {
			c.Optimizer, c.Name = optim.Adam{}, "784-32-16-10 adam lr 0.1 seed 3"
		}},
		{"nesterov", func(h *Hyper) { h.Optimizer, h.Momentum = "nesterov", 0.9 }, func(c *train.Config) {
			c.Optimizer, c.Name = optim.SGD{Momentum: 0.9, Nesterov: true}, "784-32-16-10 nesterov lr 0.1 momentum 0.9 seed 3"
		}},
		{"heavy ball", func(h *Hyper) { h.Optimizer, h.Momentum = "heavyball", 0.5 }, func(c *train.Config) {
			c.Optimizer, c.Name = optim.SGD{Momentum: 0.5, HeavyBall: true}, "784-32-16-10 heavyball lr 0.1 momentum 0.5 seed 3"
		}},
		{"no hidden layer", func(h *Hyper) { h.Hidden = "none" }, func(c *train.Config) {
			c.Layers, c.Name = nn.MLP(nil, nn.ReLU{}, 10, 0), "784-10 sgd lr 0.1 seed 3"
		}},
		{"dropout", func(h *Hyper) { h.Dropout, h.Activation = 0.3, "tanh" }, func(c *train.Config) {
			c.Layers = nn.MLP([]int{32, 16}, nn.Tanh{}, 10, 0.3)
		}},
		{"milestones", func(h *Hyper) { h.Schedule, h.Milestones, h.Gamma = "multistep", "5, 10", 0.5 }, func(c *train.Config) {
			c.Schedule = optim.MultiStepLR{Base: 0.1, Gamma: 0.5, Milestones: []int{5, 10}}
		}},
		{"steps", func(h *Hyper) { h.Schedule, h.Milestones, h.Gamma = "step", "7", 0.5 }, func(c *train.Config) {
			c.Schedule = optim.StepLR{Base: 0.1, Gamma: 0.5, Every: 7}
		}},
		{"cosine ends with the run", func(h *Hyper) { h.Schedule = "cosine" }, func(c *train.Config) {
			c.Schedule = optim.Cosine{Base: 0.1}
		}},
		{"of a part of the data too", func(h *Hyper) { h.Schedule, h.Size = "cosine", 30 }, func(c *train.Config) {
			c.Schedule, c.TrainSize = optim.Cosine{Base: 0.1}, 30
		}},
		{"and after a warm-up", func(h *Hyper) { h.Schedule, h.Warmup = "onecycle", 5 }, func(c *train.Config) {
			c.Schedule = optim.Warmup{Steps: 5, Then: optim.OneCycle{Max: 0.1}}
		}},
		{"exponential for the whole run", func(h *Hyper) { h.Schedule = "exponential" }, func(c *train.Config) {
			c.Schedule = optim.GeometricLR{From: 0.1, To: 0.001}
		}},
		{"exponential by epochs", func(h *Hyper) { h.Schedule, h.Gamma = "exponential", 0.5 }, func(c *train.Config) {
			c.Schedule = optim.GeometricLR{From: 0.1, To: 0.1 / 16}
		}},
		{"the rest", func(h *Hyper) { h.Name, h.Smoothing, h.Patience, h.EMA = "mine", 0.1, 3, 0.99 }, func(c *train.Config) {
			c.Name, c.Loss, c.Patience, c.EMA = "mine", nn.CrossEntropy{Smoothing: 0.1}, 3, 0.99
		}},
	} {
		h := goodHyper()
		c.change(&h)
		want := train.Config{
			Name: "784-32-16-10 sgd lr 0.1 seed 3", Layers: nn.MLP([]int{32, 16}, nn.ReLU{}, 10, 0), Loss: nn.CrossEntropy{},
			Optimizer: optim.SGD{}, Schedule: optim.Constant(0.1), Batch: 20, Epochs: 4, Seed: 3,
		}
		c.want(&want)
		got, err := h.Config(l)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got.LogEvery = 0 // filled in
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%#v\nwant\n%#v", c.name, got, want)
		}
		if err := h.Check(); err != nil {
			t.Errorf("%s: without data: %v", c.name, err)
		}
	}
}

func TestLabelOfOtherLayers(t *testing.T) {
	c := must(goodHyper().With(nil, nn.Conv2D{Filters: 16, Kernel: 3}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
		nn.Bottleneck{Mid: 4, Out: 16}, nn.Residual{}, nn.Linear{Out: 10}))
	if want := "conv16-pool-bottleneck16-residual-10 sgd lr 0.1 seed 3"; c.Name != want {
		t.Errorf("name %q, want %q", c.Name, want)
	}
}

// In a quick lab there is less data than a full run asks for.
func TestQuickLabTakesWhatThereIs(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.Quick = true
	h := goodHyper()
	h.Size, h.Schedule = 10000, "cosine"
	c := must(h.Config(l))
	if r := must(l.Fit(c))[0]; r.Steps != 20 {
		t.Errorf("%d steps, want 20", r.Steps)
	}
}

func TestSizeOfABatch(t *testing.T) {
	l := testLab(t, t.TempDir())
	for _, c := range []struct {
		change func(*train.Config)
		want   string
	}{
		{func(c *train.Config) { c.Batch = 101 }, "batch 101, want 1 to 100"},
		{func(c *train.Config) { c.TrainSize = 101 }, "size 101, want 1 to 100"},
		{func(c *train.Config) { c.TrainSize = -1 }, "size -1"},
		{func(c *train.Config) { c.TrainSize, c.Batch = 10, 16 }, "batch 16, want 1 to 10"},
	} {
		cfg := mlp()
		c.change(&cfg)
		if _, err := l.Fit(cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// A run of very many steps must not spend seconds in looking at its schedule.
func TestManyEpochsAreCheckedQuickly(t *testing.T) {
	l := testLab(t, t.TempDir())
	cfg := mlp()
	cfg.Batch, cfg.Epochs, cfg.Schedule = 1, 1<<20, optim.Cosine{Base: 0.1, Steps: 100 << 20}
	if _, err := l.Check(cfg); err != nil {
		t.Error(err)
	}
}

func TestDidYouMean(t *testing.T) {
	known := []string{"adam", "adamw", "sgd", "rmsprop"}
	for name, want := range map[string]string{
		"adma": "adam", "adamm": "adam", "adam w": "adamw", "sdg": "sgd", "rms": "", "rmspro": "rmsprop", "xylophone": "", "größe": "",
	} {
		if want != "" {
			want = ", did you mean " + want + "?"
		}
		if got := DidYouMean(name, known); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := DidYouMean("x", nil); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}

// wave, drift, seesaw and dust are of one's own, as a program or a cell writes them.
type wave struct{ Frequency float64 }

var _ = nn.Register(wave{Frequency: 2})

func (wave) WeightInit() nn.Init { return nn.Xavier }

func (wave) Build(in nn.Shape, rng *rand.Rand) (nn.Module, nn.Shape, error) {
	return nn.Tanh{}.Build(in, rng)
}

type drift struct{ Decay, Wind float64 }

var _ = optim.Register("drift", func(k optim.Knobs) optim.Optimizer { return drift{Decay: k.Decay, Wind: 3} })

func (d drift) New(params []*nn.Param) (optim.Stepper, error) {
	return optim.SGD{Decay: d.Decay}.New(params)
}

type seesaw struct{ Base float64 }

var _ = optim.RegisterSchedule("seesaw", func(k optim.ScheduleKnobs) (optim.Schedule, error) { return seesaw{k.LR}, nil })

func (s seesaw) LR(step int) float64 { return s.Base * float64(1+step%2) }

// halves is a schedule that tells of itself what its fields do not say, and stands
// before another one.
type halves struct {
	parts int
	then  optim.Schedule
}

func (h halves) LR(step int) float64 { return h.then.LR(step) / 2 }

func (h halves) Tell(steps, epochs int) (flags map[string]any, then optim.Schedule, left int) {
	return map[string]any{"warmup": h.parts, "gamma": steps * epochs}, h.then, steps - h.parts
}

func TestAScheduleTellsOfItself(t *testing.T) {
	s := Settings{}
	s.schedule(halves{4, optim.Cosine{Base: 0.2, Steps: 96}}, 100, 2)
	if want := (Settings{"warmup": 4, "gamma": 200, "lr": 0.2, "schedule": "cosine"}); !reflect.DeepEqual(s, want) {
		t.Errorf("%v, want %v", s, want)
	}
}

type dust float64

var _ = data.RegisterChange(dust(0), "share of the pixels that are half grey")

func (d dust) Apply(image []float32, _, _ int, rng *rand.Rand) {
	for i := range image {
		if rng.Float64() < float64(d) {
			image[i] = 0.5
		}
	}
}

// What is registered is chosen by flags as ours are, and told back by the names of
// the flags.
func TestOwnNamesBehindFlags(t *testing.T) {
	h := Hyper{Hidden: "8", Activation: "relu", Optimizer: "sgd", Schedule: "constant", LR: 0.1, Batch: 10, Epochs: 1}
	var augment data.Augment
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	h.Register(fs)
	augment.Register(fs)
	if _, err := Line("", fs).Parse([]string{"--activation=wave", "--optimizer=drift", "--schedule=seesaw", "--decay=0.01", "--dust=0.25"}); err != nil {
		t.Fatal(err)
	}
	c, err := h.Config(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Augment = augment
	want := train.Config{Layers: nn.MLP([]int{8}, wave{2}, 10, 0), Optimizer: drift{0.01, 3}, Schedule: seesaw{0.1}, Augment: data.Augment{More: []data.Change{dust(0.25)}}}
	if !reflect.DeepEqual(c.Layers, want.Layers) || c.Optimizer != want.Optimizer || c.Schedule != want.Schedule || !reflect.DeepEqual(c.Augment, want.Augment) {
		t.Errorf("%+v, want %+v", c, want)
	}
	layers, err := nn.EncodeLayers(c.Layers)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Plan(data.Synthetic("train", 1, 0, 100))
	if err != nil {
		t.Fatal(err)
	}
	s, err := settingsOf(p, layers)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"activation": "wave", "optimizer": "drift", "schedule": "seesaw", "decay": 0.01, "dust": 0.25} {
		if s[name] != want {
			t.Errorf("%s is told as %v, want %v", name, s[name], want)
		}
	}
	if s, err := settingsOf(p, json.RawMessage(`[{"linear":{"out":8}},{"wave":{"Frequency":1}},{"linear":{"out":10}}]`)); err != nil || s["activation"] != nil {
		t.Errorf("a wave that no flag makes is told as %v, %v", s["activation"], err)
	}
	for line, want := range map[string]string{
		"--momentum=0.9 --optimizer=drift": "--momentum=0.9 has no effect with the optimizer drift, only with heavyball, nesterov, rmsprop, sgd",
		"--gamma=0.5 --schedule=seesaw":    "--gamma=0.5 has no effect with the schedule seesaw, only with",
		"--activation=wafe":                "",
	} {
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		h := h
		h.Register(fs)
		_, err := Line("", fs).Parse(strings.Fields(line))
		if err == nil {
			_, err = h.Config(nil)
			want = "unknown activation \"wafe\", did you mean wave?"
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}
