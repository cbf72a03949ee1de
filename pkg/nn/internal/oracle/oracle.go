// Package oracle computes networks and their gradients in float64, each layer
// by the definition of it, in plain loops. It shares no code with package nn or
// its kernels, so that an agreement between the two says something; speed does
// not matter here.
//
// An [Op] keeps nothing between calls: Backward gets the input of the forward
// pass again. Central differences can therefore start anywhere in a [Net].
package oracle

// Shape is the shape of one example: channels, rows, columns.
type Shape struct{ C, H, W int }

// Size is the number of values in one example.
func (s Shape) Size() int { return s.C * s.H * s.W }

// Batch is N examples of one shape; value (n, c, h, w) is
// V[((n·C+c)·H+h)·W+w].
type Batch struct {
	N     int
	Shape Shape
	V     []float64
}

// NewBatch returns n examples of zeros.
func NewBatch(n int, s Shape) Batch { return Batch{N: n, Shape: s, V: make([]float64, n*s.Size())} }

func (b Batch) index(n, c, h, w int) int { return ((n*b.Shape.C+c)*b.Shape.H+h)*b.Shape.W + w }

// row returns row h of channel c of example n.
func (b Batch) row(n, c, h int) []float64 {
	at := b.index(n, c, h, 0)
	return b.V[at : at+b.Shape.W]
}

// example returns the values of example n.
func (b Batch) example(n int) []float64 {
	d := b.Shape.Size()
	return b.V[n*d : (n+1)*d]
}

// Param is a trainable array and, after Backward, its gradient.
type Param struct {
	Name    string
	V, Grad []float64
}

// Pass says whether batch statistics and dropout are at work.
//
// Kinks collects which side of every kink the values lie on (the sign of what
// enters a ReLU, the place of a maximum). Where two passes give the same value,
// the straight line between their parameters crosses no kink but by a rare
// accident, and a difference between them is a derivative.
type Pass struct {
	Train bool
	Kinks uint64
}

func (p *Pass) side(place int) {
	p.Kinks = (p.Kinks ^ uint64(place)) * 0x100000001b3 // FNV-1
}

// Op is a layer. Forward does not change x. Backward takes the input of the
// forward pass and the gradient with respect to its output, sets Grad of the
// parameters, and returns the gradient with respect to x.
type Op interface {
	Forward(x Batch, p *Pass) Batch
	Backward(x, dy Batch, p *Pass) Batch
	Params() []*Param
}

// Net is a sequence of layers.
type Net []Op

// Activations returns x and the output of every layer.
func (n Net) Activations(x Batch, p *Pass) []Batch {
	all := []Batch{x}
	for _, op := range n {
		x = op.Forward(x, p)
		all = append(all, x)
	}
	return all
}

func (n Net) Forward(x Batch, p *Pass) Batch {
	for _, op := range n {
		x = op.Forward(x, p)
	}
	return x
}

func (n Net) Backward(x, dy Batch, p *Pass) Batch {
	all := n.Activations(x, p)
	for i := len(n) - 1; i >= 0; i-- {
		dy = n[i].Backward(all[i], dy, p)
	}
	return dy
}

func (n Net) Params() []*Param {
	var ps []*Param
	for _, op := range n {
		ps = append(ps, op.Params()...)
	}
	return ps
}

// Residual adds the outputs of two branches that share their input.
type Residual struct{ Body, Shortcut Net }

func (r Residual) Forward(x Batch, p *Pass) Batch {
	a, b := r.Body.Forward(x, p), r.Shortcut.Forward(x, p)
	y := NewBatch(a.N, a.Shape)
	for i := range y.V {
		y.V[i] = a.V[i] + b.V[i]
	}
	return y
}

func (r Residual) Backward(x, dy Batch, p *Pass) Batch {
	a, b := r.Body.Backward(x, dy, p), r.Shortcut.Backward(x, dy, p)
	dx := NewBatch(x.N, x.Shape)
	for i := range dx.V {
		dx.V[i] = a.V[i] + b.V[i]
	}
	return dx
}

func (r Residual) Params() []*Param { return append(r.Body.Params(), r.Shortcut.Params()...) }
