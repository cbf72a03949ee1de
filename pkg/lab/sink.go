package lab

import (
	"fmt"
	"io"

	"inkling/pkg/nn/train"
)

// A flusher is a log that shows at the end of a Fit what was written to it;
// viz.Log is one.
type flusher interface {
	Flush() error
}

// printer writes events in the manner of the original report: at every
// evaluation the epoch, the iteration, and loss and score on the batches since
// the last report (none where dev is judged before it) and on the dev split, and
// a line when the best score rises. Where something else than the loss is
// minimised, smoothed labels or a squared error, it is told beside it as the
// objective.
type printer struct {
	W io.Writer

	train train.Event // the last one seen
	best  bool        // one has been told
}

func (p *printer) Tell(e train.Event) {
	switch e.Kind {
	case train.Train:
		p.train = e
	case train.Dev:
		fmt.Fprintf(p.W, "epoch: %d, iteration: %d\n", e.Epoch, e.Step)
		if p.train.Step > 0 {
			objective := ""
			if p.train.Objective != 0 && p.train.Objective != p.train.Loss {
				objective = fmt.Sprintf(", objective: %.5f", p.train.Objective)
			}
			fmt.Fprintf(p.W, "[Train] loss: %.5f, score: %.5f%s\n", p.train.Loss, p.train.Score, objective)
		}
		fmt.Fprintf(p.W, "[Dev] loss: %.5f, score: %.5f\n", e.Loss, e.Score)
	case train.Best:
		from := ""
		if p.best { // before it there was no score, not one of 0
			from = fmt.Sprintf("%.5f --> ", e.Previous)
		}
		p.best = true
		fmt.Fprintf(p.W, "best accuracy performance has been updated: %s%.5f\n", from, e.Score)
	}
}
