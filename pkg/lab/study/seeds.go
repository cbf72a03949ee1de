package study

import (
	"fmt"
	"math"
	"slices"

	"inkling/pkg/lab"
	"inkling/pkg/nn/train"
)

// Seeds makes a run with the seeds 1 to n.
func Seeds(l *lab.Lab, n int, cfg train.Config) (lab.Runs, error) {
	rows, err := Compare(l, n, cfg)
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// Compare makes every run with the seeds 1 to n, all in one Fit, and returns the
// runs of each configuration.
func Compare(l *lab.Lab, n int, cfgs ...train.Config) ([]lab.Runs, error) {
	if n < 1 {
		return nil, fmt.Errorf("study: %d seeds, want at least 1", n)
	}
	runs, err := l.Fit(withSeeds(n, cfgs)...)
	if err != nil {
		return nil, err
	}
	return slices.Collect(slices.Chunk(runs, n)), nil
}

func withSeeds(seeds int, cfgs []train.Config) (all []train.Config) {
	for _, c := range cfgs {
		for seed := range seeds {
			c.Seed = uint64(seed + 1)
			all = append(all, c)
		}
	}
	return all
}

// BestRow is the row of runs with the smallest mean dev error, the first of
// equals. A row without runs, or with one that has no score, is never the best;
// -1 if there is no other.
func BestRow(rows []lab.Runs) int { return lab.Argmin(meanErrors(rows)) }

// meanErrors are the mean dev errors of rows of runs, NaN where there is none.
func meanErrors(rows []lab.Runs) (means []float64) {
	for _, runs := range rows {
		means = append(means, runs.DevError().Mean)
	}
	return means
}

// Spread is by how many points the mean dev errors of rows of runs differ at
// most; rows without a mean do not count. It is NaN if no row has one.
func Spread(rows []lab.Runs) float64 {
	means := meanErrors(rows)
	low, high := lab.Argmin(means), lab.Argmax(means)
	if low < 0 {
		return math.NaN()
	}
	return means[high] - means[low]
}

// Stored is what the run store holds of the runs that Compare would make: for
// each configuration those that have ended; see Lab.Finished.
func Stored(l *lab.Lab, seeds int, cfgs ...train.Config) ([]lab.Runs, error) {
	rows := make([]lab.Runs, len(cfgs))
	for i, c := range cfgs {
		var err error
		if rows[i], err = l.Finished(withSeeds(seeds, []train.Config{c})...); err != nil {
			return nil, err
		}
	}
	return rows, nil
}
