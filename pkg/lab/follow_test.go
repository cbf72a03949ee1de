package lab

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/metric"
	"inkling/pkg/nn/train"
)

// The loss told on dev, that of the test, and the NLL are one quantity, whatever
// is minimised; a softmax at the end does not change that.
func TestOneLossHasOneName(t *testing.T) {
	l := testLab(t, t.TempDir())
	for _, c := range []struct {
		loss nn.Loss
		end  []nn.Layer
	}{
		{nn.CrossEntropy{}, nil}, {nn.CrossEntropy{Smoothing: 0.1}, nil}, {nn.MSE{}, nil},
		{nn.ProbabilityCrossEntropy{}, []nn.Layer{nn.Softmax{}}}, {nn.MSE{}, []nn.Layer{nn.Softmax{}}},
	} {
		name := fmt.Sprintf("%#v, ends in %v", c.loss, c.end)
		cfg := mlp()
		cfg.Loss, cfg.Layers, cfg.Penalty = c.loss, append(cfg.Layers, c.end...), nn.Penalty{L2: 0.01}
		r := must(l.Fit(cfg))[0]
		m := must(r.Model())
		near(t, name+": NLL on dev", metric.Judge(m, l.Dev).NLL(), r.Best.Loss)
		test := must(r.Test())
		near(t, name+": NLL on test", metric.Judge(m, l.Data.Test).NLL(), test.Loss)
		for _, e := range r.Train() {
			if e.Objective == e.Loss || e.Objective == 0 {
				t.Errorf("%s: objective %v and loss %v after step %d, with a penalty", name, e.Objective, e.Loss, e.Step)
			}
		}
	}
	cfg := mlp()
	for _, e := range must(l.Fit(cfg))[0].Train() {
		if e.Objective != e.Loss {
			t.Errorf("cross-entropy alone: objective %v, loss %v", e.Objective, e.Loss)
		}
	}
}

func TestFollowCountsMistakes(t *testing.T) {
	l := testLab(t, t.TempDir())
	told := 0
	must(0, l.Follow(t.Context(), mlp(), func(_ int, dev train.Score, m *nn.Model) {
		told++
		if want := must(train.Evaluate(t.Context(), m, train.LossOf(m), train.InOrder(l.Dev))); dev != want {
			t.Errorf("%v, want %v", dev, want)
		}
	}))
	if told != 3 {
		t.Errorf("told of %d epochs", told)
	}
}

// Follow is the same training as Fit's.
func TestFollow(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.Quiet = true
	c := mlp()
	c.DevEvery, c.TrainSize = 3, 48 // three steps an epoch
	c.Augment, c.Clean = data.Augment{Rotate: 20}, 1
	fit := must(l.Fit(c))[0]
	var scores []float64
	err := l.Follow(context.Background(), c, func(epoch int, dev train.Score, m *nn.Model) {
		if epoch != len(scores)+1 {
			t.Errorf("call %d is for epoch %d", len(scores)+1, epoch)
		}
		if got := metric.Judge(m, l.Dev).Accuracy(); math.Abs(got-dev.Accuracy) > 1e-9 {
			t.Errorf("epoch %d: model scores %v, told %v", epoch, got, dev.Accuracy)
		}
		scores = append(scores, dev.Accuracy)
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := fit.Dev().Scores(); !slices.Equal(scores, want) {
		t.Errorf("scores %v, want %v", scores, want)
	}
}
