package viz

var _ = walked("stems", func(v []float64) Figure {
	return Stems{Title: "T", X: "x", Y: "y", Series: []Series{{Name: "a", Y: v}}}
})
