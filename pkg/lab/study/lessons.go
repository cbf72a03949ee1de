package study

import (
	"math"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// A Lesson is something that digits teach, in numbers: a measure that should be
// smaller after a change than before, in % and with a value for each seed.
type Lesson struct {
	Name          string
	Before, After []float64
}

// Holds reports whether the mean after the change is the smaller one.
func (l Lesson) Holds() bool {
	before, _ := lab.MeanStd(l.Before)
	after, _ := lab.MeanStd(l.After)
	return after < before
}

// String is "17.00 ± 0.21 → 12.67 ± 0.14".
func (l Lesson) String() string { return lab.PlusMinus(l.Before) + " → " + lab.PlusMinus(l.After) }

// Lessons learns four lessons on the lab's digits, so that two kinds of digits can
// be compared by what they teach: momentum beats plain SGD at the same learning
// rate, dropout narrows the gap between training and dev error, a CNN beats an
// MLP, and augmentation helps where images are few. Each is a change of
// 784-256-128-10 with momentum on so many images, or on a fifth of them for
// augmentation; the fewer the images, the oftener each is seen (five times in a
// quick lab).
func Lessons(l *lab.Lab, images, seeds int) ([]Lesson, error) {
	mlp := func(dropout float64) []nn.Layer {
		return nn.MLP([]int{256, 128}, nn.ReLU{}, data.Classes, dropout)
	}
	cnn := []nn.Layer{
		nn.Conv2D{Filters: 8, Kernel: 5}, nn.BatchNorm{}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
		nn.Conv2D{Filters: 16, Kernel: 5}, nn.BatchNorm{}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2},
		nn.Linear{Out: data.Classes, Init: nn.LeCun},
	}
	changed := data.Augment{Shift: 2, Rotate: 10, Scale: 0.1}
	base := func(images, seed int) train.Config {
		c := train.Config{
			Layers: mlp(0), Optimizer: optim.SGD{Momentum: 0.9}, Batch: 64, Seed: uint64(seed), TrainSize: images,
			Schedule: optim.Cosine{Base: 0.05},
			Epochs:   l.IfQuick(5, int(1150/math.Sqrt(float64(images)))), DevEvery: train.AtEnd,
		}
		return c
	}
	many, err := Vary(l, base, []int{images}, seeds,
		Variant{"momentum", func(*train.Config) {}},
		Variant{"plain SGD", func(c *train.Config) { c.Optimizer = optim.SGD{} }},
		Variant{"dropout", func(c *train.Config) { c.Layers = mlp(0.4) }},
		Variant{"CNN", func(c *train.Config) { c.Layers = cnn }},
	)
	if err != nil {
		return nil, err
	}
	few, err := Vary(l, base, []int{images / 5}, seeds,
		Variant{"none", func(*train.Config) {}},
		Variant{"augmented", func(c *train.Config) { c.Augment = changed }},
	)
	if err != nil {
		return nil, err
	}
	momentum, sgd, dropout, conv := many.Runs[0][0], many.Runs[1][0], many.Runs[2][0], many.Runs[3][0]
	wide, err := Gaps(l, momentum, images)
	if err != nil {
		return nil, err
	}
	narrow, err := Gaps(l, dropout, images)
	if err != nil {
		return nil, err
	}
	return []Lesson{
		{"momentum 0.9 instead of plain SGD: dev error", sgd.DevErrors(), momentum.DevErrors()},
		{"dropout 0.4 instead of none: gap between training and dev error", wide, narrow},
		{"a CNN instead of the MLP: dev error", momentum.DevErrors(), conv.DevErrors()},
		{"few images, changed in every epoch: dev error", few.Runs[0][0].DevErrors(), few.Runs[1][0].DevErrors()},
	}, nil
}
