package viz

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

var _ = walked("sensitivity", func(v []float64) Figure {
	return Sensitivity{Title: "T", Y: "error", Trials: trialsOf(v)}
})

var _ = walked("parallel", func(v []float64) Figure {
	return Parallel{Title: "T", Y: "error", Trials: trialsOf(v)}
})

// trialsOf makes trials of anything.
func trialsOf(v []float64) Trials {
	v = v[:min(len(v), 300)]
	t := Trials{Error: v}
	places, upside := make([]float64, len(v)), make([]float64, len(v))
	for i, x := range v {
		places[i], upside[i] = float64(i%4), -x
	}
	t.Axes = []TrialAxis{{Name: "lr", Log: true, Values: v}, {Name: "momentum", Values: upside}, {Name: "optimizer", Names: []string{"sgd", "adam", "lion"}, Values: places}}
	if len(v) > 0 {
		t.Stages = []Stage{{"1 epoch", v}, {"3 epochs", upside}}
	}
	return t
}

// aSearch is what a search of 40 trials might find.
func aSearch(halving bool) Trials {
	r := rand.New(rand.NewPCG(3, 4))
	const n = 40
	lr, batch, optimizer, momentum := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	first, second, last := make([]float64, n), make([]float64, n), make([]float64, n)
	t := Trials{Error: make([]float64, n)}
	for i := range n {
		lr[i], batch[i], optimizer[i] = math.Pow(10, -3+3*r.Float64()), []float64{32, 64, 128}[i%3], float64(r.IntN(3))
		momentum[i] = 0.5 + 0.49*r.Float64()
		if optimizer[i] == 2 {
			momentum[i] = math.NaN()
		}
		e := 2 + 1.5*math.Pow(math.Log10(lr[i])+1.4, 2) + 0.3*optimizer[i] + 0.3*r.Float64()
		first[i], second[i], last[i] = 2.2*e, math.NaN(), math.NaN()
		if e < 3 {
			second[i] = 1.4 * e
		}
		if e < 2.4 {
			last[i] = e
		}
		if lr[i] > 0.6 {
			first[i], second[i], last[i] = math.NaN(), math.NaN(), math.NaN()
		}
		t.Error[i] = e
		if halving {
			for _, v := range []float64{first[i], second[i], last[i]} {
				if !math.IsNaN(v) || math.IsNaN(first[i]) {
					t.Error[i] = v
				}
			}
		}
		if math.IsNaN(first[i]) {
			t.Error[i] = math.NaN()
		}
	}
	t.Axes = []TrialAxis{
		{Name: "lr", Log: true, Values: lr}, {Name: "batch", Log: true, Values: batch},
		{Name: "optimizer", Names: []string{"sgd", "nesterov", "adam"}, Values: optimizer}, {Name: "momentum", Values: momentum},
	}
	if halving {
		t.Stages = []Stage{{"1 epoch", first}, {"3 epochs", second}, {"9 epochs", last}}
	}
	return t
}

// What is said in words follows the trials, and of stages the last one chooses.
func TestTrialsInWords(t *testing.T) {
	trials := Trials{
		Axes:   []TrialAxis{{Name: "lr", Log: true, Values: []float64{0.1, 0.01, 0.5}}, {Name: "optimizer", Names: []string{"sgd", "adam"}, Values: []float64{0, 1, math.NaN()}}},
		Error:  []float64{5, 4, math.NaN()},
		Stages: []Stage{{"1 epoch", []float64{9, 10, math.NaN()}}, {"3 epochs", []float64{5, math.NaN(), math.NaN()}}},
	}
	want := "Sensitivity plot: T. 3 trials of lr, optimizer. The best has the error 5 at lr 0.1, optimizer sgd. 1 diverged."
	if got := (Sensitivity{Title: "T", Trials: trials}).Alt(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	trials.Stages = nil
	if got := (Parallel{Trials: trials}).Alt(); !strings.Contains(got, "error 4 at lr 0.01, optimizer adam") {
		t.Errorf("%q", got)
	}
}

// The line joins the best trial of each part of an axis, and the best of all is on it.
func TestEnvelope(t *testing.T) {
	trials := aSearch(false)
	a := trials.Axes[0]
	x, y := a.envelope(trials.Error, a.axis(0.05).scale, trials.errorScale(0))
	if len(x) < 4 || len(x) > parts {
		t.Fatalf("%d points", len(x))
	}
	least := math.Inf(1)
	for i := range x {
		if i > 0 && x[i] <= x[i-1] {
			t.Errorf("from %v back to %v", x[i-1], x[i])
		}
		least = min(least, y[i])
	}
	if least != trials.Error[trials.best()] {
		t.Errorf("the lowest point is %v, the best trial has %v", least, trials.Error[trials.best()])
	}
	x, y = trials.Axes[1].envelope(trials.Error, trials.Axes[1].axis(0.05).scale, trials.errorScale(0))
	for i, v := range x {
		for k, b := range trials.Axes[1].Values {
			if b == v && trials.Error[k] < y[i] {
				t.Errorf("batch %v: %v on the line, a trial has %v", v, y[i], trials.Error[k])
			}
		}
	}
	if len(x) != 3 {
		t.Errorf("batches %v, want three", x)
	}
}
