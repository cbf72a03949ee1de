package study_test

import (
	"fmt"
	"io"
	"math"
	"os"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/lab/study"
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
		Schedule: optim.Constant(rate), Batch: 50, Epochs: 4, Seed: 1, DevEvery: train.PerEpoch(1),
	}
}

// must leaves an example with an error in the place of its output.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A learning rate is chosen by one seed, and what it comes to told of several,
// which differ from each other as well.
func ExampleTune() {
	l, done := small()
	defer done()
	tuned := must(study.Tune(l, []float64{0.00001, 0.05}, mlp))
	fmt.Println("the rate:", tuned.Rate)

	rows := must(study.Compare(l, 3, mlp(tuned.Rate), mlp(0.00001)))
	fmt.Println("the better row:", study.BestRow(rows), "of", len(rows))
	fmt.Println("they differ:", study.Spread(rows) > 10)
	worse := study.Paired(rows[0], rows[1])
	fmt.Println("seed by seed:", worse.Mean > 10)

	again := must(study.Stored(l, 3, mlp(tuned.Rate), mlp(0.02)))
	fmt.Println("in the store:", len(again[0]), "and", len(again[1]))
	// Output:
	// the rate: 0.05
	// the better row: 0 of 2
	// they differ: true
	// seed by seed: true
	// in the store: 3 and 0
}

// A range test: in one pass the rate rises until the loss does.
func ExampleRangeTest() {
	l, done := small()
	defer done()
	runs := must(l.Fit(study.RangeTest(mlp(0), 0.0001, 100, 10)))
	r := study.RangeOf(runs[0])
	fmt.Println("rates from", r.LR[0])
	fmt.Println("steepest below the limit:", r.Steepest < r.Limit)
	// Output:
	// rates from 0.0001
	// steepest below the limit: true
}

// Variants of one configuration at two sizes of the training set; one that
// changes nothing is what the others are compared with.
func ExampleVary() {
	l, done := small()
	defer done()
	wide := study.Variant{Name: "wide", Change: func(c *train.Config) { c.Layers = nn.MLP([]int{32}, nn.ReLU{}, 10, 0) }}
	still := study.Variant{Name: "still", Change: func(c *train.Config) { c.Schedule = optim.Constant(0.00001) }}
	compared := must(study.Vary(l, func(images, seed int) train.Config {
		c := mlp(0.05)
		c.TrainSize, c.Seed = images, uint64(seed)
		return c
	}, []int{200, 400}, 2, study.Variant{Name: "plain", Change: func(*train.Config) {}}, wide, study.Together(wide, still)))
	for _, name := range compared.Names() {
		fmt.Println(name, len(compared.Of(name, 200)), "runs at 200")
	}
	fmt.Println("standing still is worse:", compared.MeanChange("wide + still") > 10)
	// Output:
	// plain 2 runs at 200
	// wide 2 runs at 200
	// wide + still 2 runs at 200
	// standing still is worse: true
}

// What the probabilities of trained networks are worth, and how far two of them
// are from each other.
func ExampleConfidenceOf() {
	l, done := small()
	defer done()
	runs := must(study.Seeds(l, 2, mlp(0.05)))
	c := must(study.ConfidenceOf(l, runs))
	fmt.Println("the label is ahead:", c.Margin > 0)
	fmt.Println("a temperature was found:", c.Temperature > 0, "not worse by it:", c.AtTemperature.NLL < c.AsTrained.NLL+0.1)

	models := must(runs.Models())
	fmt.Println("from itself:", study.Distance(models[0], models[0]))
	fmt.Println("two seeds are far from each other:", study.Distance(models[0], models[1]) > 1)
	fmt.Println("of no runs:", math.IsNaN(must(study.ConfidenceOf(l, nil)).Margin))
	// Output:
	// the label is ahead: true
	// a temperature was found: true not worse by it: true
	// from itself: 0
	// two seeds are far from each other: true
	// of no runs: true
}
