package lab_test

import (
	"fmt"
	"io"
	"os"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// few are digits to learn from; a lab cuts a dev split from them.
func few() *data.Dataset {
	return &data.Dataset{
		Name: "few digits", Source: "drawn for an example",
		Train: data.Synthetic("train", 1, 0, 240), Test: data.Synthetic("test", 1, 240, 60),
	}
}

// mlp is a run of a second or less.
func mlp(rate float64) train.Config {
	return train.Config{
		Layers: nn.MLP([]int{16}, nn.ReLU{}, 10, 0), Optimizer: optim.SGD{Momentum: 0.9},
		Schedule: optim.Constant(rate), Batch: 40, Epochs: 4, Seed: 1, DevEvery: train.PerEpoch(1),
	}
}

// A run is made once. Who asks for it again gets it from the store, and may look
// at what the store holds: here that of a lab on digits of one's own.
func ExampleLab_Fit() {
	store, err := os.MkdirTemp("", "store") // Open has a lasting one
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(store)
	l := lab.New("example", few(), store, false)
	l.Log = io.Discard
	var runs lab.Runs
	for range 2 {
		runs, err = l.Fit(mlp(0.05), mlp(0.01))
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, r := range runs {
			fmt.Println(r.Status, r.Steps, "steps, from the store:", r.Stored)
		}
	}
	stored, err := l.Runs()
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := lab.Find(stored, runs[1].ID())
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := r.Model()
	fmt.Println(r.LabelAmong(stored), "has", len(r.Dev()), "evaluations and a model of", model.Weights(), "weights", err)
	// Output:
	// finished 20 steps, from the store: false
	// finished 20 steps, from the store: false
	// finished 20 steps, from the store: true
	// finished 20 steps, from the store: true
	// lr 0.01 has 4 evaluations and a model of 12730 weights <nil>
}

// Values of several seeds are told by their mean and its spread.
func ExampleStat() {
	fmt.Println(lab.StatOf([]float64{1.8, 1.9, 1.88}))
	fmt.Println(lab.StatOf([]float64{1.8}), lab.StatOf(nil))
	fmt.Println(lab.StatOf([]float64{60, 64}).Format("%.0f s"))
	// Output:
	// 1.86 ± 0.05
	// 1.80 –
	// 62 s ± 3 s
}

// A model's file says which images the model reads: their size, the names of
// their classes, and how they were prepared.
func ExampleKind() {
	model, err := nn.New(1, nn.CHW(3, 32, 32), nn.Linear{Out: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	kind, err := lab.Kind(model, map[string]string{"classes": `["stop", "go"]`})
	fmt.Println(kind, err)
	fmt.Println(kind.Classes)
	// Output:
	// model: 0 images of 3×32×32 <nil>
	// [stop go]
}
