package f32

import (
	"fmt"
	"math"
)

// Reductions sum in float64, chunk by chunk, and add the chunks in order, so a
// result does not depend on the number of workers.

// Sum returns Σ x[i].
func Sum(x []float32) float64 {
	return add(reduce(sumOp, x, x))
}

// SumSquares returns Σ x[i]².
func SumSquares(x []float32) float64 {
	return add(reduce(dotOp, x, x))
}

// Dot returns Σ a[i]·b[i].
func Dot(a, b []float32) float64 {
	if len(a) != len(b) {
		panic(fmt.Sprintf("f32: Dot: %d and %d values", len(a), len(b)))
	}
	return add(reduce(dotOp, a, b))
}

// MaxAbs returns the largest |x[i]|: 0 of nothing, NaN if any value is NaN.
func MaxAbs(x []float32) float64 {
	return float64(math.Float32frombits(maxAbsBits(x)))
}

// AllFinite reports whether x holds neither NaN nor an infinity.
func AllFinite(x []float32) bool {
	return maxAbsBits(x) < math.Float32bits(float32(math.Inf(1)))
}

// maxAbsBits returns the bits of the largest |x[i]|. Without their sign, floats
// order as their bits do, and NaN lies above infinity.
func maxAbsBits(x []float32) uint32 {
	j := reduce(maxAbsOp, x, x)
	var top float64
	for _, v := range j.parts {
		top = max(top, v)
	}
	reduceJobs.put(j)
	return uint32(top)
}

// add returns the sum of the parts, in order, and gives the job back.
func add(j *reduceJob) float64 {
	var sum float64
	for _, v := range j.parts {
		sum += v
	}
	reduceJobs.put(j)
	return sum
}

// reduceGrain is the number of values in one chunk of a reduction.
const reduceGrain = 16 << 10

// A reduceOp reduces one range to a part; a and b have the same length.
type reduceOp func(a, b []float32) float64

type reduceJob struct {
	op    reduceOp
	a, b  []float32
	parts []float64 // one for each chunk
}

var reduceJobs freeList[reduceJob]

// reduce computes the parts; the caller combines them and gives the job back.
func reduce(op reduceOp, a, b []float32) *reduceJob {
	chunks := (len(a) + reduceGrain - 1) / reduceGrain
	j := reduceJobs.get()
	if cap(j.parts) < chunks {
		j.parts = make([]float64, chunks)
	}
	j.op, j.a, j.b, j.parts = op, a, b, j.parts[:chunks]
	Parallel(chunks, j)
	j.a, j.b = nil, nil
	return j
}

func (j *reduceJob) Do(chunk int) {
	lo := chunk * reduceGrain
	hi := min(lo+reduceGrain, len(j.a))
	j.parts[chunk] = j.op(j.a[lo:hi], j.b[lo:hi])
}

// ColSums sets dst[j] = Σ_i a[i,j] for a of rows×cols: the gradient of a bias.
// It sums in float32, rows in order, as the products beside it do.
func ColSums(dst, a []float32, rows, cols int) {
	if len(dst) < cols || len(a) < rows*cols {
		panic(fmt.Sprintf("f32: ColSums: dst and a hold %d and %d values, rows×cols = %d×%d", len(dst), len(a), rows, cols))
	}
	dst = dst[:cols]
	clear(dst)
	for i := range rows {
		addOp(dst, dst, a[i*cols:(i+1)*cols], 0)
	}
}
