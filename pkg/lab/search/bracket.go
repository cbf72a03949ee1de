package search

import "fmt"

// A Rung is a stage of successive halving: so many configurations, each trained to
// so many epochs in all.
type Rung struct{ Configs, Epochs int }

// Bracket is successive halving (Jamieson and Talwalkar 2016) with eta in the place
// of 2, its rungs laid out as in Hyperband's inner loop (Li et al. 2018). With least
// epochs r and final length R there are
//
//	K = ⌊log_eta(R/r)⌋ + 1 rungs; rung k = 0 … K−1 trains to ⌊R/eta^(K−1−k)⌋ epochs
//
// the n configurations of rung 0, then of those n_k that are left the best
// max(1, ⌊n_k/eta⌋). The last rung is the whole run. Every rung costs about n·r
// epochs if all begin anew; here the survivors go on from where they were, so that
// rung k costs only what its epochs are more than those of the rung before.
func Bracket(n, least, most, eta int) ([]Rung, error) {
	switch {
	case n < 1:
		return nil, fmt.Errorf("search: halving of %d configurations, want at least 1", n)
	case least < 1 || least > most:
		return nil, fmt.Errorf("search: halving from %d epochs, want 1 to %d, the epochs of the whole run", least, most)
	case eta < 2:
		return nil, fmt.Errorf("search: halving with eta %d, want at least 2: the better 1 of eta goes on", eta)
	}
	lengths := []int{most}
	for power := eta; most/power >= least; power *= eta {
		lengths = append(lengths, most/power)
	}
	var rungs []Rung
	for k := len(lengths) - 1; k >= 0; k-- {
		rungs = append(rungs, Rung{n, lengths[k]})
		n = max(1, n/eta)
	}
	return rungs, nil
}

// cost is the number of epochs that rungs come to.
func cost(rungs []Rung) (epochs int) {
	before := 0
	for _, r := range rungs {
		epochs += r.Configs * (r.Epochs - before)
		before = r.Epochs
	}
	return epochs
}

// full is the number of configurations with which a bracket ends in one.
func full(least, most, eta int) int {
	n := 1
	for power := eta; most/power >= least; power *= eta {
		n = power
	}
	return n
}
