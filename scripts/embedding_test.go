package scripts

import (
	"context"
	"os"
	"testing"
	"time"

	"inkling/pkg/embed"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/inspect"
	"inkling/pkg/nn/train"
)

// BenchmarkEmbedding trains a CNN, unless the run store has it, and embeds what
// its layer before the last makes of the 10,000 dev images with t-SNE. It fails
// if the network is below 99 %, if the embedding takes more than a minute, or if
// five neighbours in the plane tell less than 98 % of the digits. It takes
// minutes:
//
//	MNIST_DIR=… go test ./scripts -run '^$' -bench Embedding -benchtime 1x
func BenchmarkEmbedding(b *testing.B) {
	if os.Getenv("MNIST_DIR") == "" {
		b.Skip("needs MNIST: set MNIST_DIR to the folder of its four files")
	}
	l, err := lab.Open(context.Background(), "embedding")
	if err != nil {
		b.Fatal(err)
	}
	l.Quiet = true
	h := lab.Hyper{Name: "cnn", Optimizer: "nesterov", Momentum: 0.9, LR: 0.05, Decay: 5e-4, Schedule: "onecycle", Batch: 64, Epochs: 5, Seed: 1}
	cfg, err := h.With(l, nn.Conv2D{Filters: 16, Kernel: 5}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
		nn.Conv2D{Filters: 32, Kernel: 5}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2}, nn.Linear{Out: 128}, nn.ReLU{}, nn.Linear{Out: 10, Init: nn.LeCun})
	if err != nil {
		b.Fatal(err)
	}
	runs, err := l.Fit(cfg)
	if err != nil {
		b.Fatal(err)
	}
	m, err := runs[0].Model()
	if err != nil {
		b.Fatal(err)
	}
	p, err := inspect.New(m)
	if err != nil {
		b.Fatal(err)
	}
	x, labels := train.First(l.Dev, l.Dev.Len())
	accuracy := p.Accuracy(x, labels)
	last := p.Activations(x, p.Penultimate())
	if accuracy < 0.99 {
		b.Errorf("the network is right for %.2f %% of dev, want 99 %%", 100*accuracy)
	}
	for b.Loop() {
		began := time.Now()
		points, err := embed.TSNE{}.Embed(last.Data, last.Shape.Size())
		if err != nil {
			b.Fatal(err)
		}
		took := time.Since(began)
		flat := make([]float32, 0, 2*len(points))
		for _, q := range points {
			flat = append(flat, float32(q[0]), float32(q[1]))
		}
		right, err := embed.KNNAccuracy(flat, 2, labels, 5)
		if err != nil {
			b.Fatal(err)
		}
		if took > time.Minute || right < 0.98 {
			b.Errorf("%d points in %v, 5-NN accuracy %.4f, want a minute and 0.98", len(points), took, right)
		}
		b.ReportMetric(100*accuracy, "network-%")
		b.ReportMetric(100*right, "5-NN-%")
		b.ReportMetric(took.Seconds(), "tSNE-s")
	}
}
