package train

import (
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
)

// A label that no output stands for is an error of the loop as well.
func TestLabelsBeyondTheOutputs(t *testing.T) {
	c := mlp()
	m := must(nn.New(1, nn.CHW(1, 28, 28), c.Layers...))
	train, dev := sets()
	dev.Labels[7] = 26
	if _, err := Evaluate(t.Context(), m, nn.CrossEntropy{}, InOrder(dev)); err == nil || !strings.Contains(err.Error(), "label 26, the model's outputs stand for 0 to 9") {
		t.Errorf("evaluate: %v", err)
	}
	train.Labels[7] = 26
	var err error
	for _, err = range Run(t.Context(), c, m, c.Batches(train), InOrder(dev)) {
	}
	if err == nil || !strings.Contains(err.Error(), "label 26") {
		t.Errorf("run: %v", err)
	}
}

func TestFirst(t *testing.T) {
	s := data.Synthetic("dev", 1, 0, 30)
	x, labels := First(s, 7)
	if x.N != 7 || len(x.Data) != 7*28*28 || !slices.Equal(labels, s.Labels[:7]) {
		t.Fatalf("%d examples, %d values, labels %v", x.N, len(x.Data), labels)
	}
	if got, want := x.Example(6)[400], float32(s.Pixels[6*28*28+400])/255; math.Abs(float64(got-want)) > 1e-6 {
		t.Errorf("pixel %v, want %v", got, want)
	}
}
