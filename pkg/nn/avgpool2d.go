package nn

import (
	"math/rand/v2"

	"inkling/pkg/nn/internal/f32"
	"inkling/pkg/nn/internal/oracle"
)

// AvgPool2D takes the mean of each Kernel×Kernel window, padding zeros
// included. Stride 0 means Kernel.
type AvgPool2D struct {
	Kernel  int `json:"kernel"`
	Stride  int `json:"stride,omitempty"`
	Padding int `json:"padding,omitempty"`
}

var _ = ours(AvgPool2D{})

func (l AvgPool2D) Receptive() Field { return Field{l.Kernel, orElse(l.Stride, l.Kernel), l.Padding} }
func (AvgPool2D) Outline() string    { return "pool" }

func (l AvgPool2D) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	stride, err := poolWindow(in, l.Kernel, l.Stride, l.Padding)
	if err != nil {
		return nil, Shape{}, err
	}
	s := f32.Pool{C: in.C, H: in.H, W: in.W, K: l.Kernel, Stride: stride, Pad: l.Padding}
	m := &avgPool{in: in, out: CHW(in.C, s.OutH(), s.OutW()), s: s}
	return m, m.out, nil
}

type avgPool struct {
	in, out Shape
	s       f32.Pool
	y, dx   Tensor
}

func (m *avgPool) Forward(x *Tensor, _ Pass) *Tensor {
	checkInput("avgpool2d", x, m.in)
	m.y.Resize(x.N, m.out)
	m.s.N = x.N
	f32.AvgPool(m.y.Data, x.Data, m.s)
	return &m.y
}

// Backward: each dy is shared equally by its window.
func (m *avgPool) Backward(dy *Tensor, needDX bool) *Tensor {
	if !needDX {
		return nil
	}
	checkGrad("avgpool2d", dy, m.y.N, m.out)
	m.dx.Resize(dy.N, m.in)
	f32.AvgPoolBackward(m.dx.Data, dy.Data, m.s)
	return &m.dx
}

func (m *avgPool) Params() []*Param { return nil }

func (m *avgPool) Sizes() (pass, training int) { return m.out.Size(), m.in.Size() }

func (l AvgPool2D) Symbolic(g *Graph, _ Module) error {
	_, in, _ := g.Value()
	g.Image(in)
	g.Add(Node{Op: "AveragePool", Attrs: append(l.Receptive().attrs(), Attr{"count_include_pad", 1}), Out: g.LayerOut()})
	return nil
}

func (l AvgPool2D) oracle(_ Shape, _ Module, _, _ *oracle.Param) (oracle.Op, error) {
	return oracle.AvgPool{K: l.Kernel, Stride: orElse(l.Stride, l.Kernel), Pad: l.Padding}, nil
}
