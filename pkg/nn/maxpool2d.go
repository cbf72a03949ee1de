package nn

import (
	"math/rand/v2"

	"inkling/pkg/nn/internal/f32"
	"inkling/pkg/nn/internal/oracle"
)

// MaxPool2D takes the largest value of each Kernel×Kernel window. Stride 0
// means Kernel. Padding counts as −∞. Of equal values the first one, row by
// row, gets the gradient.
type MaxPool2D struct {
	Kernel  int `json:"kernel"`
	Stride  int `json:"stride,omitempty"`
	Padding int `json:"padding,omitempty"`
}

var _ = ours(MaxPool2D{})

func (l MaxPool2D) Receptive() Field { return Field{l.Kernel, orElse(l.Stride, l.Kernel), l.Padding} }
func (MaxPool2D) Outline() string    { return "pool" }

func (l MaxPool2D) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	stride, err := poolWindow(in, l.Kernel, l.Stride, l.Padding)
	if err != nil {
		return nil, Shape{}, err
	}
	s := f32.Pool{C: in.C, H: in.H, W: in.W, K: l.Kernel, Stride: stride, Pad: l.Padding}
	m := &maxPool{in: in, out: CHW(in.C, s.OutH(), s.OutW()), s: s}
	return m, m.out, nil
}

type maxPool struct {
	in, out Shape
	s       f32.Pool
	arg     []int32 // place of each maximum within its channel
	relu    bool    // the input is a ReLU's output, and its gradient is taken here
	y, dx   Tensor
}

// fuse takes the gradient of a ReLU before: it is zero almost everywhere already.
func (m *maxPool) fuse(before Module) {
	if r, ok := before.(interface{ maskLater() }); ok {
		r.maskLater()
		m.relu = true
	}
}

func (m *maxPool) Forward(x *Tensor, _ Pass) *Tensor {
	checkInput("maxpool2d", x, m.in)
	m.y.Resize(x.N, m.out)
	m.s.N = x.N
	m.arg = grow(m.arg, len(m.y.Data))
	f32.MaxPool(m.y.Data, m.arg, x.Data, m.s)
	return &m.y
}

// Backward: each dy goes to the place its maximum came from; through a ReLU
// before, only where the maximum is positive.
func (m *maxPool) Backward(dy *Tensor, needDX bool) *Tensor {
	if !needDX {
		return nil
	}
	checkGrad("maxpool2d", dy, m.y.N, m.out)
	m.dx.Resize(dy.N, m.in)
	if m.relu {
		f32.MaxPoolReLUBackward(m.dx.Data, dy.Data, m.y.Data, m.arg, m.s)
	} else {
		f32.MaxPoolBackward(m.dx.Data, dy.Data, m.arg, m.s)
	}
	return &m.dx
}

func (m *maxPool) Params() []*Param { return nil }

// Sizes: the places of the maxima are as many as the maxima.
func (m *maxPool) Sizes() (pass, training int) { return 2 * m.out.Size(), m.in.Size() }

func (l MaxPool2D) Symbolic(g *Graph, _ Module) error {
	_, in, _ := g.Value()
	g.Image(in)
	g.Add(Node{Op: "MaxPool", Attrs: l.Receptive().attrs(), Out: g.LayerOut()})
	return nil
}

func (l MaxPool2D) oracle(_ Shape, _ Module, _, _ *oracle.Param) (oracle.Op, error) {
	return oracle.MaxPool{K: l.Kernel, Stride: orElse(l.Stride, l.Kernel), Pad: l.Padding}, nil
}
