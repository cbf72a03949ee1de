package nn

import (
	"math/rand/v2"

	"inkling/pkg/nn/internal/f32"
	"inkling/pkg/nn/internal/oracle"
	"inkling/pkg/nn/safetensors"
)

// ChannelGain multiplies every channel by a factor of its own, which starts at 1.
type ChannelGain struct{}

var _ = ours(ChannelGain{})

func (ChannelGain) Receptive() Field { return Pointwise }
func (ChannelGain) Outline() string  { return "gain" }

func (ChannelGain) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	m := &channelGain{in: in, g: NewParam("g", func(int) float32 { return 1 }, in.C)}
	m.g.NoDecay = true
	return m, in, nil
}

type channelGain struct {
	in Shape
	g  *Param

	x     *Tensor // of the last Forward
	y, dx Tensor
}

// Forward: y[c] = g[c]·x[c].
func (m *channelGain) Forward(x *Tensor, _ Pass) *Tensor {
	checkInput("channelgain", x, m.in)
	m.x = x
	m.y.Resize(x.N, m.in)
	copy(m.y.Data, x.Data)
	m.multiply(m.y.Data)
	return &m.y
}

// Backward: dg[c] = Σ dy[c]·x[c] over batch and places, dx[c] = g[c]·dy[c].
func (m *channelGain) Backward(dy *Tensor, needDX bool) *Tensor {
	checkGrad("channelgain", dy, m.y.N, m.in)
	plane := m.in.H * m.in.W
	for c := range m.in.C {
		var sum float64
		for n := range dy.N {
			at := (n*m.in.C + c) * plane
			sum += f32.Dot(dy.Data[at:at+plane], m.x.Data[at:at+plane])
		}
		m.g.Grad[c] = float32(sum)
	}
	if !needDX {
		return nil
	}
	m.multiply(dy.Data)
	return dy
}

// multiply multiplies the channels of a batch by their factors, in place.
func (m *channelGain) multiply(v []float32) {
	plane := m.in.H * m.in.W
	for i := range len(v) / plane {
		f32.Scale(v[i*plane:(i+1)*plane], m.g.Data[i%m.in.C])
	}
}

func (m *channelGain) Params() []*Param            { return []*Param{m.g} }
func (m *channelGain) Sizes() (pass, training int) { return m.in.Size(), 0 }
func (m *channelGain) FLOPs() int                  { return m.in.Size() }

// Symbolic: y = x·g, with g as [C] beside vectors and as [C, 1, 1] beside images.
func (ChannelGain) Symbolic(g *Graph, m Module) error {
	gain := array(m.Params()[0])
	if _, _, flat := g.Value(); !flat {
		gain.Dims = []int{len(gain.Data), 1, 1}
	}
	g.Add(Node{Op: "Mul", Arrays: []safetensors.Tensor{gain}})
	return nil
}

func (ChannelGain) oracle(in Shape, _ Module, g, _ *oracle.Param) (oracle.Op, error) {
	return gainOracle{g, in.H * in.W}, nil
}

type gainOracle struct {
	g     *oracle.Param
	plane int
}

func (o gainOracle) Forward(x oracle.Batch, _ *oracle.Pass) oracle.Batch {
	y := oracle.NewBatch(x.N, x.Shape)
	for i, v := range x.V {
		y.V[i] = o.g.V[i/o.plane%x.Shape.C] * v
	}
	return y
}

func (o gainOracle) Backward(x, dy oracle.Batch, _ *oracle.Pass) oracle.Batch {
	dx := oracle.NewBatch(x.N, x.Shape)
	o.g.Grad = make([]float64, x.Shape.C)
	for i, d := range dy.V {
		c := i / o.plane % x.Shape.C
		o.g.Grad[c] += d * x.V[i]
		dx.V[i] = o.g.V[c] * d
	}
	return dx
}

func (o gainOracle) Params() []*oracle.Param { return []*oracle.Param{o.g} }
