package study

import (
	"fmt"
	"slices"
	"testing"

	"inkling/pkg/lab"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func TestTune(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.Quiet = true
	asked := map[string]int{}
	trial := func(name string, factor float64) Trial {
		return func(lr float64, seed int) train.Config {
			asked[fmt.Sprint(name, " ", lr, " ", seed)]++
			c := mlp()
			c.Name, c.Schedule, c.Seed, c.Epochs = name, optim.Constant(lr*factor), uint64(seed), 6
			return c
		}
	}
	rates := []float64{1e-7, 0.05, 1e5} // too small, right, diverging
	tuned := must(Tune(l, rates, 3, trial("a", 1), trial("b", 2)))
	if len(tuned) != 2 {
		t.Fatalf("%d results for 2 trials", len(tuned))
	}
	for k, name := range []string{"a", "b"} {
		u := tuned[k]
		if u.LR != 0.05 || !slices.Equal(u.Rates, rates) || len(u.Errors) != 3 || len(u.Runs) != 3 {
			t.Fatalf("%s: chosen %v of %v, errors %v, %d runs", name, u.LR, u.Rates, u.Errors, len(u.Runs))
		}
		if u.Errors[1] >= u.Errors[0] || u.Errors[1] >= u.Errors[2] {
			t.Errorf("%s: chosen rate has error %v of %v", name, u.Errors[1], u.Errors)
		}
		for i, r := range u.Runs {
			if r.Name != name || lab.DevErrors(u.Runs)[i] != 100*(1-r.Best.Score) {
				t.Errorf("%s: run %d is %v", name, i, r)
			}
		}
		for i, s := range must(lab.TestAccuracies(u.Runs)) {
			if want := 100 * must(u.Runs[i].Test()).Accuracy; s != want {
				t.Errorf("%s: test of run %d is %v, want %v", name, i, s, want)
			}
		}
		for _, lr := range rates {
			for seed := 1; seed <= 3; seed++ {
				want := 0
				if seed == 1 || lr == u.LR {
					want = 1
				}
				if got := asked[fmt.Sprint(name, " ", lr, " ", seed)]; got != want {
					t.Errorf("%s: asked %d times for rate %v, seed %d, want %d", name, got, lr, seed, want)
				}
			}
		}
	}
	if a, b := tuned[0].Runs[1], tuned[0].Runs[2]; slices.Equal(a.Dev().Losses(), b.Dev().Losses()) {
		t.Error("seeds 2 and 3 are the same run")
	}
}

func TestTuneNothing(t *testing.T) {
	l := testLab(t, t.TempDir())
	if _, err := Tune(l, nil, 1); err == nil {
		t.Error("no rates: no error")
	}
	if _, err := Tune(l, []float64{0.1}, 0); err == nil {
		t.Error("no seeds: no error")
	}
}
