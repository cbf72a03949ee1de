package nn

import (
	"fmt"
	"math"
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

// partialMean leaves the padding out of the mean of a window.
type partialMean struct{ *avgPool }

func (m partialMean) Forward(x *Tensor, p Pass) *Tensor {
	y := m.avgPool.Forward(x, p)
	s := m.s
	inside := func(at, size int) int { return min(at*s.Stride-s.Pad+s.K, size) - max(at*s.Stride-s.Pad, 0) }
	for i := range y.Data {
		row, col := i/m.out.W%m.out.H, i%m.out.W
		y.Data[i] *= float32(s.K*s.K) / float32(inside(row, s.H)*inside(col, s.W))
	}
	return y
}

// zeroPadding takes the maximum of a window over the zeros of its padding too.
type zeroPadding struct{ *maxPool }

func (m zeroPadding) Forward(x *Tensor, p Pass) *Tensor {
	y := m.maxPool.Forward(x, p)
	s := m.s
	outside := func(at, size int) bool { return at*s.Stride < s.Pad || at*s.Stride-s.Pad+s.K > size }
	for i := range y.Data {
		if outside(i/m.out.W%m.out.H, s.H) || outside(i%m.out.W, s.W) {
			y.Data[i] = max(y.Data[i], 0)
		}
	}
	return y
}

// biasedVariance tracks the variance with 1/n where it should be 1/(n−1).
type biasedVariance struct{ *batchNorm }

func (m biasedVariance) Forward(x *Tensor, p Pass) *Tensor {
	before := slices.Clone(m.runVar)
	y := m.batchNorm.Forward(x, p)
	if p.Train {
		for c, v := range before {
			m.runVar[c] = v + float32(m.momentum)*(m.variance[c]-v)
		}
	}
	return y
}

// epsOutside divides by √variance + eps.
type epsOutside struct{ *batchNorm }

func (m epsOutside) Forward(x *Tensor, p Pass) *Tensor {
	y := m.batchNorm.Forward(x, p)
	hw := m.in.H * m.in.W
	for i := range y.Data {
		c := i / hw % m.in.C
		std := 1 / float64(m.invstd[c])
		wrong := math.Sqrt(std*std-m.eps) + m.eps
		y.Data[i] = m.beta.Data[c] + (y.Data[i]-m.beta.Data[c])*float32(std/wrong)
	}
	return y
}

// byTanh is the approximation of GELU that many take for it.
func byTanh(x float64) (y, slope float64) {
	k := math.Sqrt(2 / math.Pi)
	t := math.Tanh(k * (x + 0.044715*x*x*x))
	return x * (1 + t) / 2, (1+t)/2 + x*(1-t*t)*k*(1+3*0.044715*x*x)/2
}

// withoutCoupling takes ∂p_i/∂z_j of a softmax for 0 where i ≠ j.
type withoutCoupling struct{ *softmax }

func (m withoutCoupling) Backward(dy *Tensor, _ bool) *Tensor {
	for i, p := range m.y.Data {
		dy.Data[i] *= p * (1 - p)
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

func (l scaledLoss) Eval(dy, y *Tensor, labels []uint16) float64 {
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

func (l summedLoss) Eval(dy, y *Tensor, labels []uint16) float64 {
	return l.scaledLoss.Eval(dy, y, labels) * float64(y.N)
}

// softmaxTwice gives p − onehot as the gradient with respect to the
// probabilities, where it is that with respect to the logits.
type softmaxTwice struct{ ProbabilityCrossEntropy }

func (l softmaxTwice) Eval(dy, y *Tensor, labels []uint16) float64 {
	loss := l.ProbabilityCrossEntropy.Eval(dy, y, labels)
	if dy != nil {
		for n, label := range labels {
			copy(dy.Example(n), y.Example(n))
			dy.Example(n)[label]--
		}
		for i := range dy.Data {
			dy.Data[i] /= float32(y.N)
		}
	}
	return loss
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
	smooth := proof{"", Vec(6), 5, []Layer{Linear{Out: 4}}, CrossEntropy{Smoothing: 0.1}, true, false}
	outside := proof{"", Vec(6), 5, []Layer{Linear{Out: 4}, Softmax{}}, ProbabilityCrossEntropy{}, true, false}
	squares := proof{"", Vec(6), 5, []Layer{Linear{Out: 6}, GELU{}, Linear{Out: 4}}, MSE{}, true, false}
	norm := proof{"", CHW(3, 4, 3), 4, []Layer{BatchNorm{Eps: 0.01}, Linear{Out: 4}}, CrossEntropy{}, true, true}
	mean := proof{"", CHW(2, 6, 5), 4, []Layer{AvgPool2D{Kernel: 3, Stride: 2, Padding: 1}, Linear{Out: 4}}, CrossEntropy{}, true, true}
	largest := proof{"", CHW(2, 7, 5), 4, []Layer{MaxPool2D{Kernel: 3, Stride: 2, Padding: 1}, Linear{Out: 4}}, CrossEntropy{}, false, true}
	block := proof{"", CHW(4, 5, 4), 4, []Layer{Bottleneck{Mid: 2, Out: 4}, Linear{Out: 4}}, CrossEntropy{}, false, true}
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
		{"padding left out of a mean", mean, inPlace(0, func(m *avgPool) Module { return partialMean{m} }), "output (train true)"},
		{"padding of zeros under a maximum", largest, inPlace(0, func(m *maxPool) Module { return zeroPadding{m} }), "output (train true)"},
		{"eps outside of the root", norm, inPlace(0, func(m *batchNorm) Module { return epsOutside{m} }), "output (train true)"},
		{"GELU by its approximation", squares, inPlace(1, func(m *pointwise) Module { m.f = byTanh; return m }), "gradient of"},
		{"no ReLU after the sum of a block", block, inPlace(0, func(m *residual) Module { m.relu = false; return m }), "output (train true)"},
		{"softmax without its coupling", outside, inPlace(1, func(m *softmax) Module { return withoutCoupling{m} }), "gradient of 0.linear.W"},
		{"gradient of the logits sent through the softmax", outside, func(*Model, Loss) Loss { return softmaxTwice{} }, "gradient of 0.linear.W"},
		{"softmax inside and outside", outside, func(*Model, Loss) Loss { return CrossEntropy{} }, "loss (train true)"},
		{"squares summed over the classes", squares, func(_ *Model, l Loss) Loss { return scaledLoss{l, func(int) float32 { return 4 }} }, "gradient of"},
		{"gradient of the square without its 2", squares, func(_ *Model, l Loss) Loss { return scaledLoss{l, func(int) float32 { return 0.5 }} }, "gradient of"},
		{"labels not smoothed", smooth, func(*Model, Loss) Loss { return CrossEntropy{} }, "gradient of"},
		{"labels smoothed towards the other classes only", smooth, func(*Model, Loss) Loss { return CrossEntropy{Smoothing: 0.1 * 4 / 3} }, "gradient of"},
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

// What the oracle cannot see, for it is given the running statistics, and what it
// would get wrong with the code, for both build a block from the same layers:
// the values of PyTorch show these.
func TestSeededFaultsAgainstPyTorch(t *testing.T) {
	records := map[string]goldenLayer{}
	for _, g := range golden[goldenLayer](t, "testdata/layers.json") {
		records[g.Name] = g
	}
	norm := func(wrong func(m *batchNorm) Module) func(*Model) {
		return func(m *Model) { m.chain.modules[0] = wrong(m.chain.modules[0].(*batchNorm)) }
	}
	for _, c := range []struct {
		fault, golden string
		spoil         func(m *Model)
		want          string
	}{
		{"running variance biased", "batchnorm of vectors", norm(func(m *batchNorm) Module { return biasedVariance{m} }), "running_var"},
		{"share of the old statistics for that of the new", "batchnorm of images",
			norm(func(m *batchNorm) Module { m.momentum = 1 - m.momentum; return m }), "running_mean"},
		{"eps outside of the root", "batchnorm, own eps and momentum", norm(func(m *batchNorm) Module { return epsOutside{m} }), "output"},
		{"ReLU mask left to nobody", "conv, relu, maxpool", func(m *Model) { m.chain.modules[2].(*maxPool).relu = false }, "gradient of 0.conv2d.W"},
		{"stride on the first 1×1", "bottleneck, stride 2", strideFirst, "output"},
		{"no normalization of the shortcut", "bottleneck, stride 2", func(m *Model) {
			s := m.chain.modules[0].(*residual).shortcut
			s.modules, s.shapes = s.modules[:1], s.shapes[:2]
		}, "output"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			g, ok := records[c.golden]
			if !ok {
				t.Fatalf("no golden values of %s", c.golden)
			}
			if err := g.check(nil); err != nil {
				t.Fatalf("without the fault: %v", err)
			}
			if err := g.check(c.spoil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want a complaint about %q", err, c.want)
			}
		})
	}
}

// strideFirst moves the stride of a bottleneck block to its first convolution,
// where the first ResNets had it. The shapes of all parameters stay.
func strideFirst(m *Model) {
	block := m.chain.modules[0].(*residual)
	right := block.body
	layers := Bottleneck{Mid: 2, Out: 3, Stride: 2}.block(m.In).Body
	first, second := layers[0].(Conv2D), layers[3].(Conv2D)
	first.Stride, second.Stride = second.Stride, 1
	layers[0], layers[3] = first, second
	wrong, err := buildChain(layers, m.In, 1)
	if err != nil {
		panic(err)
	}
	for i, p := range wrong.params() {
		p.Data, p.Grad = right.params()[i].Data, right.params()[i].Grad
	}
	block.body = wrong
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
