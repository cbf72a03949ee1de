package lab

import (
	"context"
	"math"

	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// Follow trains cfg outside of the run store and calls each after every epoch
// with the model as it is then: for what a history does not hold. The model may
// be looked at, not changed.
func (l *Lab) Follow(ctx context.Context, cfg train.Config, each func(epoch int, dev train.Score, m *nn.Model)) error {
	cfg.DevEvery = train.PerEpoch(1)
	jobs, err := l.plan([]train.Config{cfg})
	if err != nil {
		return err
	}
	t, err := jobs[0].Build(nil)
	if err != nil {
		return err
	}
	for e, err := range t.Run(ctx, jobs[0].Batches(jobs[0].Set), train.InOrder(l.Dev)) {
		if err != nil {
			return err
		}
		if e.Kind == train.Dev {
			n := l.Dev.Len()
			each(e.Epoch+1, train.Score{Loss: e.Loss, Accuracy: e.Score, N: n, Wrong: n - int(math.Round(e.Score*float64(n)))}, t.Model())
		}
	}
	return nil
}
