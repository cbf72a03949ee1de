package f32

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// measure runs f, of flop operations, and reports its rate on average and in the
// best call: on a shared machine only the latter says what the kernel can do.
func measure(b *testing.B, flop float64, f func()) {
	f()
	b.ReportAllocs()
	best := time.Duration(math.MaxInt64)
	for b.Loop() {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	b.ReportMetric(flop*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
	b.ReportMetric(flop/best.Seconds()/1e9, "best-GFLOP/s")
}

// gemmShapes are the products of 784-512-256-10 at batch 64 and 256, of the
// first dense layers behind a convolution, and of evaluation.
var gemmShapes = []struct {
	name    string
	layout  int
	m, n, k int
	e       Epilogue
}{
	{"b64/forward1", 1, 64, 512, 784, Epilogue{Bias: make([]float32, 512), ReLU: true}},
	{"b64/forward2", 1, 64, 256, 512, Epilogue{Bias: make([]float32, 256), ReLU: true}},
	{"b64/forward3", 1, 64, 10, 256, Epilogue{Bias: make([]float32, 10)}},
	{"b64/dW1", 2, 512, 784, 64, Epilogue{}},
	{"b64/dW2", 2, 256, 512, 64, Epilogue{}},
	{"b64/dW3", 2, 10, 256, 64, Epilogue{}},
	{"b64/dX2", 0, 64, 512, 256, Epilogue{}},
	{"b64/dX3", 0, 64, 256, 10, Epilogue{}},
	{"b256/forward1", 1, 256, 512, 784, Epilogue{Bias: make([]float32, 512), ReLU: true}},
	{"b256/forward2", 1, 256, 256, 512, Epilogue{Bias: make([]float32, 256), ReLU: true}},
	{"b256/dW1", 2, 512, 784, 256, Epilogue{}},
	{"b256/dW2", 2, 256, 512, 256, Epilogue{}},
	{"b256/dX2", 0, 256, 512, 256, Epilogue{}},
	{"fc10816/forward", 1, 64, 256, 10816, Epilogue{Bias: make([]float32, 256), ReLU: true}},
	{"fc10816/dW", 2, 256, 10816, 64, Epilogue{}},
	{"fc10816/dX", 0, 64, 10816, 256, Epilogue{}},
	{"fc2704/forward", 1, 64, 256, 2704, Epilogue{Bias: make([]float32, 256), ReLU: true}},
	{"fc2704/dW", 2, 256, 2704, 64, Epilogue{}},
	{"fc2704/dX", 0, 64, 2704, 256, Epilogue{}},
	{"eval10000/forward1", 1, 10000, 512, 784, Epilogue{Bias: make([]float32, 512), ReLU: true}},
	{"eval10000/forward3", 1, 10000, 10, 256, Epilogue{Bias: make([]float32, 10)}},
}

func BenchmarkMatMul(b *testing.B) {
	for _, s := range gemmShapes {
		b.Run(fmt.Sprintf("%s_%dx%dx%d", s.name, s.m, s.n, s.k), func(b *testing.B) {
			r := newRand(1)
			x, y, c := random(r, s.m*s.k), random(r, s.k*s.n), make([]float32, s.m*s.n)
			measure(b, 2*float64(s.m)*float64(s.n)*float64(s.k), func() {
				layouts[s.layout].run(c, x, y, s.m, s.n, s.k, s.e)
			})
		})
	}
}

var convShapes = []struct {
	name string
	s    Conv
}{
	{"1-16_28", Conv{N: 64, C: 1, H: 28, W: 28, F: 16, KH: 3, KW: 3, Stride: 1}},
	{"1-32_28p", Conv{N: 128, C: 1, H: 28, W: 28, F: 32, KH: 3, KW: 3, Stride: 1, Pad: 1}},
	{"32-32_28p", Conv{N: 128, C: 32, H: 28, W: 28, F: 32, KH: 3, KW: 3, Stride: 1, Pad: 1}},
	{"32-64_14p", Conv{N: 128, C: 32, H: 14, W: 14, F: 64, KH: 3, KW: 3, Stride: 1, Pad: 1}},
	{"64-64_14p", Conv{N: 128, C: 64, H: 14, W: 14, F: 64, KH: 3, KW: 3, Stride: 1, Pad: 1}},
	{"16-32_26", Conv{N: 64, C: 16, H: 26, W: 26, F: 32, KH: 3, KW: 3, Stride: 1}},
	{"1-24_28k5", Conv{N: 128, C: 1, H: 28, W: 28, F: 24, KH: 5, KW: 5, Stride: 1}},
	{"24-48_14k5", Conv{N: 128, C: 24, H: 14, W: 14, F: 48, KH: 5, KW: 5, Stride: 1}},
	{"24-48_12k5", Conv{N: 128, C: 24, H: 12, W: 12, F: 48, KH: 5, KW: 5, Stride: 1}},
	{"64-16_14k1", Conv{N: 128, C: 64, H: 14, W: 14, F: 16, KH: 1, KW: 1, Stride: 1}},
	{"32-64_28s2", Conv{N: 128, C: 32, H: 28, W: 28, F: 64, KH: 3, KW: 3, Stride: 2, Pad: 1}},
}

func BenchmarkConv(b *testing.B) {
	for _, c := range convShapes {
		s := c.s
		r := newRand(1)
		x, w, bias := random(r, s.N*s.C*s.H*s.W), random(r, s.F*s.C*s.KH*s.KW), random(r, s.F)
		y := random(r, s.N*s.F*s.OutH()*s.OutW())
		flop := 2 * float64(len(y)) * float64(s.C*s.KH*s.KW)
		b.Run(c.name+"/forward", func(b *testing.B) {
			out := make([]float32, len(y))
			measure(b, flop, func() { ConvForward(out, x, w, bias, s, true) })
		})
		b.Run(c.name+"/dX", func(b *testing.B) {
			dx := make([]float32, len(x))
			measure(b, flop, func() { ConvBackwardData(dx, y, w, s) })
		})
		b.Run(c.name+"/dW", func(b *testing.B) {
			dw, db := make([]float32, len(w)), make([]float32, s.F)
			measure(b, flop, func() { ConvBackwardWeights(dw, db, y, x, s) })
		})
	}
}
