package train

import (
	"fmt"

	"inkling/pkg/data"
	"inkling/pkg/internal/memory"
	"inkling/pkg/nn"
)

// CheckNetwork finds what is wrong with the layers of a run on n examples before
// anything is allocated: their shapes, and batches that cannot be trained on, the
// last one of an epoch among them.
func (c Config) CheckNetwork(in nn.Shape, n int) error {
	d, err := nn.NewDraft(in, c.Layers...)
	if err != nil {
		return err
	}
	if d.Out != nn.Vec(data.Classes) {
		return fmt.Errorf("train: the layers end in an output of %v, want %d, one for each digit", d.Out, data.Classes)
	}
	if err := d.CheckBatch(c.Batch); err != nil {
		return fmt.Errorf("train: batch %d: %w", c.Batch, err)
	}
	n *= 1 + c.Copies
	if rest := n % c.Batch; rest > 0 {
		if err := d.CheckBatch(rest); err != nil {
			return fmt.Errorf("train: batch %d of %d examples leaves a last batch of %d: %w; or another batch or size", c.Batch, n, rest, err)
		}
	}
	return nil
}

// checkMemory reports a run for which memory will not do, before it is
// allocated. built says that the model is there already, images is the number of
// bytes of changed copies of the training set, and stored says that the run is
// saved as it goes.
func (c Config) checkMemory(d *nn.Draft, built bool, images int64, stored bool) error {
	parts, err := c.memory(d, built, images, stored)
	if err != nil {
		return err
	}
	return memory.Check("train: the run", parts...)
}

// memory is what a run takes, by what for.
func (c Config) memory(d *nn.Draft, built bool, images int64, stored bool) (parts []memory.Part, err error) {
	arrays, err := c.stateArrays()
	if err != nil {
		return nil, err
	}
	weights := 4 * int64(d.Weights)
	state := int64(arrays * float64(weights))
	add := func(name string, bytes int64) { parts = append(parts, memory.Part{Name: name, Bytes: bytes}) }
	if !built {
		add("weights and gradients", 2*weights)
	}
	add("state of the optimizer", state)
	saved := weights + state
	if c.EMA > 0 {
		add("running mean of the weights", 2*weights) // a model of its own
		saved += weights
		add(fmt.Sprintf("activations of batches of %d and %d", c.Batch, nn.EvalBatch), d.Activations(c.Batch, 0)+d.Activations(0, nn.EvalBatch))
	} else {
		add(fmt.Sprintf("activations of batches of %d and %d", c.Batch, nn.EvalBatch), d.Activations(c.Batch, nn.EvalBatch))
	}
	add("copies of the images", images)
	if stored {
		add("files being written", 2*saved)
	}
	return parts, nil
}

// stateArrays is how many values the optimizer keeps for each weight, found out
// by asking it for a few.
func (c Config) stateArrays() (float64, error) {
	const side = 64
	p := &nn.Param{Name: "w", Dims: []int{side, side}, Data: make([]float32, side*side), Grad: make([]float32, side*side)}
	s, err := c.Optimizer.New([]*nn.Param{p})
	if err != nil {
		return 0, err
	}
	n := 0
	for _, a := range s.State() {
		n += len(a.Data)
	}
	return float64(n) / float64(side*side), nil
}
