package printable

import (
	"testing"
	"time"
)

func TestRoughly(t *testing.T) {
	for seconds, want := range map[float64]string{0.1: "1 s", 7.2: "7 s", 41: "40 s", 58: "1 min", 130: "2 min", 5000: "83 min", 7300: "2 h 0 min"} {
		if got := Roughly(time.Duration(seconds * float64(time.Second))); got != want {
			t.Errorf("%v s: %q, want %q", seconds, got, want)
		}
	}
}
