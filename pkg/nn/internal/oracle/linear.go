package oracle

// Linear is y[o] = B[o] + Σ_i W[o,i]·x[i]. B may be nil.
type Linear struct{ W, B *Param }

func (l Linear) Forward(x Batch, _ *Pass) Batch {
	in := x.Shape.Size()
	y := NewBatch(x.N, Shape{len(l.W.V) / in, 1, 1})
	for n := range x.N {
		xs, ys := x.example(n), y.example(n)
		for o := range ys {
			sum := dot(l.W.V[o*in:(o+1)*in], xs)
			if l.B != nil {
				sum += l.B.V[o]
			}
			ys[o] = sum
		}
	}
	return y
}

// dot is Σ a[i]·b[i] in four partial sums, which the processor adds side by side.
func dot(a, b []float64) float64 {
	var sum [4]float64
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		sum[0] += a[i] * b[i]
		sum[1] += a[i+1] * b[i+1]
		sum[2] += a[i+2] * b[i+2]
		sum[3] += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		sum[0] += a[i] * b[i]
	}
	return sum[0] + sum[1] + sum[2] + sum[3]
}

func (l Linear) Backward(x, dy Batch, _ *Pass) Batch {
	in := x.Shape.Size()
	dx := NewBatch(x.N, x.Shape)
	zero(l.Params())
	for n := range x.N {
		xs, dxs := x.example(n), dx.example(n)
		for o, d := range dy.example(n) {
			for i := range xs {
				l.W.Grad[o*in+i] += d * xs[i]
				dxs[i] += d * l.W.V[o*in+i]
			}
			if l.B != nil {
				l.B.Grad[o] += d
			}
		}
	}
	return dx
}

func (l Linear) Params() []*Param { return withBias(l.W, l.B) }

func withBias(w, b *Param) []*Param {
	if b == nil {
		return []*Param{w}
	}
	return []*Param{w, b}
}

// zero makes the gradients of ps zeros of the right length.
func zero(ps []*Param) {
	for _, p := range ps {
		if p.Grad == nil {
			p.Grad = make([]float64, len(p.V))
		}
		clear(p.Grad)
	}
}
