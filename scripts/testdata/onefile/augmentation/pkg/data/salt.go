package data

import (
	"fmt"
	"math/rand/v2"
)

// Salt sets a share of the pixels to 0 or 1.
type Salt float64

var _ = RegisterChange(Salt(0), "share of the pixels that are set to 0 or 1, 0 to 1")

func (s Salt) Apply(image []float32, h, w int, rng *rand.Rand) {
	for i := range h * w {
		if rng.Float64() < float64(s) {
			image[i] = float32(rng.IntN(2))
		}
	}
}

func (s Salt) Check() error {
	if !(s >= 0 && s <= 1) {
		return fmt.Errorf("salt %v, allowed 0 to 1", float64(s))
	}
	return nil
}

func (s Salt) Times(f float64) Change { return Salt(float64(s) * f) }
