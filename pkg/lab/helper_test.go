package lab

import (
	"errors"
	"fmt"
	"math"
	"runtime/metrics"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func init() { meterEvery = 0 } // bars see every step

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

// tiny draws fresh sets of n training and dev examples together: a lab
// reorders its own.
func tiny(n int) *data.Dataset {
	return &data.Dataset{
		Name: "tiny digits", Source: "drawn for a test",
		Train: data.Synthetic("train", 1, 0, n), Test: data.Synthetic("test", 1, n, n/3),
	}
}

// ofTiny is the part of the run store for what testLab works on.
var ofTiny = New("test", tiny(120), "", false).folder()

// testLab is a lab on tiny data with a store of its own that tells nothing.
func testLab(t *testing.T, root string) *Lab {
	t.Helper()
	l := New("test", tiny(120), root, false)
	l.Log = t.Output()
	return l
}

// mlp is a small configuration: 100 training examples in batches of 16 are 7
// steps an epoch.
func mlp() train.Config {
	return train.Config{
		Name: "mlp", Layers: nn.MLP([]int{12}, nn.ReLU{}, 10, 0), Optimizer: optim.SGD{Momentum: 0.9},
		Schedule: optim.Constant(0.05), Batch: 16, Epochs: 3, Seed: 1, LogEvery: 3, DevEvery: 5,
	}
}

// cnn has all that makes a run hard to continue: dropout, batch normalization,
// images that are changed anew in every epoch but the last, a running mean of
// the weights, an optimizer with much state, a schedule that looks at the dev
// losses, a penalty and both kinds of clipping.
func cnn() train.Config {
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

// mustEqual compares two runs bit for bit, but for their seconds.
func mustEqual(t *testing.T, what string, got, want History, gotW, wantW []float32) {
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

func untimed(e train.Event) train.Event {
	e.Seconds = 0
	return e
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprint("unexpected error: ", err))
	}
	return v
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-6) && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
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

func fails[T any](_ T, err error) error { return err }

// ran is a run with the given dev accuracies, one every ten steps and two
// seconds.
func ran(accuracies ...float64) *Result {
	r := &Result{}
	for i, a := range accuracies {
		step, seconds := 10*(i+1), 2*float64(i+1)
		r.History = append(r.History,
			train.Event{Kind: train.Train, Step: step, Score: 1, Seconds: seconds}, // must not count
			train.Event{Kind: train.Dev, Step: step, Score: a, Seconds: seconds})
	}
	return r
}

// configs are the runs that must continue bit for bit: one for each thing a
// state has to hold.
func configs() []train.Config {
	var all []train.Config
	add := func(name string, change func(*train.Config)) {
		c := mlp()
		c.Name = name
		change(&c)
		all = append(all, c)
	}
	add("momentum", func(c *train.Config) {})
	add("sgd", func(c *train.Config) { c.Optimizer = optim.SGD{} })
	add("heavy ball", func(c *train.Config) { c.Optimizer = optim.SGD{Momentum: 0.9, HeavyBall: true} })
	add("adam", func(c *train.Config) { c.Optimizer, c.Schedule = optim.Adam{}, optim.Constant(0.01) })
	add("rmsprop", func(c *train.Config) {
		c.Optimizer, c.Schedule = optim.RMSProp{Momentum: 0.5, Centered: true}, optim.Constant(0.003)
	})
	add("adagrad", func(c *train.Config) { c.Optimizer = optim.AdaGrad{} })
	add("lion", func(c *train.Config) { c.Optimizer, c.Schedule = optim.Lion{}, optim.Constant(0.001) })
	add("ema", func(c *train.Config) { c.EMA = 0.9 })
	add("dropout", func(c *train.Config) { c.Layers = nn.MLP([]int{12, 8}, nn.ReLU{}, 10, 0.3) })
	add("batch norm", func(c *train.Config) { c.Layers = []nn.Layer{nn.BatchNorm{}, nn.Linear{Out: 10}} })
	add("plateau", func(c *train.Config) { c.Schedule, c.DevEvery = optim.ReduceOnPlateau{Base: 0.3, Factor: 0.5}, 2 })
	add("one cycle", func(c *train.Config) { c.Schedule = optim.Warmup{Steps: 4, Then: optim.OneCycle{Max: 0.1, Steps: 17}} })
	add("dev after every epoch", func(c *train.Config) { c.DevEvery = 0 })
	add("patience", func(c *train.Config) { c.Patience, c.DevEvery, c.LogEvery = 2, 1, 4 })
	return append(all, cnn())
}

// diverging squares its error at every step. (Cross-entropy need not diverge
// at any learning rate: the units die, or it learns as a perceptron does.)
func diverging() train.Config {
	c := mlp()
	c.Layers, c.Loss = nn.MLP(nil, nil, 10, 0), nn.MSE{}
	c.Optimizer, c.Schedule = optim.SGD{}, optim.Constant(1e6)
	return c
}

// there are the results of a Fit, also of one that was cut short.
func there(rs Runs, err error) Runs {
	if err != nil && !errors.As(err, new(Unfinished)) {
		panic(fmt.Sprint("unexpected error: ", err))
	}
	return rs
}
