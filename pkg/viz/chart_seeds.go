package viz

import (
	"fmt"
	"math"
)

// Spread is a series of repeated measurements: at x[i] the mean of samples[i],
// with an error bar or band of one sample standard deviation to both sides.
// What is not finite counts for nothing; a single value has no bar, and a
// point without values is a gap.
func Spread(name string, x []float64, samples [][]float64) Series {
	if x != nil && len(x) != len(samples) {
		panic(fmt.Sprintf("viz: spread %q: %d X, %d sets of samples", name, len(x), len(samples)))
	}
	s := Series{Name: name, X: x}
	for _, v := range samples {
		mean, sd := meanSD(v)
		s.Y = append(s.Y, mean)
		s.Low, s.High = append(s.Low, mean-sd), append(s.High, mean+sd)
	}
	return s
}

// meanSD returns NaN for what the finite values of v do not tell.
func meanSD(v []float64) (mean, sd float64) {
	n := 0.0
	for _, x := range v {
		if isFinite(x) {
			mean, n = mean+x, n+1
		}
	}
	mean /= n
	for _, x := range v {
		if isFinite(x) {
			sd += (x - mean) * (x - mean)
		}
	}
	if n < 2 {
		return mean, math.NaN()
	}
	return mean, math.Sqrt(sd / (n - 1))
}

// Seeds is one curve for several runs of the same configuration with different
// seeds: mean and standard deviation at every iteration of the longest run.
// Metric is one of Run.Points, or "error": the share wrong in %.
func Seeds[R Run](name, split, metric string, runs []R) Series {
	from, values := metric, func(v float64) float64 { return v }
	if metric == "error" {
		from, values = "score", func(v float64) float64 { return 100 * (1 - v) }
	}
	var longest []float64
	at := map[float64][]float64{}
	for _, r := range runs {
		x, y := r.Points(split, from)
		if len(x) > len(longest) {
			longest = x
		}
		for i := range x {
			at[x[i]] = append(at[x[i]], values(y[i]))
		}
	}
	samples := make([][]float64, len(longest))
	for i, x := range longest {
		samples[i] = at[x]
	}
	return Spread(name, longest, samples)
}

// Across is Spread at places 0, 1, 2, …: those of Lines.Names and of Bars.
func Across(name string, samples [][]float64) Series {
	x := make([]float64, len(samples))
	for i := range x {
		x[i] = float64(i)
	}
	return Spread(name, x, samples)
}
