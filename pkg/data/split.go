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
	devIndex, rest := cut(s.Len(), seed, dev)
	return s.Select("train", rest), s.Select("dev", devIndex), devIndex
}

// Partition is Split without the copies: s is reordered so that the images for
// training come first, and train and devSet are windows of it. devIndex holds
// the indices that the validation images had before.
func Partition(s *Set, seed uint64, dev int) (train, devSet *Set, devIndex []int) {
	devIndex, rest := cut(s.Len(), seed, dev)
	aside := s.Select("dev", devIndex)
	for to, from := range rest { // to ≤ from, as rest is increasing
		copy(s.pixels(to), s.pixels(from))
		s.Labels[to] = s.Labels[from]
	}
	at := len(rest) * s.H * s.W
	copy(s.Pixels[at:], aside.Pixels)
	copy(s.Labels[len(rest):], aside.Labels)
	train = &Set{Name: "train", H: s.H, W: s.W, Pixels: s.Pixels[:at:at], Labels: s.Labels[:len(rest):len(rest)]}
	devSet = &Set{Name: "dev", H: s.H, W: s.W, Pixels: s.Pixels[at:], Labels: s.Labels[len(rest):]}
	return train, devSet, devIndex
}

// cut parts 0…n-1 by a permutation that depends on seed and n alone; both parts
// are increasing.
func cut(n int, seed uint64, dev int) (devIndex, rest []int) {
	if dev < 0 || dev > n {
		panic(fmt.Sprintf("data: split: %d images for validation, set has %d", dev, n))
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
