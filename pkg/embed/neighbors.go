package embed

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"inkling/pkg/internal/parallel"
)

// rowsOf checks that x holds whole rows of finite values and returns their number.
func rowsOf(who string, x []float32, dim int) (n int, err error) {
	if dim <= 0 || len(x)%dim != 0 {
		panic(fmt.Sprintf("embed: %s: %d values, want rows of %d", who, len(x), dim))
	}
	for i, v := range x {
		if !isFinite(float64(v)) {
			return 0, fmt.Errorf("embed: %s: row %d holds %g, want finite values", who, i/dim, v)
		}
	}
	return len(x) / dim, nil
}

// neighbors finds the k nearest rows of each of the n rows of x, itself left
// out. index and dist are as between gives them.
func neighbors(x []float32, n, dim, k int) (index []int32, dist []float32) {
	return between(x, n, x, n, dim, k, true)
}

// between finds, for each of the n rows of x, the k nearest of the m rows of y
// by squared Euclidean distance |a|² + |b|² − 2ab; apart leaves out the row of
// the same number. index and dist are n×k, nearest first; equal distances come
// in the order of their index. Rows should be centred: the formula loses what
// they have in common.
func between(x []float32, n int, y []float32, m, dim, k int, apart bool) (index []int32, dist []float32) {
	index, dist = make([]int32, n*k), make([]float32, n*k)
	normX, normY := norms(x, n, dim), norms(y, m, dim)
	const block = 128
	all := blas32.General{Rows: m, Cols: dim, Stride: dim, Data: y}
	parallel.Chunks(n, block, func(from, to int) {
		dots := blas32.General{Rows: to - from, Cols: m, Stride: m, Data: make([]float32, (to-from)*m)}
		rows := blas32.General{Rows: to - from, Cols: dim, Stride: dim, Data: x[from*dim : to*dim]}
		blas32.Gemm(blas.NoTrans, blas.Trans, 1, rows, all, 0, dots)
		for i := from; i < to; i++ {
			row := dots.Data[(i-from)*m : (i-from+1)*m]
			near := nearest{index: index[i*k : i*k : (i+1)*k], dist: dist[i*k : i*k : (i+1)*k]}
			for j, dot := range row {
				if !apart || j != i {
					near.offer(int32(j), max(normX[i]+normY[j]-2*dot, 0))
				}
			}
		}
	})
	return index, dist
}

// norms are the squared lengths of n rows.
func norms(x []float32, n, dim int) []float32 {
	norm := make([]float32, n)
	for i := range norm {
		s := 0.0
		for _, v := range x[i*dim : (i+1)*dim] {
			s += float64(v) * float64(v)
		}
		norm[i] = float32(s)
	}
	return norm
}

// nearest is a sorted list that never grows beyond its capacity.
type nearest struct {
	index []int32
	dist  []float32
}

func (s *nearest) offer(j int32, d float32) {
	n := len(s.dist)
	if n == cap(s.dist) {
		if n == 0 || d >= s.dist[n-1] {
			return
		}
		n--
	} else {
		s.index, s.dist = s.index[:n+1], s.dist[:n+1]
	}
	for ; n > 0 && s.dist[n-1] > d; n-- {
		s.index[n], s.dist[n] = s.index[n-1], s.dist[n-1]
	}
	s.index[n], s.dist[n] = j, d
}

// KNNAccuracy is the share of rows whose label is that of the majority of their
// k nearest other rows (leave-one-out); a tie goes to the nearest. x holds
// len(labels) rows of dim values: pixels, activations or an embedding.
func KNNAccuracy(x []float32, dim int, labels []uint16, k int) (float64, error) {
	n, err := rowsOf("k-NN", x, dim)
	if err != nil {
		return 0, err
	}
	if n != len(labels) || k < 1 {
		panic(fmt.Sprintf("embed: k-NN: %d rows, %d labels, k %d", n, len(labels), k))
	}
	if n < 2 {
		return math.NaN(), nil
	}
	k = min(k, n-1)
	index, _ := neighbors(centred(x, n, dim), n, dim, k)
	right := 0
	for i, l := range labels {
		var votes [256]int
		best := labels[index[i*k]]
		for _, j := range index[i*k : (i+1)*k] {
			votes[labels[j]]++
		}
		for _, j := range index[i*k : (i+1)*k] {
			if votes[labels[j]] > votes[best] {
				best = labels[j]
			}
		}
		if best == l {
			right++
		}
	}
	return float64(right) / float64(n), nil
}

// centred returns a copy of x with the mean of every column taken off.
func centred(x []float32, n, dim int) []float32 { return less(x, n, middleOf(x, n, dim)) }

// middleOf is the mean of every column.
func middleOf(x []float32, n, dim int) []float64 {
	mean := make([]float64, dim)
	for i := range n {
		for j, v := range x[i*dim : (i+1)*dim] {
			mean[j] += float64(v)
		}
	}
	for j := range mean {
		mean[j] /= float64(n)
	}
	return mean
}

// less returns a copy of n rows with middle taken off each.
func less(x []float32, n int, middle []float64) []float32 {
	dim := len(middle)
	out := make([]float32, len(x))
	for i := range n {
		for j := range dim {
			out[i*dim+j] = float32(float64(x[i*dim+j]) - middle[j])
		}
	}
	return out
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
