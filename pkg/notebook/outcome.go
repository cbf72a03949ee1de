package notebook

import (
	"fmt"

	"inkling/pkg/lab"
)

// Original are the figures of the report that these notebooks repeat, a numpy project
// of 2025 on MNIST: accuracies in % on its own dev split of 10,000 images, as its text
// gives them. It trained for five epochs, but for AugmentedMomentum, which it stopped in
// the second, and gave no figures on the test set.
var Original = struct {
	MLP600, MLP1024, MLP512x256         float64 // question 1: plain SGD
	Momentum                            float64 // question 2: momentum 0.9, batch 64
	NoDropout, Dropout, DropoutLeftOn   float64 // question 3: dropout 0.3; as shipped it stayed on at evaluation
	CNN, PooledCNN                      float64 // question 5
	AugmentedMomentum, AugmentedWithSGD float64 // question 6: two changed copies of each image
}{
	MLP600: 80.56, MLP1024: 83.36, MLP512x256: 88.69,
	Momentum:  88.56,
	NoDropout: 88.69, Dropout: 88.70, DropoutLeftOn: 75.26,
	CNN: 11.59, PooledCNN: 33.54,
	AugmentedMomentum: 77.27, AugmentedWithSGD: 67.93,
}

// OriginalLoss are the losses on dev that the same report gives beside some of its
// accuracies.
var OriginalLoss = struct{ MLP600, MLP1024, MLP512x256, Momentum, Dropout float64 }{
	MLP600: 3.852, MLP1024: 3.369, MLP512x256: 2.519, Momentum: 1.907, Dropout: 2.527,
}

// An Outcome is a row of the report's table of results: what a network and its training
// came to beside what the original report has.
type Outcome struct {
	What      string   // the network and its training
	Runs      lab.Runs // those that it speaks of
	Dev, Test lab.Stat // accuracies in %; no values where it has none, or where nobody has looked
	Original  float64  // a figure of [Original], 0 where it has none

	OriginalLoss float64 // one of [OriginalLoss], beside which that of the runs' best steps is told; or 0
}

// Tell prints the outcomes of l in the words that the report's index, its published
// copy and the README are made from, each with the runs that it speaks of.
func Tell(l *lab.Lab, outcomes ...Outcome) {
	for _, o := range outcomes {
		fmt.Print(o.line(l))
	}
}

func (o Outcome) line(l *lab.Lab) string {
	original, losses := "–", ""
	if o.Original != 0 && OnMNIST(l) {
		original = fmt.Sprintf("%.2f", o.Original)
	}
	if o.OriginalLoss != 0 && OnMNIST(l) {
		var ours []float64
		for _, r := range o.Runs {
			ours = append(ours, r.Best.Loss)
		}
		losses = fmt.Sprintf("loss %s | original loss %.3f | ", lab.StatOf(ours).Format("%.3f"), o.OriginalLoss)
	}
	return o.Runs.Told("result", fmt.Sprintf("dev %v | test %v | original %s | %s%s", o.Dev, o.Test, original, losses, o.What))
}
