package nn_test

import (
	"fmt"

	"inkling/pkg/nn"
)

// Hinge is a loss of one's own: the mean of max(0, 1 − y[label] + the largest
// other y), multiclass (Crammer & Singer 2001).
type Hinge struct{}

func (Hinge) Eval(dy, y *nn.Tensor, labels []uint16) float64 {
	if dy != nil {
		dy.Resize(y.N, y.Shape)
		clear(dy.Data)
	}
	sum := 0.0
	for n := range y.N {
		row, label := y.Example(n), int(labels[n])
		other := (label + 1) % len(row)
		for i, v := range row {
			if i != label && v > row[other] {
				other = i
			}
		}
		margin := 1 - float64(row[label]) + float64(row[other])
		if margin <= 0 {
			continue
		}
		sum += margin
		if dy != nil {
			dy.Example(n)[label], dy.Example(n)[other] = -1/float32(y.N), 1/float32(y.N)
		}
	}
	return sum / float64(y.N)
}

// A loss of one's own: the mean over the batch, and its gradient if it is asked
// for.
func ExampleLoss() {
	y := nn.NewTensor(2, nn.Vec(3))
	copy(y.Data, []float32{
		2, 0, 0, // right by more than 1
		0, 0.5, 0, // wrong by half
	})
	var dy nn.Tensor
	fmt.Println(Hinge{}.Eval(&dy, y, []uint16{0, 2}))
	fmt.Println(dy.Data)
	// Output:
	// 0.75
	// [0 0 0 0 0.5 -0.5]
}
