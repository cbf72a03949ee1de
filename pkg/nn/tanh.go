package nn

import (
	"math"
	"math/rand/v2"

	"inkling/pkg/nn/internal/oracle"
)

// Tanh is the hyperbolic tangent.
type Tanh struct{}

var _ = ours(Tanh{})

func (Tanh) Receptive() Field { return Pointwise }
func (Tanh) WeightInit() Init { return Xavier }

func (Tanh) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	return &pointwise{in: in, kind: "tanh", f: func(x float64) (float64, float64) {
		y := math.Tanh(x)
		return y, 1 - y*y
	}}, in, nil
}

func (Tanh) Symbolic(g *Graph, _ Module) error {
	g.Add(Node{Op: "Tanh"})
	return nil
}

func (Tanh) oracle(_ Shape, _ Module, _, _ *oracle.Param) (oracle.Op, error) {
	return oracle.Tanh(), nil
}
