package lab

import (
	"fmt"
	"math"
)

// Stat is how values of several seeds are told: their mean and their sample
// standard deviation. A value that is NaN stands for a run without a score, and
// leaves the mean without one.
type Stat struct {
	Mean, SD float64 // NaN for no values; SD is NaN for fewer than two
	N        int
}

// StatOf is the Stat of v.
func StatOf(v []float64) Stat {
	s := Stat{Mean: math.NaN(), SD: math.NaN(), N: len(v)}
	if s.N > 0 {
		s.Mean, s.SD = MeanStd(v)
	}
	if s.N < 2 {
		s.SD = math.NaN()
	}
	return s
}

// String is "1.86 ± 0.05", of a single value the value alone, "–" where there is
// no mean.
func (s Stat) String() string { return s.Format("%.2f") }

// Format is String with another verb for the numbers.
func (s Stat) Format(verb string) string {
	switch {
	case s.N == 0 || math.IsNaN(s.Mean):
		return "–"
	case s.N == 1 || math.IsNaN(s.SD):
		return fmt.Sprintf(verb, s.Mean)
	}
	return fmt.Sprintf(verb+" ± "+verb, s.Mean, s.SD)
}

// MeanStd returns the mean of v and its sample standard deviation, 0 for fewer
// than two values. The mean of nothing is NaN.
func MeanStd(v []float64) (mean, std float64) {
	if len(v) == 0 {
		return math.NaN(), 0
	}
	for _, x := range v {
		mean += x / float64(len(v))
	}
	if len(v) < 2 {
		return mean, 0
	}
	for _, x := range v {
		std += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(std / float64(len(v)-1))
}

// Argmax returns the index of the largest value, the first of equals. NaN is no
// value; -1 if there is none.
func Argmax(v []float64) int {
	best := -1
	for i, x := range v {
		if !math.IsNaN(x) && (best < 0 || x > v[best]) {
			best = i
		}
	}
	return best
}

// Argmin returns the index of the smallest value; see [Argmax].
func Argmin(v []float64) int {
	best := -1
	for i, x := range v {
		if !math.IsNaN(x) && (best < 0 || x < v[best]) {
			best = i
		}
	}
	return best
}
