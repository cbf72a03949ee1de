package train

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
)

// Also where nobody but the batches knows how long the run is.
func TestRunCountsForItsSchedule(t *testing.T) {
	c := mlp()
	c.Schedule = optim.LinearLR{From: 0.05, To: 0}
	tr := newTrainer(t, c)
	h := finish(t, tr)
	c.Schedule = optim.LinearLR{From: 0.05, To: 0, Steps: 21}
	told := newTrainer(t, c)
	mustEqual(t, "counted", h, finish(t, told), weights(tr), weights(told))
	// Stopped and continued, it is the same again.
	c.Schedule = optim.LinearLR{From: 0.05, To: 0}
	first := newTrainer(t, c)
	train, dev := sets()
	for e, err := range first.Run(context.Background(), batches(c, train), InOrder(dev)) {
		if err != nil || e.Step >= 10 {
			break
		}
	}
	second := newTrainer(t, c)
	if err := second.Restore(must(first.File())); err != nil {
		t.Fatal(err)
	}
	finish(t, second)
	mustEqual(t, "continued", nil, nil, weights(second), weights(tr))
}

func TestAdaptiveScheduleThatGoesWrong(t *testing.T) {
	for _, rate := range []float64{math.NaN(), math.Inf(1), -0.1, 1e9} {
		c := mlp()
		c.Schedule = wild{rate}
		m := must(nn.New(1, nn.CHW(1, 28, 28), c.Layers...))
		train, dev := sets()
		var err error
		for _, err = range Run(context.Background(), c, m, c.Batches(train), InOrder(dev)) {
		}
		if err == nil || !strings.Contains(err.Error(), "the schedule gives learning rate") || !strings.Contains(err.Error(), "step 5") {
			t.Errorf("rate %v: error %v", rate, err)
		}
	}
}

// outlineOf writes a history as letters with steps: "T3 D5 B5".
func outlineOf(h []Event) string {
	var parts []string
	for _, e := range h {
		parts = append(parts, fmt.Sprintf("%c%d", strings.ToUpper(string(e.Kind))[0], e.Step))
	}
	return strings.Join(parts, " ")
}

func kinds(h []Event, keep ...Kind) []Event {
	var out []Event
	for _, e := range h {
		for _, k := range keep {
			if e.Kind == k {
				out = append(out, e)
			}
		}
	}
	return out
}

func TestEventsComeWhenTheyAreDue(t *testing.T) {
	for _, c := range []struct {
		name            string
		log, dev, epoch int
		want            string // of Train and Dev
	}{
		{"both", 3, 5, 3, "T3 D5 T6 T9 D10 T12 T15 D15 T18 D20 T21 D21"},
		{"dev at the end of every epoch", 3, 0, 2, "T3 T6 T7 D7 T9 T12 T14 D14"},
		{"log every step, dev at the last", 1, 7, 1, "T1 T2 T3 T4 T5 T6 T7 D7"},
		{"rarely", 100, 100, 2, "T14 D14"},
		{"the default", 0, 0, 1, "T7 D7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := mlp()
			cfg.LogEvery, cfg.DevEvery, cfg.Epochs = c.log, Interval(c.dev), c.epoch
			if got := outlineOf(kinds(finish(t, newTrainer(t, cfg)), Train, Dev)); got != c.want {
				t.Errorf("told %s, want %s", got, c.want)
			}
		})
	}
}

// Every number of an event is recomputed by other means.
func TestEventsTellTheTruth(t *testing.T) {
	train, dev := sets()
	cfg := mlp()
	cfg.Optimizer, cfg.Schedule = optim.SGD{}, optim.StepLR{Base: 0.1, Gamma: 0.5, Every: 4}
	tr := newTrainer(t, cfg)
	shadow := must(nn.New(cfg.Seed, tr.model.In, cfg.Layers...)) // trained by hand beside it
	var losses, rights, examples float64
	step := 0
	best := 0.0
	next, stop := iter.Pull2(tr.Run(context.Background(), batches(cfg, train), InOrder(dev)))
	defer stop()
	expect := func(k Kind) Event {
		e, err, ok := next()
		if !ok || err != nil || e.Kind != k || e.Step != step {
			t.Fatalf("after step %d came %+v, %v, %v, want %s", step, e, err, ok, k)
		}
		return e
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
			t.Errorf("step %d: %s %v, want %v", step, what, got, want)
		}
	}
	for epoch := range cfg.Epochs {
		for b := range batches(cfg, train)(epoch) {
			x := nn.Tensor{N: b.Len(), Shape: shadow.In, Data: b.X}
			y := shadow.Forward(&x, nn.Pass{Train: true, Seed: cfg.Seed, Step: step})
			var dy nn.Tensor
			n := float64(b.Len())
			losses += nn.CrossEntropy{}.Eval(&dy, y, b.Labels) * n
			rights += float64(nn.Correct(y, b.Labels))
			examples += n
			shadow.Backward(&dy)
			lr := cfg.Schedule.LR(step)
			for _, p := range shadow.Params() {
				for i, g := range p.Grad {
					p.Data[i] -= float32(lr) * g
				}
			}
			step++
			last := step == 21
			if step%cfg.LogEvery == 0 || last {
				e := expect(Train)
				near("train loss", e.Loss, losses/examples)
				near("train score", e.Score, rights/examples)
				near("learning rate", e.LR, lr)
				near("gradient", e.GradNorm, optim.GradNorm(shadow.Params()))
				if e.Epoch != epoch {
					t.Errorf("step %d: epoch %d, want %d", step, e.Epoch, epoch)
				}
				losses, rights, examples = 0, 0, 0
			}
			if step%int(cfg.DevEvery) == 0 || last {
				e := expect(Dev)
				x, _ := First(dev, dev.Len())
				y := shadow.Forward(x, nn.Pass{})
				near("dev loss", e.Loss, nn.CrossEntropy{}.Eval(nil, y, dev.Labels))
				near("dev score", e.Score, float64(nn.Correct(y, dev.Labels))/float64(dev.Len()))
				if e.Score > best {
					b := expect(Best)
					near("best", b.Score, e.Score)
					near("best before", b.Previous, best)
					best = e.Score
				}
			}
		}
	}
	if e, err, ok := next(); ok {
		t.Errorf("after the end came %+v, %v", e, err)
	}
}

func TestBreakStopsEarly(t *testing.T) {
	train, dev := sets()
	tr := newTrainer(t, mlp())
	for e, err := range tr.Run(context.Background(), batches(tr.cfg, train), InOrder(dev)) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == Dev {
			break
		}
	}
	if tr.Step != 5 {
		t.Errorf("stopped at step %d, want 5", tr.Step)
	}
	whole := newTrainer(t, mlp())
	want := finish(t, whole)
	rest := finish(t, tr) // begins with the Best that the break cut off
	if rest[0].Kind != Best || rest[0].Step != 5 {
		t.Errorf("after a break at Dev the run goes on with %+v, want the Best of step 5", rest[0])
	}
	mustEqual(t, "run in two parts", rest, want[len(want)-len(rest):], weights(tr), weights(whole))
}

// constantDev is a dev split on which every model scores the same, one image
// under each label, so that only the first evaluation is a best one.
func constantDev() *data.Set {
	return &data.Set{Name: "dev", C: 1, H: 28, W: 28, Classes: data.Numbered(10), Pixels: make([]uint8, 10*28*28), Labels: []uint16{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}
}

func TestPatience(t *testing.T) {
	train, _ := sets()
	cfg := mlp()
	cfg.Patience, cfg.DevEvery, cfg.Epochs = 2, 1, 9
	tr := newTrainer(t, cfg)
	run := func() (h []Event) {
		for e, err := range tr.Run(context.Background(), batches(cfg, train), InOrder(constantDev())) {
			if err != nil {
				t.Fatal(err)
			}
			h = append(h, e)
		}
		return h
	}
	if got := outlineOf(kinds(run(), Dev, Best)); got != "D1 B1 D2 D3" {
		t.Errorf("told %s, want two evaluations after the best one", got)
	}
	if again := run(); len(again) > 0 || tr.Step != 3 {
		t.Errorf("a run out of patience went on to step %d and told %v", tr.Step, again)
	}
}

func TestDivergingRun(t *testing.T) {
	train, dev := sets()
	cfg := diverging()
	tr := newTrainer(t, cfg)
	var err error
	for _, err = range tr.Run(context.Background(), batches(cfg, train), InOrder(dev)) {
	}
	var d *Divergence
	if !errors.As(err, &d) {
		t.Fatalf("error %v, want a Divergence", err)
	}
	if d.Step != tr.Step || d.LR != 1e6 || d.Epoch != 0 || finite(d.Loss) {
		t.Errorf("divergence %+v at step %d", d, tr.Step)
	}
	for _, part := range []string{fmt.Sprint("step ", d.Step), "epoch 0", "learning rate 1e+06"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not name %q", err, part)
		}
	}
}

// A report of few steps is the mean of those before it as well, so that no curve
// ends in the mean of a few.
func TestLastReportIsNoMeanOfAFewSteps(t *testing.T) {
	every := mlp()
	every.LogEvery, every.DevEvery = 1, 100
	steps := kinds(finish(t, newTrainer(t, every)), Train)
	at := func(from, to int) (loss float64) { // the last batch of an epoch has 4 examples, others 16
		n := 0
		for i, e := range steps[from:to] {
			size := 16
			if (from+i+1)%7 == 0 {
				size = 4
			}
			loss, n = loss+e.Loss*float64(size), n+size
		}
		return loss / float64(n)
	}
	for _, c := range []struct {
		log, dev int
		want     [][2]int // steps of each report
	}{
		{10, 100, [][2]int{{0, 10}, {10, 20}, {10, 21}}},
		{8, 100, [][2]int{{0, 8}, {8, 16}, {16, 21}}}, // five of eight are enough
		{5, 0, [][2]int{{0, 5}, {0, 7}, {7, 10}, {10, 14}, {10, 15}, {15, 20}, {15, 21}}},
		{100, 0, [][2]int{{0, 7}, {7, 14}, {14, 21}}},
	} {
		cfg := mlp()
		cfg.LogEvery, cfg.DevEvery = c.log, Interval(c.dev)
		got := kinds(finish(t, newTrainer(t, cfg)), Train)
		if len(got) != len(c.want) {
			t.Errorf("log-every %d: %d reports, want %v", c.log, len(got), c.want)
			continue
		}
		for i, w := range c.want {
			if got[i].Step != w[1] || math.Abs(got[i].Loss-at(w[0], w[1])) > 1e-9 {
				t.Errorf("log-every %d, report %d: %v at step %d, want %v over steps %v", c.log, i, got[i].Loss, got[i].Step, at(w[0], w[1]), w)
			}
		}
	}
}

// wrecking is an optimizer that leaves no weight finite.
type wrecking struct{ params []*nn.Param }

func (wrecking) New(params []*nn.Param) (optim.Stepper, error) { return wrecking{params}, nil }

func (wrecking) State() []nn.State { return nil }

func (w wrecking) Step(int, float64) {
	for _, p := range w.params {
		for i := range p.Data {
			p.Data[i] = float32(math.Inf(1))
		}
	}
}

// Weights that are wrecked by the step just before an evaluation must not be
// told as the best.
func TestDivergenceSeenAtEvaluation(t *testing.T) {
	train, dev := sets()
	cfg := mlp()
	cfg.Optimizer, cfg.DevEvery = wrecking{}, 1
	tr := newTrainer(t, cfg)
	var told []Event
	var err error
	for e, e2 := range tr.Run(context.Background(), batches(cfg, train), InOrder(dev)) {
		if err = e2; err == nil {
			told = append(told, e)
		}
	}
	var d *Divergence
	if !errors.As(err, &d) || d.Split != Dev || d.Step != 1 {
		t.Errorf("error %v, want a divergence of dev after step 1", err)
	}
	if len(told) > 0 {
		t.Errorf("told %v of wrecked weights", told)
	}
}

func TestRunReportsMistakes(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no schedule":              func(c *Config) { c.Schedule = nil },
		"batch 0":                  func(c *Config) { c.Batch = 0 },
		"epochs -3":                func(c *Config) { c.Epochs = -3 },
		"ema 1":                    func(c *Config) { c.EMA = 1 },
		"ema NaN":                  func(c *Config) { c.EMA = math.NaN() },
		"momentum 1":               func(c *Config) { c.Optimizer = optim.SGD{Momentum: 1} },
		"patience -1":              func(c *Config) { c.Patience = -1 },
		"l2 -1":                    func(c *Config) { c.Penalty.L2 = -1 },
		"clip-norm Inf":            func(c *Config) { c.ClipNorm = math.Inf(1) },
		"max-norm -1":              func(c *Config) { c.MaxNorm = -1 },
		"l1 NaN":                   func(c *Config) { c.Penalty.L1 = math.NaN() },
		"smoothing NaN":            func(c *Config) { c.Loss = nn.CrossEntropy{Smoothing: math.NaN()} },
		"smoothing 1":              func(c *Config) { c.Loss = nn.CrossEntropy{Smoothing: 1} },
		"shift NaN":                func(c *Config) { c.Augment.Rotate = math.NaN() },
		"copies of nothing":        func(c *Config) { c.Copies = 1 },
		"steps -1":                 func(c *Config) { c.Schedule = optim.Cosine{Base: 0.1, Steps: -1} },
		"log-every -1":             func(c *Config) { c.LogEvery = -1 },
		"size -1":                  func(c *Config) { c.TrainSize = -1 },
		"clip-norm NaN":            func(c *Config) { c.ClipNorm = math.NaN() },
		"plateau inside a warm-up": func(c *Config) { c.Schedule = optim.Warmup{Steps: 2, Then: optim.ReduceOnPlateau{Base: 1}} },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := mlp()
			m := must(nn.New(1, nn.CHW(1, 28, 28), cfg.Layers...))
			change(&cfg)
			events := 0
			var err error
			for _, err = range Run(context.Background(), cfg, m, nil, nil) {
				events++
			}
			if err == nil || events != 1 || strings.Contains(err.Error(), "\n") {
				t.Errorf("%d events, error %v, want one line", events, err)
			}
		})
	}
}

func TestSameSeedSameBitsOnAnyNumberOfCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cfg := range []Config{mlp(), cnn()} {
		t.Run(cfg.Name, func(t *testing.T) {
			first := newTrainer(t, cfg)
			want := finish(t, first)
			for _, n := range []int{1, 2, 2, 4} {
				runtime.GOMAXPROCS(n)
				again := newTrainer(t, cfg)
				got := finish(t, again)
				mustEqual(t, fmt.Sprint("GOMAXPROCS ", n), got, want, weights(again), weights(first))
			}
			cfg.Seed++
			other := newTrainer(t, cfg)
			finish(t, other)
			if fmt.Sprint(weights(other)) == fmt.Sprint(weights(first)) {
				t.Error("another seed gives the same weights")
			}
		})
	}
}

func TestWarmStepAllocatesNothing(t *testing.T) {
	train, _ := sets()
	for _, cfg := range []Config{mlp(), cnn()} {
		tr := newTrainer(t, cfg)
		for b := range batches(cfg, train)(0) {
			if b.Len() < cfg.Batch {
				continue
			}
			must(0, tr.step(b))
			if n := testing.AllocsPerRun(10, func() { must(0, tr.step(b)) }); n > 0 {
				t.Errorf("%s: %v allocations a step, want none", cfg.Name, n)
			}
			break
		}
	}
}

func TestRunningMeanIsWhatIsJudged(t *testing.T) {
	cfg := mlp()
	cfg.EMA = 0.9
	tr := newTrainer(t, cfg)
	h := finish(t, tr)
	_, dev := sets()
	s := must(Evaluate(context.Background(), tr.Model(), nn.CrossEntropy{}, InOrder(dev)))
	plain := must(Evaluate(context.Background(), tr.model, nn.CrossEntropy{}, InOrder(dev)))
	judged := kinds(h, Dev)
	if last := judged[len(judged)-1]; last.Loss != s.Loss || s.Loss == plain.Loss {
		t.Errorf("last dev loss %v, of the mean %v, of the model %v", last.Loss, s.Loss, plain.Loss)
	}
}

// The running mean is m ← d·m + (1 − d)·w after every step, where d grows from
// 1/10 to cfg.EMA so that the first weights, of no training, are soon forgotten.
func TestRunningMeanIsThatOfTheWeights(t *testing.T) {
	cfg := mlp()
	cfg.EMA = 0.8
	tr := newTrainer(t, cfg)
	w := tr.model.Params()[0]
	mean := make([]float64, w.Len())
	for i, v := range w.Data {
		mean[i] = float64(v)
	}
	seen := 0
	tr.Between = func() error { // before every step: the one before has been made
		if tr.Step > seen {
			seen++
			move(mean, w.Data, min(0.8, float64(seen)/float64(seen+9)))
		}
		return nil
	}
	finish(t, tr)
	move(mean, w.Data, min(0.8, float64(tr.Step)/float64(tr.Step+9)))
	if seen != tr.Step-1 || seen < 20 {
		t.Fatalf("saw %d of %d steps", seen, tr.Step)
	}
	for i, v := range tr.average.Params()[0].Data {
		if math.Abs(float64(v)-mean[i]) > 1e-6 {
			t.Fatalf("weight %d of the mean is %v, want %v", i, v, mean[i])
		}
	}
}

// move makes mean d·mean + (1 − d)·w.
func move(mean []float64, w []float32, d float64) {
	for i, v := range w {
		mean[i] = d*mean[i] + (1-d)*float64(v)
	}
}

// sameBatches is a source that ends before the step a saved run stands at.
func TestResumeOnOtherBatchesIsRefused(t *testing.T) {
	train, dev := sets()
	tr := newTrainer(t, mlp())
	for range tr.Run(context.Background(), batches(tr.cfg, train), InOrder(dev)) {
		if tr.Step >= 5 {
			break
		}
	}
	short := func(int) iter.Seq[data.Batch] { return func(func(data.Batch) bool) {} }
	var err error
	for _, err = range tr.Run(context.Background(), short, InOrder(dev)) {
	}
	if err == nil || !strings.Contains(err.Error(), "not the batches") {
		t.Errorf("error %v, want that the batches are others", err)
	}
}
