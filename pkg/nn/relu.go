package nn

import (
	"math/rand/v2"

	"inkling/pkg/nn/internal/f32"
	"inkling/pkg/nn/internal/oracle"
)

// ReLU is max(0, x). Its derivative at 0 is taken as 0.
type ReLU struct{}

var _ = ours(ReLU{})

func (ReLU) Receptive() Field { return Pointwise }
func (ReLU) WeightInit() Init { return He }

func (ReLU) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	return &relu{in: in}, in, nil
}

type relu struct {
	in     Shape
	fused  bool // the module before has applied it already
	masked bool // the module before or the max-pooling after it sees to the gradient
	before reluMasker

	out *Tensor // of the last Forward
	y   Tensor
}

// reluFuser is implemented by modules that can apply ReLU in the store of
// their own output, which saves one pass over memory.
type reluFuser interface{ fuseReLU() }

// reluMasker is implemented by modules that can take ReLU's gradient as well, in
// the pass that reads the gradient of their output anyway.
type reluMasker interface{ maskReLU(yes bool) }

func (m *relu) fuse(before Module) {
	if f, ok := before.(reluFuser); ok {
		f.fuseReLU()
		m.fused = true
	}
	if m.before, m.masked = before.(reluMasker); m.masked {
		m.before.maskReLU(true)
	}
}

// maskLater leaves the gradient to the module behind.
func (m *relu) maskLater() {
	m.masked = true
	if m.before != nil {
		m.before.maskReLU(false)
	}
}

func (m *relu) Forward(x *Tensor, _ Pass) *Tensor {
	checkInput("relu", x, m.in)
	if m.fused {
		m.out = x
		return x
	}
	m.y.Resize(x.N, m.in)
	f32.ReLU(m.y.Data, x.Data)
	m.out = &m.y
	return m.out
}

// Backward: dx = dy where y > 0, else 0; in place.
func (m *relu) Backward(dy *Tensor, needDX bool) *Tensor {
	if !needDX {
		return nil
	}
	checkGrad("relu", dy, m.out.N, m.in)
	if m.masked {
		return dy
	}
	f32.ReLUGrad(dy.Data, dy.Data, m.out.Data)
	return dy
}

func (m *relu) Params() []*Param { return nil }

func (m *relu) Sizes() (pass, training int) {
	if m.fused {
		return 0, 0
	}
	return m.in.Size(), 0
}

func (ReLU) Symbolic(g *Graph, _ Module) error {
	g.Add(Node{Op: "Relu"})
	return nil
}

func (ReLU) oracle(_ Shape, _ Module, _, _ *oracle.Param) (oracle.Op, error) {
	return oracle.LeakyReLU(0), nil
}
