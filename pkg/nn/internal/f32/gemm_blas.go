package f32

import (
	"crypto/sha256"
	"fmt"
	"sync"

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

// blasBits is a digest of what gonum returns for products that are large
// enough for its blocks and ragged enough for their edges.
var blasBits = sync.OnceValue(func() string {
	h := sha256.New()
	for _, p := range []product{{m: 67, n: 70, k: 133}, {m: 67, n: 70, k: 133, transA: true}, {m: 67, n: 70, k: 133, transB: true}} {
		p.c, p.a, p.b = make([]float32, p.m*p.n), make([]float32, p.m*p.k), make([]float32, p.n*p.k)
		for i := range p.a {
			p.a[i] = float32(i%61)/61 - 0.4
		}
		for i := range p.b {
			p.b[i] = float32(i%53)/53 - 0.6
		}
		sgemm(p)
		fmt.Fprintf(h, "%b", p.c)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:4])
})
