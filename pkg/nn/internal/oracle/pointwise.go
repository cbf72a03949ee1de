package oracle

import "math"

// Pointwise applies F to every value. Slope is its derivative. Kink says that
// the derivative jumps at 0.
type Pointwise struct {
	F, Slope func(float64) float64
	Kink     bool
}

// LeakyReLU is x for x > 0 and slope·x otherwise; ReLU is that with slope 0.
func LeakyReLU(slope float64) Pointwise {
	return Pointwise{
		F: func(x float64) float64 {
			if x > 0 {
				return x
			}
			return slope * x
		},
		Slope: func(x float64) float64 {
			if x > 0 {
				return 1
			}
			return slope
		},
		Kink: true,
	}
}

// Logistic is 1/(1+e⁻ˣ), with the derivative e⁻ˣ/(1+e⁻ˣ)².
func Logistic() Pointwise {
	return Pointwise{F: logistic, Slope: logisticSlope}
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func logisticSlope(x float64) float64 {
	e := math.Exp(-math.Abs(x)) // the derivative is even
	return e / ((1 + e) * (1 + e))
}

// Tanh is the hyperbolic tangent, with the derivative 1/cosh².
func Tanh() Pointwise {
	return Pointwise{
		F:     func(x float64) float64 { return 1 - 2/(math.Exp(2*x)+1) },
		Slope: func(x float64) float64 { return 1 / (math.Cosh(x) * math.Cosh(x)) },
	}
}

// SiLU is x·σ(x).
func SiLU() Pointwise {
	return Pointwise{
		F:     func(x float64) float64 { return x * logistic(x) },
		Slope: func(x float64) float64 { return logistic(x) + x*logisticSlope(x) },
	}
}

// GELU is x·Φ(x).
func GELU() Pointwise {
	cdf := func(x float64) float64 { return (1 + math.Erf(x/math.Sqrt2)) / 2 }
	return Pointwise{
		F: func(x float64) float64 { return x * cdf(x) },
		Slope: func(x float64) float64 {
			return cdf(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
		},
	}
}

func (l Pointwise) Forward(x Batch, p *Pass) Batch {
	y := NewBatch(x.N, x.Shape)
	for i, v := range x.V {
		y.V[i] = l.F(v)
		if l.Kink {
			side := 0
			if v > 0 {
				side = 1
			}
			p.side(side)
		}
	}
	return y
}

func (l Pointwise) Backward(x, dy Batch, _ *Pass) Batch {
	dx := NewBatch(x.N, x.Shape)
	for i, v := range x.V {
		dx.V[i] = dy.V[i] * l.Slope(v)
	}
	return dx
}

func (Pointwise) Params() []*Param { return nil }

// Flatten makes a vector of every example.
type Flatten struct{}

func (Flatten) Forward(x Batch, _ *Pass) Batch {
	return Batch{N: x.N, Shape: Shape{x.Shape.Size(), 1, 1}, V: x.V}
}

func (Flatten) Backward(x, dy Batch, _ *Pass) Batch { return Batch{N: x.N, Shape: x.Shape, V: dy.V} }

func (Flatten) Params() []*Param { return nil }

// Softmax is e^x / Σ e^x over each example.
type Softmax struct{}

func (Softmax) Forward(x Batch, _ *Pass) Batch {
	y := NewBatch(x.N, x.Shape)
	for n := range x.N {
		copy(y.example(n), softmax(x.example(n)))
	}
	return y
}

// Backward multiplies by the Jacobian ∂p_i/∂x_j = p_i·([i=j] − p_j), written out.
func (Softmax) Backward(x, dy Batch, _ *Pass) Batch {
	dx := NewBatch(x.N, x.Shape)
	for n := range x.N {
		p, dxs := softmax(x.example(n)), dx.example(n)
		for i, d := range dy.example(n) {
			for j := range dxs {
				jacobian := -p[i] * p[j]
				if i == j {
					jacobian += p[i]
				}
				dxs[j] += d * jacobian
			}
		}
	}
	return dx
}

func (Softmax) Params() []*Param { return nil }

func softmax(x []float64) []float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = math.Max(top, v)
	}
	p := make([]float64, len(x))
	var sum float64
	for i, v := range x {
		p[i] = math.Exp(v - top)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}
