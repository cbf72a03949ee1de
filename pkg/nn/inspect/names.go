package inspect

import (
	"fmt"
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

// kindOf is the name that package nn gives a layer: its type in lower case.
func kindOf(l nn.Layer) string {
	s := fmt.Sprintf("%T", l)
	return strings.ToLower(s[strings.LastIndexByte(s, '.')+1:])
}
