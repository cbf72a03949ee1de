package notebook

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"inkling/pkg/lab"
	"inkling/pkg/lab/compare"
	"inkling/pkg/nn/train"
	"inkling/pkg/viz"
)

// Try makes one run in full view: the network, curves while it trains, the log,
// and then all runs of the lab's question over each other, if there are others, with
// what package compare says of the change from the last one: whether it helped, and
// how sure that is. So the cell can be run again with other values. An interrupt is no mistake here: what there is of
// the run is shown and returned.
func Try(l *lab.Lab, cfg train.Config) *lab.Result {
	fmt.Println(Must(l.Check(cfg)))
	was := *l
	defer func() { l.Log, l.Quiet, l.Progress = was.Log, was.Quiet, was.Progress }()
	l.Log, l.Quiet = viz.NewLog(), false
	l.Progress = func(label string) lab.Bar { return viz.NewTraining(label) }
	runs, err := l.Fit(cfg)
	if err != nil && !errors.As(err, new(lab.Unfinished)) {
		stop(err)
	}
	all := Must(l.Runs())
	if shown := viz.InNotebook() && !runs[0].Stored; len(all) > 1 || !shown { // the page has the curves of a run made now
		viz.Show(viz.Training("Runs of this cell on "+l.Data.Name, all))
	}
	if c, err := againstLast(l, all, runs[0]); err != nil {
		viz.Show(viz.Text("not compared: " + lab.OneLine(err)))
	} else if c != nil {
		viz.Show(told(c)...)
	}
	return runs[0]
}

// told is a comparison as it stands under the curves of what it compares: the images
// that flipped, and the seeds one by one, are folded.
func told(c *compare.Comparison) []viz.Figure {
	figures := c.Figures()
	flipped := 0
	for _, change := range c.Changes {
		flipped += len(change.Flips)
	}
	return []viz.Figure{viz.Text(c.String()), c.Table(), figures[0], viz.Folded{
		Summary: fmt.Sprintf("The pairs of seeds, and the images that flipped (%d)", flipped),
		Figures: append([]viz.Figure{c.PairTable()}, figures[1:]...),
	}}
}

// againstLast is what r has otherwise than the run before it, with all seeds that
// either configuration has been given; nil if it is the first.
func againstLast(l *lab.Lab, all lab.Runs, r *lab.Result) (*compare.Comparison, error) {
	var mine, before lab.Runs
	judged := slices.DeleteFunc(slices.Clone(all), func(o *lab.Result) bool { return !o.Judged() })
	for _, group := range lab.BySeeds(judged) {
		switch {
		case slices.ContainsFunc(group, func(o *lab.Result) bool { return o.Dir == r.Dir }):
			mine = group
		case sameBut(group[0], r): // by an older library, which nobody has changed in this cell
		case before == nil || slices.Index(judged, group[len(group)-1]) > slices.Index(judged, before[len(before)-1]):
			before = group
		}
	}
	if mine == nil || before == nil {
		return nil, nil
	}
	return compare.Runs(l, append(before, mine...)...)
}

// sameBut reports whether a and b have the same settings, their seeds aside, and the
// same code of the cell's own.
func sameBut(a, b *lab.Result) bool {
	x, y := maps.Clone(a.Hyper), maps.Clone(b.Hyper)
	delete(x, "seed")
	delete(y, "seed")
	return reflect.DeepEqual(x, y) && string(a.Layers) == string(b.Layers) && a.Code.Own == b.Code.Own && a.Code.Library != b.Code.Library
}
