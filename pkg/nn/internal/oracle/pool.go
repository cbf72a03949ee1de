package oracle

import "math"

// MaxPool is the largest value of each K×K window; the border counts as −∞, and
// the first of equal values, row by row, gets the gradient.
type MaxPool struct{ K, Stride, Pad int }

// AvgPool is the sum of each K×K window over K²; the border counts as 0.
type AvgPool struct{ K, Stride, Pad int }

// GlobalAvgPool is the mean of each channel.
type GlobalAvgPool struct{}

// windows calls f for every output with the inputs of its window, which are
// valid during the call.
func windows(x, y Batch, k, stride, pad int, f func(y int, window []int)) {
	window := make([]int, 0, k*k)
	for n := range x.N {
		for c := range x.Shape.C {
			for i := range y.Shape.H {
				for j := range y.Shape.W {
					window = window[:0]
					for p := range k {
						for q := range k {
							row, col := i*stride+p-pad, j*stride+q-pad
							if row >= 0 && row < x.Shape.H && col >= 0 && col < x.Shape.W {
								window = append(window, x.index(n, c, row, col))
							}
						}
					}
					f(y.index(n, c, i, j), window)
				}
			}
		}
	}
}

func largest(x Batch, window []int) int {
	best, at := math.Inf(-1), window[0]
	for _, i := range window {
		if x.V[i] > best {
			best, at = x.V[i], i
		}
	}
	return at
}

func (l MaxPool) Forward(x Batch, p *Pass) Batch {
	y := NewBatch(x.N, slide(x.Shape, x.Shape.C, l.K, l.Stride, l.Pad))
	windows(x, y, l.K, l.Stride, l.Pad, func(yi int, window []int) {
		at := largest(x, window)
		p.side(at)
		y.V[yi] = x.V[at]
	})
	return y
}

func (l MaxPool) Backward(x, dy Batch, _ *Pass) Batch {
	dx := NewBatch(x.N, x.Shape)
	windows(x, dy, l.K, l.Stride, l.Pad, func(yi int, window []int) { dx.V[largest(x, window)] += dy.V[yi] })
	return dx
}

func (l AvgPool) Forward(x Batch, _ *Pass) Batch {
	y := NewBatch(x.N, slide(x.Shape, x.Shape.C, l.K, l.Stride, l.Pad))
	windows(x, y, l.K, l.Stride, l.Pad, func(yi int, window []int) {
		for _, i := range window {
			y.V[yi] += x.V[i] / float64(l.K*l.K)
		}
	})
	return y
}

func (l AvgPool) Backward(x, dy Batch, _ *Pass) Batch {
	dx := NewBatch(x.N, x.Shape)
	windows(x, dy, l.K, l.Stride, l.Pad, func(yi int, window []int) {
		for _, i := range window {
			dx.V[i] += dy.V[yi] / float64(l.K*l.K)
		}
	})
	return dx
}

func (GlobalAvgPool) Forward(x Batch, _ *Pass) Batch {
	y := NewBatch(x.N, Shape{x.Shape.C, 1, 1})
	plane := x.Shape.H * x.Shape.W
	for i, v := range x.V {
		y.V[i/plane] += v / float64(plane)
	}
	return y
}

func (GlobalAvgPool) Backward(x, dy Batch, _ *Pass) Batch {
	dx := NewBatch(x.N, x.Shape)
	plane := x.Shape.H * x.Shape.W
	for i := range dx.V {
		dx.V[i] = dy.V[i/plane] / float64(plane)
	}
	return dx
}

func (MaxPool) Params() []*Param       { return nil }
func (AvgPool) Params() []*Param       { return nil }
func (GlobalAvgPool) Params() []*Param { return nil }
