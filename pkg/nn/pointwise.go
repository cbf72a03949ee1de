package nn

import (
	"inkling/pkg/nn/internal/f32"
)

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
