package study

import (
	"slices"
	"testing"

	"inkling/pkg/lab"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func TestTune(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.Quiet = true
	rates := []float64{1e-7, 0.05, 1e5} // too small, right, diverging
	var asked []float64
	tuned := must(Tune(l, rates, func(rate float64) train.Config {
		asked = append(asked, rate)
		c := mlp()
		c.Schedule, c.Epochs = optim.Constant(rate), 6
		return c
	}))
	if tuned.Rate != 0.05 || !slices.Equal(tuned.Rates, rates) || !slices.Equal(asked, rates) || len(tuned.Runs) != 3 {
		t.Fatalf("asked for %v: chosen %v of %v, %d runs", asked, tuned.Rate, tuned.Rates, len(tuned.Runs))
	}
	errs := tuned.Runs.DevErrors()
	if errs[1] >= errs[0] || errs[1] >= errs[2] {
		t.Errorf("the chosen rate has the error %v of %v", errs[1], errs)
	}
	for i, r := range tuned.Runs {
		if errs[i] != 100*(1-r.Best.Score) || r.Hyper["lr"] != rates[i] {
			t.Errorf("run %d is %v, error %v", i, r, errs[i])
		}
	}
	wrong := must(tuned.Runs.TestErrors())
	for i, r := range tuned.Runs {
		if want := 100 * (1 - must(r.Test()).Accuracy); wrong[i] != want {
			t.Errorf("test error of run %d is %v, want %v", i, wrong[i], want)
		}
	}
	wrongly, right := must(tuned.Runs.TestError()), must(tuned.Runs.TestAccuracy())
	if wrongly != lab.StatOf(wrong) || wrongly.Mean+right.Mean != 100 || right.SD != wrongly.SD || right.N != 3 {
		t.Errorf("test error %v and accuracy %v", wrongly, right)
	}
}

func TestTuneNothing(t *testing.T) {
	if _, err := Tune(testLab(t, t.TempDir()), nil, nil); err == nil {
		t.Error("no rates: no error")
	}
}
