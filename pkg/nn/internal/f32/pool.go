package f32

import "fmt"

// A Pool describes square windows that slide over x of N×C×H×W.
type Pool struct {
	N, C, H, W     int
	K, Stride, Pad int // window, step, border on each side; Pad ≤ K/2
}

// OutH returns the number of window positions down the image.
func (s Pool) OutH() int { return (s.H+2*s.Pad-s.K)/s.Stride + 1 }

// OutW returns the number of window positions across the image.
func (s Pool) OutW() int { return (s.W+2*s.Pad-s.K)/s.Stride + 1 }

// MaxPool sets y of N×C×OutH×OutW to the largest value of each window, and arg
// to where it is: its flat index within its H×W plane. The first of equal
// values wins; NaN counts as the largest. Nothing is ever taken from the
// border. arg may be nil.
func MaxPool(y []float32, arg []int32, x []float32, s Pool) {
	s.check("MaxPool", y, x)
	if arg != nil {
		s.checkArg("MaxPool", arg)
	}
	s.run(poolJob{op: s.maxPoolOp(), out: y, in: x, arg: arg})
}

// MaxPoolBackward sends each dy to the dx it came from, by MaxPool's arg; the
// other dx are zero.
func MaxPoolBackward(dx, dy []float32, arg []int32, s Pool) {
	s.check("MaxPoolBackward", dy, dx)
	s.checkArg("MaxPoolBackward", arg)
	s.run(poolJob{op: s.maxPoolBackwardOp(), out: dx, in: dy, arg: arg})
}

// MaxPoolReLUBackward is MaxPoolBackward where x was the output of a ReLU, and
// the gradient of what that had as input: dy counts only where y, MaxPool's
// output, is positive. Done here, the mask covers a value for each window
// instead of all of x.
func MaxPoolReLUBackward(dx, dy, y []float32, arg []int32, s Pool) {
	s.check("MaxPoolReLUBackward", dy, dx)
	s.check("MaxPoolReLUBackward", y, dx)
	s.checkArg("MaxPoolReLUBackward", arg)
	s.run(poolJob{op: s.maxPoolBackwardOp(), out: dx, in: dy, arg: arg, mask: y})
}

// AvgPool sets y to the mean of each window. The border counts as zeros: the
// divisor is always K² (PyTorch's count_include_pad).
func AvgPool(y, x []float32, s Pool) {
	s.check("AvgPool", y, x)
	s.run(poolJob{op: avgPoolPlane, out: y, in: x})
}

// AvgPoolBackward shares each dy among the dx of its window.
func AvgPoolBackward(dx, dy []float32, s Pool) {
	s.check("AvgPoolBackward", dy, dx)
	s.run(poolJob{op: avgPoolBackwardPlane, out: dx, in: dy})
}

func (s Pool) check(name string, y, x []float32) {
	if s.N < 0 || s.C < 0 || s.K < 1 || s.Stride < 1 || s.Pad < 0 || 2*s.Pad > s.K || s.H+2*s.Pad < s.K || s.W+2*s.Pad < s.K {
		panic(fmt.Sprintf("f32: %s: no such pooling: %+v", name, s))
	}
	in, out := s.N*s.C*s.H*s.W, s.N*s.C*s.OutH()*s.OutW()
	if len(x) < in || len(y) < out {
		panic(fmt.Sprintf("f32: %s: input and output hold %d and %d values, %+v needs %d and %d", name, len(x), len(y), s, in, out))
	}
}

func (s Pool) checkArg(name string, arg []int32) {
	if out := s.N * s.C * s.OutH() * s.OutW(); len(arg) < out {
		panic(fmt.Sprintf("f32: %s: arg holds %d values, %+v needs %d", name, len(arg), s, out))
	}
}

// A poolJob does some planes in each chunk.
type poolJob struct {
	Pool
	op      func(j *poolJob, plane int)
	out, in []float32
	arg     []int32
	mask    []float32 // of in: only values beside a positive one count; nil for all
	planes  int       // in a chunk
}

var poolJobs freeList[poolJob]

func (s Pool) run(job poolJob) {
	j := poolJobs.get()
	*j = job
	j.Pool = s
	j.planes = max(1, vectorGrain/max(1, s.H*s.W))
	Parallel((s.N*s.C+j.planes-1)/j.planes, j)
	*j = poolJob{}
	poolJobs.put(j)
}

func (j *poolJob) Do(chunk int) {
	for plane := chunk * j.planes; plane < min((chunk+1)*j.planes, j.N*j.C); plane++ {
		j.op(j, plane)
	}
}

// window returns the part [lo, hi) of the o-th window that lies within size.
func (s *Pool) window(o, size int) (lo, hi int) {
	lo = o*s.Stride - s.Pad
	return max(lo, 0), min(lo+s.K, size)
}

func maxPoolPlane(j *poolJob, plane int) {
	x := j.in[plane*j.H*j.W : (plane+1)*j.H*j.W]
	at := plane * j.OutH() * j.OutW()
	for oh := range j.OutH() {
		top, bottom := j.window(oh, j.H)
		for ow := range j.OutW() {
			left, right := j.window(ow, j.W)
			index := top*j.W + left
			best := x[index]
			for ih := top; ih < bottom; ih++ {
				for iw := left; iw < right; iw++ {
					if v := x[ih*j.W+iw]; v > best || v != v {
						best, index = v, ih*j.W+iw
					}
				}
			}
			j.out[at] = best
			if j.arg != nil {
				j.arg[at] = int32(index)
			}
			at++
		}
	}
}

func maxPoolBackwardPlane(j *poolJob, plane int) {
	dx := j.out[plane*j.H*j.W : (plane+1)*j.H*j.W]
	clear(dx)
	out := j.OutH() * j.OutW()
	arg := j.arg[plane*out : (plane+1)*out]
	for i, v := range j.in[plane*out : (plane+1)*out] {
		if j.mask == nil || j.mask[plane*out+i] > 0 {
			dx[arg[i]] += v
		}
	}
}

func avgPoolPlane(j *poolJob, plane int) {
	x := j.in[plane*j.H*j.W : (plane+1)*j.H*j.W]
	oh, ow := j.OutH(), j.OutW()
	y := j.out[plane*oh*ow : (plane+1)*oh*ow]
	scale := 1 / float32(j.K*j.K)
	if j.K == 2 && j.Stride == 2 && j.Pad == 0 {
		for i := range oh {
			above, below := x[2*i*j.W:(2*i+1)*j.W], x[(2*i+1)*j.W:(2*i+2)*j.W]
			for k := range y[i*ow : (i+1)*ow] {
				y[i*ow+k] = (above[2*k] + above[2*k+1] + below[2*k] + below[2*k+1]) * scale
			}
		}
		return
	}
	at := 0
	for i := range oh {
		top, bottom := j.window(i, j.H)
		for k := range ow {
			left, right := j.window(k, j.W)
			var sum float32
			for ih := top; ih < bottom; ih++ {
				for _, v := range x[ih*j.W+left : ih*j.W+right] {
					sum += v
				}
			}
			y[at] = sum * scale
			at++
		}
	}
}

func avgPoolBackwardPlane(j *poolJob, plane int) {
	dx := j.out[plane*j.H*j.W : (plane+1)*j.H*j.W]
	clear(dx)
	at := plane * j.OutH() * j.OutW()
	scale := 1 / float32(j.K*j.K)
	for oh := range j.OutH() {
		top, bottom := j.window(oh, j.H)
		for ow := range j.OutW() {
			left, right := j.window(ow, j.W)
			v := float32(j.in[at] * scale)
			at++
			for ih := top; ih < bottom; ih++ {
				row := dx[ih*j.W+left : ih*j.W+right]
				for k := range row {
					row[k] += v
				}
			}
		}
	}
}
