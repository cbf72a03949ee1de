package nn

import (
	"fmt"

	"inkling/pkg/internal/memory"
)

// Footprint is the memory that a network takes, as numbers of float32 values.
type Footprint struct {
	Weights  int // parameters; as many gradients come with them
	Pass     int // values that every pass keeps for each example of the largest batch
	Training int // values that a training step keeps on top for each example
}

// Measure tells the footprint of a network without allocating it.
func Measure(in Shape, layers ...Layer) (Footprint, error) {
	c, err := newChain(layers, in, 0)
	if err != nil {
		return Footprint{}, err
	}
	return c.footprint(), nil
}

// Footprint is what the model takes.
func (m *Model) Footprint() Footprint { return m.chain.footprint() }

func (c *chain) footprint() Footprint {
	var f Footprint
	for _, p := range c.params() {
		f.Weights += p.Len()
	}
	f.Pass, f.Training = c.sizes()
	return f
}

// Activations is the number of bytes that one model keeps for batches of the
// given sizes in training and at evaluation.
func (f Footprint) Activations(training, evaluation int) int64 {
	return 4 * (int64(f.Pass)*int64(max(training, evaluation)) + int64(f.Training)*int64(training))
}

// EvalBatch is the number of examples that this library evaluates at a time:
// large enough for the kernels to run at full speed and small enough for the
// activations of a CNN to stay out of the way.
const EvalBatch = 250

// checkEvaluation refuses a network that could be built but not evaluated.
func (f Footprint) checkEvaluation() error {
	return memory.Check("nn: the model",
		memory.Part{Name: fmt.Sprintf("activations at evaluation, %d examples at a time,", EvalBatch), Bytes: f.Activations(0, EvalBatch)},
		memory.Part{Name: "weights and gradients", Bytes: 8 * int64(f.Weights)})
}
