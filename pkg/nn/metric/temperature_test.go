package metric

import (
	"math"
	"math/rand/v2"
	"testing"

	"inkling/pkg/nn"
)

// Labels drawn from softmax(z) need no correction for z, and the temperature t
// for t·z.
func TestTemperatureIsFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 0x7e39))
	const n, classes = 20000, 10
	z := nn.NewTensor(n, nn.Vec(classes))
	labels := make([]uint16, n)
	for i := range labels {
		row := z.Example(i)
		var sum float64
		for j := range row {
			row[j] = float32(2 * rng.NormFloat64())
			sum += math.Exp(float64(row[j]))
		}
		u := rng.Float64() * sum
		for j := range row {
			labels[i] = uint16(j)
			if u -= math.Exp(float64(row[j])); u < 0 {
				break
			}
		}
	}
	for _, want := range []float64{0.25, 1, 3} {
		scaled := nn.NewTensor(n, nn.Vec(classes))
		for i, v := range z.Data {
			scaled.Data[i] = float32(want) * v
		}
		got := Temperature(scaled, labels)
		if math.Abs(got/want-1) > 0.03 {
			t.Errorf("logits times %v: temperature %v", want, got)
		}
		at := func(T float64) float64 {
			y := nn.NewTensor(n, nn.Vec(classes))
			for i, v := range scaled.Data {
				y.Data[i] = v / float32(T)
			}
			return nn.CrossEntropy{}.Eval(nil, y, labels)
		}
		if best := at(got); best > at(0.98*got) || best > at(1.02*got) {
			t.Errorf("logits times %v: the cross-entropy is not least at %v", want, got)
		}
	}
}

func TestTemperatureOfNoMistakes(t *testing.T) {
	z := nn.NewTensor(2, nn.Vec(3))
	z.Data[0], z.Data[4] = 1, 1
	if got := Temperature(z, []uint16{0, 1}); got < 1e-3 || got > 0.05 {
		t.Errorf("every example right: temperature %v, want next to none", got)
	}
	if got := Temperature(z, []uint16{1, 0}); math.Abs(got-1e3) > 1 {
		t.Errorf("every example wrong: temperature %v, want 1000", got)
	}
}
