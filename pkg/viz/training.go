package viz

// A Run tells how a training went. The runs of package train are one; viz
// needs no more than this of them.
type Run interface {
	// Label names the run in a legend.
	Label() string
	// Points returns a curve over the iterations: split is "train" or "dev",
	// metric "loss", "score", "lr" or "gradnorm".
	Points(split, metric string) (x, y []float64)
}

// Training draws loss and accuracy of runs side by side, train dashed and dev
// solid, with the best dev points marked. Every run has a colour of its own.
func Training[R Run](title string, runs []R) Panels {
	loss, score := lossPane(), scorePane()
	for _, r := range runs {
		loss.Series = append(loss.Series, pair(r, "loss", Min)...)
		score.Series = append(score.Series, pair(r, "score", Max)...)
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
	for _, r := range runs {
		x, y := r.Points("train", "lr")
		rate.Series = append(rate.Series, Series{Name: r.Label(), X: x, Y: y})
		x, y = r.Points("train", "gradnorm")
		norm.Series = append(norm.Series, Series{Name: r.Label(), X: x, Y: y})
	}
	return Panels{Title: title, Figures: []Figure{rate, norm}}
}

// Compare draws one metric of the dev split for several runs.
func Compare[R Run](title, metric string, runs []R) Curves {
	c := Curves{Title: title, X: "iteration", Y: "dev " + metric, LogY: metric == "loss"}
	best := Max
	if metric == "loss" {
		best = Min
	}
	for _, r := range runs {
		x, y := r.Points("dev", metric)
		c.Series = append(c.Series, Series{Name: r.Label(), X: x, Y: y, Best: best})
	}
	return c
}

func pair(r Run, metric string, best Best) []Series {
	tx, ty := r.Points("train", metric)
	dx, dy := r.Points("dev", metric)
	train, dev := curve(r.Label(), "train", best), curve(r.Label(), "dev", best)
	train.X, train.Y, dev.X, dev.Y = tx, ty, dx, dy
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
