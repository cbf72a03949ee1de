package nn

// MLP returns the layers of a multilayer perceptron: for each width in hidden
// a Linear followed by act, then a Linear to the classes. Hidden weights get
// He initialization for the ReLU family and Xavier for the others, the output
// layer Small. Dropout p > 0 follows every activation.
func MLP(hidden []int, act Layer, classes int, dropout float64) []Layer {
	init := Xavier
	switch act.(type) {
	case ReLU, LeakyReLU, SiLU, GELU:
		init = He
	}
	var layers []Layer
	for _, n := range hidden {
		layers = append(layers, Linear{Out: n, Init: init}, act)
		if dropout > 0 {
			layers = append(layers, Dropout{P: dropout})
		}
	}
	return append(layers, Linear{Out: classes, Init: Small})
}
