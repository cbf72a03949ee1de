package f32

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// implementations lists what this machine can run; in short mode without gonum's
// products where there is assembly.
func implementations() []implementation {
	list := []implementation{generic}
	if assembly := haveAVX2 || haveNEON; !assembly || !testing.Short() {
		list = append(list, blas)
	}
	if haveAVX2 {
		list = append(list, avx2)
	}
	if haveAVX512 {
		list = append(list, avx512)
	}
	if haveNEON {
		list = append(list, neon)
	}
	return list
}

// forEach runs f as a subtest under each implementation.
func forEach(t *testing.T, f func(t *testing.T)) {
	for _, impl := range implementations() {
		t.Run(fmt.Sprint(impl), func(t *testing.T) {
			defer use(impl)()
			f(t)
		})
	}
}

// use switches to an implementation and returns how to switch back.
func use(impl implementation) (restore func()) {
	old := kernels
	kernels = impl
	return func() { kernels = old }
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

const (
	guard    = 24 // values beside a slice under test that must stay as they are
	guardBit = 0x7fc0dead
)

// guarded returns n values within a larger array, offset values after an
// arbitrary point of a cache line, and a check that the array around them is
// untouched.
func guarded(n, offset int) (x []float32, check func(testing.TB)) {
	all := make([]float32, guard+offset+n+guard)
	for i := range all {
		all[i] = math.Float32frombits(guardBit)
	}
	lo := guard + offset
	return all[lo : lo+n : lo+n], func(t testing.TB) {
		t.Helper()
		for i, v := range all {
			if (i < lo || i >= lo+n) && math.Float32bits(v) != guardBit {
				t.Fatalf("value %d relative to a slice of %d was overwritten", i-lo, n)
			}
		}
	}
}

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// sameBits reports equality that knows NaN.
func sameBits(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

// near fails unless got is close to want: within tol relative to the size of
// the terms that were summed.
func near(t testing.TB, what string, got []float32, want, size []float64, tol float64) {
	t.Helper()
	for i, w := range want {
		g := float64(got[i])
		if math.IsNaN(w) || math.IsInf(w, 0) {
			if !(g == w || math.IsNaN(g) && math.IsNaN(w)) {
				t.Fatalf("%s: value %d of %d is %v, want %v", what, i, len(want), g, w)
			}
			continue
		}
		if !(math.Abs(g-w) <= tol*(size[i]+1e-30)) {
			t.Fatalf("%s: value %d of %d is %v, want %v ± %.1g", what, i, len(want), g, w, tol*size[i])
		}
	}
}
