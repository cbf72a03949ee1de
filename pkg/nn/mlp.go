package nn

// MLP returns the layers of a multilayer perceptron: for each width in hidden
// a Linear followed by act, then a Linear to the classes. Hidden weights are
// drawn as act asks (see Activation): He for the ReLU family and for what does
// not ask, Xavier for Logistic and Tanh. Those of the output layer are Small.
// Dropout p > 0 follows every activation.
func MLP(hidden []int, act Layer, classes int, dropout float64) []Layer {
	init := He
	if a, ok := act.(Activation); ok {
		init = a.WeightInit()
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
