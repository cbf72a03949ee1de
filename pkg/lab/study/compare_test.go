package study

import (
	"math"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/metric"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func TestPaired(t *testing.T) {
	// Errors of 10, 20, 30 % and 9, 18, 27 %: the pairs differ by −1, −2, −3.
	d := Paired(scored(0.9, 0.8, 0.7), scored(0.91, 0.82, 0.73))
	if math.Abs(d.Mean+2) > 1e-9 || math.Abs(d.SD-1/math.Sqrt(3)) > 1e-9 || d.N != 3 {
		t.Errorf("change %v of %d, want -2 ± %v", d, d.N, 1/math.Sqrt(3))
	}
	if d := Paired(scored(0.9), scored(0.8)); math.Abs(d.Mean-10) > 1e-9 || !math.IsNaN(d.SD) || d.String() != "10.00" {
		t.Errorf("one pair: %v, want 10 and no standard error", d)
	}
}

// Without dropout, TrainErrors is what Evaluate says of those images.
func TestTrainErrors(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.Quiet = true
	c := mlp()
	c.Layers = nn.MLP([]int{12}, nn.ReLU{}, 10, 0.5)
	c.TrainSize = 40
	runs := must(l.Fit(c))
	m := must(runs[0].Model())
	for _, n := range []int{40, 0} {
		want := must(train.Evaluate(t.Context(), m, nn.CrossEntropy{}, train.InOrder(l.Subset(n))))
		if got := must(trainErrors(l, runs, n))[0]; math.Abs(got-100*float64(want.Wrong)/float64(want.N)) > 1e-9 {
			t.Errorf("first %d: %v %% wrong, want %v of %v", n, got, want.Wrong, want.N)
		}
	}
}

// With views, the errors are those of their mean; without, those of dev.
func TestErrorsOn(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.Quiet = true
	runs := must(l.Fit(mlp()))
	if got, want := must(ErrorsOn(runs, l.Dev))[0], runs.DevErrors()[0]; math.Abs(got-want) > 1e-9 {
		t.Errorf("on dev %v %%, the run says %v %%", got, want)
	}
	views := []data.Affine{{Rotate: 180}}
	want := 100 * (1 - metric.JudgeViews(must(runs[0].Model()), l.Dev, views...).Accuracy())
	if got := must(ErrorsOn(runs, l.Dev, views...))[0]; got != want || got == runs.DevErrors()[0] {
		t.Errorf("on digits upside down %v %%, want %v %%, other than upright", got, want)
	}
	other := *l.Dev
	other.Name, other.Classes = "letters", data.Numbered(26)
	if _, err := ErrorsOn(runs, &other); err == nil || !strings.Contains(err.Error(), "reads images of 1×28×28 in 10 classes, letters has those of 1×28×28 in 26") {
		t.Errorf("other classes: %v", err)
	}
}

func TestGaps(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.Quiet = true
	c := mlp()
	c.TrainSize, c.Epochs = 20, 40
	runs := must(l.Fit(c, mlp()))
	train := must(trainErrors(l, runs, 20))
	gaps := must(Gaps(l, runs, 20))
	for i, dev := range runs.DevErrors() {
		if math.Abs(gaps[i]-(dev-train[i])) > 1e-9 {
			t.Errorf("run %d: gap %v, want %v − %v", i, gaps[i], dev, train[i])
		}
	}
	if gaps[0] < 10 {
		t.Errorf("40 epochs on 20 images leave a gap of %v points", gaps[0])
	}
	if _, err := Gaps(l, lab.Runs{{Dir: t.TempDir()}}, 20); err == nil {
		t.Error("a run without a model has a gap")
	}
}

func TestDistance(t *testing.T) {
	layers := nn.MLP([]int{12}, nn.ReLU{}, 10, 0)
	a := must(nn.New(3, nn.CHW(1, 28, 28), layers...))
	b := a.Clone()
	if d := Distance(a, b); d != 0 {
		t.Errorf("a model is %v from its clone", d)
	}
	for _, p := range a.Params() {
		for i := range p.Data {
			p.Data[i] *= 1.25
		}
	}
	if d := Distance(a, b); math.Abs(d-0.25) > 1e-6 {
		t.Errorf("weights times 1.25 are %v apart, want 0.25", d)
	}
}

// L2 in the loss and weight decay are one rule for SGD, with momentum and
// without, and for Adam's coupled form; decoupled decay is another rule.
func TestL2AsLossTermAndAsDecay(t *testing.T) {
	const l2 = 0.01
	for _, c := range []struct {
		name        string
		lr          float64
		none, decay optim.Optimizer
		same        bool
	}{
		{"SGD", 0.05, optim.SGD{}, optim.SGD{Decay: l2}, true},
		{"momentum", 0.02, optim.SGD{Momentum: 0.9}, optim.SGD{Momentum: 0.9, Decay: l2}, true},
		{"Adam, coupled", 0.002, optim.Adam{}, optim.Adam{Decay: l2}, true},
		{"Adam, decoupled", 0.002, optim.Adam{}, optim.AdamW{Decay: l2}, false},
	} {
		cfg := mlp()
		cfg.Schedule = optim.Constant(c.lr)
		run := func(o optim.Optimizer, p nn.Penalty) *nn.Model {
			cfg.Optimizer, cfg.Penalty = o, p
			m := must(nn.New(cfg.Seed, nn.CHW(1, 28, 28), cfg.Layers...))
			images := data.Synthetic("train", 1, 0, 140)
			for _, err := range train.Run(t.Context(), cfg, m, cfg.Batches(images.First(100)), train.InOrder(images)) {
				if err != nil {
					t.Fatal(err)
				}
			}
			return m
		}
		plain, term, decay := run(c.none, nn.Penalty{}), run(c.none, nn.Penalty{L2: l2}), run(c.decay, nn.Penalty{})
		between, effect := Distance(term, decay), Distance(plain, term)
		if effect < 1e-4 {
			t.Fatalf("%s: L2 moves the weights by %.1e only: the test sees nothing", c.name, effect)
		}
		if same := between < 0.02*effect; same != c.same {
			t.Errorf("%s: term and decay are %.1e apart where L2 moves the weights by %.1e", c.name, between, effect)
		}
	}
}
