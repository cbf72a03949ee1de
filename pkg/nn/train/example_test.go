package train_test

import (
	"context"
	"fmt"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// few are some digits to learn from and some to judge by.
func few() (learn, judge *data.Set) {
	learn, judge, _ = data.Partition(data.Synthetic("digits", 1, 0, 300), 1, 100)
	return learn, judge
}

// batches are those of a set, in a fresh order every epoch.
func batches(s *data.Set, shuffle bool) train.Batches {
	loader := &data.Loader{Set: s, Batch: 50, Seed: 1, Shuffle: shuffle}
	return loader.Epoch
}

var config = train.Config{
	Layers:    []nn.Layer{nn.Linear{Out: 32}, nn.ReLU{}, nn.Linear{Out: 10}},
	Optimizer: optim.Adam{},
	Schedule:  optim.Constant(0.003),
	Batch:     50, Epochs: 20, Seed: 1,
}

// The loop tells what happens; its body is the caller's. Early stopping is a
// break.
func ExampleRun() {
	learn, judge := few()
	model, err := nn.New(config.Seed, nn.CHW(1, learn.H, learn.W), config.Layers...)
	if err != nil {
		fmt.Println(err)
		return
	}
	stopped := 0
	for event, err := range train.Run(context.Background(), config, model, batches(learn, true), batches(judge, false)) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if event.Kind == train.Dev && event.Score > 0.6 { // good enough
			stopped = event.Epoch + 1
			break
		}
	}
	fmt.Println("stopped before the end:", stopped > 0 && stopped < config.Epochs)

	score, err := train.Evaluate(context.Background(), model, nn.CrossEntropy{}, batches(judge, false))
	fmt.Println("the model is as the break left it:", score.Accuracy > 0.6, err)
	// Output:
	// stopped before the end: true
	// the model is as the break left it: true <nil>
}

// A run is looked at before anything of it is there: what it will be, and what is
// wrong with it.
func ExampleConfig_Plan() {
	learn, judge := few()
	plan, err := config.Plan(learn)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Steps(), "steps,", plan.Weights(), "weights")
	trainer, err := plan.Build(nil) // on a new model
	if err != nil {
		fmt.Println(err)
		return
	}
	for event, err := range trainer.Run(context.Background(), plan.Batches(learn), batches(judge, false)) {
		if err != nil || event.Kind == train.Dev {
			fmt.Println("judged first after step", event.Step, err)
			break
		}
	}

	wrong := config
	wrong.Batch = 500
	_, err = wrong.Plan(learn)
	fmt.Println(err)
	// Output:
	// 80 steps, 25450 weights
	// judged first after step 4 <nil>
	// train: batch 500, want 1 to 200, the training examples
}

// A run that is saved in the middle and continued elsewhere ends in the same
// bits as one that was never stopped.
func ExampleTrainer() {
	learn, judge := few()
	start := func() *train.Trainer {
		model, err := nn.New(config.Seed, nn.CHW(1, learn.H, learn.W), config.Layers...)
		if err != nil {
			panic(err)
		}
		trainer, err := train.NewTrainer(config, model)
		if err != nil {
			panic(err)
		}
		return trainer
	}
	run := func(t *train.Trainer, epochs int) {
		for event, err := range t.Run(context.Background(), batches(learn, true), batches(judge, false)) {
			if err != nil {
				panic(err)
			}
			if event.Kind == train.Dev && event.Epoch+1 == epochs {
				return
			}
		}
	}
	whole := start()
	run(whole, config.Epochs)

	first := start()
	run(first, 7)
	saved, err := first.File() // its Save writes it to disk
	if err != nil {
		fmt.Println(err)
		return
	}
	second := start()
	if err := second.Restore(saved); err != nil {
		fmt.Println(err)
		return
	}
	run(second, config.Epochs)

	same := true
	for i, p := range whole.Model().Params() {
		for j, w := range p.Data {
			same = same && second.Model().Params()[i].Data[j] == w
		}
	}
	fmt.Println("the same weights:", same)
	// Output:
	// the same weights: true
}
