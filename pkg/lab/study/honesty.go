package study

import (
	"math"

	"inkling/pkg/lab"
	"inkling/pkg/nn/metric"
)

// Honesty is what the probabilities of models are worth, as a mean over runs:
// of the second half of dev, as trained and at the temperature fitted to the
// first half. Of no runs it is NaN.
type Honesty struct {
	Lead                 float64 // of the true logit, on all of dev
	NLL, ECE             float64
	Temperature          float64
	CooledNLL, CooledECE float64
}

// HonestyOf judges the best models of runs on dev.
func HonestyOf(l *lab.Lab, runs []*lab.Result) (Honesty, error) {
	var h Honesty
	if len(runs) == 0 {
		none := math.NaN()
		return Honesty{none, none, none, none, none, none}, nil
	}
	each := 1 / float64(len(runs))
	for _, r := range runs {
		m, err := r.Model()
		if err != nil {
			return Honesty{}, err
		}
		z := metric.BeforeSoftmax(m, l.Dev)
		temperature, raw, cooled := metric.Calibrate(z, l.Dev.Labels)
		h.Lead += each * metric.Lead(z, l.Dev.Labels)
		h.NLL += each * raw.NLL()
		h.ECE += each * raw.Calibration(15).ECE
		h.Temperature += each * temperature
		h.CooledNLL += each * cooled.NLL()
		h.CooledECE += each * cooled.Calibration(15).ECE
	}
	return h, nil
}
