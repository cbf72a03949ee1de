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
	loss := Curves{Title: "loss", X: "iteration", Y: "cross-entropy", LogY: true}
	score := Curves{Title: "accuracy", X: "iteration", Y: "share right"}
	for _, r := range runs {
		loss.Series = append(loss.Series, pair(r, "loss", Min)...)
		score.Series = append(score.Series, pair(r, "score", Max)...)
	}
	return Panels{Title: title, Figures: []Figure{loss, score}}
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
	return []Series{
		{Group: r.Label(), Name: "train", X: tx, Y: ty, Dashed: true},
		{Group: r.Label(), Name: "dev", X: dx, Y: dy, Best: best},
	}
}
