//go:build amd64 && !purego

package f32

// Kernels over n values, a multiple of eight and at least eight.

//go:noescape
func sumAVX2(x *float32, n int) float64

//go:noescape
func dotAVX2(a, b *float32, n int) float64

//go:noescape
func maxAbsBitsAVX2(x *float32, n int) uint32

//go:noescape
func squareDeviationsAVX2(x *float32, n int, mean float64) float64

//go:noescape
func deviationDotAVX2(dy, x *float32, n int, mean float64) (sum, dot float64)

func sumOp(a, _ []float32) (sum float64) {
	n := vectorLen(len(a))
	if n > 0 {
		sum = sumAVX2(&a[0], n)
	}
	return sum + sumGeneric(a[n:])
}

func dotOp(a, b []float32) (sum float64) {
	n := vectorLen(len(a))
	if n > 0 {
		sum = dotAVX2(&a[0], &b[0], n)
	}
	return sum + dotGeneric(a[n:], b[n:])
}

func maxAbsOp(a, _ []float32) float64 {
	var top uint32
	n := vectorLen(len(a))
	if n > 0 {
		top = maxAbsBitsAVX2(&a[0], n)
	}
	return float64(max(top, maxAbsBitsGeneric(a[n:])))
}

// squareDeviations returns Σ (x - mean)².
func squareDeviations(x []float32, mean float64) (sum float64) {
	n := vectorLen(len(x))
	if n > 0 {
		sum = squareDeviationsAVX2(&x[0], n, mean)
	}
	return sum + squareDeviationsGeneric(x[n:], mean)
}

// deviationDot returns Σ dy and Σ dy·(x - mean).
func deviationDot(dy, x []float32, mean float64) (sum, dot float64) {
	n := vectorLen(len(dy))
	if n > 0 {
		sum, dot = deviationDotAVX2(&dy[0], &x[0], n, mean)
	}
	s, d := deviationDotGeneric(dy[n:], x[n:], mean)
	return sum + s, dot + d
}
