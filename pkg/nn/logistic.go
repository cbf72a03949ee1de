package nn

import (
	"math"
	"math/rand/v2"

	"inkling/pkg/nn/internal/oracle"
)

// Logistic is the sigmoid 1/(1+e⁻ˣ).
type Logistic struct{}

var _ = ours(Logistic{})

func (Logistic) Receptive() Field { return Pointwise }
func (Logistic) WeightInit() Init { return Xavier }

func (Logistic) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	return &pointwise{in: in, kind: "logistic", f: func(x float64) (float64, float64) {
		y := sigmoid(x)
		return y, y * (1 - y)
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

func (Logistic) Symbolic(g *Graph, _ Module) error {
	g.Add(Node{Op: "Sigmoid"})
	return nil
}

func (Logistic) oracle(_ Shape, _ Module, _, _ *oracle.Param) (oracle.Op, error) {
	return oracle.Logistic(), nil
}
