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
//
// Layers of other packages are layers like those of this one; Register lets
// files hold them. A layer or its module says more of itself by what else it
// implements: [Receptive], [Branching], [Outliner], [Symbolic] and [Activation]
// are for layers, [Stateful], [Coster], [BatchChecker] and [Sizer] for modules.
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
// module, valid until its next call, or the argument itself. Forward must not
// change x.
//
// Params returns the same parameters at every call.
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

// Param is one trainable array. New moves the parameters of all layers into one
// slab, and their gradients into another, so Data and Grad are windows of these
// from then on. Values that Build has put into Data stay; without any, those of
// NewParam are drawn. Dims that are left out are those of a vector of Data.
type Param struct {
	Name       string // "0.linear.W"
	Dims       []int  // row-major
	Data, Grad []float32
	NoDecay    bool    // biases and normalization: weight decay leaves them alone
	Decay      float64 // weight decay of this parameter; 0 means the optimizer's

	fill func(int) float32 // initial values
}

// NewParam describes a parameter of the given dimensions. New allocates it once
// the size of the whole model is known to be within bounds, and calls fill for
// every value, in order. A nil fill leaves zeros. Init.Weights is such a fill.
func NewParam(name string, fill func(int) float32, dims ...int) *Param {
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

// Stateful is implemented by modules that own State. States returns the
// module's own arrays, the same ones at every call: they are saved, loaded and
// copied with the parameters.
type Stateful interface{ States() []State }

// fuser is implemented by modules that share work with the one before them, if
// that is of a kind they know; each such pair is an interface in the file of the
// one behind.
type fuser interface{ fuse(before Module) }

// Coster is implemented by modules that tell their cost in floating-point
// operations for one example's forward pass (a multiply-add counts as two).
type Coster interface{ FLOPs() int }

// BatchChecker is implemented by modules that cannot be trained on a batch of
// any size. The error says why a training pass of n examples would be wrong,
// and what is allowed.
type BatchChecker interface{ CheckBatch(n int) error }

// Sizer is implemented by modules that tell how many values they keep for each
// example: of every pass, and on top of that for a training step. One that does
// not is taken to keep its output, and to train with the gradient of its input.
type Sizer interface{ Sizes() (pass, training int) }

// Receptive is implemented by layers that tell which places of their input
// decide one of their output. Of one that does not, nobody can know it.
type Receptive interface{ Receptive() Field }

// Field is a window that slides over the rows and columns of the input: place
// (i, j) of the output is decided by Kernel rows from i·Stride−Padding on, and
// columns likewise. The zero Field stands for a layer that joins all places.
type Field struct{ Kernel, Stride, Padding int }

// Pointwise is the Field of layers that leave every place in its place.
var Pointwise = Field{Kernel: 1, Stride: 1}

// Branching is implemented by layers that are made of others: the input goes
// through each branch, one layer after another, and the ends meet at the same
// places. An empty branch is the input itself.
type Branching interface{ Branches() [][]Layer }

// Outliner is implemented by layers that have a place in the outline of a
// network, "512-256-10" or "conv16-pool-10": it is theirs.
type Outliner interface{ Outline() string }

// Activation is implemented by layers that say how the weights before them
// should be drawn. MLP asks; one that does not say gets He, as if it were a
// ReLU.
type Activation interface {
	Layer
	WeightInit() Init
}

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

// orElse is v, or def where v is the zero value.
func orElse[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
