package data

import (
	"slices"
	"testing"
)

// Partition must give what Split gives, as windows of the set it reorders.
func TestPartitionIsSplitInPlace(t *testing.T) {
	for _, dev := range []int{0, 1, 17, 99, 100} {
		s := Synthetic("all", 3, 0, 100)
		train, devSet, index := Split(s, 7, dev)
		t2, d2, i2 := Partition(s, 7, dev)
		if !slices.Equal(index, i2) || train.Fingerprint() != t2.Fingerprint() || devSet.Fingerprint() != d2.Fingerprint() {
			t.Errorf("dev %d: Partition differs from Split", dev)
		}
		if train.Len() > 0 && &t2.Pixels[0] != &s.Pixels[0] {
			t.Errorf("dev %d: Partition copied the training images", dev)
		}
	}
}
