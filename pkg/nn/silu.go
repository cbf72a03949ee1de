package nn

import (
	"math/rand/v2"

	"inkling/pkg/nn/internal/oracle"
)

// SiLU is x·σ(x) (Elfwing et al. 2018), also called swish.
type SiLU struct{}

var _ = ours(SiLU{})

func (SiLU) Receptive() Field { return Pointwise }
func (SiLU) WeightInit() Init { return He }

func (SiLU) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	return &pointwise{in: in, kind: "silu", f: func(x float64) (float64, float64) {
		s := sigmoid(x)
		return x * s, s * (1 + x*(1-s))
	}}, in, nil
}

func (SiLU) Symbolic(g *Graph, _ Module) error {
	g.Add(Node{Op: "Swish"})
	return nil
}

func (SiLU) oracle(_ Shape, _ Module, _, _ *oracle.Param) (oracle.Op, error) {
	return oracle.SiLU(), nil
}
