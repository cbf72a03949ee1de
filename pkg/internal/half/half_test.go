package half

import (
	"math"
	"testing"
)

// All 65,536 of them, against the definition in floating point.
func TestFloat(t *testing.T) {
	for u := range 1 << 16 {
		e, f := u>>10&31, float64(u&1023)
		want := math.Ldexp(f, -24)
		switch {
		case e == 31 && f == 0:
			want = math.Inf(1)
		case e == 31:
			want = math.NaN()
		case e > 0:
			want = math.Ldexp(1024+f, e-25)
		}
		got := float64(Float(uint16(u)))
		if math.IsNaN(want) != math.IsNaN(got) || !math.IsNaN(want) && (got != math.Copysign(want, 1-2*float64(u>>15)) || math.Signbit(got) != (u>>15 == 1)) {
			t.Errorf("%#04x is %v, want ±%v", u, got, want)
		}
	}
}
