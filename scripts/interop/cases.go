package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

// A network is one of ours that others must read: together they have every layer.
type network struct {
	name   string
	in     nn.Shape
	layers []nn.Layer
}

var image = nn.CHW(1, 28, 28)

var networks = []network{
	{"mlp", image, nn.MLP([]int{64, 32}, nn.ReLU{}, 10, 0.2)},
	{"mlp-of-vectors", nn.Vec(20), []nn.Layer{nn.Linear{Out: 16}, nn.BatchNorm{}, nn.Tanh{}, nn.Linear{Out: 5, NoBias: true}}},
	{"cnn", image, []nn.Layer{
		nn.Conv2D{Filters: 8, Kernel: 3, Padding: 1, NoBias: true}, nn.BatchNorm{Eps: 1e-3}, nn.ReLU{}, nn.MaxPool2D{Kernel: 3, Stride: 2, Padding: 1},
		nn.Conv2D{Filters: 12, Kernel: 5, Stride: 2}, nn.LeakyReLU{Slope: 0.1}, nn.AvgPool2D{Kernel: 3, Stride: 1, Padding: 1}, nn.Dropout{P: 0.3, Spatial: true},
		nn.Flatten{}, nn.Linear{Out: 10, Init: nn.Small}}},
	{"activations", nn.CHW(3, 9, 7), []nn.Layer{
		nn.Conv2D{Filters: 4, Kernel: 3}, nn.GELU{}, nn.Conv2D{Filters: 4, Kernel: 1}, nn.SiLU{}, nn.AvgPool2D{Kernel: 2},
		nn.Conv2D{Filters: 6, Kernel: 2}, nn.Logistic{}, nn.GELU{}, nn.GlobalAvgPool{}, nn.LeakyReLU{}, nn.Linear{Out: 4}}},
	{"residual", nn.CHW(2, 8, 8), []nn.Layer{
		nn.Conv2D{Filters: 4, Kernel: 3, Padding: 1},
		nn.Residual{Body: []nn.Layer{nn.Conv2D{Filters: 4, Kernel: 3, Padding: 1}, nn.BatchNorm{}, nn.ReLU{}, nn.Conv2D{Filters: 4, Kernel: 3, Padding: 1}}},
		nn.ReLU{},
		nn.Residual{Body: []nn.Layer{nn.Conv2D{Filters: 6, Kernel: 3, Stride: 2, Padding: 1}}, Shortcut: []nn.Layer{nn.Conv2D{Filters: 6, Kernel: 1, Stride: 2}, nn.BatchNorm{}}},
		nn.Flatten{}, nn.Residual{Body: []nn.Layer{nn.Linear{Out: 96}, nn.SiLU{}, nn.Residual{Body: []nn.Layer{nn.Linear{Out: 96, Init: nn.Small}}}}}, nn.Linear{Out: 10, Init: nn.Small}}},
	{"bottleneck", nn.CHW(3, 12, 12), []nn.Layer{
		nn.Conv2D{Filters: 8, Kernel: 3, Padding: 1, NoBias: true}, nn.BatchNorm{}, nn.ReLU{},
		nn.Bottleneck{Mid: 4, Out: 8}, nn.Bottleneck{Mid: 4, Out: 16, Stride: 2}, nn.GlobalAvgPool{}, nn.Linear{Out: 7}}},
	{"softmax", image, []nn.Layer{nn.Linear{Out: 10}, nn.Softmax{}}},
	{"images-out", nn.CHW(2, 6, 6), []nn.Layer{nn.Conv2D{Filters: 3, Kernel: 3}, nn.Softmax{}}},
	{"vectors-as-images", nn.Vec(6), []nn.Layer{nn.Conv2D{Filters: 5, Kernel: 3, Padding: 1}, nn.MaxPool2D{Kernel: 1}, nn.BatchNorm{}, nn.Residual{Body: []nn.Layer{nn.Linear{Out: 5}}}, nn.Softmax{}}},
	{"nothing", nn.Vec(3), []nn.Layer{nn.Dropout{P: 0.5}}},
}

// build makes the network with weights, biases and running statistics that are
// all at work.
func (n network) build(seed uint64) (*nn.Model, error) {
	m, err := nn.New(seed, n.in, n.layers...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", n.name, err)
	}
	rng := rand.New(rand.NewPCG(seed, 0x1e7))
	for _, p := range m.Params() {
		if len(p.Dims) == 1 {
			for i := range p.Data {
				p.Data[i] += float32(0.3 * rng.NormFloat64())
			}
		}
	}
	for range 20 { // moves the running statistics
		m.Forward(noise(rng, 8, n.in), nn.Pass{Train: true, Seed: seed})
	}
	return m, nil
}

func noise(rng *rand.Rand, n int, s nn.Shape) *nn.Tensor {
	x := nn.NewTensor(n, s)
	for i := range x.Data {
		x.Data[i] = float32(rng.NormFloat64())
	}
	return x
}

// writePair writes a batch and what m makes of it to dir/name.pair.
func writePair(dir, name string, m *nn.Model, x *nn.Tensor) error {
	y := m.Forward(x, nn.Pass{})
	f := safetensors.File{Tensors: []safetensors.Tensor{
		{Name: "x", Dims: dims(x), Data: x.Data},
		{Name: "y", Dims: dims(y), Data: y.Data},
	}}
	return f.Save(filepath.Join(dir, name+".pair"))
}

// dims are those of a batch as other frameworks have it.
func dims(x *nn.Tensor) []int {
	if x.Shape.IsVec() {
		return []int{x.N, x.Shape.C}
	}
	return []int{x.N, x.Shape.C, x.Shape.H, x.Shape.W}
}
