package data

import "testing"

func TestSalt(t *testing.T) {
	blank := &Set{C: 1, H: 50, W: 40, Pixels: make([]uint8, 2000), Labels: make([]uint16, 1)}
	white := 0
	for _, v := range (Augment{More: []Change{Salt(0.5)}}).Materialize(blank, 1, 1).Pixels {
		if v == 255 {
			white++
		}
	}
	if white < 400 || white > 600 { // a quarter of 2,000, and five standard deviations
		t.Errorf("%d of 2,000 pixels are white, want about 500", white)
	}
}
