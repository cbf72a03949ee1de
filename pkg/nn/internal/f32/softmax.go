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
	if cols == 0 {
		return
	}
	p, x = p[:rows*cols], x[:rows*cols]
	for i := 0; i < len(x); i += cols {
		row := x[i : i+cols]
		top := row[0]
		for _, v := range row[1:] {
			if v > top || v != v {
				top = v
			}
		}
		for j, v := range row {
			p[i+j] = v - top
		}
	}
	exp(p)
	for i := 0; i < len(p); i += cols {
		row := p[i : i+cols]
		var sum float64
		for _, v := range row {
			sum += float64(v)
		}
		scale := float32(1 / sum)
		for j := range row {
			row[j] *= scale
		}
	}
}

// expGeneric sets x[i] = exp(x[i]).
func expGeneric(x []float32) {
	for i, v := range x {
		x[i] = float32(math.Exp(float64(v)))
	}
}
