package inspect

import (
	"math"
	"math/rand/v2"
	"testing"

	"inkling/pkg/nn"
)

func build(t *testing.T, in nn.Shape, layers ...nn.Layer) *nn.Model {
	t.Helper()
	m, err := nn.New(3, in, layers...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func probe(t *testing.T, m *nn.Model) *Probe {
	t.Helper()
	p, err := New(m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// noise is a batch of n examples from N(0, 1).
func noise(n int, s nn.Shape, seed uint64) *nn.Tensor {
	r := rand.New(rand.NewPCG(seed, 99))
	x := nn.NewTensor(n, s)
	for i := range x.Data {
		x.Data[i] = float32(r.NormFloat64())
	}
	return x
}

// lived gives a model what only training brings: running statistics, gains and
// shifts that are not those of a new one.
func lived(t *testing.T, m *nn.Model) *nn.Model {
	t.Helper()
	r := rand.New(rand.NewPCG(8, 8))
	for step := range 20 {
		m.Forward(noise(16, m.In, uint64(step)), nn.Pass{Train: true, Step: step})
	}
	for _, q := range m.Params() {
		for i := range q.Data {
			q.Data[i] += 0.2 * float32(r.NormFloat64())
		}
	}
	return m
}

// everything has each kind of layer that is not the same in training.
func everything(t *testing.T) *nn.Model {
	return lived(t, build(t, nn.CHW(2, 9, 8),
		nn.Conv2D{Filters: 4, Kernel: 3, NoBias: true}, nn.BatchNorm{Eps: 0.01}, nn.Tanh{}, nn.Dropout{P: 0.5},
		nn.Bottleneck{Mid: 2, Out: 6, Stride: 2}, nn.Bottleneck{Mid: 2, Out: 6},
		nn.Residual{Body: []nn.Layer{nn.Conv2D{Filters: 6, Kernel: 3, Padding: 1}, nn.BatchNorm{}, nn.Dropout{P: 0.2}}},
		nn.ReLU{}, nn.AvgPool2D{Kernel: 2}, nn.Linear{Out: 7}, nn.BatchNorm{}, nn.SiLU{}, nn.Dropout{P: 0.3}, nn.Linear{Out: 5}, nn.Softmax{}))
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
	}()
	f()
}
