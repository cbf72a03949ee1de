package nn

import (
	"math"
	"math/rand/v2"

	"inkling/pkg/nn/internal/oracle"
)

// Softplus is log(1+eˣ) (Dugas et al. 2001).
type Softplus struct{}

var _ = ours(Softplus{})

func (Softplus) Receptive() Field { return Pointwise }
func (Softplus) WeightInit() Init { return He }

func (Softplus) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	return &pointwise{in: in, kind: "softplus", f: func(x float64) (float64, float64) {
		return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))), sigmoid(x)
	}}, in, nil
}

func (Softplus) Symbolic(g *Graph, _ Module) error {
	g.Add(Node{Op: "Softplus"})
	return nil
}

func (Softplus) oracle(_ Shape, _ Module, _, _ *oracle.Param) (oracle.Op, error) {
	return oracle.Pointwise{
		F:     func(x float64) float64 { return math.Log(1 + math.Exp(x)) },
		Slope: func(x float64) float64 { return math.Exp(x) / (1 + math.Exp(x)) },
	}, nil
}
