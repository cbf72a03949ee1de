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
	{"24-64_12k5", Conv{N: 128, C: 24, H: 12, W: 12, F: 64, KH: 5, KW: 5, Stride: 1}},
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

// gigabytes is measure for kernels whose limit is the memory they touch.
func gigabytes(b *testing.B, bytes int, f func()) {
	f()
	b.ReportAllocs()
	best := time.Duration(math.MaxInt64)
	for b.Loop() {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(bytes)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
	b.ReportMetric(float64(bytes)/best.Seconds()/1e9, "best-GB/s")
}

// BenchmarkVector runs over the activations of a layer (64×512) and of a
// convolution (128×32×28×28).
func BenchmarkVector(b *testing.B) {
	for _, n := range []int{64 * 512, 128 * 32 * 28 * 28} {
		r := newRand(1)
		dst, x, y := random(r, n), random(r, n), random(r, n)
		for _, k := range []struct {
			name   string
			slices int // read and written
			run    func()
		}{
			{"ReLU", 2, func() { ReLU(dst, x) }},
			{"ReLUGrad", 3, func() { ReLUGrad(dst, x, y) }},
			{"Add", 3, func() { Add(dst, x, y) }},
			{"Sum", 1, func() { Sum(x) }},
			{"SumSquares", 1, func() { SumSquares(x) }},
			{"AllFinite", 1, func() { AllFinite(x) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", k.name, n), func(b *testing.B) { gigabytes(b, 4*n*k.slices, k.run) })
		}
	}
	a, sums := random(newRand(1), 64*512), make([]float32, 512)
	b.Run("ColSums/64x512", func(b *testing.B) { gigabytes(b, 4*64*512, func() { ColSums(sums, a, 64, 512) }) })
	p := random(newRand(1), 64*10)
	out := make([]float32, len(p))
	b.Run("Softmax/64x10", func(b *testing.B) { gigabytes(b, 8*len(p), func() { SoftmaxRows(out, p, 64, 10) }) })
}

// BenchmarkUpdate runs over the 535,818 weights of 784-512-256-10.
func BenchmarkUpdate(b *testing.B) {
	const n = 784*512 + 512 + 512*256 + 256 + 256*10 + 10
	r := newRand(1)
	w, g, m, v := random(r, n), random(r, n), make([]float32, n), make([]float32, n)
	for _, k := range []struct {
		name   string
		slices int // read and written
		run    func()
	}{
		{"SGD", 3, func() { SGD(w, g, 1e-9, 1e-4) }},
		{"Momentum", 5, func() { Momentum(w, g, m, 1e-9, 0.9, 0, 1e-4, false) }},
		{"Adam", 7, func() {
			Adam(w, g, m, v, AdamParams{LR: 1e-9, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Correction1: 1, Correction2: 1})
		}},
		{"RMSProp", 5, func() { RMSProp(w, g, v, nil, nil, RMSPropParams{LR: 1e-9, Alpha: 0.99, Eps: 1e-8}) }},
		{"AdaGrad", 5, func() { AdaGrad(w, g, v, 1e-9, 1e-10, 0) }},
	} {
		b.Run(k.name, func(b *testing.B) { gigabytes(b, 4*n*k.slices, k.run) })
	}
}

// BenchmarkNorm and BenchmarkPool run over 128×32×28×28.
func BenchmarkNorm(b *testing.B) {
	const n, c, hw = 128, 32, 28 * 28
	r := newRand(1)
	x, y := random(r, n*c*hw), make([]float32, n*c*hw)
	mean, variance, invstd, gamma, beta := make([]float32, c), make([]float32, c), make([]float32, c), random(r, c), random(r, c)
	b.Run("Train", func(b *testing.B) {
		gigabytes(b, 12*len(x), func() { BatchNormTrain(y, x, mean, variance, invstd, gamma, beta, 1e-5, n, c, hw, true) })
	})
	b.Run("Forward", func(b *testing.B) {
		gigabytes(b, 8*len(x), func() { BatchNormForward(y, x, mean, invstd, gamma, beta, n, c, hw, true) })
	})
	b.Run("Backward", func(b *testing.B) {
		dgamma, dbeta, dy := make([]float32, c), make([]float32, c), random(r, len(x))
		gigabytes(b, 20*len(x), func() {
			BatchNormBackward(dy, dgamma, dbeta, dy, x, mean, invstd, gamma, beta, n, c, hw, true, false)
		})
	})
	b.Run("Features128x256", func(b *testing.B) {
		mean, variance, invstd := make([]float32, 256), make([]float32, 256), make([]float32, 256)
		gamma, beta := random(r, 256), random(r, 256)
		gigabytes(b, 4*4*128*256, func() { BatchNormTrain(y, x, mean, variance, invstd, gamma, beta, 1e-5, 128, 256, 1, true) })
	})
}

func BenchmarkPool(b *testing.B) {
	for _, s := range []Pool{{N: 128, C: 32, H: 28, W: 28, K: 2, Stride: 2}, {N: 128, C: 64, H: 14, W: 14, K: 2, Stride: 2}, {N: 64, C: 16, H: 26, W: 26, K: 2, Stride: 2}, {N: 64, C: 16, H: 26, W: 26, K: 3, Stride: 2, Pad: 1}} {
		r := newRand(1)
		x := random(r, s.N*s.C*s.H*s.W)
		y := make([]float32, s.N*s.C*s.OutH()*s.OutW())
		arg := make([]int32, len(y))
		name := fmt.Sprintf("%dx%dx%dx%d_k%d", s.N, s.C, s.H, s.W, s.K)
		b.Run("Max/"+name, func(b *testing.B) { gigabytes(b, 4*(len(x)+2*len(y)), func() { MaxPool(y, arg, x, s) }) })
		b.Run("MaxBackward/"+name, func(b *testing.B) {
			gigabytes(b, 4*(len(x)+2*len(y)), func() { MaxPoolBackward(x, y, arg, s) })
		})
		b.Run("Avg/"+name, func(b *testing.B) { gigabytes(b, 4*(len(x)+len(y)), func() { AvgPool(y, x, s) }) })
	}
}

// BenchmarkPeak measures what the other benchmarks are a share of: the rate of
// multiply-adds of one core, and with -cpu 2 of two.
func BenchmarkPeak(b *testing.B) {
	for _, p := range Peaks() {
		b.Run(p.Name, func(b *testing.B) { measure(b, p.FLOP(), p.Run) })
	}
}
