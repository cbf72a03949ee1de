package nn

import (
	"math"
	"math/rand/v2"

	"inkling/pkg/nn/internal/oracle"
)

// GELU is x·Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016), exact.
type GELU struct{}

var _ = ours(GELU{})

func (GELU) Receptive() Field { return Pointwise }
func (GELU) WeightInit() Init { return He }

func (GELU) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	return &pointwise{in: in, kind: "gelu", f: func(x float64) (float64, float64) {
		cdf := 0.5 * math.Erfc(-x/math.Sqrt2)
		return x * cdf, cdf + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
	}}, in, nil
}

func (GELU) Symbolic(g *Graph, _ Module) error {
	g.Add(Node{Op: "Gelu"})
	return nil
}

func (GELU) oracle(_ Shape, _ Module, _, _ *oracle.Param) (oracle.Op, error) {
	return oracle.GELU(), nil
}
