package nn

import (
	"math/rand/v2"

	"inkling/pkg/nn/internal/oracle"
)

// Flatten turns an image of C×H×W into a vector of C·H·W. The values keep
// their place in memory. Linear takes images as they are, so it is only
// needed to say so.
type Flatten struct{}

var _ = ours(Flatten{})

func (Flatten) Receptive() Field { return Field{} }

func (Flatten) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	out := Vec(in.Size())
	return &flatten{in: in, out: out}, out, nil
}

type flatten struct {
	in, out Shape
	y, dx   Tensor
}

func (m *flatten) Forward(x *Tensor, _ Pass) *Tensor {
	checkInput("flatten", x, m.in)
	m.y = Tensor{N: x.N, Shape: m.out, Data: x.Data}
	return &m.y
}

func (m *flatten) Backward(dy *Tensor, needDX bool) *Tensor {
	if !needDX {
		return nil
	}
	m.dx = Tensor{N: dy.N, Shape: m.in, Data: dy.Data}
	return &m.dx
}

func (m *flatten) Params() []*Param { return nil }

func (m *flatten) Sizes() (pass, training int) { return 0, 0 } // it lends what it was given

func (Flatten) Symbolic(g *Graph, _ Module) error {
	g.Flatten()
	return nil
}

func (Flatten) oracle(_ Shape, _ Module, _, _ *oracle.Param) (oracle.Op, error) {
	return oracle.Flatten{}, nil
}
