package nn

import (
	"fmt"
	"math/rand/v2"

	"inkling/pkg/nn/internal/f32"
)

// MaxPool2D takes the largest value of each Kernel×Kernel window. Stride 0
// means Kernel. Padding counts as −∞. Of equal values the first one, row by
// row, gets the gradient.
type MaxPool2D struct {
	Kernel  int `json:"kernel"`
	Stride  int `json:"stride,omitempty"`
	Padding int `json:"padding,omitempty"`
}

// AvgPool2D takes the mean of each Kernel×Kernel window, padding zeros
// included. Stride 0 means Kernel.
type AvgPool2D struct {
	Kernel  int `json:"kernel"`
	Stride  int `json:"stride,omitempty"`
	Padding int `json:"padding,omitempty"`
}

// GlobalAvgPool takes the mean of every channel: C×H×W becomes a vector of C
// (Lin et al. 2014, §3.2).
type GlobalAvgPool struct{}

// poolWindow checks the window of a pooling. With padding of more than half of
// it, some would see nothing but padding.
func poolWindow(in Shape, kernel, stride, padding int) (int, error) {
	stride, err := window(in, kernel, stride, kernel, padding)
	if err == nil && 2*padding > kernel {
		err = fmt.Errorf("Padding %d, want at most half of Kernel %d", padding, kernel)
	}
	return stride, err
}

func (l MaxPool2D) Receptive() Field   { return Field{l.Kernel, orElse(l.Stride, l.Kernel), l.Padding} }
func (l AvgPool2D) Receptive() Field   { return Field{l.Kernel, orElse(l.Stride, l.Kernel), l.Padding} }
func (GlobalAvgPool) Receptive() Field { return Field{} }

func (l MaxPool2D) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	stride, err := poolWindow(in, l.Kernel, l.Stride, l.Padding)
	if err != nil {
		return nil, Shape{}, err
	}
	s := f32.Pool{C: in.C, H: in.H, W: in.W, K: l.Kernel, Stride: stride, Pad: l.Padding}
	m := &maxPool{in: in, out: CHW(in.C, s.OutH(), s.OutW()), s: s}
	return m, m.out, nil
}

func (l AvgPool2D) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	stride, err := poolWindow(in, l.Kernel, l.Stride, l.Padding)
	if err != nil {
		return nil, Shape{}, err
	}
	s := f32.Pool{C: in.C, H: in.H, W: in.W, K: l.Kernel, Stride: stride, Pad: l.Padding}
	m := &avgPool{in: in, out: CHW(in.C, s.OutH(), s.OutW()), s: s}
	return m, m.out, nil
}

func (GlobalAvgPool) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	return &globalAvgPool{in: in, out: Vec(in.C)}, Vec(in.C), nil
}

type maxPool struct {
	in, out Shape
	s       f32.Pool
	arg     []int32 // place of each maximum within its channel
	relu    bool    // the input is a ReLU's output, and its gradient is taken here
	y, dx   Tensor
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
