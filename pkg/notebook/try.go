package notebook

import (
	"errors"
	"fmt"
	"slices"

	"inkling/pkg/lab"
	"inkling/pkg/lab/compare"
	"inkling/pkg/nn/train"
	"inkling/pkg/viz"
)

// Try makes one run in full view: the network, curves while it trains, the log,
// and then all runs of the lab's question over each other, if there are others, with
// a sentence on whether the change from the last one helped, so that the cell can be
// run again with other values. An interrupt is no mistake here: what there is of
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
	if said := againstLast(l, all, runs[0]); said != "" {
		viz.Show(viz.Text(said))
	}
	return runs[0]
}

// againstLast is whether what r has otherwise than the run before it helped, with all
// seeds that either configuration has been given; "" if it is the first.
func againstLast(l *lab.Lab, all lab.Runs, r *lab.Result) string {
	var mine, before lab.Runs
	judged := slices.DeleteFunc(slices.Clone(all), func(o *lab.Result) bool { return !o.Judged() })
	for _, group := range lab.BySeeds(judged) {
		switch {
		case slices.ContainsFunc(group, func(o *lab.Result) bool { return o.Dir == r.Dir }):
			mine = group
		case before == nil || slices.Index(judged, group[len(group)-1]) > slices.Index(judged, before[len(before)-1]):
			before = group
		}
	}
	if mine == nil || before == nil {
		return ""
	}
	c, err := compare.Runs(l, append(before, mine...)...)
	if err != nil {
		return "not compared: " + lab.OneLine(err)
	}
	return c.String()
}
