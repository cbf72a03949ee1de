package nn

import (
	"math/rand/v2"

	"inkling/pkg/nn/internal/f32"
	"inkling/pkg/nn/internal/oracle"
)

// Softmax turns the values z of an example into probabilities, e^z / Σ e^z,
// over the whole example. For training prefer CrossEntropy, which has the
// softmax inside; this layer goes with ProbabilityCrossEntropy.
type Softmax struct{}

var _ = ours(Softmax{})

func (Softmax) Receptive() Field { return Field{} }

func (Softmax) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	return &softmax{in: in}, in, nil
}

type softmax struct {
	in Shape
	y  Tensor
}

func (m *softmax) Forward(x *Tensor, _ Pass) *Tensor {
	checkInput("softmax", x, m.in)
	m.y.Resize(x.N, m.in)
	f32.SoftmaxRows(m.y.Data, x.Data, x.N, m.in.Size())
	return &m.y
}

// Backward: dx = p ⊙ (dy − Σ dy·p), in place.
func (m *softmax) Backward(dy *Tensor, needDX bool) *Tensor {
	if !needDX {
		return nil
	}
	checkGrad("softmax", dy, m.y.N, m.in)
	for n := range dy.N {
		d, p := dy.Example(n), m.y.Example(n)
		dot := f32.Dot(d, p)
		for i := range d {
			d[i] = float32(float64(p[i]) * (float64(d[i]) - dot))
		}
	}
	return dy
}

// EndsInSoftmax reports whether the model gives probabilities; what enters its
// last layer are then the logits.
func (m *Model) EndsInSoftmax() bool {
	_, ok := m.Layers[len(m.Layers)-1].(Softmax)
	return ok
}

func (m *softmax) Params() []*Param { return nil }

func (m *softmax) Sizes() (pass, training int) { return m.in.Size(), 0 }

func (Softmax) Symbolic(g *Graph, _ Module) error {
	_, in, flat := g.Value()
	g.Flatten()
	g.Add(Node{Op: "Softmax", Attrs: []Attr{{"axis", -1}}})
	if !flat {
		g.Image(in)
	}
	return nil
}

func (Softmax) oracle(_ Shape, _ Module, _, _ *oracle.Param) (oracle.Op, error) {
	return oracle.Softmax{}, nil
}
