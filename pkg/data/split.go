package data

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Partition divides s into dev images for validation and the rest for training,
// by a permutation that depends on seed and s.Len() alone. Both parts keep the
// order of s. devIndex holds the indices that the validation images had in s, in
// increasing order, for the record of a run.
//
// No image is copied: s is reordered so that the images for training come first,
// and train and devSet are windows of it. Concat(s.Name, s) is a copy for those
// who go on with s as it was. A dev below 0 or above s.Len() is a caller's bug.
func Partition(s *Set, seed uint64, dev int) (train, devSet *Set, devIndex []int) {
	devIndex, rest := cut(s.Len(), seed, dev)
	aside := s.Select("dev", devIndex)
	for to, from := range rest { // to ≤ from, as rest is increasing
		copy(s.pixels(to), s.pixels(from))
		s.Labels[to] = s.Labels[from]
	}
	n := len(rest)
	copy(s.Pixels[n*s.size():], aside.Pixels)
	copy(s.Labels[n:], aside.Labels)
	return s.window("train", 0, n), s.window("dev", n, s.Len()), devIndex
}

// cut parts 0…n-1 by a permutation that depends on seed and n alone; both parts
// are increasing.
func cut(n int, seed uint64, dev int) (devIndex, rest []int) {
	if dev < 0 || dev > n {
		panic(fmt.Sprintf("data: partition: %d images for validation, set has %d", dev, n))
	}
	var src rand.PCG
	reseed(&src, seed, forSplit, n, 0)
	p := make([]int, n)
	permute(p, rand.New(&src))
	devIndex, rest = p[:dev:dev], p[dev:]
	slices.Sort(devIndex)
	slices.Sort(rest)
	return devIndex, rest
}
