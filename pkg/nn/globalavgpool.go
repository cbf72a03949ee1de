package nn

import (
	"math/rand/v2"

	"inkling/pkg/nn/internal/f32"
	"inkling/pkg/nn/internal/oracle"
)

// GlobalAvgPool takes the mean of every channel: C×H×W becomes a vector of C
// (Lin et al. 2014, §3.2).
type GlobalAvgPool struct{}

var _ = ours(GlobalAvgPool{})

func (GlobalAvgPool) Receptive() Field { return Field{} }
func (GlobalAvgPool) Outline() string  { return "pool" }

func (GlobalAvgPool) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	return &globalAvgPool{in: in, out: Vec(in.C)}, Vec(in.C), nil
}

type globalAvgPool struct {
	in, out Shape
	y, dx   Tensor
}

func (m *globalAvgPool) Forward(x *Tensor, _ Pass) *Tensor {
	checkInput("globalavgpool", x, m.in)
	m.y.Resize(x.N, m.out)
	hw := m.in.H * m.in.W
	for i := range m.y.Data {
		m.y.Data[i] = float32(f32.Sum(x.Data[i*hw:(i+1)*hw]) / float64(hw))
	}
	return &m.y
}

// Backward: dx = dy / (H·W) everywhere in the channel.
func (m *globalAvgPool) Backward(dy *Tensor, needDX bool) *Tensor {
	if !needDX {
		return nil
	}
	checkGrad("globalavgpool", dy, m.y.N, m.out)
	m.dx.Resize(dy.N, m.in)
	hw := m.in.H * m.in.W
	for i, d := range dy.Data {
		f32.Fill(m.dx.Data[i*hw:(i+1)*hw], d/float32(hw))
	}
	return &m.dx
}

func (m *globalAvgPool) Params() []*Param { return nil }

func (m *globalAvgPool) Sizes() (pass, training int) { return m.out.Size(), m.in.Size() }

func (GlobalAvgPool) Symbolic(g *Graph, _ Module) error {
	_, in, flat := g.Value()
	if !flat { // else a channel has one value
		g.Add(Node{Op: "GlobalAveragePool", Out: Vec(in.C)})
		g.Flatten()
	}
	return nil
}

func (GlobalAvgPool) oracle(_ Shape, _ Module, _, _ *oracle.Param) (oracle.Op, error) {
	return oracle.GlobalAvgPool{}, nil
}
