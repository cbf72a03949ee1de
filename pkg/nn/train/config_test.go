package train

import (
	"testing"
	"time"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
)

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

// Copies join the training set: more steps, the same images in every epoch.
func TestCopiesMakeTheSetLarger(t *testing.T) {
	s := data.Synthetic("train", 1, 0, 30)
	c := Config{Batch: 10, Epochs: 2, Seed: 1, Copies: 2, Augment: data.Augment{Shift: 2}}
	seen := map[int]int{}
	for epoch := range 2 {
		for b := range c.Batches(s)(epoch) {
			for _, i := range b.Index {
				seen[i]++
			}
		}
	}
	if len(seen) != 90 || c.StepsOn(30) != 9 {
		t.Errorf("%d images and %d steps an epoch, want 90 and 9", len(seen), c.StepsOn(30))
	}
	for i, n := range seen {
		if n != 2 {
			t.Errorf("image %d seen %d times in two epochs", i, n)
		}
	}
}
