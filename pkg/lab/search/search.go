package search

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"inkling/pkg/internal/printable"
	"inkling/pkg/lab"
	"inkling/pkg/nn/train"
)

// Method is how a search chooses what to try.
type Method string

const (
	Grid    Method = "grid"    // every combination of the values
	Random  Method = "random"  // draws
	Halving Method = "halving" // draws in brackets of successive halving; see Bracket
)

// String is the name of the method, for package flag too.
func (m Method) String() string { return string(m) }

// Set reads the name of a method.
func (m *Method) Set(text string) error {
	all := []string{string(Grid), string(Random), string(Halving)}
	if !slices.Contains(all, text) {
		return fmt.Errorf("want %s%s", strings.Join(all, ", "), lab.DidYouMean(text, all))
	}
	*m = Method(text)
	return nil
}

// Search is what to try, and how.
type Search struct {
	Dims []Dim
	// Build turns a point into a configuration with the first of its seeds; the
	// others count on from there.
	Build func(p Point) (train.Config, error)
	// Idle, if there is one, says that a value of a point has no effect beside the
	// others, as a momentum with Adam: points that differ in such alone are one.
	Idle func(p Point, name string) bool
	// Words, if there is one, are the flags that make the run of a point.
	Words func(p Point) []string

	Method  Method // "" is Random if a dimension is a range, else Grid
	Budget  Budget
	Seeds   int    // runs of every point; 0 is 1
	Confirm int    // runs of the best point with other seeds
	Eta     int    // of Halving; 0 is 3
	Least   int    // epochs of its first rung; 0 is 1
	Draw    int    // seed of the draws; 0 is 1
	Runner  Runner // nil makes the runs here
	// Watch, if there is one, is told where the search stands, often.
	Watch func(*Found)
}

// The number of configurations where nobody says it, and how many a grid may have
// if nobody says that it may have as many.
const (
	randomConfigs = 20
	mostGrid      = 500
)

// Check completes s and reports what is wrong with it, as far as that is seen
// without data.
func (s *Search) Check() error {
	if err := checkDims(s.Dims); err != nil {
		return err
	}
	if s.Method == "" {
		s.Method = Grid
		if slices.ContainsFunc(s.Dims, func(d Dim) bool { return d.values() == nil }) {
			s.Method = Random
		}
	}
	s.Seeds, s.Eta, s.Least, s.Draw = cmp.Or(s.Seeds, 1), cmp.Or(s.Eta, 3), cmp.Or(s.Least, 1), cmp.Or(s.Draw, 1)
	for _, f := range []struct {
		name             string
		value, low, high int
	}{{"seeds", s.Seeds, 1, 100}, {"confirm", s.Confirm, 0, 100}, {"eta", s.Eta, 2, 100}, {"min-epochs", s.Least, 1, 1 << 20}, {"draw", s.Draw, 1, math.MaxInt32}} {
		if f.value < f.low || f.value > f.high {
			return fmt.Errorf("search: %s %d, want %d to %d", f.name, f.value, f.low, f.high)
		}
	}
	if s.Method != Grid {
		return nil
	}
	n, product, err := gridSize(s.Dims, math.MaxInt32)
	switch runs := n * s.Seeds; {
	case err != nil:
		return err
	case s.Budget.Runs > 0 && runs > s.Budget.Runs:
		return fmt.Errorf("search: a grid of %s = %d configurations is %d runs, the budget is %s: give fewer values, or draw from them with --method=random", product, n, runs, s.Budget)
	case s.Budget == Budget{} && runs > mostGrid:
		return fmt.Errorf("search: a grid of %s = %d configurations is %d runs: give fewer values, draw from them with --method=random, or say --budget=%druns if all are meant", product, n, runs, runs)
	}
	return nil
}

// points gives the points of the search one after the other, each once; nil when
// there are no more.
type points struct {
	s    *Search
	i    int
	seen map[string]bool
	skip int // repeats in a row
}

func (p *points) next() Point {
	for {
		var at Point
		switch size, _, err := gridSize(p.s.Dims, math.MaxInt32); {
		case p.s.Method == Grid && p.i >= size:
			return nil
		case p.s.Method == Grid:
			at = gridPoint(p.s.Dims, p.i)
		case err == nil && len(p.seen) >= size, p.skip > 10_000:
			return nil // all of a space of values are drawn
		default:
			at = randomPoint(p.s.Dims, uint64(p.s.Draw), uint64(p.i))
		}
		p.i++
		if p.s.Idle != nil {
			plain := slices.Clone(at)
			for k, v := range at {
				if p.s.Idle(at, v.Name) {
					plain[k].Text = ""
				}
			}
			at = plain
		}
		if key := at.String(); !p.seen[key] {
			p.seen[key], p.skip = true, 0
			return at
		}
		p.skip++
	}
}

// some are up to n trials more.
func (p *points) some(n int) (list []*Trial, err error) {
	for len(list) < n {
		at := p.next()
		if at == nil {
			break
		}
		t := &Trial{Point: at, Index: len(p.seen) - 1, Error: lab.StatOf(nil), Loss: math.NaN()}
		c, err := p.s.Build(at)
		if err != nil {
			if len(at) > 1 { // one value has been said
				err = fmt.Errorf("%w (at %v)", err, at)
			}
			return nil, err
		}
		for range p.s.Seeds {
			t.configs = append(t.configs, c)
			c.Seed++
		}
		list = append(list, t)
	}
	return list, nil
}

// bracket is the next of the search: for all methods but halving a single rung, of
// whole runs. It is empty when all of the space has been tried.
func (s *Search) bracket(p *points) (trials []*Trial, rungs []Rung, err error) {
	if trials, err = p.some(1); err != nil || len(trials) == 0 {
		return nil, nil, err
	}
	epochs, n := trials[0].configs[0].Epochs, randomConfigs
	least := epochs
	if s.Method == Halving {
		least, n = s.Least, max(randomConfigs, full(s.Least, epochs, s.Eta))
	}
	if _, err = Bracket(1, least, epochs, s.Eta); err != nil {
		return nil, nil, err
	}
	costs := func(n int) int {
		rungs, _ := Bracket(n, least, epochs, s.Eta)
		return s.Seeds * cost(rungs)
	}
	b := s.Budget
	switch {
	case s.Method == Grid:
		n = math.MaxInt
	case b.Runs > 0:
		n = b.Runs / s.Seeds
	case b.Epochs > 0 && s.Method == Halving:
		n = sort.Search(b.Epochs, func(i int) bool { return costs(i+1) > b.Epochs })
	case b.Epochs > 0:
		n = math.MaxInt // as many as there is room for: they may have different numbers of epochs
	case b.Time > 0 && s.Method == Random:
		n = randomConfigs // one lot after the other
	}
	used := 0
	for all := trials; ; {
		for _, t := range all {
			if used += s.Seeds * t.configs[0].Epochs; b.Epochs > 0 && s.Method != Halving && used > b.Epochs {
				if s.Method == Grid {
					return nil, nil, fmt.Errorf("search: the grid has more epochs than the budget, %s: give fewer values, or draw from them with --method=random", b)
				}
				n = len(trials) - 1
			}
			if s.Method == Halving && t.configs[0].Epochs != epochs {
				return nil, nil, fmt.Errorf("search: runs of %d and of %d epochs: halving gives epochs itself, want one number for the whole runs", epochs, t.configs[0].Epochs)
			}
		}
		if len(trials) >= n {
			break
		}
		if all, err = p.some(1); err != nil {
			return nil, nil, err
		}
		if len(all) == 0 {
			break
		}
		trials = append(trials, all...)
	}
	if n < 1 {
		return nil, nil, fmt.Errorf("search: a budget of %s, too little for %s of %s", b, printable.Count(s.Seeds, "run"), printable.Count(epochs, "epoch"))
	}
	trials = trials[:min(n, len(trials))]
	if s.Method != Halving {
		return trials, []Rung{{len(trials), 0}}, nil
	}
	rungs, err = Bracket(len(trials), least, epochs, s.Eta)
	return trials, rungs, err
}
