package data

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Split divides s into dev images for validation and the rest for training, by
// a permutation that depends on seed and s.Len() alone. Both parts keep the
// order of s. devIndex holds the indices in s of the validation images, in
// increasing order, for the record of a run.
//
// The Sets are copies: changing one does not change the other.
func Split(s *Set, seed uint64, dev int) (train, devSet *Set, devIndex []int) {
	if dev < 0 || dev > s.Len() {
		panic(fmt.Sprintf("data: split: %d images for validation, set has %d", dev, s.Len()))
	}
	var src rand.PCG
	reseed(&src, seed, forSplit, s.Len(), 0)
	p := make([]int, s.Len())
	permute(p, rand.New(&src))
	devIndex, rest := p[:dev:dev], p[dev:]
	slices.Sort(devIndex)
	slices.Sort(rest)
	return s.Select("train", rest), s.Select("dev", devIndex), devIndex
}
