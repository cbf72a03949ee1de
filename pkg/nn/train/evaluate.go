package train

import (
	"context"
	"fmt"

	"inkling/pkg/data"
	"inkling/pkg/nn"
)

// Score is how well a model does on a set.
type Score struct {
	Loss     float64 // mean; in a run, on dev and in its test always that of LossOf
	Accuracy float64 // share right, 0 to 1
	Wrong, N int
}

func (s Score) String() string {
	return fmt.Sprintf("accuracy %.2f %% (%d of %d wrong), loss %.4f", 100*s.Accuracy, s.Wrong, s.N, s.Loss)
}

// Evaluate judges m on all batches of epoch 0, without changing it.
func Evaluate(ctx context.Context, m *nn.Model, loss nn.Loss, batches Batches) (Score, error) {
	var s Score
	var sum float64
	x := nn.Tensor{Shape: m.In}
	for b := range batches(0) {
		if err := ctx.Err(); err != nil {
			return Score{}, err
		}
		x.N, x.Data = len(b.Labels), b.X
		y := m.Forward(&x, nn.Pass{})
		if err := checkLabels(b.Labels, y.Shape.Size()); err != nil {
			return Score{}, err
		}
		sum += loss.Eval(nil, y, b.Labels) * float64(x.N)
		s.Wrong += x.N - nn.Correct(y, b.Labels)
		s.N += x.N
	}
	if s.N == 0 {
		return Score{}, fmt.Errorf("train: nothing to evaluate on")
	}
	s.Loss = sum / float64(s.N)
	s.Accuracy = float64(s.N-s.Wrong) / float64(s.N)
	return s, nil
}

// InOrder gives the examples of a set in their order, in batches for
// evaluation.
func InOrder(s *data.Set) Batches { return (&data.Loader{Set: s, Batch: nn.EvalBatch}).Epoch }

// LossOf is what is called the loss of a model, however it was trained: the
// cross-entropy of the labels, without smoothing and without penalty, that goes
// with the end of the model: for probabilities if it ends in a softmax, for
// logits otherwise. So the losses of any two runs compare.
func LossOf(m *nn.Model) nn.Loss {
	if m.EndsInSoftmax() {
		return nn.ProbabilityCrossEntropy{}
	}
	return nn.CrossEntropy{}
}

// First is the first n examples of a set as one batch.
func First(s *data.Set, n int) (*nn.Tensor, []uint16) {
	x := &nn.Tensor{N: n, Shape: nn.CHW(s.C, s.H, s.W)}
	for b := range (&data.Loader{Set: s.First(n), Batch: n}).Epoch(0) {
		x.N, x.Data = b.Len(), b.X
		return x, b.Labels
	}
	return x, nil
}
