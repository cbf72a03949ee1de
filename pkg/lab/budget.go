package lab

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A budget makes a whole notebook smaller: its sets, and what IfQuick chooses, lie
// between the quick ones and the full ones.
type budget struct {
	given  bool
	counts float64 // of the way from quick to full, on a logarithmic scale: epochs, seeds and the like
	images float64 // the same of numbers of images, which are finer
	words  string  // what somebody asked for: 0.35, 5m
	of     int     // images for training that a full lab has
}

// readBudget reads INKLING_BUDGET: a share, 0.35; or one of counts, one of images, and
// the time that they were chosen for, 0.3,0.42,5m.
func readBudget(value string) (budget, error) {
	if value = strings.TrimSpace(value); value == "" {
		return budget{}, nil
	}
	bad := fmt.Errorf("lab: INKLING_BUDGET %.30q, want a share from 0 to 1, as 0.35, or one of counts, one of images and a time, as 0.3,0.42,5m", value)
	parts := strings.Split(value, ",")
	if len(parts) > 3 {
		return budget{}, bad
	}
	shares := [2]float64{}
	for i, part := range parts[:min(len(parts), 2)] {
		share, err := strconv.ParseFloat(part, 64)
		if err != nil || !(share >= 0 && share <= 1) {
			return budget{}, bad
		}
		shares[i] = share
	}
	b := budget{given: true, counts: shares[0], images: shares[1], words: value}
	if len(parts) == 1 {
		b.images = b.counts
	}
	if len(parts) == 3 {
		if d, err := time.ParseDuration(parts[2]); err != nil || d <= 0 {
			return budget{}, bad
		}
		b.words = parts[2]
	}
	return b, nil
}

// ofImages is the least full number that is one of images. What is smaller, epochs and
// seeds, jumps when it is rounded.
const ofImages = 1000

// choose is a number of epochs, of seeds or of images.
func (b budget) choose(quick, full int) int {
	if full >= ofImages {
		return between(b.images, quick, full)
	}
	return between(b.counts, quick, full)
}

// between is quick with a share of 0 and full with a share of 1. Between them every
// number grows by the same share of its powers, so that what a run costs, their
// product, does as well.
func between(share float64, quick, full int) int {
	if quick <= 0 || full <= 0 {
		return int(math.Round(float64(quick) + share*float64(full-quick)))
	}
	return int(math.Round(math.Pow(float64(quick), 1-share) * math.Pow(float64(full), share)))
}

// less reports whether the lab is not the full one.
func (l *Lab) less() bool { return l.Quick || l.budget.given }

// A count is the runs that a program has made or found so far.
type count struct {
	mu   sync.Mutex
	runs Runs
}

func (c *count) add(runs Runs) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs = append(c.runs, runs...)
}

// made is "1 to 3 epochs, 2 seeds", "" where there are no runs yet.
func (c *count) made() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.runs) == 0 {
		return ""
	}
	return c.runs.Made()
}

// Departs says in what the whole notebook is not the full one with its own values:
// values that were given, or a budget; "" if it is. Quick settings are told apart.
func (l *Lab) Departs() string { return l.departs("") }

// DepartsSoFar is Departs, and with a budget the epochs and seeds of all runs that Fit
// has come to so far: what stands under the figures that show them.
func (l *Lab) DepartsSoFar() string { return l.departs(l.counted.made()) }

func (l *Lab) departs(made string) string {
	var said []string
	if b := l.budget; b.given {
		if made != "" {
			made += ", "
		}
		said = append(said, fmt.Sprintf("shortened by a budget of %s: %s%d of %d images", b.words, made, l.Train.Len(), b.of))
	}
	if v := Variant(); v != "" {
		said = append(said, "with "+v)
	}
	return strings.Join(said, "; ")
}
