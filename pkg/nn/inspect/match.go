package inspect

import (
	"fmt"
	"math"
)

// Similarity is the cosine of the angle between two maps of h×w, the largest
// over shifts of one against the other by up to shift pixels each way: a kernel
// that stands one pixel further up finds the same strokes. What is shifted out
// is lost to the product and still counts in the length, so a shift has to pay.
func Similarity(a, b []float32, h, w, shift int) float64 {
	if len(a) != h*w || len(b) != h*w {
		panic(fmt.Sprintf("inspect: similarity: %d and %d values, want %d×%d", len(a), len(b), h, w))
	}
	best := math.Inf(-1)
	for dy := -shift; dy <= shift; dy++ {
		for dx := -shift; dx <= shift; dx++ {
			dot := 0.0
			for y := max(0, -dy); y < min(h, h-dy); y++ {
				for x := max(0, -dx); x < min(w, w-dx); x++ {
					dot += float64(a[y*w+x]) * float64(b[(y+dy)*w+x+dx])
				}
			}
			best = math.Max(best, dot)
		}
	}
	if size := norm(a) * norm(b); size > 0 {
		return best / size
	}
	return 0
}

// cosines are the similarities of each map of a with the one in the same place
// of b, without shifts: how far kernels have turned from where they started.
func cosines(a, b [][]float32) []float64 {
	if len(a) != len(b) {
		panic(fmt.Sprintf("inspect: cosines: %d maps beside %d", len(a), len(b)))
	}
	out := make([]float64, len(a))
	for i := range a {
		out[i] = Similarity(a[i], b[i], 1, len(a[i]), 0)
	}
	return out
}

// A Pairing gives every map of one network its counterpart in another.
type Pairing struct {
	Partner    []int     // of map i of the first, in the second
	Similarity []float64 // of each pair
}

// Pair matches the maps of two networks one to one so that the sum of their
// similarities is largest. Units have no order, so two networks can only be
// compared like this; and since even noise can be matched, a pairing means
// something only beside one of untrained networks.
func Pair(a, b [][]float32, h, w, shift int) Pairing {
	if len(a) != len(b) {
		panic(fmt.Sprintf("inspect: pair: %d maps beside %d", len(a), len(b)))
	}
	s := make([][]float64, len(a))
	for i := range a {
		s[i] = make([]float64, len(b))
		for j := range b {
			s[i][j] = Similarity(a[i], b[j], h, w, shift)
		}
	}
	p := Pairing{Partner: match(s)}
	for i, j := range p.Partner {
		p.Similarity = append(p.Similarity, s[i][j])
	}
	return p
}

// Pick returns maps in the order of index.
func Pick(maps [][]float32, index []int) [][]float32 {
	out := make([][]float32, len(index))
	for i, k := range index {
		out[i] = maps[k]
	}
	return out
}

// match assigns to every row of a square matrix a column of its own so that the
// sum of the chosen values is largest: the Hungarian method (Kuhn 1955) in the
// form with potentials and shortest augmenting paths, O(n³).
func match(value [][]float64) (column []int) {
	n := len(value)
	// Rows and columns count from 1; 0 is the row that looks for a column.
	u, v := make([]float64, n+1), make([]float64, n+1)
	row := make([]int, n+1) // that holds a column
	from := make([]int, n+1)
	for i := 1; i <= n; i++ {
		if len(value[i-1]) != n {
			panic(fmt.Sprintf("inspect: match: row %d has %d values, want %d", i-1, len(value[i-1]), n))
		}
		row[0] = i
		reach := make([]float64, n+1)
		done := make([]bool, n+1)
		for j := range reach {
			reach[j] = math.Inf(1)
		}
		at := 0
		for row[at] != 0 {
			done[at] = true
			next, delta := 0, math.Inf(1)
			for j := 1; j <= n; j++ {
				if done[j] {
					continue
				}
				cost := -value[row[at]-1][j-1] - u[row[at]] - v[j]
				if math.IsNaN(cost) || math.IsInf(cost, 0) {
					panic(fmt.Sprintf("inspect: match: value %g at %d, %d", value[row[at]-1][j-1], row[at]-1, j-1))
				}
				if cost < reach[j] {
					reach[j], from[j] = cost, at
				}
				if reach[j] < delta {
					next, delta = j, reach[j]
				}
			}
			for j := 0; j <= n; j++ {
				if done[j] {
					u[row[j]] += delta
					v[j] -= delta
				} else {
					reach[j] -= delta
				}
			}
			at = next
		}
		for at != 0 {
			row[at] = row[from[at]]
			at = from[at]
		}
	}
	column = make([]int, n)
	for j := 1; j <= n; j++ {
		column[row[j]-1] = j - 1
	}
	return column
}
