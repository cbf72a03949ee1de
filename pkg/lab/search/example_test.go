package search_test

import (
	"context"
	"flag"
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

// A search over types: what to vary, and how a point becomes a run. The best by dev
// comes first; with other seeds it is told what that is worth.
func ExampleSearch() {
	l, done := small()
	defer done()
	found := must(search.Search{
		Dims: []search.Dim{search.Choice("lr", 0.00001, 0.05)},
		Build: func(p search.Point) (train.Config, error) {
			return mlp(p.Float("lr")), nil
		},
		Confirm: 2,
	}.Run(l))
	fmt.Println(found.Plan())
	fmt.Println("best with", found.Best().Point)
	fmt.Println("better than the other:", found.Best().Error.Mean < found.Trials[1].Error.Mean)
	fmt.Println("other seeds:", len(found.Confirmed.Runs))
	// Output:
	// grid search of 2 configurations: 8 epochs together, all stored
	// best with lr=0.05
	// better than the other: true
	// other seeds: 2
}

// Ranges are drawn from; what it will cost is known before.
func ExampleSearch_price() {
	l, done := small()
	defer done()
	s := search.Search{
		Dims: []search.Dim{search.LogUniform("lr", 0.001, 0.1), search.Uniform("momentum", 0, 0.95), search.Whole("batch", 10, 100)},
		Build: func(p search.Point) (train.Config, error) {
			c := mlp(p.Float("lr"))
			c.Optimizer, c.Batch = optim.SGD{Momentum: p.Float("momentum")}, p.Int("batch")
			return c, nil
		},
		Method: search.Halving, Eta: 2, Budget: search.Budget{Epochs: 60},
	}
	fmt.Println(must(s.Price(l)).Plan())
	// Output: halving search of 31 configurations, 31, 15, 7 of them to 1, 2, 4 epochs: 60 epochs together
}

// A bracket: of 27 configurations the best third goes on, and again.
func ExampleBracket() {
	fmt.Println(must(search.Bracket(27, 1, 9, 3)))
	// Output: [{27 1} {9 3} {3 9}]
}

// The flags of a cell or a program: any may have several values.
func ExampleFlags() {
	space := search.Flags(search.Space{Hyper: lab.Hyper{
		Hidden: "32", Activation: "relu", Optimizer: "sgd", LR: 0.1, Momentum: 0.9, Schedule: "cosine", Batch: 50, Epochs: 2, Seed: 1,
	}})
	flag.CommandLine.Parse([]string{"--lr=0.01..1:log:3", "--optimizer=sgd,adam", "--momentum=0.5,0.9"})
	s := must(space.Search(nil))
	for _, d := range s.Dims {
		fmt.Println(d)
	}
	l, done := small()
	defer done()
	fmt.Println(must(must(space.Search(l)).Price(l)).Plan()) // Adam has no momentum
	// Output:
	// --lr=0.01..1:log:3
	// --optimizer=sgd,adam
	// --momentum=0.5,0.9
	// grid search of 9 configurations: 18 epochs together
}
