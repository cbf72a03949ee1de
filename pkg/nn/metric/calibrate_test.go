package metric

import (
	"math"
	"slices"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
)

// A softmax at the end of a model changes none of its logits.
func TestBeforeSoftmax(t *testing.T) {
	s := data.Synthetic("dev", 1, 0, nn.EvalBatch+7) // more than one batch, the last one short
	layers := nn.MLP([]int{12}, nn.ReLU{}, 10, 0)
	plain := must(nn.New(3, nn.CHW(1, 28, 28), layers...))
	ended := must(nn.New(3, nn.CHW(1, 28, 28), append(slices.Clone(layers), nn.Softmax{})...))
	want := outputs(plain, s, false)
	if got := BeforeSoftmax(plain, s); !slices.Equal(got.Data, want.Data) {
		t.Error("of a model without a softmax: not its output")
	}
	if got := BeforeSoftmax(ended, s); got.N != s.Len() || !slices.Equal(got.Data, want.Data) {
		t.Error("of a model with a softmax: not the logits of the same model without")
	}
	if p, q := Judge(plain, s).NLL(), Judge(ended, s).NLL(); math.Abs(p-q) > 1e-5 {
		t.Errorf("NLL %v without the softmax layer, %v with it", p, q)
	}
}

// The temperature comes from the first half alone, the judgement from the second.
func TestCalibrateKeepsHalvesApart(t *testing.T) {
	const n = 400
	z := nn.NewTensor(n, nn.Vec(2))
	labels := make([]uint16, n)
	for i := range labels {
		z.Example(i)[0] = 4
		if i%4 == 0 { // right in three of four: the best temperature makes p = 3/4
			labels[i] = 1
		}
	}
	want := 4 / math.Log(3)
	check := func(what string, raw, atT float64) {
		T, p, q := Calibrate(z, labels)
		if math.Abs(T-want) > 1e-3 {
			t.Errorf("%s: temperature %v, want %v", what, T, want)
		}
		if len(p.Labels) != n/2 || len(q.Labels) != n/2 {
			t.Fatalf("%s: judged %d and %d of %d", what, len(p.Labels), len(q.Labels), n)
		}
		if math.Abs(p.Calibration(10).ECE-raw) > 1e-3 || math.Abs(q.Calibration(10).ECE-atT) > 1e-3 {
			t.Errorf("%s: ECE %v and %v, want %v and %v", what, p.Calibration(10).ECE, q.Calibration(10).ECE, raw, atT)
		}
	}
	sure := 1 / (1 + math.Exp(-4))
	check("alike", sure-0.75, 0)
	clear(labels[n/2:]) // always right in the second half
	check("second half easier", 1-sure, 0.25)
}

func TestMargin(t *testing.T) {
	z := nn.NewTensor(2, nn.Vec(3))
	copy(z.Data, []float32{5, 1, 0, 2, 2, 8})
	if got := Margin(z, []uint16{0, 1}); got != (4.5+(2-5))/2 {
		t.Errorf("lead %v, want 0.75", got)
	}
}
