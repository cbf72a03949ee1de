package nn

import (
	"fmt"

	"inkling/pkg/internal/memory"
)

// Draft is a network before anything is allocated for it: what can be asked of
// layers without building them. Sizes are numbers of float32 values.
type Draft struct {
	Out      Shape
	Weights  int // parameters; as many gradients come with them
	Pass     int // what every pass keeps for each example of the largest batch
	Training int // what a training step keeps on top for each example

	chain *chain
}

// NewDraft looks at a network of these layers. Errors are those of New.
func NewDraft(in Shape, layers ...Layer) (*Draft, error) {
	c, err := newChain(layers, in, 0)
	if err != nil {
		return nil, err
	}
	if _, err := slabSize(c.params(), maxWeights); err != nil {
		return nil, err
	}
	return c.draft(), nil
}

// Draft is what could have been known of m before it was built.
func (m *Model) Draft() *Draft { return m.chain.draft() }

func (c *chain) draft() *Draft {
	d := &Draft{Out: c.out(), chain: c}
	for _, p := range c.params() {
		d.Weights += p.Len()
	}
	d.Pass, d.Training = c.sizes()
	return d
}

// In is the shape of one example.
func (d *Draft) In() Shape { return d.chain.shapes[0] }

// CheckBatch reports a layer that cannot be trained on n examples at a time, as
// batch normalization cannot on a single value a channel.
func (d *Draft) CheckBatch(n int) error {
	if err := d.chain.checkBatch(n); err != nil {
		return fmt.Errorf("nn: %w", err)
	}
	return nil
}

// Activations is the number of bytes that one model keeps for batches of the
// given sizes in training and at evaluation.
func (d *Draft) Activations(training, evaluation int) int64 {
	return 4 * (int64(d.Pass)*int64(max(training, evaluation)) + int64(d.Training)*int64(training))
}

// EvalBatch is the number of examples that this library evaluates at a time:
// large enough for the kernels to run at full speed and small enough for the
// activations of a CNN to stay out of the way.
const EvalBatch = 250

// CheckEvaluation refuses a network that could be built but not evaluated.
func (d *Draft) CheckEvaluation() error {
	return memory.Check("nn: the model",
		memory.Part{Name: fmt.Sprintf("activations at evaluation, %d examples at a time,", EvalBatch), Bytes: d.Activations(0, EvalBatch)},
		memory.Part{Name: "weights and gradients", Bytes: 8 * int64(d.Weights)})
}
