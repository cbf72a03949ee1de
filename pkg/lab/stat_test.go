package lab

import (
	"math"
	"testing"

	"inkling/pkg/internal/printable"
)

func TestMeanStd(t *testing.T) {
	for _, c := range []struct {
		v         []float64
		mean, std float64
	}{{[]float64{1, 2, 3, 4}, 2.5, math.Sqrt(5.0 / 3)}, {[]float64{7}, 7, 0}, {nil, math.NaN(), 0}} {
		mean, std := MeanStd(c.v)
		near(t, "mean", mean, c.mean)
		near(t, "standard deviation", std, c.std)
	}
}

func TestStatAsText(t *testing.T) {
	for _, c := range []struct {
		v    []float64
		want string
	}{{nil, "–"}, {[]float64{math.NaN()}, "–"}, {[]float64{3, math.NaN()}, "–"}, {[]float64{97.456}, "97.46"}, {[]float64{97, 98, 99}, "98.00 ± 1.00"}} {
		if got := StatOf(c.v).String(); got != c.want {
			t.Errorf("%v: %q, want %q", c.v, got, c.want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 seeds", 1: "1 seed", 3: "3 seeds"} {
		if got := printable.Count(n, "seed"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
