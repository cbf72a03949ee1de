package optim

import (
	"math"

	"inkling/pkg/nn"
	"inkling/pkg/nn/internal/f32"
)

// GradNorm is the Euclidean norm of all gradients together.
func GradNorm(params []*nn.Param) float64 {
	var sum float64
	for _, p := range params {
		sum += f32.SumSquares(p.Grad)
	}
	return math.Sqrt(sum)
}

// ClipGradNorm scales all gradients by the same factor so that their norm is
// at most limit, and returns the norm they had (Pascanu et al. 2013).
func ClipGradNorm(params []*nn.Param, limit float64) float64 {
	norm := GradNorm(params)
	if norm > limit {
		for _, p := range params {
			f32.Scale(p.Grad, float32(limit/norm))
		}
	}
	return norm
}

// ClipMaxNorm scales the incoming weights of every unit or filter, one row of
// a parameter of two or more dimensions, to a norm of at most limit
// (Srivastava et al. 2014, §5.1).
func ClipMaxNorm(params []*nn.Param, limit float64) {
	for _, p := range params {
		if len(p.Dims) < 2 {
			continue
		}
		width := len(p.Data) / p.Dims[0]
		for r := range p.Dims[0] {
			row := p.Data[r*width : (r+1)*width]
			if norm := math.Sqrt(f32.SumSquares(row)); norm > limit {
				f32.Scale(row, float32(limit/norm))
			}
		}
	}
}
