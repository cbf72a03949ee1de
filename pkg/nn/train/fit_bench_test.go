package train

import (
	"fmt"
	"io"
	"testing"
	"time"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
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
					l := newLab("bench", &data.Digits{Name: "bench", Train: &data.Set{Name: "train", H: 28, W: 28,
						Pixels: append([]uint8(nil), set.Pixels...), Labels: append([]uint8(nil), set.Labels...)}}, b.TempDir(), false)
					l.Log, l.SideBySide = io.Discard, n
					var cfgs []Config
					for s := range 4 {
						cfgs = append(cfgs, Config{Name: "bench", Layers: c.layers, Optimizer: optim.SGD{Momentum: 0.9},
							Schedule: optim.Constant(0.01), Batch: c.batch, Epochs: 2, Seed: uint64(4*i + s)})
					}
					must(l.Fit(cfgs...))
				}
			})
		}
	}
}

// BenchmarkAugmentation is what affine and elastic changes of 50,000 images cost
// beside an epoch of the CNN that they feed, the small one of q6_augmentation:
//
//	go test -run xxx -bench Augmentation -benchtime 3x ./pkg/nn/train
//
// "% alone" is the time to make the images with nothing else to do, "% slower"
// what an epoch takes more because of them; both of the epoch without.
func BenchmarkAugmentation(b *testing.B) {
	set := data.Synthetic("train", 1, 0, 50000)
	layers := []nn.Layer{
		nn.Conv2D{Filters: 8, Kernel: 5, NoBias: true}, nn.BatchNorm{}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
		nn.Conv2D{Filters: 16, Kernel: 5, NoBias: true}, nn.BatchNorm{}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
		nn.Linear{Out: 64, NoBias: true}, nn.BatchNorm{}, nn.ReLU{}, nn.Linear{Out: 10, Init: nn.LeCun},
	}
	cfg := Config{Layers: layers, Optimizer: optim.SGD{Momentum: 0.9}, Schedule: optim.Constant(0.02), Batch: 64, Epochs: 1, Seed: 1}
	changed := cfg
	changed.Augment = data.Augment{Shift: 2, Rotate: 12, Scale: 0.15, Shear: 10, Elastic: data.Elastic{Alpha: 20, Sigma: 5}}
	epoch := func(c Config) time.Duration {
		m := must(nn.New(1, nn.CHW(1, 28, 28), layers...))
		x := nn.Tensor{Shape: m.In}
		var dy nn.Tensor
		stepper := must(c.Optimizer.New(m.Params()))
		next := c.Batches(set)
		begin, step := time.Now(), 0
		for batch := range next(0) {
			x.N, x.Data = batch.Len(), batch.X
			nn.CrossEntropy{}.Eval(&dy, m.Forward(&x, nn.Pass{Train: true, Seed: 1, Step: step}), batch.Labels)
			m.Backward(&dy)
			stepper.Step(step, 0.02)
			step++
		}
		return time.Since(begin)
	}
	alone := func() time.Duration {
		begin := time.Now()
		for range changed.Batches(set)(0) {
		}
		return time.Since(begin)
	}
	alone() // makes the bank of displacements
	var plain, with, images time.Duration
	for b.Loop() {
		plain += epoch(cfg)
		with += epoch(changed)
		images += alone()
	}
	b.ReportMetric(100*float64(images)/float64(plain), "%alone")
	b.ReportMetric(100*float64(with-plain)/float64(plain), "%slower")
	b.ReportMetric(plain.Seconds()/float64(b.N), "s/epoch")
}
