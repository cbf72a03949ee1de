package f32

import (
	gblas "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// blas leaves the product to gonum, which skips zeros of A: a NaN in B that
// meets nothing but zeros is lost there.
func (p product) blas() {
	sgemm(p)
	if p.Bias == nil && !p.ReLU {
		return
	}
	for i := range p.m {
		p.finish(p.c[i*p.n : (i+1)*p.n])
	}
}

func sgemm(p product) {
	transA, lda := gblas.NoTrans, p.k
	if p.transA {
		transA, lda = gblas.Trans, p.m
	}
	transB, ldb := gblas.NoTrans, p.n
	if p.transB {
		transB, ldb = gblas.Trans, p.k
	}
	var beta float32
	if p.Accumulate {
		beta = 1
	}
	gonum.Implementation{}.Sgemm(transA, transB, p.m, p.n, p.k, 1, p.a, max(1, lda), p.b, max(1, ldb), beta, p.c, p.n)
}
