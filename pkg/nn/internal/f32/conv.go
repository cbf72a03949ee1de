package f32

import "fmt"

// A Conv describes a convolution (cross-correlation, as everywhere in neural
// networks): x of N×C×H×W, weights of F×C×KH×KW, y of N×F×OutH×OutW.
//
//	y[n,f,i,j] = bias[f] + Σ_{c,p,q} w[f,c,p,q] · x[n, c, i·Stride+p-Pad, j·Stride+q-Pad]
//
// where x is zero outside the image.
type Conv struct {
	N, C, H, W  int
	F, KH, KW   int
	Stride, Pad int
}

// OutH returns the height of the result.
func (s Conv) OutH() int { return (s.H+2*s.Pad-s.KH)/s.Stride + 1 }

// OutW returns the width of the result.
func (s Conv) OutW() int { return (s.W+2*s.Pad-s.KW)/s.Stride + 1 }

// work returns the multiplications of one image.
func (s *Conv) work() int { return s.F * s.OutH() * s.OutW() * s.C * s.KH * s.KW }

// ConvForward computes y from x, w and bias (F values, or nil), and ReLU of it
// if relu.
func ConvForward(y, x, w, bias []float32, s Conv, relu bool) {
	s.check("ConvForward", y, x, w)
	if bias != nil && len(bias) < s.F {
		panic(fmt.Sprintf("f32: ConvForward: bias holds %d values, F = %d", len(bias), s.F))
	}
	c := convolutions.get()
	defer c.release()
	c.Conv, c.y, c.x, c.w, c.bias, c.relu = s, y, x, w, bias, relu
	switch {
	case kernels.assembly():
		c.forwardFast()
	case kernels == blas:
		c.run(s.N, forwardBLAS)
	default:
		c.run(s.N, forwardGeneric)
	}
}

// ConvBackwardData computes the gradient of x,
//
//	dx[n,c,i·Stride+p-Pad,j·Stride+q-Pad] = Σ_{f,p,q} w[f,c,p,q] · dy[n,f,i,j]
func ConvBackwardData(dx, dy, w []float32, s Conv) {
	s.check("ConvBackwardData", dy, dx, w)
	c := convolutions.get()
	defer c.release()
	c.Conv, c.y, c.x, c.w = s, dy, dx, w
	switch {
	case kernels.assembly():
		c.backwardDataFast()
	case kernels == blas:
		c.run(s.N, backwardDataBLAS)
	default:
		c.run(s.N, backwardDataGeneric)
	}
}

// ConvBackwardWeights computes the gradients of the weights and, unless db is
// nil, of the bias:
//
//	dw[f,c,p,q] = Σ_{n,i,j} dy[n,f,i,j] · x[n, c, i·Stride+p-Pad, j·Stride+q-Pad]
//	db[f]       = Σ_{n,i,j} dy[n,f,i,j]
func ConvBackwardWeights(dw, db, dy, x []float32, s Conv) {
	s.check("ConvBackwardWeights", dy, x, dw)
	if db != nil && len(db) < s.F {
		panic(fmt.Sprintf("f32: ConvBackwardWeights: db holds %d values, F = %d", len(db), s.F))
	}
	c := convolutions.get()
	defer c.release()
	c.Conv, c.y, c.x, c.w, c.bias = s, dy, x, dw, db
	switch {
	case kernels.assembly():
		c.backwardWeightsFast()
	case kernels == blas:
		c.backwardWeightsBLAS()
	default:
		c.run(s.F, backwardWeightsGeneric)
	}
}

func (s Conv) check(name string, y, x, w []float32) {
	if s.N < 0 || s.C < 1 || s.F < 1 || s.KH < 1 || s.KW < 1 || s.Stride < 1 || s.Pad < 0 ||
		s.H < 1 || s.W < 1 || s.H+2*s.Pad < s.KH || s.W+2*s.Pad < s.KW {
		panic(fmt.Sprintf("f32: %s: no such convolution: %+v", name, s))
	}
	if size := max(s.C, s.F) * (s.H + 2*s.Pad + s.KH) * (s.W + 2*s.Pad + s.KW); size >= 1<<29 {
		panic(fmt.Sprintf("f32: %s: an image of %+v holds %d values, at most %d fit the tables", name, s, size, 1<<29))
	}
	nx, ny, nw := s.N*s.C*s.H*s.W, s.N*s.F*s.OutH()*s.OutW(), s.F*s.C*s.KH*s.KW
	if len(x) < nx || len(y) < ny || len(w) < nw {
		panic(fmt.Sprintf("f32: %s: input, output and weights hold %d, %d, %d values, %+v needs %d, %d, %d",
			name, len(x), len(y), len(w), s, nx, ny, nw))
	}
}

// A convolution is one call at work; its chunks are images unless op says
// otherwise. For the backward passes y, x, w and bias hold the gradients of
// these names where they are results.
type convolution struct {
	Conv
	op            func(c *convolution, chunk int)
	y, x, w, bias []float32
	relu          bool
	parts         buffer // partial sums of dw
	fast          fastConv
}

var convolutions freeList[convolution]

func (c *convolution) run(chunks int, op func(*convolution, int)) {
	c.op = op
	Parallel(chunks, c)
}

func (c *convolution) Do(chunk int) { c.op(c, chunk) }

func (c *convolution) release() {
	c.y, c.x, c.w, c.bias = nil, nil, nil, nil
	convolutions.put(c)
}

// image returns the n-th image of s, which holds size values for each.
func image(s []float32, n, size int) []float32 { return s[n*size : (n+1)*size] }

// span returns the outputs [lo, hi), of out in all, for which the tap at offset
// k meets the image of the given size.
func (s *Conv) span(k, size, out int) (lo, hi int) {
	lo = (max(0, s.Pad-k) + s.Stride - 1) / s.Stride
	last := size - 1 + s.Pad - k
	if last < 0 {
		return 0, 0
	}
	return lo, min(out, last/s.Stride+1)
}
