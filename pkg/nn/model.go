package nn

import (
	"fmt"

	"inkling/pkg/internal/memory"
	"inkling/pkg/nn/internal/f32"
)

// Model is a chain of modules built from layers. Its parameters and their
// gradients live in two slabs, in the order of the layers.
type Model struct {
	Layers []Layer
	In     Shape
	Seed   uint64 // of the initial parameters

	chain  *chain
	params []*Param
	slab   []float32 // all parameters; grads mirrors it
	grads  []float32
	states []State

	passed bool // there has been a Forward
}

// slabAlign keeps every parameter on a 64-byte boundary of its slab.
const slabAlign = 16

// New builds a model for inputs of shape in. The initial parameters are a
// function of seed and of each layer's place. The error names the layer, its
// kind and its input shape.
func New(seed uint64, in Shape, layers ...Layer) (*Model, error) {
	return newModel(seed, in, layers, maxWeights, true)
}

// Blank builds a model whose parameters and states are 0, for who fills them all:
// none is drawn, and memory that is not written to is not taken.
func Blank(in Shape, layers ...Layer) (*Model, error) {
	return newModel(0, in, layers, maxWeights, false)
}

// maxWeights bounds a model to 1 GiB of parameters, so that a slip of the
// keyboard is an error and not a machine out of memory.
const maxWeights = 1 << 28

// maxWidth bounds Out and Filters for the same reason.
const maxWidth = 1 << 24

func newModel(seed uint64, in Shape, layers []Layer, limit int, draw bool) (*Model, error) {
	c, err := newChain(layers, in, seed)
	if err != nil {
		return nil, err
	}
	m := &Model{Layers: layers, In: in, Seed: seed, chain: c, params: c.params()}
	if err := m.allocate(limit, draw); err != nil {
		return nil, err
	}
	m.states = c.states() // allocates them, so not before the limit is known to hold
	if !draw {
		for _, s := range m.states {
			clear(s.Data)
		}
	}
	return m, nil
}

// newChain builds the layers of a model, which takes no memory to speak of.
func newChain(layers []Layer, in Shape, seed uint64) (*chain, error) {
	if !in.valid() {
		return nil, fmt.Errorf("nn: input shape %v, want positive dimensions and at most %d values", in, maxValues)
	}
	if len(layers) == 0 {
		return nil, fmt.Errorf("nn: no layers")
	}
	c, err := buildChain(layers, in, seed)
	if err != nil {
		return nil, fmt.Errorf("nn: %w", err)
	}
	seen := map[*Param]bool{}
	for _, p := range c.params() {
		if seen[p] {
			return nil, fmt.Errorf("nn: parameter %s belongs to two layers, want one for each", p.Name)
		}
		seen[p] = true
	}
	return c, nil
}

// allocate makes the slabs and, if asked to, draws the initial parameters. Nothing large is
// allocated before the total is known to be within limit.
func (m *Model) allocate(limit int, draw bool) error {
	size, err := slabSize(m.params, limit)
	if err != nil {
		return err
	}
	if err := memory.Check("nn: the model", memory.Part{Name: "weights and gradients", Bytes: 8 * int64(size)}); err != nil {
		return err
	}
	m.slab, m.grads = make([]float32, size), make([]float32, size)
	at := 0
	for _, p := range m.params {
		n := p.Len()
		given := p.Data
		p.Data, p.Grad = m.slab[at:at+n:at+n], m.grads[at:at+n:at+n]
		if len(given) == n {
			copy(p.Data, given)
		} else if p.fill != nil && draw {
			for i := range p.Data {
				p.Data[i] = p.fill(i)
			}
		}
		at += roundUp(n, slabAlign)
	}
	return nil
}

// slabSize is the number of values that params take, each on its boundary.
func slabSize(params []*Param, limit int) (size int, err error) {
	for _, p := range params {
		size += roundUp(p.Len(), slabAlign)
		if size > limit+slabAlign*len(params) {
			return 0, fmt.Errorf("nn: more than %d weights at %s %v, the limit", limit, p.Name, p.Dims)
		}
	}
	return size, nil
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// Out is the shape of the output for one example.
func (m *Model) Out() Shape { return m.chain.out() }

// Forward returns the output for the batch x, valid until the next Forward.
func (m *Model) Forward(x *Tensor, p Pass) *Tensor {
	checkInput("model", x, m.In)
	m.passed = true
	return m.chain.forward(x, p)
}

// Backward takes the gradient of the loss with respect to the output of the
// last Forward, which may have been one of training or an evaluation, and sets
// the gradient of every parameter: the derivative of the pass that was made. It
// may overwrite dy.
func (m *Model) Backward(dy *Tensor) {
	m.mustFollow()
	m.chain.backward(dy, false)
}

// InputGrad is Backward that also returns the gradient with respect to the
// input, valid until the next pass.
func (m *Model) InputGrad(dy *Tensor) *Tensor {
	m.mustFollow()
	return m.chain.backward(dy, true)
}

func (m *Model) mustFollow() {
	if !m.passed {
		panic("nn: Backward before Forward")
	}
}

// Params are the trainable parameters in the order of the layers.
func (m *Model) Params() []*Param { return m.params }

// States are the arrays that belong to the model but are not trained.
func (m *Model) States() []State { return m.states }

// Param returns the parameter of that name, or nil.
func (m *Model) Param(name string) *Param {
	for _, p := range m.params {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Weights is the number of trainable values.
func (m *Model) Weights() int {
	n := 0
	for _, p := range m.params {
		n += p.Len()
	}
	return n
}

// CheckBatch is that of Draft.
func (m *Model) CheckBatch(n int) error { return m.Draft().CheckBatch(n) }

// CheckFinite reports the first value of a parameter or a state that is NaN or
// infinite.
func (m *Model) CheckFinite() error {
	for _, p := range m.params {
		if err := checkFinite(p.Name, p.Data); err != nil {
			return err
		}
	}
	for _, s := range m.states {
		if err := checkFinite(s.Name, s.Data); err != nil {
			return err
		}
	}
	return nil
}

func checkFinite(name string, data []float32) error {
	for i, v := range data {
		if v-v != 0 { // NaN, ±Inf
			return fmt.Errorf("nn: value %d of the %d of %q is %v, want finite numbers", i, len(data), name, v)
		}
	}
	return nil
}

// FLOPs is the number of floating-point operations of a forward pass for one
// example; a multiply-add counts as two, element-wise layers as none.
func (m *Model) FLOPs() int { return m.chain.flops() }

// CopyFrom makes the parameters and states of m equal to those of src, a
// model of the same layers.
func (m *Model) CopyFrom(src *Model) {
	if len(m.slab) != len(src.slab) || len(m.states) != len(src.states) {
		panic(fmt.Sprintf("nn: CopyFrom: %d weights, want %d", src.Weights(), m.Weights()))
	}
	copy(m.slab, src.slab)
	for i, s := range m.states {
		copy(s.Data, src.states[i].Data)
	}
}

// Clone returns a model of the same layers, parameters and states.
func (m *Model) Clone() *Model {
	c, err := New(m.Seed, m.In, m.Layers...)
	if err != nil {
		panic(err) // these layers have been built before
	}
	c.CopyFrom(m)
	return c
}

// ForwardTo is an evaluation that shows the output of every top-level layer
// to visit, in order, with its name ("0.conv2d"). A ReLU that the layer
// before it applies already is seen in both. The tensors are valid during the
// call.
func (m *Model) ForwardTo(x *Tensor, visit func(name string, y *Tensor)) *Tensor {
	checkInput("model", x, m.In)
	m.passed = true
	for i, mod := range m.chain.modules {
		x = mod.Forward(x, Pass{})
		visit(m.chain.names[i], x)
	}
	return x
}

// MoveTo makes each parameter of m decay·itself + (1−decay)·that of src, and
// copies the states of src: a running mean of a model in training.
func (m *Model) MoveTo(src *Model, decay float64) {
	if len(m.slab) != len(src.slab) {
		panic(fmt.Sprintf("nn: MoveTo: %d weights, want %d", src.Weights(), m.Weights()))
	}
	f32.EMA(m.slab, src.slab, decay)
	for i, s := range m.states {
		copy(s.Data, src.states[i].Data)
	}
}
