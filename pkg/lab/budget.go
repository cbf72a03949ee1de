package lab

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A budget makes a whole notebook smaller: its sets, and what IfQuick chooses, lie
// between the quick ones and the full ones.
type budget struct {
	share float64 // of the way from quick to full, on a logarithmic scale; 0: quick, or no budget
	of    int     // images for training that a full lab has
}

// readBudget reads INKLING_BUDGET, a share.
func readBudget(value string) (budget, error) {
	if value == "" {
		return budget{}, nil
	}
	share, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(share > 0 && share < 1) {
		return budget{}, fmt.Errorf("lab: INKLING_BUDGET %.30q, want a share above 0 and below 1, as 0.35", value)
	}
	return budget{share: share}, nil
}

// between is quick with a share of 0 and full with a share of 1. Between them every
// number grows by the same share of its powers, so that what a run costs, their
// product, does as well.
func (b budget) between(quick, full int) int {
	if b.share == 0 {
		return quick
	}
	if quick <= 0 || full <= 0 {
		return int(math.Round(float64(quick) + b.share*float64(full-quick)))
	}
	return int(math.Round(math.Pow(float64(quick), 1-b.share) * math.Pow(float64(full), b.share)))
}

// Departs says in what the whole notebook is not the full one with its own values:
// values that were given, or a budget; "" if it is. Quick settings are told apart.
func (l *Lab) Departs() string {
	var said []string
	if b := l.budget; b.share > 0 {
		var counts []string
		for _, full := range []struct {
			n    int
			what string
		}{{5, "epochs"}, {3, "seeds"}} {
			counts = append(counts, fmt.Sprintf("%d of %d %s", b.between(1, full.n), full.n, full.what))
		}
		said = append(said, fmt.Sprintf("budget %g: %s, %d of %d images", b.share, strings.Join(counts, ", "), l.Train.Len(), b.of))
	}
	if v := Variant(); v != "" {
		said = append(said, "with "+v)
	}
	return strings.Join(said, "; ")
}
