package metric

import (
	"math"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// BeforeSoftmax returns the logits of m for every example of a set, one row
// each: its outputs, but for a softmax at the end of m.
func BeforeSoftmax(m *nn.Model, s *data.Set) *nn.Tensor {
	return outputs(m, s, m.EndsInSoftmax() && len(m.Layers) > 1)
}

// outputs are those of m, or of its last layer but one, for every example of a set.
func outputs(m *nn.Model, s *data.Set, butOne bool) *nn.Tensor {
	out := nn.NewTensor(s.Len(), m.Out())
	x := nn.Tensor{Shape: m.In}
	at := 0
	for b := range train.InOrder(s)(0) {
		x.N, x.Data = len(b.Labels), b.X
		if !butOne {
			at += copy(out.Data[at:], m.Forward(&x, nn.Pass{}).Data)
			continue
		}
		layer := 0
		m.ForwardTo(&x, func(_ string, y *nn.Tensor) {
			if layer++; layer == len(m.Layers)-1 {
				at += copy(out.Data[at:], y.Data)
			}
		})
	}
	return out
}

// AtTemperature divides logits by a temperature.
func AtTemperature(logits *nn.Tensor, temperature float64) *nn.Tensor {
	out := nn.NewTensor(logits.N, logits.Shape)
	for i, v := range logits.Data {
		out.Data[i] = float32(float64(v) / temperature)
	}
	return out
}

// Calibrate fits a temperature to the first half of the examples and judges the
// second half without it and with it: one split, such as dev, serves for both.
// Confidence in a correction that was fitted on the judged examples themselves
// would be misplaced.
func Calibrate(logits *nn.Tensor, labels []uint16) (temperature float64, asTrained, atTemperature *Predictions) {
	n, size := logits.N/2, logits.Shape.Size()
	fit := &nn.Tensor{N: n, Shape: logits.Shape, Data: logits.Data[:n*size]}
	judged := &nn.Tensor{N: logits.N - n, Shape: logits.Shape, Data: logits.Data[n*size:]}
	temperature = Temperature(fit, labels[:n])
	return temperature, Logits(judged, labels[n:]), Logits(AtTemperature(judged, temperature), labels[n:])
}

// Margin is by how much the logit of the label is ahead of the mean of the
// others, on average over the examples.
func Margin(logits *nn.Tensor, labels []uint16) float64 {
	check("margin", logits, labels)
	var sum float64
	for i, label := range labels {
		row := logits.Example(i)
		var all float64
		for _, v := range row {
			all += float64(v)
		}
		own := float64(row[label])
		sum += own - (all-own)/math.Max(float64(len(row)-1), 1)
	}
	return sum / float64(len(labels))
}
