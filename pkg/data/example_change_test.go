package data_test

import (
	"fmt"
	"math/rand/v2"

	"inkling/pkg/data"
)

// Fade is a change of one's own: ink grows paler by up to this share.
type Fade float64

// Apply changes one image in place; all chance comes from rng.
func (f Fade) Apply(image []float32, h, w int, rng *rand.Rand) {
	left := float32(1 - float64(f)*rng.Float64())
	for i := range image {
		image[i] *= left
	}
}

// Check is asked before an epoch.
func (f Fade) Check() error {
	if !(f >= 0 && f <= 1) {
		return fmt.Errorf("share %v, want 0 to 1", float64(f))
	}
	return nil
}

// Registered, it is what --fade=0.3 means.
var _ = data.RegisterChange(Fade(0), "augmentation: ink paler by up to this share, 0 to 1")

// A change of one's own stands beside ours and draws by the same seeds.
func ExampleChange() {
	digits := data.Synthetic("digits", 1, 0, 10)
	a := data.Augment{Shift: 2, More: []data.Change{Fade(0.3)}}
	changed := a.Materialize(digits, 1, 1)
	again := a.Materialize(digits, 1, 1)
	fmt.Println("changed:", changed.Fingerprint() != digits.Fingerprint())
	fmt.Println("the same again:", changed.Fingerprint() == again.Fingerprint())
	// Output:
	// changed: true
	// the same again: true
}
