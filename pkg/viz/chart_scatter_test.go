package viz

var _ = walked("scatter", func(v []float64) Figure {
	return Scatter{Title: "T", Series: []Series{{Name: "a", X: v, Y: v}}, Label: true}
})
