package train

import "fmt"

// A Trial is what is compared with others: a configuration for every learning
// rate and seed.
type Trial func(lr float64, seed int) Config

// Tuned is what came of a Trial.
type Tuned struct {
	LR     float64   // the chosen rate
	Rates  []float64 // those tried
	Errors []float64 // at each of them, seed 1: the share wrong on dev in %; NaN for a run that was never judged
	Runs   []*Result // at the chosen rate, seed 1 first
}

// Tune compares trials on equal terms: each may try the same learning rates
// with seed 1, the one with the best score on dev is chosen, and with it the
// other seeds are trained. A run that diverges counts with its last sound
// weights, if it was judged before, else not at all. Of equal rates the first
// is chosen. All runs of a stage are one Fit.
func (l *Lab) Tune(rates []float64, seeds int, trials ...Trial) ([]Tuned, error) {
	if len(rates) == 0 || seeds < 1 {
		return nil, fmt.Errorf("train: tune: %d learning rates and %d seeds, want at least 1", len(rates), seeds)
	}
	var first, rest []Config
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

// FitAll is Fit that takes an interrupt for an error: it returns a result for
// every configuration or none, for what compares them.
func (l *Lab) FitAll(cfgs ...Config) ([]*Result, error) {
	runs, err := l.Fit(cfgs...)
	if err != nil {
		return nil, err
	}
	return runs, allDone(runs, len(cfgs))
}

func allDone(runs []*Result, want int) error {
	done := 0
	for _, r := range runs {
		if r.Status != Interrupted {
			done++
		}
	}
	if done < want {
		return fmt.Errorf("train: %d of %d runs are done: run again to continue", done, want)
	}
	return nil
}

// choose picks the best of runs, one for each rate.
func choose(rates []float64, runs []*Result) (Tuned, error) {
	t := Tuned{Rates: rates, Errors: DevErrors(runs)}
	best := Argmin(t.Errors)
	if best < 0 {
		return t, fmt.Errorf("train: tune: %s at none of the learning rates %v was ever judged: all diverged before", runs[0].Name, rates)
	}
	t.LR, t.Runs = rates[best], runs[best:best+1:best+1]
	return t, nil
}

// DevErrors are the shares wrong on dev of the runs at their best evaluations,
// in %; NaN for a run that was never judged.
func DevErrors(runs []*Result) []float64 {
	errs := make([]float64, len(runs))
	for i, r := range runs {
		errs[i] = 100 * (1 - r.score(r.Best))
	}
	return errs
}

// LastErrors are the shares wrong on dev of the runs at their last evaluations,
// in %: those that nobody has picked. NaN for a run that was never judged.
func LastErrors(runs []*Result) []float64 {
	errs := make([]float64, len(runs))
	for i, r := range runs {
		errs[i] = 100 * (1 - r.score(r.Last))
	}
	return errs
}

// TestAccuracies are the accuracies of the runs on the test set, in %; see
// Result.Test.
func TestAccuracies(runs []*Result) ([]float64, error) {
	scores := make([]float64, len(runs))
	for i, r := range runs {
		s, err := r.Test()
		if err != nil {
			return nil, err
		}
		scores[i] = 100 * s.Accuracy
	}
	return scores, nil
}
