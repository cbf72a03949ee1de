package train

import (
	"fmt"

	"inkling/pkg/internal/memory"
	"inkling/pkg/nn"
)

// checkMemory reports a run for which memory will not do, before it is
// allocated; built says that the model is there already.
func (p *Plan) checkMemory(built bool) error {
	parts, err := p.memory(built)
	if err != nil {
		return err
	}
	return memory.Check("train: the run", parts...)
}

// memory is what a run takes, by what for. One on a set is saved as it goes.
func (p *Plan) memory(built bool) (parts []memory.Part, err error) {
	arrays, err := p.stateArrays()
	if err != nil {
		return nil, err
	}
	weights := 4 * int64(p.draft.Weights)
	state := int64(arrays * float64(weights))
	add := func(name string, bytes int64) { parts = append(parts, memory.Part{Name: name, Bytes: bytes}) }
	if !built {
		add("weights and gradients", 2*weights)
	}
	add("state of the optimizer", state)
	saved := weights + state
	activations := p.draft.Activations(p.Batch, nn.EvalBatch)
	if p.EMA > 0 { // a model of its own
		add("running mean of the weights", 2*weights)
		saved += weights
		activations = p.draft.Activations(p.Batch, 0) + p.draft.Activations(0, nn.EvalBatch)
	}
	add(fmt.Sprintf("activations of batches of %d and %d", p.Batch, nn.EvalBatch), activations)
	if p.Set != nil {
		add("copies of the images", int64(p.Copies)*int64(p.Set.Len())*int64(p.draft.In().Size()))
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
