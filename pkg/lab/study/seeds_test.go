package study

import (
	"math"
	"slices"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/metric"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func TestRepeatMakesRowsOfSeeds(t *testing.T) {
	digits := &data.Dataset{Name: "few digits", Train: data.Synthetic("train", 1, 0, 120), Test: data.Synthetic("test", 1, 120, 10)}
	l := lab.New("repeat", digits, t.TempDir(), false)
	l.Log = t.Output()
	config := func(lr float64) train.Config {
		return train.Config{Layers: nn.MLP([]int{8}, nn.ReLU{}, 10, 0), Schedule: optim.Constant(lr), Batch: 20, Epochs: 2, Seed: 9}
	}
	rows, err := Compare(l, 2, config(0.1), config(0.2))
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || len(rows[0]) != 2 || len(rows[1]) != 2 {
		t.Fatalf("%d rows, want 2 of 2 runs", len(rows))
	}
	for i, lr := range []float64{0.1, 0.2} {
		for j, r := range rows[i] {
			c := config(lr)
			c.Seed = uint64(j + 1)
			alone, err := l.Fit(c)
			if err != nil {
				t.Fatal(err)
			}
			if !alone[0].Stored || !slices.Equal(alone[0].History, r.History) {
				t.Errorf("row %d, run %d is not the run with rate %g and seed %d", i, j, lr, j+1)
			}
		}
	}
	if a, e := rows[0].DevAccuracies(), rows[0].DevErrors(); len(a) != 2 || a[0]+e[0] < 99.999 || a[0]+e[0] > 100.001 || a[0] != 100*rows[0][0].Best.Score {
		t.Errorf("accuracies %v, errors %v: want them to make 100", a, e)
	}
	models, err := rows[1].Models()
	if err != nil || len(models) != 2 || models[0].Seed != 1 || models[1].Seed != 2 {
		t.Fatalf("%d models, error %v, want those of seeds 1 and 2", len(models), err)
	}
	if got, want := metric.Judge(models[1], l.Dev).Accuracy(), rows[1][1].Best.Score; got != want {
		t.Errorf("the second model scores %g, its run %g", got, want)
	}
	if _, err := (lab.Runs{{}}).Models(); err == nil {
		t.Error("a run without a model: no error")
	}
	if _, err := Compare(l, 0, config(0.1)); err == nil {
		t.Error("no seeds: no error")
	}
}

func TestBestRowAndSpread(t *testing.T) {
	rows := []lab.Runs{scored(0.9, 0.8), scored(0.7, 0.99), scored(0.8, 0.9), scored(0.5)}
	if got := BestRow(rows); got != 0 { // 0.85 twice: the first of equals
		t.Errorf("best row %d, want 0", got)
	}
	if got := BestRow(rows[1:]); got != 1 {
		t.Errorf("best of the others %d, want 1", got)
	}
	if got := Spread(rows); math.Abs(got-35) > 1e-9 {
		t.Errorf("spread %v points, want 35", got)
	}
	if got := BestRow(nil); got != -1 {
		t.Errorf("best of no rows %d, want -1", got)
	}
}
