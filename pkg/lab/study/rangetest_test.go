package study

import (
	"math"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// rangeOf is the reading of a test of 501 steps from 1e-4 to 10 whose loss is f
// of log10 of the rate.
func rangeOf(status lab.Status, f func(x float64) float64) Range {
	r := &lab.Result{Record: lab.Record{Status: status}}
	for i := range 501 {
		x := -4 + float64(i)/100
		loss := f(x)
		if math.IsInf(loss, 0) {
			break
		}
		r.History = append(r.History, train.Event{Kind: train.Train, Step: i + 1, LR: math.Pow(10, x), Loss: loss})
	}
	return RangeOf(r)
}

// fall is 2 far below the rate 10^-2, 0.2 far above it, steepest there.
func fall(x float64) float64 { return 0.2 + 1.8/(1+math.Exp(4*(x+2))) }

func TestRangeFindsSteepestLowestAndLimit(t *testing.T) {
	bowl := func(x float64) float64 { return fall(x) + math.Pow(10, 3*(x-0.5)) }
	cut := func(x float64) float64 {
		if x > 0 {
			return math.Inf(1)
		}
		return fall(x)
	}
	for _, c := range []struct {
		name                    string
		status                  lab.Status
		loss                    func(float64) float64
		steepest, lowest, limit float64 // log10
	}{
		{"comes back", lab.Finished, bowl, -2, lowestAt(bowl), 0.5 + math.Log10(0.2)/3},
		{"diverges", lab.Diverged, cut, -2, 0, 0},
		{"only falls", lab.Finished, fall, -2, 1, math.NaN()},
		{"only rises", lab.Finished, func(x float64) float64 { return 10 + x }, math.NaN(), -4, math.NaN()},
	} {
		g := rangeOf(c.status, c.loss)
		for _, v := range []struct {
			what      string
			got, want float64
		}{{"steepest", g.Steepest, c.steepest}, {"lowest", g.Lowest, c.lowest}, {"limit", g.Limit, c.limit}} {
			got := math.Log10(v.got)
			if math.IsNaN(got) != math.IsNaN(v.want) || math.Abs(got-v.want) > 0.1 {
				t.Errorf("%s: %s at 10^%.2f, want 10^%.2f", c.name, v.what, got, v.want)
			}
		}
	}
}

// lowestAt is the x of the smallest f by a fine walk.
func lowestAt(f func(float64) float64) float64 {
	best := -4.0
	for x := best; x <= 1; x += 1e-3 {
		if f(x) < f(best) {
			best = x
		}
	}
	return best
}

func TestRangeOfNothing(t *testing.T) {
	g := RangeOf(&lab.Result{})
	if len(g.LR) != 0 || !math.IsNaN(g.Steepest) || !math.IsNaN(g.Lowest) || !math.IsNaN(g.Limit) {
		t.Errorf("a run without a history gives %+v, want no rates", g)
	}
}

// The test runs over the rates it was asked for, and a rate far too high ends
// it as a result, not as an error.
func TestRangeTestRuns(t *testing.T) {
	digits := &data.Dataset{Name: "range digits", Train: data.Synthetic("train", 1, 0, 480), Test: data.Synthetic("test", 1, 480, 10)}
	l := lab.New("range", digits, t.TempDir(), false)
	l.Log = t.Output()
	c := train.Config{
		Name: "range", Layers: nn.MLP([]int{16}, nn.ReLU{}, 10, 0), Optimizer: optim.SGD{Momentum: 0.9},
		Schedule: optim.Constant(1), Batch: 4, Epochs: 7, Seed: 1, Patience: 1,
	}
	rs, err := l.Fit(RangeTest(c, 1e-4, 1e-1, 100), RangeTest(c, 1e-2, 1e6, 60))
	if err != nil {
		t.Fatal(err)
	}
	g := RangeOf(rs[0])
	if rs[0].Steps != 100 || len(g.LR) != 100 || len(g.Loss) != 100 {
		t.Fatalf("%d steps, %d rates, %d losses, want 100 of each", rs[0].Steps, len(g.LR), len(g.Loss))
	}
	if g.LR[0] != 1e-4 || math.Abs(g.LR[99]-1e-1) > 1e-12 {
		t.Errorf("rates from %g to %g, want 1e-4 to 1e-1", g.LR[0], g.LR[99])
	}
	if !(g.Steepest < g.Lowest) {
		t.Errorf("steepest at %g, lowest at %g: want the steepest before the lowest", g.Steepest, g.Lowest)
	}
	if g := RangeOf(rs[1]); !(g.Limit > g.Lowest) {
		t.Errorf("rates up to 1e6: limit %g, want one above %g", g.Limit, g.Lowest)
	}
	if c.Epochs != 7 || c.Schedule != optim.Constant(1) {
		t.Error("RangeTest changed the configuration it was called on")
	}
}
