package inspect

import (
	"slices"
	"strings"

	"inkling/pkg/nn"
)

// layerOf is the number of the top-level layer in the name of a parameter or a
// state: "3" of "3.bottleneck.body.0.conv2d.W".
func layerOf(name string) string {
	n, _, _ := strings.Cut(name, ".")
	return n
}

// weighted are the numbers of the layers that have parameters, in order.
func weighted(m *nn.Model) (layers []string) {
	for _, q := range m.Params() {
		layers = append(layers, layerOf(q.Name))
	}
	return slices.Compact(layers)
}

// isNorm reports whether a parameter is one of batch normalization.
func isNorm(name string) bool {
	return strings.HasSuffix(name, ".gamma") || strings.HasSuffix(name, ".beta")
}
