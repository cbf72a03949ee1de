package search

import (
	"fmt"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprint("unexpected error: ", err))
	}
	return v
}

// testLab is a lab on a few digits with a store of its own: 100 training examples,
// 20 of dev, and no test set, so that whatever looks at one fails.
func testLab(t *testing.T, root string) *lab.Lab {
	t.Helper()
	l := lab.New("test", &data.Dataset{Name: "few digits", Source: "drawn for a test", Train: data.Synthetic("train", 1, 0, 120)}, root, false)
	l.Log = t.Output()
	return l
}

// mlp is a run of 7 steps an epoch, judged twice in each.
func mlp(rate float64, hidden, epochs int) train.Config {
	return train.Config{
		Layers: nn.MLP([]int{hidden}, nn.Tanh{}, 10, 0), Optimizer: optim.SGD{Momentum: 0.9},
		Schedule: optim.Cosine{Base: rate}, Batch: 16, Epochs: epochs, Seed: 1, LogEvery: 3, DevEvery: 3,
	}
}

// diverging squares its error at every step.
func diverging(epochs int) train.Config {
	c := mlp(1, 6, epochs)
	c.Layers, c.Loss = nn.MLP(nil, nil, 10, 0), nn.MSE{}
	c.Optimizer, c.Schedule = optim.SGD{}, optim.Constant(1e6)
	return c
}

// rates searches the rates of small runs, one of which diverges if that is asked
// for.
func rates(method Method, epochs int, bad bool) Search {
	return Search{
		Dims: []Dim{LogUniform("lr", 1e-3, 0.5), Choice("hidden", 6, 9, 12)}, Method: method,
		Build: func(p Point) (train.Config, error) {
			if bad && p.Int("hidden") == 9 {
				c := diverging(epochs)
				c.Seed = uint64(1e6 * p.Float("lr")) // each another run
				return c, nil
			}
			return mlp(p.Float("lr"), p.Int("hidden"), epochs), nil
		},
	}
}
