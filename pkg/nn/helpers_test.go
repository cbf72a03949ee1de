package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x7e57)) }

// build is New for layers that are right.
func build(t testing.TB, seed uint64, in Shape, layers ...Layer) *Model {
	t.Helper()
	m, err := New(seed, in, layers...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// noise is n examples of standard normal values.
func noise(r *rand.Rand, n int, s Shape) *Tensor {
	x := NewTensor(n, s)
	for i := range x.Data {
		x.Data[i] = float32(r.NormFloat64())
	}
	return x
}

func randomLabels(r *rand.Rand, n, classes int) []uint16 {
	labels := make([]uint16, n)
	for i := range labels {
		labels[i] = uint16(r.IntN(min(classes, 256)))
	}
	return labels
}

// apart is ‖got − want‖/‖want‖.
func apart(got []float32, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var diff, size float64
	for i, w := range want {
		diff += (float64(got[i]) - w) * (float64(got[i]) - w)
		size += w * w
	}
	if diff == 0 {
		return 0
	}
	return math.Sqrt(diff / size)
}

// panics returns what f panics with, "" if it does not.
func panics(f func()) (message string) {
	defer func() {
		if v := recover(); v != nil {
			message = fmt.Sprint(v)
		}
	}()
	f()
	return ""
}
