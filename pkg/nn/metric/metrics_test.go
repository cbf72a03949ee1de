package metric

import (
	"context"
	"fmt"
	"math"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// logs makes predictions with the given probabilities of three classes.
func logs(labels []uint16, rows ...[3]float64) *Predictions {
	y := nn.NewTensor(len(rows), nn.Vec(3))
	for i, r := range rows {
		for c, p := range r {
			y.Example(i)[c] = float32(math.Log(p)) + float32(i) // a softmax does not see the shift
		}
	}
	return Logits(y, labels)
}

// five is worked out by hand: predictions 0 0 1 2 2 for labels 0 1 1 1 2.
func five() *Predictions {
	return logs([]uint16{0, 1, 1, 1, 2},
		[3]float64{0.7, 0.2, 0.1},
		[3]float64{0.6, 0.3, 0.1},
		[3]float64{0.05, 0.9, 0.05},
		[3]float64{0.1, 0.15, 0.75},
		[3]float64{0.1, 0.1, 0.8})
}

func TestProbabilities(t *testing.T) {
	p := five()
	for i, want := range []float64{0.7, 0.6, 0.9, 0.75, 0.8} {
		near(t, fmt.Sprint("probability ", i), p.At(i).Probability, want)
		sum := 0.0
		for _, v := range p.P.Example(i) {
			sum += float64(v)
		}
		near(t, "sum", sum, 1)
	}
	// Logits that would overflow a naive softmax.
	y := &nn.Tensor{N: 2, Shape: nn.Vec(2), Data: []float32{1e4, -1e4, 3e38, 3e38}}
	p = Logits(y, []uint16{1, 0})
	near(t, "hopeless", float64(p.P.Data[1]), 0)
	near(t, "equal", float64(p.P.Data[2]), 0.5)
	near(t, "its loss", p.lossAt(0), 2e4)
}

func TestTopK(t *testing.T) {
	p := five()
	near(t, "accuracy", p.Accuracy(), 3.0/5)
	near(t, "top 1", p.TopK(1), 3.0/5)
	near(t, "top 2", p.TopK(2), 1) // in both mistakes the label comes second
	near(t, "top 3", p.TopK(3), 1)
	// Equal values: the lower class counts as the more probable one.
	tie := logs([]uint16{1, 0}, [3]float64{0.4, 0.4, 0.2}, [3]float64{0.4, 0.4, 0.2})
	near(t, "ties", tie.TopK(1), 0.5)
	near(t, "ties, top 2", tie.TopK(2), 1)
}

func TestConfusionAndClasses(t *testing.T) {
	p := five()
	if got, want := fmt.Sprint(p.Confusion()), "[[1 0 0] [1 1 1] [0 0 1]]"; got != want {
		t.Errorf("confusion %s, want %s", got, want)
	}
	for c, want := range []ClassScore{
		{0, 1, 2, 1.0 / 2, 1, 2.0 / 3},
		{1, 3, 1, 1, 1.0 / 3, 1.0 / 2},
		{2, 1, 2, 1.0 / 2, 1, 2.0 / 3},
	} {
		got := p.Classes()[c]
		if got.Class != want.Class || got.N != want.N || got.Predicted != want.Predicted {
			t.Errorf("class %+v, want %+v", got, want)
		}
		near(t, "precision", got.Precision, want.Precision)
		near(t, "recall", got.Recall, want.Recall)
		near(t, "F1", got.F1, want.F1)
	}
	// A class that is neither there nor predicted has no scores.
	none := logs([]uint16{0}, [3]float64{0.8, 0.1, 0.1}).Classes()[1]
	near(t, "precision of nothing", none.Precision, math.NaN())
	near(t, "recall of nothing", none.Recall, math.NaN())
	near(t, "F1 of nothing", none.F1, math.NaN())
	if got, want := fmt.Sprint(p.MostConfused(9)), "[{1 0 1} {1 2 1}]"; got != want {
		t.Errorf("most confused %s, want %s", got, want)
	}
	if got := len(p.MostConfused(1)); got != 1 {
		t.Errorf("%d mistakes, want 1", got)
	}
}

func TestMostConfusedComesFirst(t *testing.T) {
	p := logs([]uint16{0, 2, 2, 2},
		[3]float64{0.1, 0.8, 0.1}, [3]float64{0.1, 0.8, 0.1}, [3]float64{0.8, 0.1, 0.1}, [3]float64{0.1, 0.8, 0.1})
	if got, want := fmt.Sprint(p.MostConfused(3)), "[{2 1 2} {0 1 1} {2 0 1}]"; got != want {
		t.Errorf("most confused %s, want %s", got, want)
	}
}

func TestNLL(t *testing.T) {
	near(t, "NLL", five().NLL(), -math.Log(0.7*0.3*0.9*0.15*0.8)/5)
}

func TestCalibration(t *testing.T) {
	c := five().Calibration(4) // 0.6 and 0.7 in the third bin; 0.75, 0.8, 0.9 in the last
	for i, want := range []Bin{
		{0, 0.25, 0, math.NaN(), math.NaN()},
		{0.25, 0.5, 0, math.NaN(), math.NaN()},
		{0.5, 0.75, 2, 0.65, 0.5},
		{0.75, 1, 3, (0.75 + 0.8 + 0.9) / 3, 2.0 / 3},
	} {
		got := c.Bins[i]
		if got.Low != want.Low || got.High != want.High || got.N != want.N {
			t.Errorf("bin %+v, want %+v", got, want)
		}
		near(t, "confidence", got.Confidence, want.Confidence)
		near(t, "accuracy", got.Accuracy, want.Accuracy)
	}
	near(t, "ECE", c.ECE, (2*0.15+3*0.15)/5)
	near(t, "MCE", c.MCE, 0.15)
	// A sure model that is right is calibrated; a sure one that is wrong is not.
	near(t, "ECE of the perfect", logs([]uint16{0}, [3]float64{1, 0, 0}).Calibration(10).ECE, 0)
	near(t, "ECE of the blind", logs([]uint16{1}, [3]float64{1, 0, 0}).Calibration(10).ECE, 1)
	probability, right := five().Confidence()
	if len(probability) != 5 || fmt.Sprint(right) != "[true false true false true]" {
		t.Errorf("confidence %v, right %v", probability, right)
	}
}

func TestWorst(t *testing.T) {
	worst := five().Worst(3)
	for i, want := range []Judged{{3, 1, 2, 0.75, 0.15}, {1, 1, 0, 0.6, 0.3}, {0, 0, 0, 0.7, 0.7}} {
		got := worst[i]
		if got.Index != want.Index || got.Label != want.Label || got.Predicted != want.Predicted || got.Right() != (i == 2) {
			t.Errorf("%d. worst %+v, want %+v", i+1, got, want)
		}
		near(t, "its probability", got.Probability, want.Probability)
		near(t, "that of the label", got.OfLabel, want.OfLabel)
	}
	if n := len(five().Worst(99)); n != 5 {
		t.Errorf("%d worst of 5", n)
	}
}

// Judge must agree with Evaluate, with the softmax inside the model or not.
func TestJudgeAgreesWithEvaluate(t *testing.T) {
	_, dev := sets()
	for _, layers := range [][]nn.Layer{
		nn.MLP([]int{9}, nn.Tanh{}, 10, 0),
		append(nn.MLP([]int{9}, nn.Tanh{}, 10, 0), nn.Softmax{}),
	} {
		m := must(nn.New(3, nn.CHW(1, 28, 28), layers...))
		s := must(train.Evaluate(context.Background(), m, train.LossOf(m), train.InOrder(dev)))
		p := Judge(m, dev)
		near(t, "accuracy", p.Accuracy(), s.Accuracy)
		near(t, "NLL", p.NLL(), s.Loss)
		wrong := 0
		for label, row := range p.Confusion() {
			for predicted, n := range row {
				if label != predicted {
					wrong += n
				}
			}
		}
		if wrong != s.Wrong {
			t.Errorf("%d wrong, want %d", wrong, s.Wrong)
		}
	}
}
