package nn

import (
	"fmt"
	"math/rand/v2"
)

// Layer is a kind of layer with its hyperparameters: a plain value that can be
// printed, compared and written to a file. Build makes the module that does
// the work for inputs of shape in, drawing initial parameters from rng, and
// tells the shape of its output. The error says what is wrong with the
// hyperparameters or the input shape; New adds which layer it was.
type Layer interface {
	Build(in Shape, rng *rand.Rand) (Module, Shape, error)
}

// Module is a layer built for one input shape, with its parameters.
//
// Forward returns the output for the batch x and remembers what Backward
// needs, in training and at evaluation. Backward takes the gradient of the loss
// with respect to that output, is the derivative of the pass that was made,
// sets Grad of every parameter, and returns the gradient with respect to x,
// or nil if needDX is false. It may overwrite dy. Both return buffers of the
// module, valid until its next call, or the argument itself.
type Module interface {
	Forward(x *Tensor, p Pass) *Tensor
	Backward(dy *Tensor, needDX bool) *Tensor
	Params() []*Param
}

// Pass says what a forward pass is for. The zero Pass is an evaluation:
// dropout is off and batch normalization uses its running statistics. In
// training, Seed and Step decide every random draw of the pass.
type Pass struct {
	Train bool
	Seed  uint64
	Step  int
}

// Param is one trainable array. Model.New moves the parameters of all layers
// into one slab, and their gradients into another, so Data and Grad are
// windows of these.
type Param struct {
	Name       string // "0.linear.W"
	Dims       []int  // row-major
	Data, Grad []float32
	NoDecay    bool    // biases and normalization: weight decay leaves them alone
	Decay      float64 // weight decay of this parameter; 0 means the optimizer's

	fill func(int) float32 // initial values
}

// newParam describes a parameter of the given dimensions; Model.New allocates
// it and calls fill for every value. A nil fill leaves zeros.
func newParam(name string, fill func(int) float32, dims ...int) *Param {
	return &Param{Name: name, Dims: dims, fill: fill}
}

// Len is the number of values.
func (p *Param) Len() int {
	n := 1
	for _, d := range p.Dims {
		n *= d
	}
	return n
}

// State is an array that belongs to a module and is saved with its weights,
// but is not trained: the running statistics of batch normalization.
type State struct {
	Name string
	Data []float32
}

// stateful is implemented by modules that own State.
type stateful interface{ States() []State }

// reluFuser is implemented by modules that can apply ReLU in the store of
// their own output, which saves one pass over memory.
type reluFuser interface{ fuseReLU() }

// costed is implemented by modules that tell their cost in floating-point
// operations for one example's forward pass (a multiply-add counts as two).
type costed interface{ flops() int }

func checkInput(kind string, x *Tensor, built Shape) {
	if x.Shape != built || len(x.Data) != x.N*built.Size() {
		panic(fmt.Sprintf("nn: %s: input %d × %v (%d values), built for %v", kind, x.N, x.Shape, len(x.Data), built))
	}
}

func checkGrad(kind string, dy *Tensor, n int, out Shape) {
	if n == 0 {
		panic(fmt.Sprintf("nn: %s: Backward before Forward", kind))
	}
	if dy.N != n || len(dy.Data) != n*out.Size() {
		panic(fmt.Sprintf("nn: %s: gradient %d × %v, output was %d × %v", kind, dy.N, dy.Shape, n, out))
	}
}
