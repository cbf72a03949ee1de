package viz

import "strings"

// A Run tells how a training went. The runs of package train are one; viz
// needs no more than this of them.
type Run interface {
	// Label names the run in a legend.
	Label() string
	// Points returns a curve over the iterations: split is "train" or "dev",
	// metric "loss", "score", "lr" or "gradnorm".
	Points(split, metric string) (x, y []float64)
}

// A run may know more of itself than Run asks for: LabelAmong(shown []R) string is
// its label in a figure that shows those, for runs that tell by what they
// differ; Old() bool says that it is not what would be made now.

// mostRuns is how many runs a figure tells apart. Of more, the newest, which
// come last, are stressed: as many as the cycle has colours that are not grey.
const mostRuns, stressed = 8, 6

// entry is a run in a figure.
type entry[R Run] struct {
	run   R
	label string
	quiet bool // thin and grey; the label is that of all such runs
}

// entries are runs as a figure shows them, the quiet ones first, so that they
// lie behind.
func entries[R Run](runs []R) []entry[R] {
	var old, clear []R
	for _, r := range runs {
		if o, ok := any(r).(interface{ Old() bool }); ok && o.Old() {
			old = append(old, r)
		} else {
			clear = append(clear, r)
		}
	}
	if len(clear) == 0 { // all of them are: nothing to stress among them
		old, clear = nil, runs
	}
	var list []entry[R]
	quiet := func(runs []R, which string) {
		for _, r := range runs {
			list = append(list, entry[R]{r, count(len(runs), which, strings.Replace(which, "run", "runs", 1)), true})
		}
	}
	quiet(old, "run of older code")
	most := mostRuns
	if len(old) > 0 {
		most = stressed
	}
	if n := len(clear); n > most {
		quiet(clear[:n-stressed], "earlier run")
		clear = clear[n-stressed:]
	}
	for _, r := range clear {
		label := r.Label()
		if l, ok := any(r).(interface{ LabelAmong([]R) string }); ok {
			label = l.LabelAmong(clear)
		}
		list = append(list, entry[R]{r, label, false})
	}
	return list
}

// Training draws loss and accuracy of runs side by side, train dashed and dev
// solid, with the best dev points marked. Every run has a colour of its own and
// is called by what it differs in from the others; of more than eight, the
// earlier ones are thin and grey, and so are runs of older code.
func Training[R Run](title string, runs []R) Panels {
	loss, score := lossPane(), scorePane()
	for _, e := range entries(runs) {
		loss.Series = append(loss.Series, e.pair("loss", Min)...)
		score.Series = append(score.Series, e.pair("score", Max)...)
	}
	return Panels{Title: title, Figures: []Figure{loss, score}}
}

func lossPane() Curves {
	return Curves{Title: "loss", X: "iteration", Y: "cross-entropy", LogY: true}
}

func scorePane() Curves { return Curves{Title: "accuracy", X: "iteration", Y: "share right"} }

// Descent draws how runs went down: the learning rate and the norm of the
// gradient at every report, side by side on log axes.
func Descent[R Run](title string, runs []R) Panels {
	rate := Curves{Title: "learning rate", X: "iteration", Y: "learning rate", LogY: true}
	norm := Curves{Title: "norm of the gradient", X: "iteration", Y: "Euclidean norm", LogY: true}
	for _, e := range entries(runs) {
		rate.Series = append(rate.Series, e.series("train", "lr", NoBest))
		norm.Series = append(norm.Series, e.series("train", "gradnorm", NoBest))
	}
	return Panels{Title: title, Figures: []Figure{rate, norm}}
}

// series is one curve of the run.
func (e entry[R]) series(split, metric string, best Best) Series {
	x, y := e.run.Points(split, metric)
	if e.quiet {
		best = NoBest
	}
	return Series{Name: e.label, X: x, Y: y, Best: best, Quiet: e.quiet}
}

// pair is both curves of the run, of a quiet one that of dev alone.
func (e entry[R]) pair(metric string, best Best) []Series {
	train, dev := curve(e.label, "train", best), curve(e.label, "dev", best)
	train.X, train.Y = e.run.Points("train", metric)
	dev.X, dev.Y = e.run.Points("dev", metric)
	if dev.Quiet = e.quiet; e.quiet {
		dev.Best = NoBest
		return []Series{dev}
	}
	return []Series{train, dev}
}

// curve is a series in the look of its split: train is dashed, the best of dev
// is marked.
func curve(run, split string, best Best) Series {
	if split == "train" {
		return Series{Group: run, Name: split, Dashed: true}
	}
	return Series{Group: run, Name: split, Best: best}
}
