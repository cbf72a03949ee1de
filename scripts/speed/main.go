// Command speed trains for a second as the notebooks do, an MLP and a CNN side by side on
// their data, and prints a line of JSON for ./scripts/report --budget: how many images
// there are to train on, examples a second of each network, and on how many processors.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func main() {
	err := measure(time.Second)
	for d := 4 * time.Second; d < 20*time.Second && errors.Is(err, errBusy); d *= 4 {
		err = measure(d)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "speed:", lab.OneLine(err))
		os.Exit(2)
	}
}

// errBusy is that the machine has so much else to do that nothing can be said.
var errBusy = errors.New("the machine is too busy: no step of training in time")

func measure(d time.Duration) error {
	all, err := data.Open(context.Background())
	if err != nil {
		return err
	}
	store, err := os.MkdirTemp("", "inkling-speed-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(store)
	l := lab.New("speed", all, store, false)
	l.Quiet, l.SideBySide, l.Log = true, 2, io.Discard
	networks := [][]nn.Layer{
		nn.MLP([]int{512, 256}, nn.ReLU{}, l.Out(), 0),
		{nn.Conv2D{Filters: 8, Kernel: 5, Padding: 2}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2}, nn.Linear{Out: l.Out()}},
	}
	if in := l.In(); in.H < 2 || in.W < 2 { // no images
		networks[1] = networks[0][:]
	}
	images := l.Train.Len()
	var configs []train.Config
	for i, layers := range networks {
		configs = append(configs, train.Config{
			Layers: layers, Optimizer: optim.SGD{Momentum: 0.9}, Schedule: optim.Constant(0.01), Batch: min(64, images),
			Epochs: 100_000, TrainSize: min(5000, images), Seed: uint64(i + 1), DevEvery: train.AtEnd,
		})
	}
	ctx, stop := context.WithTimeout(context.Background(), d)
	defer stop()
	runs, err := l.FitContext(ctx, configs...)
	if err != nil && !errors.As(err, new(lab.Unfinished)) {
		return err
	}
	told := struct {
		Images     int       `json:"images"`
		Rates      []float64 `json:"rates"`
		Processors float64   `json:"processors"`
	}{Images: images}
	for i, r := range runs {
		if r.Steps == 0 || r.Seconds <= 0 {
			return errBusy
		}
		told.Rates = append(told.Rates, float64(r.Steps*configs[i].Batch)/r.Seconds)
		told.Processors += r.Cost() / r.Seconds
	}
	return json.NewEncoder(os.Stdout).Encode(told)
}
