package f32

import (
	"fmt"
	"testing"
)

// gflops reports the rate of a benchmark whose iterations take flop operations.
func gflops(b *testing.B, flop float64) {
	b.ReportMetric(flop*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
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
			b.ReportAllocs()
			for b.Loop() {
				layouts[s.layout].run(c, x, y, s.m, s.n, s.k, s.e)
			}
			gflops(b, 2*float64(s.m)*float64(s.n)*float64(s.k))
		})
	}
}
