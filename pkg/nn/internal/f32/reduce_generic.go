package f32

import "math"

func sumGeneric(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v)
	}
	return sum
}

func dotGeneric(a, b []float32) float64 {
	var sum float64
	for i, v := range a {
		sum += float64(float64(v) * float64(b[i])) // exact: 48 bits of 53
	}
	return sum
}

func maxAbsBitsGeneric(x []float32) uint32 {
	var top uint32
	for _, v := range x {
		top = max(top, math.Float32bits(v)&^(1<<31))
	}
	return top
}

// squareDeviationsGeneric returns Σ (x - mean)².
func squareDeviationsGeneric(x []float32, mean float64) float64 {
	var sum float64
	for _, v := range x {
		d := float64(v) - mean
		sum += float64(d * d)
	}
	return sum
}

// deviationDotGeneric returns Σ dy and Σ dy·(x - mean).
func deviationDotGeneric(dy, x []float32, mean float64) (sum, dot float64) {
	for i, v := range dy {
		sum += float64(v)
		dot += float64(float64(v) * (float64(x[i]) - mean))
	}
	return sum, dot
}
