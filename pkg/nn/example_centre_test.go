package nn_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"inkling/pkg/nn"
)

// Centre is a layer that says more of itself than Build: y = x − the mean of the
// batch in training, and minus the mean of these means at evaluation.
type Centre struct{}

var _ = nn.Register(Centre{})

func (Centre) Build(in nn.Shape, _ *rand.Rand) (nn.Module, nn.Shape, error) {
	return &centre{mean: make([]float32, in.Size()), passes: make([]float32, 1)}, in, nil
}

// Outline is its place in the name of a network.
func (Centre) Outline() string { return "centre" }

var _ nn.Outliner = Centre{}

type centre struct {
	mean, passes []float32 // of the training passes so far
	trained      bool
	y, dx        nn.Tensor
}

func (m *centre) Forward(x *nn.Tensor, pass nn.Pass) *nn.Tensor {
	m.y.Resize(x.N, x.Shape)
	m.trained = pass.Train
	if pass.Train {
		m.passes[0]++
	}
	for i, mean := range m.mean {
		if pass.Train {
			sum := float32(0)
			for n := range x.N {
				sum += x.Example(n)[i]
			}
			mean = sum / float32(x.N)
			m.mean[i] += (mean - m.mean[i]) / m.passes[0]
		}
		for n := range x.N {
			m.y.Example(n)[i] = x.Example(n)[i] - mean
		}
	}
	return &m.y
}

// Backward takes the mean of the gradient away where the mean came from x.
func (m *centre) Backward(dy *nn.Tensor, _ bool) *nn.Tensor {
	m.dx.Resize(dy.N, dy.Shape)
	copy(m.dx.Data, dy.Data)
	for i := range m.mean {
		if !m.trained {
			break
		}
		sum := float32(0)
		for n := range dy.N {
			sum += dy.Example(n)[i]
		}
		for n := range dy.N {
			m.dx.Example(n)[i] -= sum / float32(dy.N)
		}
	}
	return &m.dx
}

func (m *centre) Params() []*nn.Param { return nil }

// States are saved with the weights and not trained.
func (m *centre) States() []nn.State {
	return []nn.State{{Name: "mean", Data: m.mean}, {Name: "passes", Data: m.passes}}
}

// CheckBatch is asked before a run begins.
func (m *centre) CheckBatch(n int) error {
	if n < 2 {
		return fmt.Errorf("a batch of %d is its own mean, want 2 or more", n)
	}
	return nil
}

// Sizes are the values kept for an example: y, and dx to train.
func (m *centre) Sizes() (pass, training int) { return len(m.mean), len(m.mean) }

var (
	_ nn.Stateful     = (*centre)(nil)
	_ nn.BatchChecker = (*centre)(nil)
	_ nn.Sizer        = (*centre)(nil)
)

// A layer says by what else it implements where it stands in an outline, what a
// file must hold of it beside weights, on which batches it cannot be trained, and
// what it keeps.
func ExampleStateful() {
	layers := []nn.Layer{Centre{}, nn.Linear{Out: 2, Init: nn.Small}}
	draft, err := nn.NewDraft(nn.Vec(3), layers...)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(nn.Outline(layers), "keeps", draft.Pass, "values for an example,", draft.Training, "more to train")
	fmt.Println(draft.CheckBatch(1))

	model, err := nn.New(1, nn.Vec(3), layers...)
	if err != nil {
		fmt.Println(err)
		return
	}
	x := &nn.Tensor{N: 2, Shape: nn.Vec(3), Data: []float32{1, 2, 3, 3, 2, 1}}
	model.Forward(x, nn.Pass{Train: true})
	dir, err := os.MkdirTemp("", "centre")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.safetensors")
	if err := model.Save(path, nil); err != nil {
		fmt.Println(err)
		return
	}
	again, _, err := nn.Load(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range again.States() {
		fmt.Println(s.Name, s.Data)
	}

	var table nn.GradientErrors
	if table, err = nn.CheckGradients(model, nn.CrossEntropy{}, x, []uint16{0, 1}); err == nil {
		err = table.Err()
	}
	fmt.Println("gradients:", err)
	// Output:
	// centre-2 keeps 5 values for an example, 6 more to train
	// nn: layer 0 (centre, input 3): a batch of 1 is its own mean, want 2 or more
	// 0.centre.mean [2 2 2]
	// 0.centre.passes [1]
	// gradients: <nil>
}
