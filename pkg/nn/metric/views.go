package metric

import (
	"inkling/pkg/data"
	"inkling/pkg/nn"
)

// JudgeViews asks m about several views of every example of s and takes the
// mean of the probabilities: test-time augmentation. Its accuracy belongs
// beside that of Judge, not in its place. An example that has no answer in one
// view has none.
func JudgeViews(m *nn.Model, s *data.Set, views ...data.Affine) *Predictions {
	mean := nn.NewTensor(s.Len(), m.Out())
	for _, v := range views {
		p := Judge(m, s.Transform(s.Name, v)).P
		for i, x := range p.Data {
			mean.Data[i] += x / float32(len(views))
		}
	}
	return Probabilities(mean, s.Labels)
}

// Shifts are the views of an image moved by up to px pixels in steps of one,
// the image itself among them.
func Shifts(px int) []data.Affine {
	var views []data.Affine
	for dy := -px; dy <= px; dy++ {
		for dx := -px; dx <= px; dx++ {
			views = append(views, data.Affine{DX: float64(dx), DY: float64(dy)})
		}
	}
	return views
}
