package lab

import (
	"fmt"
	"io"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// BenchmarkSideBySide makes four runs one after the other and two at a time:
//
//	go test -run xxx -bench SideBySide -benchtime 10x ./pkg/nn/train
//
// On 2 cores, AVX2, it decides how Search makes its runs.
func BenchmarkSideBySide(b *testing.B) {
	set := data.Synthetic("train", 1, 0, 2400)
	for _, c := range []struct {
		name   string
		layers []nn.Layer
		batch  int
	}{
		{"784-128-10 batch 32", nn.MLP([]int{128}, nn.ReLU{}, 10, 0), 32},
		{"784-512-256-10 batch 64", nn.MLP([]int{512, 256}, nn.ReLU{}, 10, 0), 64},
		{"cnn batch 64", []nn.Layer{
			nn.Conv2D{Filters: 16, Kernel: 3}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
			nn.Linear{Out: 256}, nn.ReLU{}, nn.Linear{Out: 10}}, 64},
	} {
		for _, n := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%d at a time", c.name, n), func(b *testing.B) {
				for i := range b.N {
					l := New("bench", &data.Dataset{Name: "bench", Train: &data.Set{Name: "train", C: 1, H: 28, W: 28, Classes: data.Numbered(10),
						Pixels: append([]uint8(nil), set.Pixels...), Labels: append([]uint16(nil), set.Labels...)}}, b.TempDir(), false)
					l.Log, l.SideBySide = io.Discard, n
					var cfgs []train.Config
					for s := range 4 {
						cfgs = append(cfgs, train.Config{Name: "bench", Layers: c.layers, Optimizer: optim.SGD{Momentum: 0.9},
							Schedule: optim.Constant(0.01), Batch: c.batch, Epochs: 2, Seed: uint64(4*i + s)})
					}
					must(l.Fit(cfgs...))
				}
			})
		}
	}
}
