package f32

import "fmt"

// Elementwise kernels. All slices of a call have dst's length or more; dst may
// be one of the operands, but must not overlap one at another offset.

// ReLU sets dst[i] = x[i], or 0 where x[i] < 0. NaN stays.
func ReLU(dst, x []float32) {
	vector("ReLU", reluOp, dst, x, dst, 0)
}

// ReLUGrad sets dx[i] = dy[i] where y[i] > 0 and 0 elsewhere; y is what ReLU
// returned.
func ReLUGrad(dx, dy, y []float32) {
	vector("ReLUGrad", reluGradOp, dx, dy, y, 0)
}

// Add sets dst[i] = a[i] + b[i].
func Add(dst, a, b []float32) {
	vector("Add", addOp, dst, a, b, 0)
}

// Mul sets dst[i] = a[i]·b[i].
func Mul(dst, a, b []float32) {
	vector("Mul", mulOp, dst, a, b, 0)
}

// AddScaled sets dst[i] += s·a[i].
func AddScaled(dst, a []float32, s float32) {
	vector("AddScaled", addScaledOp, dst, a, dst, s)
}

// Scale sets dst[i] *= s.
func Scale(dst []float32, s float32) {
	vector("Scale", scaleOp, dst, dst, dst, s)
}

// Fill sets dst[i] = s.
func Fill(dst []float32, s float32) {
	vector("Fill", fillOp, dst, dst, dst, s)
}

// vectorGrain is the number of values in one chunk of elementwise work: about
// five microseconds from the second-level cache. Shorter slices stay with the
// caller.
const vectorGrain = 32 << 10

// A vectorOp computes one range of an elementwise kernel.
type vectorOp func(dst, a, b []float32, s float32)

// A vectorJob runs a vectorOp over slices of the same length.
type vectorJob struct {
	op        vectorOp
	dst, a, b []float32
	s         float32
}

var vectorJobs freeList[vectorJob]

func vector(name string, op vectorOp, dst, a, b []float32, s float32) {
	n := len(dst)
	if len(a) < n || len(b) < n {
		panic(fmt.Sprintf("f32: %s: destination holds %d values, operands %d and %d", name, n, len(a), len(b)))
	}
	if n <= vectorGrain {
		op(dst, a[:n], b[:n], s)
		return
	}
	j := vectorJobs.get()
	*j = vectorJob{op: op, dst: dst, a: a, b: b, s: s}
	Parallel((n+vectorGrain-1)/vectorGrain, j)
	*j = vectorJob{}
	vectorJobs.put(j)
}

func (j *vectorJob) Do(chunk int) {
	lo := chunk * vectorGrain
	hi := min(lo+vectorGrain, len(j.dst))
	j.op(j.dst[lo:hi], j.a[lo:hi], j.b[lo:hi], j.s)
}
