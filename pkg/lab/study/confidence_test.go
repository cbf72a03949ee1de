package study

import (
	"math"
	"testing"

	"inkling/pkg/nn/metric"
)

func TestConfidenceOfNothing(t *testing.T) {
	h := must(ConfidenceOf(testLab(t, t.TempDir()), nil))
	for _, v := range []float64{h.Margin, h.AsTrained.NLL, h.AsTrained.ECE, h.Temperature, h.AtTemperature.NLL, h.AtTemperature.ECE} {
		if !math.IsNaN(v) {
			t.Errorf("%+v of no runs", h)
		}
	}
}

func TestConfidence(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.Quiet = true
	c := mlp()
	d := c
	d.Seed = 2
	runs := must(l.Fit(c, d))
	h := must(ConfidenceOf(l, runs))
	var nll, temperature float64
	for _, r := range runs {
		T, raw, _ := metric.Calibrate(metric.BeforeSoftmax(must(r.Model()), l.Dev), l.Dev.Labels)
		nll, temperature = nll+raw.NLL()/2, temperature+T/2
	}
	if math.Abs(h.AsTrained.NLL-nll) > 1e-9 || math.Abs(h.Temperature-temperature) > 1e-9 {
		t.Errorf("NLL %v, temperature %v, want %v and %v", h.AsTrained.NLL, h.Temperature, nll, temperature)
	}
	if a, b := h.AsTrained, h.AtTemperature; !(a.ECE > 0 && a.ECE < 1 && b.ECE > 0 && b.ECE < 1 && b.NLL > 0) {
		t.Errorf("%+v", h)
	}
}
