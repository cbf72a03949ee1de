//go:build (!amd64 && !arm64) || purego

package f32

func reluOp(dst, x, _ []float32, _ float32)      { reluGeneric(dst, x) }
func reluGradOp(dx, dy, y []float32, _ float32)  { reluGradGeneric(dx, dy, y) }
func addOp(dst, a, b []float32, _ float32)       { addGeneric(dst, a, b) }
func mulOp(dst, a, b []float32, _ float32)       { mulGeneric(dst, a, b) }
func addScaledOp(dst, a, _ []float32, s float32) { addScaledGeneric(dst, a, s) }
func scaleOp(dst, _, _ []float32, s float32)     { scaleGeneric(dst, s) }
func fillOp(dst, _, _ []float32, s float32)      { fillGeneric(dst, s) }

func affine(y, x []float32, mean, scale, shift float32, relu bool) {
	affineGeneric(y, x, mean, scale, shift, relu)
}

func affineGrad(dx, dy, x []float32, mean, p, q, r float32) {
	affineGradGeneric(dx, dy, x, mean, p, q, r)
}

func sumOp(a, _ []float32) float64    { return sumGeneric(a) }
func dotOp(a, b []float32) float64    { return dotGeneric(a, b) }
func maxAbsOp(a, _ []float32) float64 { return float64(maxAbsBitsGeneric(a)) }

func squareDeviations(x []float32, mean float64) float64 { return squareDeviationsGeneric(x, mean) }

func deviationDot(dy, x []float32, mean float64) (sum, dot float64) {
	return deviationDotGeneric(dy, x, mean)
}

func exp(x []float32) { expGeneric(x) }
