package study

import (
	"fmt"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func scored(scores ...float64) (runs lab.Runs) {
	for _, s := range scores {
		runs = append(runs, &lab.Result{Record: lab.Record{Best: train.Event{Score: s}}})
	}
	return runs
}

// tiny draws fresh sets of n training and dev examples together: a lab
// reorders its own.
func tiny(n int) *data.Dataset {
	return &data.Dataset{
		Name: "tiny digits", Source: "drawn for a test",
		Train: data.Synthetic("train", 1, 0, n), Test: data.Synthetic("test", 1, n, n/3),
	}
}

// testLab is a lab on tiny data with a store of its own that tells nothing.
func testLab(t *testing.T, root string) *lab.Lab {
	t.Helper()
	l := lab.New("test", tiny(120), root, false)
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

func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprint("unexpected error: ", err))
	}
	return v
}

// ran is a run with the given dev accuracies, one every ten steps and two
// seconds.
func ran(accuracies ...float64) *lab.Result {
	r := &lab.Result{}
	for i, a := range accuracies {
		step, seconds := 10*(i+1), 2*float64(i+1)
		r.History = append(r.History,
			train.Event{Kind: train.Train, Step: step, Score: 1, Seconds: seconds}, // must not count
			train.Event{Kind: train.Dev, Step: step, Score: a, Seconds: seconds})
	}
	return r
}
