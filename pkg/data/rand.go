package data

import "math/rand/v2"

// Purposes keep the random streams of one seed apart.
const (
	forSplit = iota + 1
	forOrder
	forSynthetic
	forAugment
	forField
	forDraw
)

// forMore is the purpose of the first change of Augment.More; the next one has
// the next.
const forMore = 1 << 20

// reseed sets src to the start of the stream of (seed, purpose, a, b). Every
// draw of this package begins here, so that none depends on what was drawn
// before it.
func reseed(src *rand.PCG, seed uint64, purpose, a, b int) {
	h := mix(seed + 0x9e3779b97f4a7c15*uint64(purpose))
	h = mix(h ^ uint64(a))
	src.Seed(h, mix(h^uint64(b)))
}

// mix is the finaliser of SplitMix64: a bijection in which every input bit
// changes every output bit with probability one half.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// permute fills p with a permutation of 0 … len(p)-1 (Fisher-Yates).
func permute(p []int, rng *rand.Rand) {
	for i := range p {
		j := rng.IntN(i + 1)
		p[i] = p[j]
		p[j] = i
	}
}
