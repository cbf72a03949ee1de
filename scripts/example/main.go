// Command example is the program of the README.
package main

import (
	"context"
	"fmt"
	"log"

	_ "inkling/pkg/data/download" // fetches MNIST where it is missing
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func main() {
	l, err := lab.Open(context.Background(), "example") // MNIST, cut into train and dev
	if err != nil {
		log.Fatal(err)
	}
	runs, err := l.Fit(train.Config{
		Layers:    []nn.Layer{nn.Linear{Out: 512}, nn.ReLU{}, nn.Linear{Out: 256}, nn.ReLU{}, nn.Linear{Out: l.Out(), Init: nn.LeCun}},
		Optimizer: optim.SGD{Momentum: 0.9},
		Schedule:  optim.OneCycle{Max: 0.1},
		Batch:     64, Epochs: 3, Seed: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(runs[0].Test())
}
