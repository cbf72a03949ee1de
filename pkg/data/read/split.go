package read

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
)

// share is how much of the images is split off for a test where there is no
// other, as of the 70,000 of MNIST.
const share = 1. / 7

// split takes test images from the training images where the files have none:
// of each class the same share, chosen by a seed.
func (d *Data) split(p *Place) error {
	part, err := p.options.number("test", share, 0.01, 0.9)
	if err != nil {
		return fmt.Errorf("%s: %w", p.path, err)
	}
	seed := uint64(1)
	if s := p.Option("seed"); s != "" {
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			return fmt.Errorf("%s: option seed=%.60q, allowed are whole numbers from 0", p.path, s)
		}
	}
	n := len(d.Train.Labels)
	if len(d.Test.Labels) > 0 {
		if p.options.has("test") || p.options.has("seed") {
			return fmt.Errorf("%s: the options test and seed split test images off, allowed where there are none; there are %d", p.path, len(d.Test.Labels))
		}
		return nil
	}
	test, more := chosen(d.Train.Labels, len(d.Classes), part, seed)
	size := d.C * d.H * d.W
	kept := 0
	for i := range n {
		image, y := d.Train.Pixels[i*size:(i+1)*size], d.Train.Labels[i]
		if test[i] {
			d.Test.Pixels = append(d.Test.Pixels, image...)
			d.Test.Labels = append(d.Test.Labels, y)
			continue
		}
		copy(d.Train.Pixels[kept*size:], image)
		d.Train.Labels[kept] = y
		kept++
	}
	d.Train.Pixels, d.Train.Labels = d.Train.Pixels[:kept*size:kept*size], d.Train.Labels[:kept:kept]
	if n > 0 && len(d.Test.Labels) == 0 {
		return fmt.Errorf("%s: %d images are too few to split test images off", p.path, n)
	}
	least := ""
	if more {
		least = ", at least one"
	}
	d.Notes = append(d.Notes, fmt.Sprintf("%d of %d images split off for the test, %.3g %% of each class%s, by seed %d", len(d.Test.Labels), n, 100*part, least, seed))
	return nil
}

// chosen marks the share of each class, rounded, but for one image at least on
// either side where a class has two. It reports whether that made it more of any.
func chosen(labels []uint16, classes int, part float64, seed uint64) (test []bool, more bool) {
	members := make([][]int, classes)
	for i, y := range labels {
		members[y] = append(members[y], i)
	}
	test = make([]bool, len(labels))
	for class, of := range members {
		rounded := int(math.Round(part * float64(len(of))))
		n := min(max(rounded, 1), len(of)-1)
		more = more || n > rounded
		rng := rand.New(rand.NewPCG(seed, uint64(class)))
		for k := range max(n, 0) { // the first steps of Fisher and Yates
			j := k + rng.IntN(len(of)-k)
			of[k], of[j] = of[j], of[k]
			test[of[k]] = true
		}
	}
	return test, more
}
