package f32

import "fmt"

// An Epilogue is what a product does to C while the values are still in
// registers: C = relu([C +] A·B + bias).
type Epilogue struct {
	Bias       []float32 // nil, or n values added to every row of C
	ReLU       bool      // negative values become zero; NaN stays
	Accumulate bool      // add to what C holds instead of overwriting it
}

// MatMul computes C[m×n] = A[m×k]·B[k×n].
func MatMul(c, a, b []float32, m, n, k int, e Epilogue) {
	matMul("MatMul", product{c: c, a: a, b: b, m: m, n: n, k: k, Epilogue: e})
}

// MatMulTB computes C[m×n] = A[m×k]·B[n×k]ᵀ: a Linear's forward, x·Wᵀ with W
// stored out×in.
func MatMulTB(c, a, b []float32, m, n, k int, e Epilogue) {
	matMul("MatMulTB", product{c: c, a: a, b: b, m: m, n: n, k: k, transB: true, Epilogue: e})
}

// MatMulTA computes C[m×n] = A[k×m]ᵀ·B[k×n]: a Linear's dW = dYᵀ·X.
func MatMulTA(c, a, b []float32, m, n, k int, e Epilogue) {
	matMul("MatMulTA", product{c: c, a: a, b: b, m: m, n: n, k: k, transA: true, Epilogue: e})
}

// A product is one matrix product, all matrices dense and row-major.
type product struct {
	c, a, b        []float32
	m, n, k        int
	transA, transB bool
	Epilogue
}

func matMul(name string, p product) {
	if p.m < 0 || p.n < 0 || p.k < 0 {
		panic(fmt.Sprintf("f32: %s: m, n, k = %d, %d, %d", name, p.m, p.n, p.k))
	}
	if len(p.c) < p.m*p.n || len(p.a) < p.m*p.k || len(p.b) < p.k*p.n {
		panic(fmt.Sprintf("f32: %s: c, a, b hold %d, %d, %d values, m, n, k = %d, %d, %d need %d, %d, %d", name,
			len(p.c), len(p.a), len(p.b), p.m, p.n, p.k, p.m*p.n, p.m*p.k, p.k*p.n))
	}
	if p.Bias != nil && len(p.Bias) < p.n {
		panic(fmt.Sprintf("f32: %s: bias holds %d values, n = %d", name, len(p.Bias), p.n))
	}
	if p.m == 0 || p.n == 0 {
		return
	}
	switch {
	case kernels.assembly() && p.k > 0:
		p.fast()
	case kernels == blas && p.k > 0:
		p.blas()
	default:
		p.generic()
	}
}
