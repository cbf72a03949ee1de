package onnx

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"inkling/pkg/nn"
)

// networks have every layer that computes something at evaluation.
var networks = []struct {
	in     nn.Shape
	layers []nn.Layer
}{
	{nn.CHW(1, 6, 5), []nn.Layer{nn.Linear{Out: 8}, nn.ReLU{}, nn.Dropout{P: 0.5}, nn.Linear{Out: 4, NoBias: true}}},
	{nn.Vec(7), []nn.Layer{nn.Linear{Out: 6}, nn.BatchNorm{}, nn.Tanh{}, nn.Linear{Out: 3}, nn.Softmax{}}},
	{nn.CHW(2, 9, 8), []nn.Layer{nn.Conv2D{Filters: 4, Kernel: 3, Padding: 1, NoBias: true}, nn.BatchNorm{Eps: 0.01}, nn.ReLU{}, nn.MaxPool2D{Kernel: 3, Stride: 2, Padding: 1},
		nn.Conv2D{Filters: 5, Kernel: 2, Stride: 2}, nn.LeakyReLU{Slope: 0.3}, nn.AvgPool2D{Kernel: 2, Stride: 1, Padding: 1}, nn.Flatten{}, nn.Linear{Out: 4}}},
	{nn.CHW(3, 5, 5), []nn.Layer{nn.Conv2D{Filters: 4, Kernel: 3}, nn.GELU{}, nn.SiLU{}, nn.Conv2D{Filters: 2, Kernel: 1}, nn.Logistic{}, nn.GELU{}, nn.GlobalAvgPool{}, nn.BatchNorm{}, nn.GELU{}}},
	{nn.CHW(3, 5, 5), []nn.Layer{nn.Bottleneck{Mid: 2, Out: 3}, nn.Bottleneck{Mid: 2, Out: 4, Stride: 2}, nn.Softmax{}}},
	{nn.CHW(2, 4, 4), []nn.Layer{nn.ReLU{}, nn.Residual{Body: []nn.Layer{nn.Linear{Out: 32}, nn.Residual{Body: []nn.Layer{nn.Tanh{}, nn.Linear{Out: 32}}}}, Shortcut: []nn.Layer{nn.Flatten{}}},
		nn.Residual{Body: []nn.Layer{nn.Dropout{}}}, nn.Residual{Body: []nn.Layer{nn.Dropout{}}, Shortcut: []nn.Layer{nn.Linear{Out: 32}}}}},
	{nn.Vec(6), []nn.Layer{nn.Conv2D{Filters: 5, Kernel: 3, Padding: 1}, nn.MaxPool2D{Kernel: 1}, nn.BatchNorm{}, nn.Residual{Body: []nn.Layer{nn.Linear{Out: 5}}}}},
	{nn.Vec(3), []nn.Layer{nn.Dropout{P: 0.5}}},
}

// trained is a model whose biases and running statistics are all at work.
func trained(t testing.TB, in nn.Shape, layers []nn.Layer) *nn.Model {
	t.Helper()
	m, err := nn.New(1, in, layers...)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, p := range m.Params() {
		for i := range p.Data {
			p.Data[i] += float32(0.2 * rng.NormFloat64())
		}
	}
	for range 10 {
		m.Forward(noise(rng, 8, in), nn.Pass{Train: true})
	}
	return m
}

func noise(rng *rand.Rand, n int, s nn.Shape) *nn.Tensor {
	x := nn.NewTensor(n, s)
	for i := range x.Data {
		x.Data[i] = float32(rng.NormFloat64())
	}
	return x
}

// largest is the largest difference of what two models make of noise.
func largest(a, b *nn.Model) float64 {
	x := noise(rand.New(rand.NewPCG(3, 4)), 6, a.In)
	want := a.Forward(x, nn.Pass{})
	x.Shape = b.In
	got := b.Forward(x, nn.Pass{})
	if len(got.Data) != len(want.Data) {
		return math.Inf(1)
	}
	d := 0.0
	for i, v := range want.Data {
		d = max(d, math.Abs(float64(v)-float64(got.Data[i])))
	}
	return d
}

// What is written comes back: another model of the same function, and written
// again the same one.
func TestRoundTrip(t *testing.T) {
	for _, c := range networks {
		t.Run(fmt.Sprint(c.layers), func(t *testing.T) {
			m := trained(t, c.in, c.layers)
			for turn := range 2 {
				var b bytes.Buffer
				if err := Write(&b, m, map[string]string{"classes": "a b"}); err != nil {
					t.Fatal(err)
				}
				back, meta, err := Decode(b.Bytes())
				if err != nil {
					t.Fatal(err)
				}
				if d := largest(m, back); !(d < 1e-5) {
					t.Errorf("turn %d: outputs differ by %g: %#v", turn, d, back.Layers)
				}
				if back.Out() != m.Out() || back.Seed != m.Seed || len(meta) != 1 || meta["classes"] != "a b" {
					t.Errorf("%v to %v with seed %d and %v, want %v to %v", back.In, back.Out(), back.Seed, meta, m.In, m.Out())
				}
				m = back
			}
		})
	}
}
