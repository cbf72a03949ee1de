package inspect

import (
	"fmt"
	"math"
)

// Orientation is the direction along which a map changes least: that of the
// stroke or the edge which it answers to.
type Orientation struct {
	// Angle is in degrees, from 0 to less than 180, counted against the clock:
	// 0 is horizontal, 90 upright.
	Angle float64
	// Strength is 0 for a map without a direction, such as a round blob, and 1
	// for one that changes in one direction only.
	Strength float64
}

// OrientationOf reads the structure tensor of a map of h×w, the sum of ∇m·∇mᵀ
// over all places (Bigün & Granlund 1987). Gradients are the differences of
// 2×2 neighbours.
func OrientationOf(m []float32, h, w int) Orientation {
	if len(m) != h*w {
		panic(fmt.Sprintf("inspect: orientation: %d values, want %d×%d", len(m), h, w))
	}
	var xx, xy, yy float64
	for y := range h - 1 {
		for x := range w - 1 {
			a, b := float64(m[y*w+x]), float64(m[y*w+x+1])
			c, d := float64(m[(y+1)*w+x]), float64(m[(y+1)*w+x+1])
			gx, gy := (b+d-a-c)/2, (a+b-c-d)/2 // y upwards
			xx, xy, yy = xx+gx*gx, xy+gx*gy, yy+gy*gy
		}
	}
	if xx+yy == 0 {
		return Orientation{}
	}
	across := math.Atan2(2*xy, xx-yy) / 2 * 180 / math.Pi
	return Orientation{
		Angle:    math.Mod(across+90+180, 180),
		Strength: math.Hypot(2*xy, xx-yy) / (xx + yy),
	}
}

// strengths are those of the orientations of several maps.
func strengths(maps [][]float32, h, w int) []float64 {
	out := make([]float64, len(maps))
	for i, m := range maps {
		out[i] = OrientationOf(m, h, w).Strength
	}
	return out
}
