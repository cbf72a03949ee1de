package nn

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"inkling/pkg/nn/internal/f32"
)

// Residual adds a shortcut around Body: y = Body(x) + Shortcut(x); without
// Shortcut layers, y = Body(x) + x (He et al. 2016).
type Residual struct {
	Body     []Layer
	Shortcut []Layer
}

// Bottleneck is ResNet's block: 1×1 convolution to Mid channels, 3×3 with
// Stride, 1×1 to Out channels, each with batch normalization, ReLU between
// them and after the sum. The shortcut is the input itself, or a 1×1
// convolution with batch normalization where the shape changes (He et al.
// 2016, fig. 5 right; the stride sits on the 3×3 as in torchvision).
type Bottleneck struct {
	Mid    int `json:"mid"`
	Out    int `json:"out"`
	Stride int `json:"stride,omitempty"` // 0 means 1
}

func (l Residual) Build(in Shape, rng *rand.Rand) (Module, Shape, error) {
	if len(l.Body) == 0 {
		return nil, Shape{}, errors.New("Body is empty")
	}
	body, err := buildChain(l.Body, in, rng.Uint64())
	if err != nil {
		return nil, Shape{}, fmt.Errorf("body: %w", err)
	}
	shortcut, err := buildChain(l.Shortcut, in, rng.Uint64())
	if err != nil {
		return nil, Shape{}, fmt.Errorf("shortcut: %w", err)
	}
	if body.out() != shortcut.out() {
		return nil, Shape{}, fmt.Errorf("body gives %v, shortcut %v: they cannot be added", body.out(), shortcut.out())
	}
	for _, p := range body.params() {
		p.Name = "body." + p.Name
	}
	for _, p := range shortcut.params() {
		p.Name = "shortcut." + p.Name
	}
	return &residual{in: in, body: body, shortcut: shortcut}, body.out(), nil
}

func (l Bottleneck) Receptive() Field { return Field{3, max(l.Stride, 1), 1} } // its shortcut sees less

func (l Bottleneck) Build(in Shape, rng *rand.Rand) (Module, Shape, error) {
	if l.Mid < 1 || l.Out < 1 || l.Stride < 0 {
		return nil, Shape{}, fmt.Errorf("Mid %d, Out %d, Stride %d, want at least 1 (Stride 0 means 1)", l.Mid, l.Out, l.Stride)
	}
	m, out, err := l.block(in).Build(in, rng)
	if err != nil {
		return nil, Shape{}, err
	}
	m.(*residual).relu = true
	return m, out, nil
}

// block is the body and the shortcut, without the ReLU after the sum.
func (l Bottleneck) block(in Shape) Residual {
	stride := max(l.Stride, 1)
	conv := func(filters, kernel, stride int) Conv2D {
		return Conv2D{Filters: filters, Kernel: kernel, Stride: stride, Padding: kernel / 2, NoBias: true}
	}
	block := Residual{Body: []Layer{
		conv(l.Mid, 1, 1), BatchNorm{}, ReLU{},
		conv(l.Mid, 3, stride), BatchNorm{}, ReLU{},
		conv(l.Out, 1, 1), BatchNorm{},
	}}
	if stride != 1 || in.C != l.Out {
		block.Shortcut = []Layer{conv(l.Out, 1, stride), BatchNorm{}}
	}
	return block
}

type residual struct {
	in             Shape
	body, shortcut *chain
	relu           bool

	y, dy Tensor
}

func (m *residual) Forward(x *Tensor, p Pass) *Tensor {
	checkInput("residual", x, m.in)
	b := m.body.forward(x, p)
	s := m.shortcut.forward(x, p)
	m.y.Resize(x.N, b.Shape)
	f32.Add(m.y.Data, b.Data, s.Data)
	if m.relu {
		f32.ReLU(m.y.Data, m.y.Data)
	}
	return &m.y
}

// Backward: dx is the sum of what comes back through both branches. Each
// branch may overwrite what it is given, so the body gets a copy.
func (m *residual) Backward(dy *Tensor, needDX bool) *Tensor {
	checkGrad("residual", dy, m.y.N, m.y.Shape)
	if m.relu {
		f32.ReLUGrad(dy.Data, dy.Data, m.y.Data)
	}
	m.dy.Resize(dy.N, m.y.Shape)
	copy(m.dy.Data, dy.Data)
	b := m.body.backward(&m.dy, needDX)
	s := m.shortcut.backward(dy, needDX)
	if !needDX {
		return nil
	}
	f32.Add(b.Data, b.Data, s.Data)
	return b
}

func (m *residual) Params() []*Param { return append(m.body.params(), m.shortcut.params()...) }

func (m *residual) States() []State {
	var all []State
	for _, s := range m.body.states() {
		all = append(all, State{"body." + s.Name, s.Data})
	}
	for _, s := range m.shortcut.states() {
		all = append(all, State{"shortcut." + s.Name, s.Data})
	}
	return all
}

func (m *residual) fuseReLU()  { m.relu = true }
func (m *residual) FLOPs() int { return m.body.flops() + m.shortcut.flops() + m.body.out().Size() }

// Sizes: the sum, and the gradient that the body gets a copy of.
func (m *residual) Sizes() (pass, training int) {
	p, t := m.body.sizes()
	q, u := m.shortcut.sizes()
	out := m.body.out().Size()
	return p + q + out, t + u + out
}

func (m *residual) CheckBatch(n int) error {
	if err := m.body.checkBatch(n); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if err := m.shortcut.checkBatch(n); err != nil {
		return fmt.Errorf("shortcut: %w", err)
	}
	return nil
}
