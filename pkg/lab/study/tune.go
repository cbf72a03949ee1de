package study

import (
	"fmt"

	"inkling/pkg/lab"
	"inkling/pkg/nn/train"
)

// A Trial is what is compared with others: a configuration for every learning
// rate and seed.
type Trial func(lr float64, seed int) train.Config

// Tuned is what came of a Trial.
type Tuned struct {
	LR     float64       // the chosen rate
	Rates  []float64     // those tried
	Errors []float64     // at each of them, seed 1: the share wrong on dev in %; NaN for a run that was never judged
	Runs   []*lab.Result // at the chosen rate, seed 1 first
}

// Tune compares trials on equal terms: each may try the same learning rates
// with seed 1, the one with the best score on dev is chosen, and with it the
// other seeds are trained. A run that diverges counts with its last sound
// weights, if it was judged before, else not at all. Of equal rates the first
// is chosen. All runs of a stage are one Fit.
func Tune(l *lab.Lab, rates []float64, seeds int, trials ...Trial) ([]Tuned, error) {
	if len(rates) == 0 || seeds < 1 {
		return nil, fmt.Errorf("study: tune: %d learning rates and %d seeds, want at least 1", len(rates), seeds)
	}
	var first, rest []train.Config
	for _, t := range trials {
		for _, lr := range rates {
			first = append(first, t(lr, 1))
		}
	}
	runs, err := l.FitAll(first...)
	if err != nil {
		return nil, err
	}
	tuned := make([]Tuned, len(trials))
	for k, t := range trials {
		mine := runs[k*len(rates) : (k+1)*len(rates)]
		if tuned[k], err = choose(rates, mine); err != nil {
			return nil, err
		}
		for seed := 2; seed <= seeds; seed++ {
			rest = append(rest, t(tuned[k].LR, seed))
		}
	}
	runs, err = l.FitAll(rest...)
	for i, r := range runs {
		k := i / (seeds - 1)
		tuned[k].Runs = append(tuned[k].Runs, r)
	}
	return tuned, err
}

// choose picks the best of runs, one for each rate.
func choose(rates []float64, runs []*lab.Result) (Tuned, error) {
	t := Tuned{Rates: rates, Errors: lab.DevErrors(runs)}
	best := lab.Argmin(t.Errors)
	if best < 0 {
		return t, fmt.Errorf("study: tune: %s at none of the learning rates %v was ever judged: all diverged before", runs[0].Name, rates)
	}
	t.LR, t.Runs = rates[best], runs[best:best+1:best+1]
	return t, nil
}
