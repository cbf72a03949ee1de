package train

import (
	"inkling/pkg/data"
)

// drawSeed is the seed of all subsets: runs of one size train on the same
// images, whatever their own seeds, so that seeds compare, and a larger size
// holds the images of a smaller one.
const drawSeed = 1

// Subset is what a run with the TrainSize n trains on: n images of s, drawn with
// the classes in proportion ([data.Set.Draw]); 0 stands for all.
func Subset(s *data.Set, n int) *data.Set {
	if n == 0 || n >= s.Len() {
		return s
	}
	return s.Draw(n, drawSeed)
}
