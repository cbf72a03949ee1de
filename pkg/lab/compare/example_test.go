package compare_test

import (
	"fmt"
	"io"
	"os"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/lab/compare"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// Two learning rates with the same three seeds: what differs, and what it is good
// for. At the end, and once, compare.OnTest asks the same of the test set.
func ExampleRuns() {
	store, err := os.MkdirTemp("", "runs")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(store)
	l := lab.New("example", &data.Dataset{
		Name: "few digits", Train: data.Synthetic("train", 1, 0, 600), Test: data.Synthetic("test", 1, 600, 100),
	}, store, false)
	l.Log = io.Discard
	var configs []train.Config
	for _, rate := range []float64{1e-5, 0.1} {
		for seed := range 3 {
			configs = append(configs, train.Config{
				Layers: nn.MLP([]int{32}, nn.ReLU{}, 10, 0), Optimizer: optim.SGD{Momentum: 0.9},
				Schedule: optim.Constant(rate), Batch: 20, Epochs: 4, Seed: uint64(seed + 1),
			})
		}
	}
	runs, err := l.Fit(configs...)
	if err != nil {
		panic(err)
	}
	c, err := compare.Runs(l, runs...)
	if err != nil {
		panic(err)
	}
	change := c.Changes[0]
	fmt.Println(c.Names, c.Values, change.After, change.Verdict, change.Verdict == compare.Helps)
	fmt.Println(len(change.Pairs), "pairs,", change.Test)
	// Output:
	// [lr] [[1e-05 0.1]] lr 0.1 helps true
	// 3 pairs, paired t test over 3 seeds and 100 images
}

// Of 20 images about which two networks disagree the one is right about 15.
func ExampleMcNemar() {
	fmt.Printf("p = %.3f\n", compare.McNemar(5, 15))
	// Output:
	// p = 0.041
}
