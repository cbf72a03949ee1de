package study

import (
	"inkling/pkg/lab"
	"inkling/pkg/nn/metric"
)

// Confidence is what the probabilities of models are worth, as a mean over runs:
// of the second half of dev, as trained and at the temperature fitted to the
// first half. Of no runs it is NaN.
type Confidence struct {
	Margin      float64 // of the true logit, on all of dev
	Temperature float64

	AsTrained, AtTemperature struct{ NLL, ECE float64 }
}

// ConfidenceOf judges the best models of runs on dev.
func ConfidenceOf(l *lab.Lab, runs lab.Runs) (Confidence, error) {
	var margin, temperature, nll, ece, nllThen, eceThen []float64
	for _, r := range runs {
		m, err := r.Model()
		if err != nil {
			return Confidence{}, err
		}
		z := metric.BeforeSoftmax(m, l.Dev)
		t, asTrained, atTemperature := metric.Calibrate(z, l.Dev.Labels)
		margin, temperature = append(margin, metric.Margin(z, l.Dev.Labels)), append(temperature, t)
		nll, ece = append(nll, asTrained.NLL()), append(ece, asTrained.Calibration(15).ECE)
		nllThen, eceThen = append(nllThen, atTemperature.NLL()), append(eceThen, atTemperature.Calibration(15).ECE)
	}
	c := Confidence{Margin: mean(margin), Temperature: mean(temperature)}
	c.AsTrained.NLL, c.AsTrained.ECE = mean(nll), mean(ece)
	c.AtTemperature.NLL, c.AtTemperature.ECE = mean(nllThen), mean(eceThen)
	return c, nil
}

func mean(v []float64) float64 { return lab.StatOf(v).Mean }
