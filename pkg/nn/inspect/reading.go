package inspect

import (
	"fmt"
	"math"

	"inkling/pkg/nn"
)

// Reading says in numbers what training made of the kernels of a convolution:
// means over the kernels of several networks. What was before training is the
// yardstick, since a Gabor fits noise to some degree, and noise can be matched
// with noise.
type Reading struct {
	Kept            float64 // cosine of a kernel with what it was before: 1 has not turned at all
	Before, After   float64 // share of the variance that a Gabor explains
	Random, Aligned float64 // strength of the orientation before and after
	Chance, Matched float64 // similarity of the kernels of two networks, matched; NaN for a single one
}

// Read compares the kernels called name ("0.conv2d.W") of trained networks of
// the same layers with those they began with, and each network with the next,
// allowing shifts of a pixel.
func Read(models []*nn.Model, name string) Reading {
	var before, after [][][]float32
	k := 0
	for _, m := range models {
		w := m.Param(name)
		if w == nil || len(w.Dims) != 4 {
			panic(fmt.Sprintf("inspect: read: no kernels called %q", name))
		}
		k = w.Dims[2]
		before, after = append(before, Maps(Fresh(m).Param(name))), append(after, Maps(w))
	}
	r := Reading{Chance: paired(before, k), Matched: paired(after, k)}
	for i := range models {
		each := 1 / float64(len(models))
		r.Kept += each * Average(cosines(before[i], after[i]))
		r.Before += each * Average(Explained(FitGabors(before[i], k, k)))
		r.After += each * Average(Explained(FitGabors(after[i], k, k)))
		r.Random += each * Average(strengths(before[i], k, k))
		r.Aligned += each * Average(strengths(after[i], k, k))
	}
	return r
}

// paired is the mean similarity of each list of maps with the next.
func paired(maps [][][]float32, k int) float64 {
	if len(maps) < 2 {
		return math.NaN()
	}
	var all []float64
	for i := 1; i < len(maps); i++ {
		all = append(all, Pair(maps[i-1], maps[i], k, k, 1).Similarity...)
	}
	return Average(all)
}

// largestResponse is the largest response of a kernel, without its bias, to pixels from 0
// to 1: its positive weights see ink, the others see none.
func largestResponse(kernel []float32) float64 {
	sum := 0.0
	for _, w := range kernel {
		sum += math.Max(float64(w), 0)
	}
	return sum
}

// SanityCheck draws the layers of each model anew from seed, one after the
// other from the last to the first, and says how much of an explanation is left:
// left[n][k] is the mean rank correlation, over the images, of what explain
// returns for model k with n layers drawn anew and for model k itself. An
// explanation of what was learned must fall towards 0 (Adebayo et al. 2018,
// cascading randomization). Images whose map is all the same do not count.
func SanityCheck(models []*nn.Model, seed uint64, explain func(p *Probe) *nn.Tensor) (left [][]float64, err error) {
	for _, m := range models {
		var own *nn.Tensor
		for n := range len(weighted(m)) + 1 {
			p, err := New(Randomized(m, n, seed))
			if err != nil {
				return nil, err
			}
			maps := explain(p)
			if n == 0 {
				own = maps
			}
			var all []float64
			for i := range own.N {
				all = append(all, rankCorrelation(own.Example(i), maps.Example(i)))
			}
			if n == len(left) {
				left = append(left, nil)
			}
			left[n] = append(left[n], Average(all))
		}
	}
	return left, nil
}
