package search_test

import (
	"context"
	"fmt"
	"io"
	"os"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/lab/search"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// small is a lab on a few digits, with a store of its own that is gone after done.
func small() (l *lab.Lab, done func()) {
	store, err := os.MkdirTemp("", "store")
	if err != nil {
		panic(err)
	}
	digits := &data.Dataset{
		Name: "few digits", Source: "drawn for an example",
		Train: data.Synthetic("train", 1, 0, 600), Test: data.Synthetic("test", 1, 600, 60),
	}
	l = lab.New("example", digits, store, false)
	l.Log = io.Discard
	return l, func() { os.RemoveAll(store) }
}

// mlp is a run of less than a second.
func mlp(rate float64) train.Config {
	return train.Config{
		Layers: nn.MLP([]int{16}, nn.ReLU{}, 10, 0), Optimizer: optim.SGD{Momentum: 0.9},
		Schedule: optim.Cosine{Base: rate}, Batch: 50, Epochs: 4, Seed: 1, DevEvery: train.PerEpoch(1),
	}
}

// must leaves an example with an error in the place of its output.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A runner makes runs, or the first epochs of runs, into the store of a lab; who
// asks for them looks there.
func ExampleHere() {
	l, done := small()
	defer done()
	first, whole := lab.Part{Config: mlp(0.02), Until: 1}, lab.Part{Config: mlp(0.05)}
	var runner search.Runner = search.Here{Lab: l}
	err := runner.Run(context.Background(), []search.Task{{Part: first}, {Part: whole}}, func(i int, err error) {
		fmt.Println("task", i, "ended:", err == nil)
	})
	fmt.Println("all ended:", err == nil)
	runs, ended, _ := l.Saved(first, whole, lab.Part{Config: mlp(0.02)})
	fmt.Println("epochs:", runs[0].Epochs, runs[1].Epochs)
	fmt.Println("all that was asked for:", ended)
	// Output:
	// task 0 ended: true
	// task 1 ended: true
	// all ended: true
	// epochs: 1 4
	// all that was asked for: [true true false]
}
