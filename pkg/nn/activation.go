package nn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"inkling/pkg/nn/internal/f32"
)

// LeakyReLU is x for x > 0 and Slope·x otherwise; Slope 0 means 0.01.
type LeakyReLU struct {
	Slope float64 `json:"slope,omitempty"`
}

// Logistic is the sigmoid 1/(1+e⁻ˣ).
type Logistic struct{}

// Tanh is the hyperbolic tangent.
type Tanh struct{}

// SiLU is x·σ(x) (Elfwing et al. 2018), also called swish.
type SiLU struct{}

// GELU is x·Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016), exact.
type GELU struct{}

func (LeakyReLU) Receptive() Field { return Pointwise }
func (Logistic) Receptive() Field  { return Pointwise }
func (Tanh) Receptive() Field      { return Pointwise }
func (SiLU) Receptive() Field      { return Pointwise }
func (GELU) Receptive() Field      { return Pointwise }

func (LeakyReLU) WeightInit() Init { return He }
func (Logistic) WeightInit() Init  { return Xavier }
func (Tanh) WeightInit() Init      { return Xavier }
func (SiLU) WeightInit() Init      { return He }
func (GELU) WeightInit() Init      { return He }

func (l LeakyReLU) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	slope := l.Slope
	if slope == 0 {
		slope = 0.01
	}
	if !(slope > 0 && slope < 1) {
		return nil, Shape{}, fmt.Errorf("Slope %v, want 0 < Slope < 1", l.Slope)
	}
	return &pointwise{in: in, kind: "leakyrelu", f: func(x float64) (float64, float64) {
		if x > 0 {
			return x, 1
		}
		return slope * x, slope
	}}, in, nil
}

func (Logistic) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	return &pointwise{in: in, kind: "logistic", f: func(x float64) (float64, float64) {
		y := sigmoid(x)
		return y, y * (1 - y)
	}}, in, nil
}

func (Tanh) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	return &pointwise{in: in, kind: "tanh", f: func(x float64) (float64, float64) {
		y := math.Tanh(x)
		return y, 1 - y*y
	}}, in, nil
}

func (SiLU) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	return &pointwise{in: in, kind: "silu", f: func(x float64) (float64, float64) {
		s := sigmoid(x)
		return x * s, s * (1 + x*(1-s))
	}}, in, nil
}

func (GELU) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	return &pointwise{in: in, kind: "gelu", f: func(x float64) (float64, float64) {
		cdf := 0.5 * math.Erfc(-x/math.Sqrt2)
		return x * cdf, cdf + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
	}}, in, nil
}

// sigmoid does not overflow: e⁻ˣ is only taken of x ≥ 0.
func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

// pointwise applies f to every value. f returns its value and its derivative;
// the derivative is kept for Backward, so f runs once a value. Evaluated in
// float64, cut into chunks for the worker pool.
type pointwise struct {
	in   Shape
	kind string
	f    func(x float64) (y, slope float64)

	x     *Tensor
	y     Tensor
	slope []float32
}

const pointwiseChunk = 4096

func (m *pointwise) Forward(x *Tensor, _ Pass) *Tensor {
	checkInput(m.kind, x, m.in)
	m.x = x
	m.y.Resize(x.N, m.in)
	m.slope = grow(m.slope, len(x.Data))
	f32.Parallel((len(x.Data)+pointwiseChunk-1)/pointwiseChunk, m)
	return &m.y
}

// Do evaluates one chunk; it is f32's way to call back.
func (m *pointwise) Do(chunk int) {
	lo := chunk * pointwiseChunk
	hi := min(lo+pointwiseChunk, len(m.x.Data))
	for i := lo; i < hi; i++ {
		y, s := m.f(float64(m.x.Data[i]))
		m.y.Data[i], m.slope[i] = float32(y), float32(s)
	}
}

// Backward: dx = dy·f′(x), in place.
func (m *pointwise) Backward(dy *Tensor, needDX bool) *Tensor {
	if !needDX {
		return nil
	}
	checkGrad(m.kind, dy, m.y.N, m.in)
	f32.Mul(dy.Data, dy.Data, m.slope)
	return dy
}

func (m *pointwise) Params() []*Param { return nil }

// Sizes: values and slopes.
func (m *pointwise) Sizes() (pass, training int) { return 2 * m.in.Size(), 0 }
