package inspect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"inkling/pkg/nn"
)

// freeze returns a layer that does in every pass what l, whose parameters and
// states are called name.…, does at evaluation. Its modules have the parameters
// of l's, in the same order, but for those of batch normalization, which have
// become constants. A layer of another package is taken as it is.
func freeze(m *nn.Model, name string, l nn.Layer) nn.Layer {
	switch l := l.(type) {
	case nn.Dropout:
		return sequence{} // y = x
	case nn.BatchNorm:
		return frozenNorm(m, name, l)
	case nn.Residual:
		return freezeBranches(m, name, l)
	case nn.Bottleneck:
		return sequence{freezeBranches(m, name, bottleneck(m, name, l)), nn.ReLU{}}
	}
	return l
}

func freezeBranches(m *nn.Model, name string, l nn.Residual) nn.Residual {
	branch := func(of string, layers []nn.Layer) (out []nn.Layer) {
		for i, l := range layers {
			out = append(out, freeze(m, fmt.Sprintf("%s.%s.%d.%s", name, of, i, kindOf(l)), l))
		}
		return out
	}
	return nn.Residual{Body: branch("body", l.Body), Shortcut: branch("shortcut", l.Shortcut)}
}

// bottleneck writes l out as a Residual, of which a ReLU follows. Whether it
// has a shortcut is told by the parameters of the model.
func bottleneck(m *nn.Model, name string, l nn.Bottleneck) nn.Residual {
	conv := func(filters, kernel, stride int) nn.Conv2D {
		return nn.Conv2D{Filters: filters, Kernel: kernel, Stride: stride, Padding: kernel / 2, NoBias: true}
	}
	stride := max(l.Stride, 1)
	r := nn.Residual{Body: []nn.Layer{
		conv(l.Mid, 1, 1), nn.BatchNorm{}, nn.ReLU{},
		conv(l.Mid, 3, stride), nn.BatchNorm{}, nn.ReLU{},
		conv(l.Out, 1, 1), nn.BatchNorm{},
	}}
	if m.Param(name+".shortcut.0.conv2d.W") != nil {
		r.Shortcut = []nn.Layer{conv(l.Out, 1, stride), nn.BatchNorm{}}
	}
	return r
}

// kindOf is the name that package nn gives a layer: its type in lower case.
func kindOf(l nn.Layer) string {
	s := fmt.Sprintf("%T", l)
	return strings.ToLower(s[strings.LastIndexByte(s, '.')+1:])
}

// affine is batch normalization with constant statistics: per channel,
// y = scale·x + shift.
type affine struct{ scale, shift []float32 }

// frozenNorm: y = gamma·(x − mean)/√(variance + eps) + beta.
func frozenNorm(m *nn.Model, name string, l nn.BatchNorm) affine {
	if l.Eps == 0 {
		l.Eps = 1e-5
	}
	gamma, beta := m.Param(name+".gamma").Data, m.Param(name+".beta").Data
	var mean, variance []float32
	for _, s := range m.States() {
		switch s.Name {
		case name + ".running_mean":
			mean = s.Data
		case name + ".running_var":
			variance = s.Data
		}
	}
	a := affine{make([]float32, len(gamma)), make([]float32, len(gamma))}
	for c := range gamma {
		scale := float64(gamma[c]) / math.Sqrt(float64(variance[c])+l.Eps)
		a.scale[c] = float32(scale)
		a.shift[c] = float32(float64(beta[c]) - scale*float64(mean[c]))
	}
	return a
}

func (a affine) Build(in nn.Shape, _ *rand.Rand) (nn.Module, nn.Shape, error) {
	return &affineModule{affine: a, in: in}, in, nil
}

type affineModule struct {
	affine
	in    nn.Shape
	y, dx nn.Tensor
}

func (m *affineModule) Forward(x *nn.Tensor, _ nn.Pass) *nn.Tensor {
	m.y.Resize(x.N, m.in)
	m.each(x.N, func(c, i int) { m.y.Data[i] = m.scale[c]*x.Data[i] + m.shift[c] })
	return &m.y
}

// Backward: dx = scale·dy.
func (m *affineModule) Backward(dy *nn.Tensor, _ bool) *nn.Tensor {
	m.dx.Resize(dy.N, m.in)
	m.each(dy.N, func(c, i int) { m.dx.Data[i] = m.scale[c] * dy.Data[i] })
	return &m.dx
}

// each visits every value of n examples with its channel.
func (m *affineModule) each(n int, visit func(c, i int)) {
	hw := m.in.H * m.in.W
	for i := range n * m.in.Size() {
		visit(i/hw%m.in.C, i)
	}
}

func (m *affineModule) Params() []*nn.Param { return nil }

// sequence is several layers, or none, in the place of one.
type sequence []nn.Layer

func (s sequence) Build(in nn.Shape, rng *rand.Rand) (nn.Module, nn.Shape, error) {
	var modules modules
	for _, l := range s {
		m, out, err := l.Build(in, rng)
		if err != nil {
			return nil, nn.Shape{}, err
		}
		modules, in = append(modules, m), out
	}
	return modules, in, nil
}

type modules []nn.Module

func (ms modules) Forward(x *nn.Tensor, p nn.Pass) *nn.Tensor {
	for _, m := range ms {
		x = m.Forward(x, p)
	}
	return x
}

func (ms modules) Backward(dy *nn.Tensor, needDX bool) *nn.Tensor {
	for i := len(ms) - 1; i >= 0; i-- {
		dy = ms[i].Backward(dy, i > 0 || needDX)
	}
	return dy
}

func (ms modules) Params() (all []*nn.Param) {
	for _, m := range ms {
		all = append(all, m.Params()...)
	}
	return all
}
