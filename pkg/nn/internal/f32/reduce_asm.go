//go:build (amd64 || arm64) && !purego

package f32

// Kernels over n values, a multiple of eight and at least eight.

//go:noescape
func sum8(x *float32, n int) float64

//go:noescape
func dot8(a, b *float32, n int) float64

//go:noescape
func maxAbsBits8(x *float32, n int) uint32

//go:noescape
func squareDeviations8(x *float32, n int, mean float64) float64

//go:noescape
func deviationDot8(dy, x *float32, n int, mean float64) (sum, dot float64)

func sumOp(a, _ []float32) (sum float64) {
	n := vectorLen(len(a))
	if n > 0 {
		sum = sum8(&a[0], n)
	}
	return sum + sumGeneric(a[n:])
}

func dotOp(a, b []float32) (sum float64) {
	n := vectorLen(len(a))
	if n > 0 {
		sum = dot8(&a[0], &b[0], n)
	}
	return sum + dotGeneric(a[n:], b[n:])
}

func maxAbsOp(a, _ []float32) float64 {
	var top uint32
	n := vectorLen(len(a))
	if n > 0 {
		top = maxAbsBits8(&a[0], n)
	}
	return float64(max(top, maxAbsBitsGeneric(a[n:])))
}

// squareDeviations returns Σ (x - mean)².
func squareDeviations(x []float32, mean float64) (sum float64) {
	n := vectorLen(len(x))
	if n > 0 {
		sum = squareDeviations8(&x[0], n, mean)
	}
	return sum + squareDeviationsGeneric(x[n:], mean)
}

// deviationDot returns Σ dy and Σ dy·(x - mean).
func deviationDot(dy, x []float32, mean float64) (sum, dot float64) {
	n := vectorLen(len(dy))
	if n > 0 {
		sum, dot = deviationDot8(&dy[0], &x[0], n, mean)
	}
	s, d := deviationDotGeneric(dy[n:], x[n:], mean)
	return sum + s, dot + d
}
