package search

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"inkling/pkg/internal/printable"
	"inkling/pkg/viz"
)

// Figures are the dev error against each hyperparameter, and all trials in parallel
// coordinates.
func (f *Found) Figures() []viz.Figure {
	t := f.trials()
	y := "dev error, %"
	what := fmt.Sprintf("%s, %s", f.Data, printable.Count(len(t.Error), "configuration"))
	if f.Seeds > 1 {
		what += fmt.Sprintf(", means of %d seeds", f.Seeds)
	}
	figures := []viz.Figure{viz.Sensitivity{Title: "Sensitivity, " + what, Y: y, Trials: t}}
	if len(f.Dims) > 1 {
		note := ""
		if len(t.Stages) > 0 {
			note = "Errors are those after the epochs that each was given."
		}
		figures = append(figures, viz.Parallel{Title: "All that was tried, " + what, Y: y, Trials: t, Note: note})
	}
	return figures
}

// trials are those with a result, in the order of the search.
func (f *Found) trials() (t viz.Trials) {
	judged := slices.DeleteFunc(slices.Clone(f.Trials), func(t *Trial) bool { return t.Error.N == 0 })
	slices.SortFunc(judged, func(a, b *Trial) int { return a.Index - b.Index })
	for _, d := range f.Dims {
		t.Axes = append(t.Axes, axisOf(d, judged))
	}
	if f.Method == Halving && len(f.Brackets) > 0 && len(f.Brackets[0]) > 1 {
		for _, r := range f.Brackets[0] {
			t.Stages = append(t.Stages, viz.Stage{Name: printable.Count(r.Epochs, "epoch")})
		}
	}
	for _, trial := range judged {
		t.Error = append(t.Error, trial.Error.Mean)
		for k := range t.Stages {
			e := math.NaN()
			if k < len(trial.Stages) {
				e = trial.Stages[k]
			}
			t.Stages[k].Error = append(t.Stages[k].Error, e)
		}
	}
	return t
}

// axisOf is where a dimension's values lie: numbers on a scale, which is logarithmic
// where they are all positive and rise by factors, words at places of their own.
func axisOf(d Dim, trials []*Trial) viz.TrialAxis {
	a := viz.TrialAxis{Name: d.Name, Log: d.Log}
	numbers := true
	for _, v := range d.Values {
		_, err := strconv.ParseFloat(v, 64)
		numbers = numbers && err == nil
	}
	if numbers && len(d.Values) > 0 {
		a.Log = factors(d.Values)
	}
	if !numbers {
		a.Names = d.Values
	}
	for _, t := range trials {
		v := t.Float(d.Name)
		if !numbers {
			if v = float64(slices.Index(d.Values, t.Text(d.Name))); v < 0 {
				v = math.NaN()
			}
		}
		a.Values = append(a.Values, v)
	}
	return a
}

// factors reports whether sorted values are above 0 and the last step between them
// is at least twice the first.
func factors(values []string) bool {
	var v []float64
	for _, text := range values {
		x, _ := strconv.ParseFloat(text, 64)
		v = append(v, x)
	}
	slices.Sort(v)
	n := len(v)
	return n > 1 && v[0] > 0 && (n == 2 && v[1] >= 4*v[0] || n > 2 && v[n-1]-v[n-2] >= 1.8*(v[1]-v[0]))
}
