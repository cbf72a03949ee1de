package train

import (
	"context"
	"fmt"
	"math"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
)

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	total := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(total)
	before := total[0].Value.Uint64()
	f()
	metrics.Read(total)
	return total[0].Value.Uint64() - before
}

func mustBeOneLine(t *testing.T, err error) {
	t.Helper()
	if s := err.Error(); s == "" || strings.Contains(s, "\n") {
		t.Errorf("error %q is not one line", s)
	}
}

// mlp is a small configuration: 100 training examples in batches of 16 are 7
// steps an epoch.
func mlp() Config {
	return Config{
		Name: "mlp", Layers: nn.MLP([]int{12}, nn.ReLU{}, 10, 0), Optimizer: optim.SGD{Momentum: 0.9},
		Schedule: optim.Constant(0.05), Batch: 16, Epochs: 3, Seed: 1, LogEvery: 3, DevEvery: 5,
	}
}

// cnn has all that makes a run hard to continue: dropout, batch normalization,
// images that are changed anew in every epoch but the last, a running mean of
// the weights, an optimizer with much state, a schedule that looks at the dev
// losses, a penalty and both kinds of clipping.
func cnn() Config {
	c := mlp()
	c.Name = "cnn"
	c.Layers = []nn.Layer{
		nn.Conv2D{Filters: 3, Kernel: 5, Stride: 3}, nn.BatchNorm{}, nn.ReLU{}, nn.Dropout{P: 0.2},
		nn.MaxPool2D{Kernel: 2}, nn.Linear{Out: 10, Init: nn.LeCun},
	}
	c.Optimizer = optim.AdamW{Decay: 0.01}
	c.Schedule = optim.ReduceOnPlateau{Base: 0.02, Factor: 0.5}
	c.Penalty = nn.Penalty{L1: 1e-5, L2: 1e-4}
	c.EMA, c.ClipNorm, c.MaxNorm = 0.95, 1, 2
	c.Augment, c.Clean = data.Augment{Shift: 1, Rotate: 10, Elastic: data.Elastic{Alpha: 10, Sigma: 4}}, 1
	return c
}

// sets are the splits that the tests of the loop train on.
func sets() (train, dev *data.Set) {
	return data.Synthetic("train", 1, 0, 100), data.Synthetic("dev", 1, 100, 40)
}

func batches(c Config, s *data.Set) Batches { return c.Batches(s) }

func newTrainer(t testing.TB, c Config) *Trainer {
	t.Helper()
	m, err := nn.New(c.Seed, nn.CHW(1, 28, 28), c.Layers...)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainer(c, m)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// finish runs tr to its end and returns what it told.
func finish(t *testing.T, tr *Trainer) []Event {
	t.Helper()
	train, dev := sets()
	var h []Event
	for e, err := range tr.Run(context.Background(), batches(tr.cfg, train), InOrder(dev)) {
		if err != nil {
			t.Fatal(err)
		}
		h = append(h, e)
	}
	return h
}

// weights are all arrays of a run: parameters, states, running means and the
// optimizer's.
func weights(tr *Trainer) []float32 {
	var all []float32
	for _, p := range tr.model.Params() {
		all = append(all, p.Data...)
	}
	for _, s := range slices.Concat(tr.model.States(), tr.extra()) {
		all = append(all, s.Data...)
	}
	return all
}

// mustEqual compares two runs bit for bit, but for their seconds.
func mustEqual(t *testing.T, what string, got, want []Event, gotW, wantW []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d events, want %d", what, len(got), len(want))
	}
	for i := range got {
		if a, b := untimed(got[i]), untimed(want[i]); a != b {
			t.Fatalf("%s: event %d is %+v, want %+v", what, i, a, b)
		}
	}
	if len(gotW) != len(wantW) {
		t.Fatalf("%s: %d values, want %d", what, len(gotW), len(wantW))
	}
	for i := range gotW {
		if math.Float32bits(gotW[i]) != math.Float32bits(wantW[i]) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, gotW[i], wantW[i])
		}
	}
}

func untimed(e Event) Event {
	e.Seconds = 0
	return e
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprint("unexpected error: ", err))
	}
	return v
}

// wild is an own schedule that goes wrong once there are dev losses.
type wild struct{ rate float64 }

func (wild) LR(int) float64 { return 0.05 }

func (w wild) LRAfter(_ int, dev []float64) float64 {
	if len(dev) > 0 {
		return w.rate
	}
	return 0.05
}

// configs are the runs that must continue bit for bit: one for each thing a
// state has to hold.
func configs() []Config {
	var all []Config
	add := func(name string, change func(*Config)) {
		c := mlp()
		c.Name = name
		change(&c)
		all = append(all, c)
	}
	add("momentum", func(c *Config) {})
	add("sgd", func(c *Config) { c.Optimizer = optim.SGD{} })
	add("heavy ball", func(c *Config) { c.Optimizer = optim.SGD{Momentum: 0.9, HeavyBall: true} })
	add("adam", func(c *Config) { c.Optimizer, c.Schedule = optim.Adam{}, optim.Constant(0.01) })
	add("rmsprop", func(c *Config) {
		c.Optimizer, c.Schedule = optim.RMSProp{Momentum: 0.5, Centered: true}, optim.Constant(0.003)
	})
	add("adagrad", func(c *Config) { c.Optimizer = optim.AdaGrad{} })
	add("lion", func(c *Config) { c.Optimizer, c.Schedule = optim.Lion{}, optim.Constant(0.001) })
	add("ema", func(c *Config) { c.EMA = 0.9 })
	add("dropout", func(c *Config) { c.Layers = nn.MLP([]int{12, 8}, nn.ReLU{}, 10, 0.3) })
	add("batch norm", func(c *Config) { c.Layers = []nn.Layer{nn.BatchNorm{}, nn.Linear{Out: 10}} })
	add("plateau", func(c *Config) { c.Schedule, c.DevEvery = optim.ReduceOnPlateau{Base: 0.3, Factor: 0.5}, 2 })
	add("one cycle", func(c *Config) { c.Schedule = optim.Warmup{Steps: 4, Then: optim.OneCycle{Max: 0.1, Steps: 17}} })
	add("dev after every epoch", func(c *Config) { c.DevEvery = 0 })
	add("patience", func(c *Config) { c.Patience, c.DevEvery, c.LogEvery = 2, 1, 4 })
	add("a report after the last evaluation", func(c *Config) { c.LogEvery, c.DevEvery = 4, 7 })
	return append(all, cnn())
}

// diverging squares its error at every step. (Cross-entropy need not diverge
// at any learning rate: the units die, or it learns as a perceptron does.)
func diverging() Config {
	c := mlp()
	c.Layers, c.Loss = nn.MLP(nil, nil, 10, 0), nn.MSE{}
	c.Optimizer, c.Schedule = optim.SGD{}, optim.Constant(1e6)
	return c
}
