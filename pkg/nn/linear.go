package nn

import (
	"fmt"
	"math/rand/v2"

	"inkling/pkg/nn/internal/f32"
	"inkling/pkg/nn/internal/oracle"
)

// Linear is a fully connected layer, y = W·x + b, for an input of any shape,
// taken as one vector. W has shape [Out, inputs].
type Linear struct {
	Out    int     `json:"out"`
	NoBias bool    `json:"no_bias,omitempty"`
	Init   Init    `json:"init,omitzero"`
	Decay  float64 `json:"decay,omitempty"` // weight decay of W; 0 means the optimizer's
}

var _ = ours(Linear{})

func (Linear) Receptive() Field  { return Field{} }
func (l Linear) Outline() string { return fmt.Sprint(l.Out) }

func (l Linear) Build(in Shape, rng *rand.Rand) (Module, Shape, error) {
	if l.Out < 1 || l.Out > maxWidth {
		return nil, Shape{}, fmt.Errorf("Out %d, want 1 to %d", l.Out, maxWidth)
	}
	if err := checkDecay(l.Decay); err != nil {
		return nil, Shape{}, err
	}
	if err := l.Init.check(); err != nil {
		return nil, Shape{}, err
	}
	n := in.Size()
	m := &linear{in: in, n: n, out: l.Out}
	m.w = NewParam("W", l.Init.Weights(rng, n, l.Out), l.Out, n)
	m.w.Decay = l.Decay
	if !l.NoBias {
		m.b = NewParam("b", l.Init.Biases(rng, n), l.Out)
		m.b.NoDecay = true
	}
	return m, Vec(l.Out), nil
}

type linear struct {
	in     Shape
	n, out int
	w, b   *Param
	relu   bool

	x     *Tensor // of the last Forward
	y, dx Tensor
}

// Forward: y = x·Wᵀ + b, followed by max(0, y) if a ReLU is fused.
func (m *linear) Forward(x *Tensor, _ Pass) *Tensor {
	checkInput("linear", x, m.in)
	m.x = x
	m.y.Resize(x.N, Vec(m.out))
	e := f32.Epilogue{ReLU: m.relu}
	if m.b != nil {
		e.Bias = m.b.Data
	}
	f32.MatMulTB(m.y.Data, x.Data, m.w.Data, x.N, m.out, m.n, e)
	return &m.y
}

// Backward: dW = dyᵀ·x, db = Σ dy over the batch, dx = dy·W.
func (m *linear) Backward(dy *Tensor, needDX bool) *Tensor {
	checkGrad("linear", dy, m.y.N, m.y.Shape)
	f32.MatMulTA(m.w.Grad, dy.Data, m.x.Data, m.out, m.n, dy.N, f32.Epilogue{})
	if m.b != nil {
		f32.ColSums(m.b.Grad, dy.Data, dy.N, m.out)
	}
	if !needDX {
		return nil
	}
	m.dx.Resize(dy.N, m.in)
	f32.MatMul(m.dx.Data, dy.Data, m.w.Data, dy.N, m.n, m.out, f32.Epilogue{})
	return &m.dx
}

func (m *linear) Params() []*Param {
	if m.b == nil {
		return []*Param{m.w}
	}
	return []*Param{m.w, m.b}
}

func (m *linear) Sizes() (pass, training int) { return m.out, m.n }

func (m *linear) fuseReLU()  { m.relu = true }
func (m *linear) FLOPs() int { return 2 * m.n * m.out }

func checkDecay(d float64) error {
	if !(d >= 0 && d < 1) {
		return fmt.Errorf("Decay %v, want 0 ≤ Decay < 1", d)
	}
	return nil
}

func (Linear) Symbolic(g *Graph, m Module) error {
	g.Flatten()
	g.Add(Node{Op: "Gemm", Arrays: arrays(m), Attrs: []Attr{{"transB", 1}}, Out: g.LayerOut()})
	return nil
}

func (Linear) oracle(_ Shape, _ Module, w, b *oracle.Param) (oracle.Op, error) {
	return oracle.Linear{W: w, B: b}, nil
}
