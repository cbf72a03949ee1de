//go:build (!amd64 && !arm64) || purego

package f32

func sgdOp(k *coefficients, w, g, _, _, _ []float32)         { sgdGeneric(k, w, g) }
func momentumOp(k *coefficients, w, g, v, _, _ []float32)    { momentumGeneric(k, w, g, v) }
func nesterovOp(k *coefficients, w, g, v, _, _ []float32)    { nesterovGeneric(k, w, g, v) }
func adamOp(k *coefficients, w, g, m, v, _ []float32)        { adamGeneric(k, w, g, m, v) }
func rmsPropOp(k *coefficients, w, g, v, avg, buf []float32) { rmsPropGeneric(k, w, g, v, avg, buf) }
func adaGradOp(k *coefficients, w, g, sum, _, _ []float32)   { adaGradGeneric(k, w, g, sum) }
func emaOp(k *coefficients, avg, w, _, _, _ []float32)       { emaGeneric(k, avg, w) }
