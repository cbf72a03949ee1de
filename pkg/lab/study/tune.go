package study

import (
	"fmt"

	"inkling/pkg/lab"
	"inkling/pkg/nn/train"
)

// Tuned is the learning rate that was chosen, and what it was chosen by.
type Tuned struct {
	Rate  float64
	Rates []float64 // those tried
	Runs  lab.Runs  // one at each of them
}

// Tune makes the run that build gives for each of the learning rates, all in one
// Fit, and chooses the rate with the smallest error on dev, the first of equals.
// A run that diverges counts with its last sound weights, if it was judged
// before, else not at all. What is compared on equal terms is tuned with the same
// rates.
func Tune(l *lab.Lab, rates []float64, build func(rate float64) train.Config) (Tuned, error) {
	if len(rates) == 0 {
		return Tuned{}, fmt.Errorf("study: tune: no learning rates, want at least 1")
	}
	cfgs := make([]train.Config, len(rates))
	for i, rate := range rates {
		cfgs[i] = build(rate)
	}
	runs, err := l.Fit(cfgs...)
	if err != nil {
		return Tuned{}, err
	}
	return choose(rates, runs)
}

// choose picks the best of runs, one for each rate.
func choose(rates []float64, runs lab.Runs) (Tuned, error) {
	best := lab.Argmin(runs.DevErrors())
	if best < 0 {
		return Tuned{}, fmt.Errorf("study: tune: %s at none of the learning rates %v was ever judged: all diverged before", runs[0].Name, rates)
	}
	return Tuned{Rate: rates[best], Rates: rates, Runs: runs}, nil
}
