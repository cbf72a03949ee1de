//go:build amd64 && !purego

package f32

import (
	"fmt"
	"testing"
)

// TestVectorIsTiles: a product of one row has the bits that tiles give it, whatever
// its size and what is done at its end, and touches nothing beside it.
func TestVectorIsTiles(t *testing.T) {
	if !haveAVX2 {
		t.Skip("no AVX2")
	}
	shapes := [][2]int{{512, 784}, {32, 1}, {33, 3}, {63, 8}, {64, 513}, {100, 1601}, {256, 1030}, {32, 256}, {70, 512}, {33, 768}, {64, 1024}, {40, 2048}}
	r := newRand(5)
	for range 60 {
		shapes = append(shapes, [2]int{32 + r.IntN(200), 1 + r.IntN(1200)})
	}
	for _, impl := range implementations() {
		if !impl.assembly() {
			continue
		}
		restore := use(impl)
		for i, s := range shapes {
			n, k := s[0], s[1]
			for _, e := range epilogues {
				if e.Bias != nil {
					e.Bias = oddly(random(r, n), i%2 == 0, 4)
				}
				x, w := oddly(random(r, k), i%3 == 0, 1), oddly(random(r, n*k), i%5 == 0, 2)
				before := oddly(random(r, n), i%4 == 0, 3)
				got, check := guarded(n, i%16)
				copy(got, before)
				want := append([]float32(nil), before...)
				run := func(c []float32, f func(*gemm)) {
					g := new(gemm)
					g.plan(product{c: c, a: x, b: w, m: 1, n: n, k: k, transB: true, Epilogue: e})
					if !g.vector() {
						t.Fatalf("%d×%d: not a vector", n, k)
					}
					f(g)
				}
				run(want, (*gemm).run)
				run(got, (*gemm).runVector)
				what := fmt.Sprintf("%v: 1×%d×%d %s", impl, n, k, e.flags())
				for j := range want {
					if !sameBits(got[j], want[j]) {
						t.Fatalf("%s: value %d is %v, by tiles %v", what, j, got[j], want[j])
					}
				}
				check(t)
			}
		}
		restore()
	}
}
