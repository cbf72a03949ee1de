package study

import (
	"math"

	"inkling/pkg/lab"
	"inkling/pkg/nn/metric"
)

// Confidence is what the probabilities of models are worth, as a mean over runs:
// of the second half of dev, as trained and at the temperature fitted to the
// first half. Of no runs it is NaN.
type Confidence struct {
	Margin               float64 // of the true logit, on all of dev
	NLL, ECE             float64
	Temperature          float64
	CooledNLL, CooledECE float64
}

// ConfidenceOf judges the best models of runs on dev.
func ConfidenceOf(l *lab.Lab, runs lab.Runs) (Confidence, error) {
	var h Confidence
	if len(runs) == 0 {
		none := math.NaN()
		return Confidence{none, none, none, none, none, none}, nil
	}
	each := 1 / float64(len(runs))
	for _, r := range runs {
		m, err := r.Model()
		if err != nil {
			return Confidence{}, err
		}
		z := metric.BeforeSoftmax(m, l.Dev)
		temperature, raw, cooled := metric.Calibrate(z, l.Dev.Labels)
		h.Margin += each * metric.Margin(z, l.Dev.Labels)
		h.NLL += each * raw.NLL()
		h.ECE += each * raw.Calibration(15).ECE
		h.Temperature += each * temperature
		h.CooledNLL += each * cooled.NLL()
		h.CooledECE += each * cooled.Calibration(15).ECE
	}
	return h, nil
}
