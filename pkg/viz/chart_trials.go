package viz

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Trials are what a search tried: the values of each hyperparameter, and the error
// that they led to.
type Trials struct {
	Axes []TrialAxis
	// Error is by trial, smaller is better; NaN for one that diverged.
	Error []float64
	// Stages are errors by trial after less training, the least first, where the
	// trials were compared on the way: Error is then of the longest that each had.
	Stages []Stage
}

// TrialAxis is a hyperparameter.
type TrialAxis struct {
	Name   string
	Log    bool
	Names  []string  // of values that are no numbers: Values are places among them
	Values []float64 // by trial; NaN where it has no effect
}

// Stage is the errors of trials after the same training; NaN for those that were
// not trained so far, or diverged.
type Stage struct {
	Name  string
	Error []float64
}

func (t Trials) check(figure string) {
	for _, a := range t.Axes {
		if len(a.Values) != len(t.Error) {
			panic(fmt.Sprintf("viz: %s: %d values of %s, %d errors", figure, len(a.Values), a.Name, len(t.Error)))
		}
	}
	for _, s := range t.Stages {
		if len(s.Error) != len(t.Error) {
			panic(fmt.Sprintf("viz: %s: %d errors after %s, %d errors", figure, len(s.Error), s.Name, len(t.Error)))
		}
	}
}

// best is the trial with the smallest error among those of the last stage that any
// has reached, -1 if there is none.
func (t Trials) best() int {
	last := t.Error
	for _, s := range t.Stages {
		if slices.ContainsFunc(s.Error, isFinite) {
			last = s.Error
		}
	}
	best := -1
	for i, e := range last {
		if isFinite(e) && (best < 0 || e < last[best]) {
			best = i
		}
	}
	return best
}

// describe is what both figures say in words.
func (t Trials) describe(kind, title string) string {
	s := kind
	if title != "" {
		s += ": " + title
	}
	var names []string
	for _, a := range t.Axes {
		names = append(names, a.Name)
	}
	s += fmt.Sprintf(". %s of %s.", count(len(t.Error), "trial", "trials"), strings.Join(names, ", "))
	if best := t.best(); best >= 0 {
		var values []string
		for _, a := range t.Axes {
			if v := a.text(a.Values[best]); v != "" {
				values = append(values, a.Name+" "+v)
			}
		}
		s += fmt.Sprintf(" The best has the error %s at %s.", short(t.Error[best]), strings.Join(values, ", "))
	}
	if n := t.diverged(); n > 0 {
		s += fmt.Sprintf(" %d diverged.", n)
	}
	return s
}

func (t Trials) diverged() (n int) {
	for _, e := range t.Error {
		if !isFinite(e) {
			n++
		}
	}
	return n
}

// text is a value of an axis, "" if there is none.
func (a TrialAxis) text(v float64) string {
	switch {
	case !isFinite(v):
		return ""
	case a.Names == nil:
		return formatTick(v, 3)
	case v < 0 || int(v) >= len(a.Names):
		return ""
	}
	return a.Names[int(v)]
}

// axis is the scale of a hyperparameter, with a place for each name.
func (a TrialAxis) axis(margin float64) axis {
	x := axis{label: a.Name}
	if a.Names != nil {
		x.scale, x.ticks = scale{-0.5, float64(max(len(a.Names), 1)) - 0.5, false}, []tick{}
		for i, name := range a.Names {
			x.ticks = append(x.ticks, tick{float64(i), name})
		}
		return x
	}
	e, s := noExtent(), scale{log: a.Log}
	x.whole = true
	values := map[float64]bool{}
	for _, v := range a.Values {
		if s.shows(v) {
			e.add(v)
			x.whole = x.whole && v == math.Trunc(v)
			values[v] = true
		}
	}
	x.scale = newScale(e, a.Log, margin)
	if len(values) > fewValues {
		return x
	}
	// Of few values each has its tick, if they do not stand too close.
	var ticks []tick
	for _, v := range slices.Sorted(maps.Keys(values)) {
		if n := len(ticks); n > 0 && x.scale.norm(v)-x.scale.norm(ticks[n-1].at) < 0.6/fewValues {
			return x
		}
		ticks = append(ticks, tick{v, formatTick(v, 3)})
	}
	x.ticks = ticks
	return x
}

const fewValues = 6

// errorScale is that of all errors: logarithmic where the largest is many times the
// smallest.
func (t Trials) errorScale(margin float64) scale {
	e := noExtent()
	for _, s := range append([]Stage{{"", t.Error}}, t.Stages...) {
		for _, v := range s.Error {
			e.add(v)
		}
	}
	return newScale(e, !e.empty() && e.lo > 0 && e.hi > 4*e.lo, margin)
}

// byError are the trials with an error, the worst first.
func (t Trials) byError() (order []int) {
	for i, e := range t.Error {
		if isFinite(e) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(t.Error[j], t.Error[i]) })
	return order
}
