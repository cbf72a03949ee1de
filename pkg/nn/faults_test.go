package nn

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The faults that spoiled the networks of many a report, each applied to one
// module or loss, must be caught by the checks of this suite. The hooks are
// here: modules that embed a right one and get one thing wrong.

// notTransposed sends the gradient back through W where Wᵀ belongs.
type notTransposed struct{ *linear }

func (m notTransposed) Backward(dy *Tensor, needDX bool) *Tensor {
	dx := m.linear.Backward(dy, needDX)
	if dx == nil {
		return nil
	}
	for n := range dy.N {
		d := dy.Example(n)
		for i := range m.n {
			var sum float32
			for o := range m.out {
				sum += d[o] * m.w.Data[i*m.n+o] // square weights, so nothing breaks
			}
			dx.Example(n)[i] = sum
		}
	}
	return dx
}

// transposedGradient leaves the gradient of W in the shape of Wᵀ.
type transposedGradient struct{ *linear }

func (m transposedGradient) Backward(dy *Tensor, needDX bool) *Tensor {
	dx := m.linear.Backward(dy, needDX)
	g := slices.Clone(m.w.Grad)
	for o := range m.out {
		for i := range m.n {
			m.w.Grad[i*m.out+o] = g[o*m.n+i]
		}
	}
	return dx
}

// withoutBias forgets b in the forward pass.
type withoutBias struct{ *linear }

func (m withoutBias) Forward(x *Tensor, p Pass) *Tensor {
	b := m.b
	m.b = nil
	y := m.linear.Forward(x, p)
	m.b = b
	return y
}

// staleBias never sets the gradient of b.
type staleBias struct{ *linear }

func (m staleBias) Backward(dy *Tensor, needDX bool) *Tensor {
	dx := m.linear.Backward(dy, needDX)
	clear(m.b.Grad)
	return dx
}

// withoutMask lets every gradient through.
type withoutMask struct{ *relu }

func (withoutMask) Backward(dy *Tensor, _ bool) *Tensor { return dy }

// maskOfOutputGradient looks at the sign of the gradient, not of the value.
type maskOfGradient struct{ *relu }

func (maskOfGradient) Backward(dy *Tensor, _ bool) *Tensor {
	for i, d := range dy.Data {
		dy.Data[i] = max(d, 0)
	}
	return dy
}

// shifted convolves with all its padding on one side: the input moves up and
// left by one.
type shifted struct {
	*conv2d
	moved Tensor
}

func (m *shifted) Forward(x *Tensor, p Pass) *Tensor {
	m.moved.Resize(x.N, x.Shape)
	clear(m.moved.Data)
	s := x.Shape
	for c := range x.N * s.C {
		for h := range s.H - 1 {
			at := (c*s.H + h) * s.W
			copy(m.moved.Data[at:at+s.W-1], x.Data[at+s.W+1:])
		}
	}
	return m.conv2d.Forward(&m.moved, p)
}

// slowStride steps by one where the layer says two, and stops when the output
// is full.
type slowStride struct{ *conv2d }

func (m slowStride) Forward(x *Tensor, p Pass) *Tensor {
	y := m.conv2d.Forward(x, p)
	s, in, out := m.s, m.in, m.out
	for n := range x.N {
		for f := range out.C {
			for i := range out.H {
				for j := range out.W {
					sum := m.b.Data[f]
					for c := range in.C {
						for q := range s.KH * s.KW {
							sum += m.w.Data[(f*in.C+c)*s.KH*s.KW+q] * x.Example(n)[(c*in.H+i+q/s.KW)*in.W+j+q%s.KW]
						}
					}
					y.Example(n)[(f*out.H+i)*out.W+j] = sum
				}
			}
		}
	}
	return y
}

// nextArgmax sends each gradient one place too far.
type nextArgmax struct{ *maxPool }

func (m nextArgmax) Backward(dy *Tensor, needDX bool) *Tensor {
	for i := range m.arg {
		m.arg[i] = (m.arg[i] + 1) % int32(m.in.H*m.in.W)
	}
	return m.maxPool.Backward(dy, needDX)
}

// alwaysOn drops values at evaluation too.
type alwaysOn struct{ *dropout }

func (m alwaysOn) Forward(x *Tensor, p Pass) *Tensor {
	p.Train = true
	return m.dropout.Forward(x, p)
}

// unscaled does not make up for what it drops.
type unscaled struct{ *dropout }

func (m unscaled) Forward(x *Tensor, p Pass) *Tensor {
	y := m.dropout.Forward(x, p)
	if m.applied {
		for i := range y.Data {
			y.Data[i] /= m.scale
		}
	}
	return y
}

// alwaysBatch normalizes by the batch at evaluation too.
type alwaysBatch struct{ *batchNorm }

func (m alwaysBatch) Forward(x *Tensor, p Pass) *Tensor {
	p.Train = true
	return m.batchNorm.Forward(x, p)
}

// straightThrough takes mean and variance for constants in the backward pass.
type straightThrough struct{ *batchNorm }

func (m straightThrough) Backward(dy *Tensor, needDX bool) *Tensor {
	dx := m.batchNorm.Backward(dy, needDX)
	hw := m.in.H * m.in.W
	for i := range dx.Data {
		c := i / hw % m.in.C
		dx.Data[i] = dy.Data[i] * m.gamma.Data[c] * m.invstd[c]
	}
	return dx
}

// slopeOfInput is the slip of the original report: σ' taken as x·(1−x).
type slopeOfInput struct{ *pointwise }

func (m slopeOfInput) Backward(dy *Tensor, _ bool) *Tensor {
	for i, x := range m.x.Data {
		dy.Data[i] *= x * (1 - x)
	}
	return dy
}

// oneBranch forgets the shortcut on the way back.
type oneBranch struct{ *residual }

func (m oneBranch) Backward(dy *Tensor, needDX bool) *Tensor {
	if m.relu {
		panic("not in this test")
	}
	return m.body.backward(dy, needDX)
}

// times multiplies the gradient of the weights.
type times struct {
	*linear
	by float32
}

func (m times) Backward(dy *Tensor, needDX bool) *Tensor {
	dx := m.linear.Backward(dy, needDX)
	for i := range m.w.Grad {
		m.w.Grad[i] *= m.by
	}
	return dx
}

// scaledLoss returns a gradient that is by times too large, a function of the
// batch.
type scaledLoss struct {
	Loss
	by func(n int) float32
}

func (l scaledLoss) Eval(dy, y *Tensor, labels []uint8) float64 {
	loss := l.Loss.Eval(dy, y, labels)
	if dy != nil {
		for i := range dy.Data {
			dy.Data[i] *= l.by(y.N)
		}
	}
	return loss
}

// summedLoss forgets 1/N in the value too.
type summedLoss struct{ scaledLoss }

func (l summedLoss) Eval(dy, y *Tensor, labels []uint8) float64 {
	return l.scaledLoss.Eval(dy, y, labels) * float64(y.N)
}

// inPlace returns a way to replace module i of a model.
func inPlace[M Module](i int, wrong func(M) Module) func(*Model, Loss) Loss {
	return func(m *Model, loss Loss) Loss {
		right, ok := m.chain.modules[i].(M)
		if !ok {
			panic(fmt.Sprintf("module %d is a %T", i, m.chain.modules[i]))
		}
		m.chain.modules[i] = wrong(right)
		return loss
	}
}

func TestSeededFaults(t *testing.T) {
	mlp := proof{"", Vec(6), 5, []Layer{Linear{Out: 6}, ReLU{}, Linear{Out: 6}, ReLU{}, Linear{Out: 4}}, CrossEntropy{}, false, false}
	cnn := proof{"", CHW(2, 6, 6), 4, []Layer{
		Conv2D{Filters: 3, Kernel: 3, Padding: 1}, ReLU{}, MaxPool2D{Kernel: 2}, Conv2D{Filters: 4, Kernel: 3}, Linear{Out: 4},
	}, CrossEntropy{}, false, true}
	strided := proof{"", CHW(2, 7, 7), 4, []Layer{Conv2D{Filters: 3, Kernel: 3, Stride: 2}, Linear{Out: 4}}, CrossEntropy{}, true, true}
	regular := proof{"", Vec(6), 8, []Layer{Linear{Out: 12}, BatchNorm{}, Logistic{}, Dropout{P: 0.5}, Linear{Out: 4}}, CrossEntropy{}, true, false}
	skip := proof{"", Vec(6), 5, []Layer{Linear{Out: 6}, Residual{Body: []Layer{Linear{Out: 6}, Tanh{}}}, Linear{Out: 4}}, CrossEntropy{}, true, false}
	batch := func(n int) float32 { return float32(n) }
	over := func(n int) float32 { return 1 / float32(n) }

	for _, c := range []struct {
		fault string
		p     proof
		spoil func(*Model, Loss) Loss
		want  string // what the check complains of
	}{
		{"transposed weight on the way back", mlp, inPlace(2, func(m *linear) Module { return notTransposed{m} }), "gradient of 0.linear.W"},
		{"gradient of the weights transposed", mlp, inPlace(2, func(m *linear) Module { return transposedGradient{m} }), "gradient of 2.linear.W"},
		{"missing 1/N in the gradient", mlp, func(_ *Model, l Loss) Loss { return scaledLoss{l, batch} }, "gradient of"},
		{"missing 1/N in loss and gradient", mlp, func(_ *Model, l Loss) Loss { return summedLoss{scaledLoss{l, batch}} }, "loss (train true)"},
		{"1/N twice", mlp, func(_ *Model, l Loss) Loss { return scaledLoss{l, over} }, "gradient of"},
		{"missing bias", mlp, inPlace(2, func(m *linear) Module { return withoutBias{m} }), "output (train true)"},
		{"gradient of the bias missing", mlp, inPlace(2, func(m *linear) Module { return staleBias{m} }), "gradient of 2.linear.b"},
		{"no ReLU mask", mlp, inPlace(1, func(m *relu) Module { return withoutMask{m} }), "gradient of 0.linear.W"},
		{"ReLU mask of the gradient", mlp, inPlace(1, func(m *relu) Module { return maskOfGradient{m} }), "gradient of 0.linear.W"},
		{"gradient × 1.001", mlp, inPlace(2, func(m *linear) Module { return times{m, 1.001} }), "gradient of 2.linear.W"},
		{"gradient × 1.0001", mlp, inPlace(0, func(m *linear) Module { return times{m, 1.0001} }), "gradient of 0.linear.W"},
		{"wrong padding", cnn, inPlace(0, func(m *conv2d) Module { return &shifted{conv2d: m} }), "output (train true)"},
		{"wrong stride", strided, inPlace(0, func(m *conv2d) Module { return slowStride{m} }), "output (train true)"},
		{"pool argmax off by one", cnn, inPlace(2, func(m *maxPool) Module { return nextArgmax{m} }), "gradient of 0.conv2d.W"},
		{"dropout on at evaluation", regular, inPlace(3, func(m *dropout) Module { return alwaysOn{m} }), "output (train false)"},
		{"dropout without its scale", regular, inPlace(3, func(m *dropout) Module { return unscaled{m} }), "output"},
		{"batch statistics at evaluation", regular, inPlace(1, func(m *batchNorm) Module { return alwaysBatch{m} }), "output (train false)"},
		{"batch statistics taken for constants", regular, inPlace(1, func(m *batchNorm) Module { return straightThrough{m} }), "gradient of 0.linear.W"},
		{"logistic slope from the input", regular, inPlace(2, func(m *pointwise) Module { return slopeOfInput{m} }), "gradient of"},
		{"shortcut forgotten on the way back", skip, inPlace(1, func(m *residual) Module { return oneBranch{m} }), "gradient of 0.linear.W"},
		{"cross-entropy of the wrong smoothing", mlp, func(*Model, Loss) Loss { return CrossEntropy{Smoothing: 0.01} }, "gradient of"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			for seed := range uint64(5) {
				if err := c.p.run(seed, 40, nil); err != nil {
					t.Fatalf("seed %d, without the fault: %v", seed, err)
				}
				err := c.p.run(seed, 40, c.spoil)
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("seed %d: %v, want a complaint about %q", seed, err, c.want)
				}
			}
		})
	}
}

// What the oracle cannot see, for it takes dropout's masks from the module:
// the tests of TestDropout and TestDropoutDraws. Here is the proof that they
// would.
func TestDropoutFaultsShow(t *testing.T) {
	m := build(t, 1, Vec(2000), Dropout{P: 0.5}, Dropout{P: 0.5})
	m.chain.modules[1].(*dropout).stream = m.chain.modules[0].(*dropout).stream
	both := masks(m, NewTensor(4, m.In), Pass{Train: true})
	if !slices.Equal(both[0], both[1]) {
		t.Error("layers that share a stream draw different masks: TestDropoutDraws tests something else")
	}
}
