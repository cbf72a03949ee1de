package nn

import (
	"fmt"
	"math/rand/v2"

	"inkling/pkg/nn/internal/f32"
	"inkling/pkg/nn/internal/oracle"
)

// Conv2D convolves the input with Filters kernels of Kernel×Kernel over all
// its channels (cross-correlation, as everywhere in the field). Stride 0
// means 1; Padding rows and columns of zeros surround the input. The output
// has Filters channels of ⌊(H + 2·Padding − Kernel)/Stride⌋ + 1 rows, columns
// likewise. W has shape [Filters, channels, Kernel, Kernel].
type Conv2D struct {
	Filters int     `json:"filters"`
	Kernel  int     `json:"kernel"`
	Stride  int     `json:"stride,omitempty"`
	Padding int     `json:"padding,omitempty"`
	NoBias  bool    `json:"no_bias,omitempty"`
	Init    Init    `json:"init,omitzero"`
	Decay   float64 `json:"decay,omitempty"` // weight decay of W; 0 means the optimizer's
}

var _ = ours(Conv2D{})

func (l Conv2D) Receptive() Field { return Field{l.Kernel, max(l.Stride, 1), l.Padding} }
func (l Conv2D) Outline() string  { return fmt.Sprintf("conv%d", l.Filters) }

func (l Conv2D) Build(in Shape, rng *rand.Rand) (Module, Shape, error) {
	if l.Filters < 1 || l.Filters > maxWidth {
		return nil, Shape{}, fmt.Errorf("Filters %d, want 1 to %d", l.Filters, maxWidth)
	}
	stride, err := window(in, l.Kernel, l.Stride, 1, l.Padding)
	if err != nil {
		return nil, Shape{}, err
	}
	if err := checkDecay(l.Decay); err != nil {
		return nil, Shape{}, err
	}
	if err := l.Init.check(); err != nil {
		return nil, Shape{}, err
	}
	s := f32.Conv{C: in.C, H: in.H, W: in.W, F: l.Filters, KH: l.Kernel, KW: l.Kernel, Stride: stride, Pad: l.Padding}
	m := &conv2d{in: in, out: CHW(l.Filters, s.OutH(), s.OutW()), s: s}
	fanIn, fanOut := in.C*l.Kernel*l.Kernel, l.Filters*l.Kernel*l.Kernel
	if fanIn > maxWeights {
		return nil, Shape{}, fmt.Errorf("kernels of %d×%d×%d, want at most %d values", in.C, l.Kernel, l.Kernel, maxWeights)
	}
	m.w = NewParam("W", l.Init.Weights(rng, fanIn, fanOut), l.Filters, in.C, l.Kernel, l.Kernel)
	m.w.Decay = l.Decay
	if !l.NoBias {
		m.b = NewParam("b", l.Init.Biases(rng, fanIn), l.Filters)
		m.b.NoDecay = true
	}
	return m, m.out, nil
}

type conv2d struct {
	in, out Shape
	s       f32.Conv
	w, b    *Param
	relu    bool

	x     *Tensor
	y, dx Tensor
}

// Forward: y[f] = b[f] + Σ_c w[f,c] ⋆ x[c], followed by max(0, y) if a ReLU is
// fused.
func (m *conv2d) Forward(x *Tensor, _ Pass) *Tensor {
	checkInput("conv2d", x, m.in)
	m.x = x
	m.y.Resize(x.N, m.out)
	m.s.N = x.N
	var bias []float32
	if m.b != nil {
		bias = m.b.Data
	}
	f32.ConvForward(m.y.Data, x.Data, m.w.Data, bias, m.s, m.relu)
	return &m.y
}

// Backward: dw[f,c] = Σ_n dy[n,f] ⋆ x[n,c], db[f] = Σ dy[·,f], and dx is the
// full convolution of dy with the kernels turned by 180°.
func (m *conv2d) Backward(dy *Tensor, needDX bool) *Tensor {
	checkGrad("conv2d", dy, m.y.N, m.out)
	var db []float32
	if m.b != nil {
		db = m.b.Grad
	}
	f32.ConvBackwardWeights(m.w.Grad, db, dy.Data, m.x.Data, m.s)
	if !needDX {
		return nil
	}
	m.dx.Resize(dy.N, m.in)
	f32.ConvBackwardData(m.dx.Data, dy.Data, m.w.Data, m.s)
	return &m.dx
}

func (m *conv2d) Params() []*Param {
	if m.b == nil {
		return []*Param{m.w}
	}
	return []*Param{m.w, m.b}
}

func (m *conv2d) Sizes() (pass, training int) { return m.out.Size(), m.in.Size() }

func (m *conv2d) fuseReLU()  { m.relu = true }
func (m *conv2d) FLOPs() int { return 2 * m.s.C * m.s.KH * m.s.KW * m.out.Size() }

func (l Conv2D) Symbolic(g *Graph, m Module) error {
	_, in, _ := g.Value()
	g.Image(in)
	g.Add(Node{Op: "Conv", Arrays: arrays(m), Attrs: l.Receptive().attrs(), Out: g.LayerOut()})
	return nil
}

func (l Conv2D) oracle(_ Shape, _ Module, w, b *oracle.Param) (oracle.Op, error) {
	return oracle.Conv{W: w, B: b, Filters: l.Filters, K: l.Kernel, Stride: max(l.Stride, 1), Pad: l.Padding}, nil
}
