package f32

import (
	"fmt"
	"math"
)

// SoftmaxRows sets each row of p to the softmax of the same row of x,
// p_j = exp(x_j - max x) / Σ exp(x_i - max x), both rows×cols. p may be x. The
// largest exponent is zero, so nothing overflows; a NaN in a row makes all of it
// NaN, and so does +Inf.
func SoftmaxRows(p, x []float32, rows, cols int) {
	if len(p) < rows*cols || len(x) < rows*cols {
		panic(fmt.Sprintf("f32: SoftmaxRows: p and x hold %d and %d values, rows×cols = %d×%d", len(p), len(x), rows, cols))
	}
	for i := range rows {
		softmaxGeneric(p[i*cols:(i+1)*cols], x[i*cols:(i+1)*cols])
	}
}

func softmaxGeneric(p, x []float32) {
	if len(x) == 0 {
		return
	}
	top := x[0]
	for _, v := range x[1:] {
		top = max(top, v) // NaN if either is
	}
	var sum float64
	for i, v := range x {
		e := math.Exp(float64(v - top))
		p[i] = float32(e)
		sum += e
	}
	scale := float32(1 / sum)
	for i := range p {
		p[i] *= scale
	}
}
