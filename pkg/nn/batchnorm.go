package nn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"inkling/pkg/nn/internal/f32"
	"inkling/pkg/nn/internal/oracle"
)

// BatchNorm normalizes every channel of an image, or every value of a vector,
// to mean 0 and variance 1 over the batch, then scales by gamma and shifts by
// beta (Ioffe & Szegedy 2015). Evaluation uses running statistics, moved at
// each training step by Momentum towards the batch's (variance unbiased). The
// zero BatchNorm has Eps 1e-5 and Momentum 0.1, as PyTorch has.
type BatchNorm struct {
	Eps      float64 `json:"eps,omitempty"`
	Momentum float64 `json:"momentum,omitempty"`
}

var _ = ours(BatchNorm{})

func (BatchNorm) Receptive() Field { return Pointwise }

func (l BatchNorm) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	if l.Eps == 0 {
		l.Eps = 1e-5
	}
	if l.Momentum == 0 {
		l.Momentum = 0.1
	}
	if !(l.Eps > 0 && l.Eps < 1) {
		return nil, Shape{}, fmt.Errorf("Eps %v, want 0 < Eps < 1", l.Eps)
	}
	if !(l.Momentum > 0 && l.Momentum <= 1) {
		return nil, Shape{}, fmt.Errorf("Momentum %v, want 0 < Momentum ≤ 1", l.Momentum)
	}
	one := func(int) float32 { return 1 }
	m := &batchNorm{
		in: in, eps: l.Eps, momentum: l.Momentum,
		gamma: NewParam("gamma", one, in.C), beta: NewParam("beta", nil, in.C),
	}
	m.gamma.NoDecay, m.beta.NoDecay = true, true
	return m, in, nil
}

type batchNorm struct {
	in              Shape
	eps, momentum   float64
	gamma, beta     *Param
	runMean, runVar []float32
	relu, mask      bool // a ReLU is applied here; and its gradient taken

	x                      *Tensor
	mean, variance, invstd []float32
	used                   []float32 // the mean that the last pass took: that of its batch, or the running one
	trained                bool      // that pass was one of training: its statistics depend on x
	y                      Tensor
}

// allocate makes the arrays of one value a channel. Build leaves it to the first
// use, when New has checked the size of the whole model.
func (m *batchNorm) allocate() {
	if m.runVar != nil {
		return
	}
	for _, s := range []*[]float32{&m.mean, &m.variance, &m.invstd, &m.runMean, &m.runVar} {
		*s = make([]float32, m.in.C)
	}
	f32.Fill(m.runVar, 1)
}

// Forward: y = gamma·(x − mean)/√(variance + eps) + beta, per channel.
func (m *batchNorm) Forward(x *Tensor, p Pass) *Tensor {
	checkInput("batchnorm", x, m.in)
	m.allocate()
	m.x = x
	m.y.Resize(x.N, m.in)
	hw := m.in.H * m.in.W
	m.used, m.trained = m.runMean, p.Train
	if p.Train {
		if err := m.CheckBatch(x.N); err != nil {
			panic("nn: batchnorm: " + err.Error())
		}
		m.used = m.mean
		f32.BatchNormTrain(m.y.Data, x.Data, m.mean, m.variance, m.invstd, m.gamma.Data, m.beta.Data, m.eps, x.N, m.in.C, hw, m.relu)
		m.track(float64(x.N * hw))
		return &m.y
	}
	for c, v := range m.runVar {
		m.invstd[c] = float32(1 / math.Sqrt(float64(v)+m.eps))
	}
	f32.BatchNormForward(m.y.Data, x.Data, m.used, m.invstd, m.gamma.Data, m.beta.Data, x.N, m.in.C, hw, m.relu)
	return &m.y
}

// CheckBatch refuses a single value a channel: it is its own mean, so whatever
// it was, beta would come out.
func (m *batchNorm) CheckBatch(n int) error {
	if values := n * m.in.H * m.in.W; values < 2 {
		return fmt.Errorf("a training batch of %d gives it %d value a channel, want at least 2: a larger batch, or no batch normalization here", n, values)
	}
	return nil
}

// track moves the running statistics towards those of a batch of n values a
// channel, of which there are at least two. The variance is made unbiased,
// n/(n−1).
func (m *batchNorm) track(n float64) {
	unbiased := n / (n - 1)
	for c := range m.runMean {
		m.runMean[c] += float32(m.momentum * (float64(m.mean[c]) - float64(m.runMean[c])))
		m.runVar[c] += float32(m.momentum * (unbiased*float64(m.variance[c]) - float64(m.runVar[c])))
	}
}

// Backward, with x̂ the normalized input and n values a channel:
// dbeta = Σ dy, dgamma = Σ dy·x̂,
// dx = gamma·invstd·(dy − dbeta/n − x̂·dgamma/n) after a training pass. After an
// evaluation the statistics are constants: dx = gamma·invstd·dy. In place.
func (m *batchNorm) Backward(dy *Tensor, needDX bool) *Tensor {
	checkGrad("batchnorm", dy, m.y.N, m.in)
	var dx []float32
	if needDX {
		dx = dy.Data
	}
	f32.BatchNormBackward(dx, m.gamma.Grad, m.beta.Grad, dy.Data, m.x.Data, m.used, m.invstd, m.gamma.Data, m.beta.Data,
		dy.N, m.in.C, m.in.H*m.in.W, m.mask, !m.trained)
	if !needDX {
		return nil
	}
	return dy
}

func (m *batchNorm) Params() []*Param { return []*Param{m.gamma, m.beta} }

func (m *batchNorm) States() []State {
	m.allocate()
	return []State{{"running_mean", m.runMean}, {"running_var", m.runVar}}
}

func (m *batchNorm) Sizes() (pass, training int) { return m.in.Size(), 0 }

func (m *batchNorm) fuseReLU()         { m.relu = true }
func (m *batchNorm) maskReLU(yes bool) { m.mask = yes }
func (m *batchNorm) FLOPs() int        { return 2 * m.in.Size() }

func (l BatchNorm) Symbolic(g *Graph, m Module) error {
	own, ok := m.(Stateful)
	if !ok {
		return fmt.Errorf("a %T has no running statistics", m)
	}
	all := arrays(m)
	for _, s := range own.States() {
		all = append(all, g.State(s))
	}
	g.Add(Node{Op: "BatchNormalization", Arrays: all, Attrs: []Attr{{"epsilon", orElse(l.Eps, 1e-5)}}})
	return nil
}

func (l BatchNorm) oracle(_ Shape, m Module, w, b *oracle.Param) (oracle.Op, error) {
	op := oracle.BatchNorm{Gamma: w, Beta: b, Eps: orElse(l.Eps, 1e-5)}
	if s, ok := m.(Stateful); ok {
		op.Mean, op.Var = float64s(s.States()[0].Data), float64s(s.States()[1].Data)
	}
	return op, nil
}
