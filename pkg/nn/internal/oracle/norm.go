package oracle

import "math"

// BatchNorm is y = Gamma·(x − mean)/√(variance + Eps) + Beta by channel. Mean
// and variance are those of the batch in training and Mean and Var otherwise.
type BatchNorm struct {
	Gamma, Beta *Param
	Mean, Var   []float64
	Eps         float64
}

// channel returns the indices of the values of channel c.
func channel(x Batch, c int) []int {
	var at []int
	for n := range x.N {
		for h := range x.Shape.H {
			for w := range x.Shape.W {
				at = append(at, x.index(n, c, h, w))
			}
		}
	}
	return at
}

// Moments returns the mean and the biased variance of the values of x at at.
func Moments(x []float64, at []int) (mean, variance float64) {
	for _, i := range at {
		mean += x[i] / float64(len(at))
	}
	for _, i := range at {
		variance += (x[i] - mean) * (x[i] - mean) / float64(len(at))
	}
	return mean, variance
}

func (l BatchNorm) Forward(x Batch, p *Pass) Batch {
	y := NewBatch(x.N, x.Shape)
	for c := range x.Shape.C {
		at := channel(x, c)
		var mean, variance float64
		if p.Train {
			mean, variance = Moments(x.V, at)
		} else {
			mean, variance = l.Mean[c], l.Var[c]
		}
		for _, i := range at {
			y.V[i] = l.Gamma.V[c]*(x.V[i]-mean)/math.Sqrt(variance+l.Eps) + l.Beta.V[c]
		}
	}
	return y
}

// Backward is the chain rule through variance and mean, one after the other,
// as in the paper (Ioffe & Szegedy 2015, §3), not the contracted formula.
func (l BatchNorm) Backward(x, dy Batch, _ *Pass) Batch {
	dx := NewBatch(x.N, x.Shape)
	zero(l.Params())
	for c := range x.Shape.C {
		at := channel(x, c)
		m := float64(len(at))
		mean, variance := Moments(x.V, at)
		std := math.Sqrt(variance + l.Eps)
		var dVariance, dMean, residue float64
		for _, i := range at {
			dHat := dy.V[i] * l.Gamma.V[c]
			dVariance += dHat * (x.V[i] - mean) * -0.5 / (std * std * std)
			dMean -= dHat / std
			residue += x.V[i] - mean
			l.Gamma.Grad[c] += dy.V[i] * (x.V[i] - mean) / std
			l.Beta.Grad[c] += dy.V[i]
		}
		dMean += dVariance * -2 * residue / m
		for _, i := range at {
			dx.V[i] = dy.V[i]*l.Gamma.V[c]/std + dVariance*2*(x.V[i]-mean)/m + dMean/m
		}
	}
	return dx
}

func (l BatchNorm) Params() []*Param { return []*Param{l.Gamma, l.Beta} }

// Dropout multiplies by Mask in training; without a Mask it does nothing.
type Dropout struct{ Mask []float64 }

func (l Dropout) Forward(x Batch, p *Pass) Batch { return l.scale(x, p) }

func (l Dropout) Backward(_, dy Batch, p *Pass) Batch { return l.scale(dy, p) }

func (l Dropout) scale(x Batch, p *Pass) Batch {
	if !p.Train || l.Mask == nil {
		return x
	}
	y := NewBatch(x.N, x.Shape)
	for i, v := range x.V {
		y.V[i] = v * l.Mask[i]
	}
	return y
}

func (Dropout) Params() []*Param { return nil }
