package nn

import (
	"fmt"
	"math/rand/v2"

	"inkling/pkg/nn/internal/oracle"
)

// LeakyReLU is x for x > 0 and Slope·x otherwise; Slope 0 means 0.01.
type LeakyReLU struct {
	Slope float64 `json:"slope,omitempty"`
}

var _ = ours(LeakyReLU{})

func (LeakyReLU) Receptive() Field { return Pointwise }
func (LeakyReLU) WeightInit() Init { return He }

func (l LeakyReLU) Build(in Shape, _ *rand.Rand) (Module, Shape, error) {
	slope := l.Slope
	if slope == 0 {
		slope = 0.01
	}
	if !(slope > 0 && slope < 1) {
		return nil, Shape{}, fmt.Errorf("Slope %v, want 0 < Slope < 1", l.Slope)
	}
	return &pointwise{in: in, kind: "leakyrelu", f: func(x float64) (float64, float64) {
		if x > 0 {
			return x, 1
		}
		return slope * x, slope
	}}, in, nil
}

func (l LeakyReLU) Symbolic(g *Graph, _ Module) error {
	g.Add(Node{Op: "LeakyRelu", Attrs: []Attr{{"alpha", orElse(l.Slope, 0.01)}}})
	return nil
}

func (l LeakyReLU) oracle(_ Shape, _ Module, _, _ *oracle.Param) (oracle.Op, error) {
	return oracle.LeakyReLU(orElse(l.Slope, 0.01)), nil
}
