package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/metric"
)

// Comparison is what changed between runs, and what came of it. The first side is
// the one that the others are compared with.
type Comparison struct {
	On      string // dev, or test
	Sides   []Side
	Names   []string   // the settings that differ, and nothing else
	Values  [][]string // of each side, by setting
	Changes []Change   // of the other sides
	Notes   []string   // what else is to be known

	set *data.Set
}

// Side is the runs of one configuration, by seed.
type Side struct {
	Label   string
	Runs    lab.Runs
	Errors  []float64 // in %, by run
	Weights int
	FLOPs   int // of a forward pass for one image

	said [][]metric.Judged
}

// Change is one side beside the first.
type Change struct {
	Before, After string // labels
	Pairs         []Pair
	Seeds         int      // that the test is over: pairs of equal seeds, else runs of the smaller side
	Difference    lab.Stat // of the errors, after − before, in points of %; its SD is the standard error, of seeds and images
	OfSeeds       float64  // the part of the standard error that more seeds make smaller; NaN with one
	Low, High     float64  // 95 % of the difference; NaN with one seed
	Test          string   // by what P was found
	P             float64  // of no difference; adjusted if there are several changes
	Verdict       Verdict
	More          int     // so many more seeds of each would tell, about, if the difference is what it seems; 0: no number of seeds
	Times         float64 // so many times as many images would, likewise; 0: out of reach
	Flips         []Flip

	e     estimate
	first *Side
	then  *Side
}

// Pair is two runs, of equal seeds where there are such, and how many images only
// one of them is right about.
type Pair struct {
	SeedBefore, SeedAfter uint64
	Before, After         float64 // errors in %
	Lost, Won             int     // images that only the first is right about, and only the second
	P                     float64 // McNemar's, exact
}

// Flip is an image that one side gets right and the other wrong, in so many of the
// pairs more than the other way round.
type Flip struct {
	Image         int // in the split
	Won           bool
	Pairs         int
	Before, After metric.Judged // of the first such pair
}

// Runs compares runs on the dev split of their lab. Those that differ in nothing
// but their seeds fall together, and seeds that two sides have in common are
// compared pair by pair.
func Runs(l *lab.Lab, runs ...*lab.Result) (*Comparison, error) {
	return compare(l, l.Dev, "dev", l.OnDev, runs)
}

// OnTest compares runs on the test set, which is for the end.
func OnTest(l *lab.Lab, runs ...*lab.Result) (*Comparison, error) {
	return compare(l, l.Data.Test, "test", l.OnTest, runs)
}

func compare(l *lab.Lab, set *data.Set, on string, judge func(...*lab.Result) ([][]metric.Judged, error), runs []*lab.Result) (*Comparison, error) {
	for _, r := range runs {
		if r.Hyper == nil {
			return nil, fmt.Errorf("compare: %s was stored when records did not tell hyperparameters and seeds, so what changed cannot be said: train it again", r.Name)
		}
	}
	groups := lab.BySeeds(runs)
	if len(groups) < 2 {
		return nil, fmt.Errorf("compare: %d runs of one configuration, want runs of two at least: those that differ in nothing but their seeds count as one", len(runs))
	}
	c := &Comparison{On: on, set: set}
	var labels []string
	c.Names, c.Values, labels = lab.Contrast(groups)
	for i, g := range groups {
		slices.SortStableFunc(g, func(a, b *lab.Result) int { return cmp.Compare(a.Seed, b.Seed) })
		s := Side{Label: labels[i], Runs: g, Weights: g.Weights()}
		var err error
		if s.said, err = judge(g...); err != nil {
			return nil, err
		}
		for _, said := range s.said {
			s.Errors = append(s.Errors, wrong(said))
		}
		s.FLOPs = flops(l, g[0])
		for _, r := range g {
			switch name := fmt.Sprintf("%s with seed %d", quoted(s.Label), r.Seed); r.Status {
			case lab.Diverged:
				c.Notes = append(c.Notes, name+" diverged: this is its best model before that.")
			case lab.Interrupted:
				c.Notes = append(c.Notes, name+" was interrupted: this is its best model so far.")
			}
		}
		c.Sides = append(c.Sides, s)
	}
	var p []float64
	for i := range c.Sides[1:] {
		change := between(&c.Sides[0], &c.Sides[i+1])
		c.Changes, p = append(c.Changes, change), append(p, change.P)
	}
	for i, p := range holm(p) {
		c.Changes[i].P = p
		c.Changes[i].decide(len(c.Changes))
	}
	if n := len(c.Changes); n > 1 {
		c.Notes = append(c.Notes, fmt.Sprintf("What is said to help or hurt holds for all %d comparisons together (Holm).", n))
	}
	if times := lab.Runs(slices.Concat(groups...)).Disturbances(); times != "" {
		c.Notes = append(c.Notes, times)
	}
	return c, nil
}

// wrong is the share wrong in %.
func wrong(said []metric.Judged) float64 {
	n := 0
	for _, j := range said {
		if !j.Right() {
			n++
		}
	}
	return 100 * float64(n) / float64(max(len(said), 1))
}

// flops are those of a forward pass of a run's network, 0 if it cannot be built.
func flops(l *lab.Lab, r *lab.Result) int {
	layers, err := nn.DecodeLayers(r.Layers)
	if err != nil {
		return 0
	}
	m, err := nn.Blank(l.In(), layers...)
	if err != nil {
		return 0
	}
	return m.FLOPs()
}

// between is the change from one side to another, but for its verdict.
func between(a, b *Side) Change {
	c := Change{Before: a.Label, After: b.Label, first: a, then: b, OfSeeds: math.NaN(), Low: math.NaN(), High: math.NaN()}
	images := len(a.said[0])
	var before, after []float64
	var pairs [][2]int
	for i, r := range a.Runs {
		if k := slices.IndexFunc(b.Runs, func(o *lab.Result) bool { return o.Seed == r.Seed }); k >= 0 {
			pairs = append(pairs, [2]int{i, k})
			before, after = append(before, a.Errors[i]), append(after, b.Errors[k])
		}
	}
	equal := len(pairs)
	if equal == 0 { // of other seeds: the first with the first
		for i := range min(len(a.Runs), len(b.Runs)) {
			pairs = append(pairs, [2]int{i, i})
		}
	}
	flips := map[int]*Flip{}
	for _, p := range pairs {
		pair := Pair{SeedBefore: a.Runs[p[0]].Seed, SeedAfter: b.Runs[p[1]].Seed, Before: a.Errors[p[0]], After: b.Errors[p[1]]}
		for i := range images {
			j, k := a.said[p[0]][i], b.said[p[1]][i]
			if j.Right() == k.Right() {
				continue
			}
			if flips[i] == nil {
				flips[i] = &Flip{Image: i, Won: k.Right(), Before: j, After: k}
			}
			f := flips[i]
			if k.Right() {
				pair.Won++
			} else {
				pair.Lost++
			}
			if k.Right() == f.Won {
				f.Pairs++
			} else if f.Pairs--; f.Pairs < 0 {
				*f = Flip{Image: i, Won: k.Right(), Pairs: 1, Before: j, After: k}
			}
		}
		pair.P = McNemar(pair.Lost, pair.Won)
		c.Pairs = append(c.Pairs, pair)
	}
	for _, f := range flips {
		if f.Pairs > 0 {
			c.Flips = append(c.Flips, *f)
		}
	}
	slices.SortFunc(c.Flips, func(f, g Flip) int { return cmp.Or(g.Pairs-f.Pairs, f.Image-g.Image) })

	switch {
	case equal >= 2:
		c.e = paired(before, after, images)
		c.e.overImages(more(a, b, pairs))
		c.Seeds, c.Test = equal, fmt.Sprintf("paired t test over %d seeds and %d images", equal, images)
	case len(a.Runs) >= 2 && len(b.Runs) >= 2:
		c.e = unpaired(a.Errors, b.Errors, images)
		c.e.overImages(more(a, b, nil))
		c.Seeds, c.Test = min(len(a.Runs), len(b.Runs)), fmt.Sprintf("Welch's t test over %d and %d seeds and %d images", len(a.Runs), len(b.Runs), images)
	default:
		p := c.Pairs[0]
		c.Seeds, c.P, c.Test = 1, p.P, fmt.Sprintf("McNemar's test over %d images", images)
		c.Difference = lab.Stat{Mean: p.After - p.Before, SD: math.NaN(), N: 1}
		// What the seed adds is not known: as much as the images that flip, at a guess.
		c.e = estimate{mean: c.Difference.Mean, n: 1, seeds: floor(1e4*float64(p.Won+p.Lost)/square(float64(images)), images)}
		return c
	}
	c.P, c.Low, c.High = c.e.p()
	c.Difference = lab.Stat{Mean: c.e.mean, SD: c.e.standardError(), N: c.e.n}
	c.OfSeeds = math.Sqrt(c.e.seeds)
	return c
}

// more is by how much more one side is wrong about each image than the other, as a
// mean over pairs of runs, with the sum of its squares over all pairs; or over all
// runs of both, which are no pairs.
func more(a, b *Side, pairs [][2]int) (m []float64, squares float64) {
	m = make([]float64, len(a.said[0]))
	for _, p := range pairs {
		for i := range m {
			switch j, k := a.said[p[0]][i].Right(), b.said[p[1]][i].Right(); {
			case j && !k:
				m[i] += 1 / float64(len(pairs))
				squares++
			case k && !j:
				m[i] -= 1 / float64(len(pairs))
				squares++
			}
		}
	}
	if pairs != nil {
		return m, squares
	}
	for side, sign := range map[*Side]float64{a: -1, b: 1} {
		for _, said := range side.said {
			for i, j := range said {
				if !j.Right() {
					m[i] += sign / float64(len(side.said))
				}
			}
		}
	}
	return m, math.NaN()
}

// quoted is how a sentence calls a side: by the first settings of its label, if that
// is long.
func quoted(label string) string {
	const most = 60
	label = strings.TrimSpace(label)
	if runes := []rune(label); len(runes) > most {
		label = string(runes[:most])
		if at := strings.LastIndex(label, ", "); at > 0 {
			label = label[:at+1]
		}
		label += " …"
	}
	return "“" + label + "”"
}
