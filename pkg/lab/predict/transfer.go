package predict

import (
	"fmt"

	"inkling/pkg/data"
	"inkling/pkg/nn/metric"
)

// Transfer says how much is lost between the preparation of a set and ours: every image
// of s is scattered, each over a picture of its own, by seed, found there and
// prepared anew, and the model asked again. Beside metric.Judge of s itself. What is
// not found is taken for a blank image.
//
//	inkling test --scatter=1000 QUESTION
func (r *Reader) Transfer(s *data.Set, seed uint64) (*metric.Predictions, error) {
	if r.Kind.Prepared == "" {
		return nil, fmt.Errorf("predict: the images of %s were not prepared as MNIST's: there is nothing to undo", s.Name)
	}
	again := s.Select(s.Name+", scattered", nil)
	for i := range s.Len() {
		pixels, _, err := s.Fit(s.Scatter(i, seed))
		if err != nil {
			pixels = make([]uint8, s.C*s.H*s.W)
		}
		again.Pixels, again.Labels = append(again.Pixels, pixels...), append(again.Labels, s.Labels[i])
	}
	return metric.Judge(r.Model, again), nil
}
