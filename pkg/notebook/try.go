package notebook

import (
	"errors"
	"fmt"

	"inkling/pkg/lab"
	"inkling/pkg/nn/train"
	"inkling/pkg/viz"
)

// Try makes one run in full view: the network, curves while it trains, the log,
// and then all runs of the lab's question over each other, if there are others, so
// that the cell can be run again with other values. An interrupt is no mistake here: what there is of
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
	return runs[0]
}
