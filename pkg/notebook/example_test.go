package notebook_test

import (
	"slices"

	"inkling/pkg/lab"
	"inkling/pkg/lab/search"
	"inkling/pkg/lab/study"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
	"inkling/pkg/notebook"
)

// A cell trains a network, or finds it trained, and asks it about photographs of
// digits: a file and all of a folder.
func ExamplePredict() {
	mine := notebook.Open("mine")
	runs := notebook.Must(mine.Fit(train.Config{
		Layers:    nn.MLP([]int{256}, nn.ReLU{}, mine.Out(), 0),
		Optimizer: optim.SGD{Momentum: 0.9}, Schedule: optim.OneCycle{Max: 0.1},
		Batch: 64, Epochs: 3, Seed: 1,
	}))
	for _, answer := range notebook.Predict(runs[0], "seven.jpg", "scans") {
		if answer.Err == nil && answer.First.Probability < 0.5 {
			notebook.Answer("{file}: hardly a {name}\n", notebook.Values{"file": answer.File, "name": answer.First.Name})
		}
	}
}

// A cell shows how a network came to be: in the report, by a slider from before its
// training to its end.
func ExampleEpochs() {
	mine := notebook.Open("mine")
	runs := notebook.Must(mine.Fit(train.Config{
		Layers:    nn.MLP([]int{256}, nn.ReLU{}, mine.Out(), 0),
		Optimizer: optim.SGD{Momentum: 0.9}, Schedule: optim.OneCycle{Max: 0.1},
		Batch: 64, Epochs: 3, Seed: 1,
		Each: lab.Snapshots{}, // which keeps the weights on the way
	}))
	epochs := notebook.Epochs(mine, runs[0])
	soon := slices.IndexFunc(epochs, func(e notebook.Epoch) bool { return e.Error < 10 })
	if soon >= 0 {
		notebook.Answer("below 10 % wrong after {epochs|%.2f} epochs, {step} steps: loss {loss}\n", notebook.Values{
			"epochs": epochs[soon].Trained, "step": epochs[soon].Step, "loss": epochs[soon].Loss,
		})
	}
}

// A cell asks whether a change helped, over seeds that both sides have.
func ExampleCompare() {
	mine := notebook.Open("mine")
	var runs lab.Runs
	for _, momentum := range []float64{0, 0.9} {
		runs = append(runs, notebook.Must(study.Seeds(mine, 3, train.Config{
			Layers:    nn.MLP([]int{256}, nn.ReLU{}, mine.Out(), 0),
			Optimizer: optim.SGD{Momentum: momentum}, Schedule: optim.OneCycle{Max: 0.1},
			Batch: 64, Epochs: 3,
		}))...)
	}
	notebook.Compare(mine, runs...)
}

// A cell searches over what its %% line says, for instance
//
//	%% --lr=0.01..1:log --optimizer=sgd,adam --method=halving --confirm=3
func ExampleSearch() {
	var space = search.Flags(search.Space{Hyper: lab.Hyper{
		Hidden: "256", Activation: "relu", Optimizer: "sgd", LR: 0.1, Momentum: 0.9, Schedule: "cosine", Batch: 64, Epochs: 9, Seed: 1,
	}})
	mine := notebook.Open("mine")
	found := notebook.Search(mine, notebook.Must(space.Search(mine)))
	notebook.Answer("{best} is best\n", notebook.Values{"best": found.Best().Point})
}
