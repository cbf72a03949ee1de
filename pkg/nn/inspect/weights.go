package inspect

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"inkling/pkg/nn"
)

// Maps cuts weights into what they are seen as, sharing memory: the k×k kernels
// of a Conv2D, filter by filter and within one channel by channel, or the rows
// of a Linear, one for each unit.
func Maps(w *nn.Param) (maps [][]float32) {
	size := w.Len() / w.Dims[0]
	if len(w.Dims) == 4 {
		size = w.Dims[2] * w.Dims[3]
	}
	for at := 0; at < len(w.Data); at += size {
		maps = append(maps, w.Data[at:at+size:at+size])
	}
	return maps
}

// Columns are the outgoing weights of every input of a Linear: what the layer
// above makes of each unit below.
func Columns(w *nn.Param) [][]float32 {
	if len(w.Dims) != 2 {
		panic(fmt.Sprintf("inspect: columns of weights of %v, want those of a Linear", w.Dims))
	}
	out, in := w.Dims[0], w.Dims[1]
	cols := make([][]float32, in)
	for j := range cols {
		for i := range out {
			cols[j] = append(cols[j], w.Data[i*in+j])
		}
	}
	return cols
}

// norm is the Euclidean length of v.
func norm(v []float32) float64 {
	s := 0.0
	for _, x := range v {
		s += float64(x) * float64(x)
	}
	return math.Sqrt(s)
}

// Norms are those of several arrays.
func Norms(vs [][]float32) []float64 {
	out := make([]float64, len(vs))
	for i, v := range vs {
		out[i] = norm(v)
	}
	return out
}

// Unit returns copies of maps scaled to length 1, so that strong and weak ones
// can be seen on one scale. One that is all zero stays so.
func Unit(maps [][]float32) [][]float32 {
	out := make([][]float32, len(maps))
	for k, m := range maps {
		scale := 1 / math.Max(norm(m), 1e-30)
		out[k] = make([]float32, len(m))
		for i, v := range m {
			out[k][i] = float32(scale * float64(v))
		}
	}
	return out
}

// totalVariation is how rough a map of h×w is: the sum of the differences
// between neighbours, right and below, over the sum of the magnitudes. It does
// not change with the scale of the map. Independent Gaussian values have 2√2,
// strokes of a few pixels less than half of that. The outer rows and columns,
// border of them, are left out: weights of pixels that never see ink keep their
// initial noise. NaN if there is nothing but zeros.
func totalVariation(m []float32, h, w, border int) float64 {
	if len(m) != h*w {
		panic(fmt.Sprintf("inspect: total variation: %d values, want %d×%d", len(m), h, w))
	}
	var differences, size, pairs, values float64
	for y := border; y < h-border; y++ {
		for x := border; x < w-border; x++ {
			v := float64(m[y*w+x])
			size, values = size+math.Abs(v), values+1
			if x+1 < w-border {
				differences, pairs = differences+math.Abs(v-float64(m[y*w+x+1])), pairs+1
			}
			if y+1 < h-border {
				differences, pairs = differences+math.Abs(v-float64(m[(y+1)*w+x])), pairs+1
			}
		}
	}
	return 2 * (differences / pairs) / (size / values)
}

// TotalVariations are those of several maps.
func TotalVariations(maps [][]float32, h, w, border int) []float64 {
	out := make([]float64, len(maps))
	for i, m := range maps {
		out[i] = totalVariation(m, h, w, border)
	}
	return out
}

// Average is the mean of those values that are finite; NaN if there are none.
func Average(v []float64) float64 {
	sum, n := 0.0, 0.0
	for _, x := range v {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			sum, n = sum+x, n+1
		}
	}
	return sum / n
}

// Largest returns the places of the n largest values, the largest first; NaN is
// smaller than all, and of equals the first one comes first.
func Largest(v []float64, n int) []int {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(v[j], v[i]) })
	return order[:min(n, len(order))]
}

// Correlation is Pearson's coefficient of two rows of numbers; pairs with NaN
// are left out.
func Correlation(a, b []float64) float64 {
	if len(a) != len(b) {
		panic(fmt.Sprintf("inspect: correlation: %d values beside %d", len(a), len(b)))
	}
	var x, y []float64
	for i := range a {
		if !math.IsNaN(a[i]) && !math.IsNaN(b[i]) {
			x, y = append(x, a[i]), append(y, b[i])
		}
	}
	return correlation(x, y)
}
