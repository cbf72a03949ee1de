package oracle

// Conv is y[f,i,j] = B[f] + Σ_{c,p,q} W[f,c,p,q]·x[c, i·Stride+p−Pad, j·Stride+q−Pad]
// with x zero outside the image. B may be nil.
type Conv struct {
	W, B                    *Param
	Filters, K, Stride, Pad int
}

// pad returns x with l.Pad rows and columns of zeros around every image.
func (l Conv) pad(x Batch) Batch {
	wide := NewBatch(x.N, Shape{x.Shape.C, x.Shape.H + 2*l.Pad, x.Shape.W + 2*l.Pad})
	for n := range x.N {
		for c := range x.Shape.C {
			for h := range x.Shape.H {
				copy(wide.V[wide.index(n, c, h+l.Pad, l.Pad):], x.row(n, c, h))
			}
		}
	}
	return wide
}

// crop undoes pad.
func (l Conv) crop(wide Batch, s Shape) Batch {
	x := NewBatch(wide.N, s)
	for n := range x.N {
		for c := range s.C {
			for h := range s.H {
				copy(x.row(n, c, h), wide.V[wide.index(n, c, h+l.Pad, l.Pad):])
			}
		}
	}
	return x
}

// rows calls f for every row of outputs and every weight they are multiplied
// with: y[j] meets x[j·Stride].
func (l Conv) rows(wide, y Batch, f func(weight int, y, x []float64)) {
	for n := range y.N {
		for o := range y.Shape.C {
			for c := range wide.Shape.C {
				for p := range l.K {
					for q := range l.K {
						weight := ((o*wide.Shape.C+c)*l.K+p)*l.K + q
						for i := range y.Shape.H {
							f(weight, y.row(n, o, i), wide.row(n, c, i*l.Stride+p)[q:])
						}
					}
				}
			}
		}
	}
}

func (l Conv) Forward(x Batch, _ *Pass) Batch {
	y := NewBatch(x.N, slide(x.Shape, l.Filters, l.K, l.Stride, l.Pad))
	l.rows(l.pad(x), y, func(weight int, ys, xs []float64) {
		w := l.W.V[weight]
		for j := range ys {
			ys[j] += w * xs[j*l.Stride]
		}
	})
	if l.B != nil {
		plane := y.Shape.H * y.Shape.W
		for i := range y.V {
			y.V[i] += l.B.V[i/plane%l.Filters]
		}
	}
	return y
}

func (l Conv) Backward(x, dy Batch, _ *Pass) Batch {
	wide := l.pad(x)
	dwide := NewBatch(wide.N, wide.Shape)
	zero(l.Params())
	l.rows(wide, dy, func(weight int, dys, xs []float64) {
		for j, d := range dys {
			l.W.Grad[weight] += d * xs[j*l.Stride]
		}
	})
	l.rows(dwide, dy, func(weight int, dys, dxs []float64) {
		for j, d := range dys {
			dxs[j*l.Stride] += d * l.W.V[weight]
		}
	})
	if l.B != nil {
		plane := dy.Shape.H * dy.Shape.W
		for i, d := range dy.V {
			l.B.Grad[i/plane%l.Filters] += d
		}
	}
	return l.crop(dwide, x.Shape)
}

func (l Conv) Params() []*Param { return withBias(l.W, l.B) }

// slide is the shape of what a K×K window gives that slides over in.
func slide(in Shape, channels, k, stride, pad int) Shape {
	return Shape{channels, (in.H+2*pad-k)/stride + 1, (in.W+2*pad-k)/stride + 1}
}
