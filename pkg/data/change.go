package data

import (
	"fmt"
	"math/rand/v2"
)

// Change is one more way to change an image: what [Augment.More] holds. It is a
// plain value that identifies what it does.
//
//	type Salt float64 // share of the pixels that are set to 0 or 1
//
//	func (s Salt) Apply(image []float32, h, w int, rng *rand.Rand) {
//		for i := range image {
//			if rng.Float64() < float64(s) {
//				image[i] = float32(rng.IntN(2))
//			}
//		}
//	}
//
// Apply changes, in place, an image of h rows of w values in [0,1], 0 being
// background; values beyond are cut off after it. Of an image in colour it is given
// one plane after the other, each with the same chance. All chance must come from rng:
// it begins anew for every (seed, epoch, index of the image, place in More), so
// that no change alters what is drawn for another. Several goroutines call it at
// once, each with an image and an rng of its own.
//
// What is wrong with its fields it tells by a method Check() error; how it is at
// another magnitude, for Augment.Times, by Times(f float64) Change. A single
// amount becomes a flag with [RegisterChange].
type Change interface {
	Apply(image []float32, h, w int, rng *rand.Rand)
}

func checkChanges(more []Change) error {
	for i, c := range more {
		if c == nil {
			return fmt.Errorf("data: augment: More[%d] is nil", i)
		}
		if k, ok := c.(interface{ Check() error }); ok {
			if err := k.Check(); err != nil {
				return fmt.Errorf("data: augment: More[%d], a %T: %w", i, c, err)
			}
		}
	}
	return nil
}

func changesTimes(more []Change, f float64) []Change {
	var all []Change
	for _, c := range more {
		if t, ok := c.(interface{ Times(f float64) Change }); ok {
			c = t.Times(f)
		}
		all = append(all, c)
	}
	return all
}
