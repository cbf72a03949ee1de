package data

import (
	"slices"
	"testing"
)

// The parts are what Select would copy, as windows of the set that is reordered.
func TestPartitionCopiesNothing(t *testing.T) {
	for _, dev := range []int{0, 1, 17, 99, 100} {
		before, s := Synthetic("all", 3, 0, 100), Synthetic("all", 3, 0, 100)
		train, devSet, index := Partition(s, 7, dev)
		var rest []int
		for i := range 100 {
			if !slices.Contains(index, i) {
				rest = append(rest, i)
			}
		}
		if train.Fingerprint() != before.Select("", rest).Fingerprint() || devSet.Fingerprint() != before.Select("", index).Fingerprint() {
			t.Errorf("dev %d: the parts are not the images that were chosen, in their order", dev)
		}
		if train.Len() > 0 && &train.Pixels[0] != &s.Pixels[0] {
			t.Errorf("dev %d: the training images were copied", dev)
		}
	}
}
