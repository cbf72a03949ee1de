package train_test

import (
	"context"
	"fmt"

	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// How often a run is judged is said in terms of the run.
func ExampleInterval() {
	learn, judge := few() // 200 images, 4 steps an epoch
	for _, often := range []struct {
		name  string
		every train.Interval
	}{{"at the end", train.AtEnd}, {"twice an epoch", train.PerEpoch(2)}, {"every 3 steps", train.Every(3)}} {
		c := config
		c.Epochs, c.DevEvery = 2, often.every
		model, err := nn.New(c.Seed, nn.CHW(1, learn.H, learn.W), c.Layers...)
		if err != nil {
			fmt.Println(err)
			return
		}
		var at []int
		for event, err := range train.Run(context.Background(), c, model, c.Batches(learn), train.InOrder(judge)) {
			if err != nil {
				fmt.Println(err)
				return
			}
			if event.Kind == train.Dev {
				at = append(at, event.Step)
			}
		}
		fmt.Println(often.name, at)
	}
	// Output:
	// at the end [8]
	// twice an epoch [2 4 6 8]
	// every 3 steps [3 6 8]
}
