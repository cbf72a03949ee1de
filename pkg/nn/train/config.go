package train

import (
	"fmt"
	"iter"
	"math"

	"inkling/pkg/data"
	"inkling/pkg/internal/printable"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
)

// Config is everything that decides a run, but for the data. A loss, an
// optimizer, a schedule or a layer may be of any type, with whatever it holds.
type Config struct {
	Name      string // for logs and legends; does not decide anything
	Layers    []nn.Layer
	Loss      nn.Loss         // what is minimised; nil means nn.CrossEntropy{}. Events call it Objective
	Penalty   nn.Penalty      // added to the objective
	Optimizer optim.Optimizer // nil means optim.SGD{}
	Schedule  optim.Schedule  // of the whole run; see optim.Binder for Steps 0
	Batch     int
	Epochs    int
	Seed      uint64 // of the initial weights, the order of the batches and dropout

	Augment data.Augment // changes every training image anew in every epoch
	Clean   int          // the last so many epochs are trained without Augment
	Copies  int          // instead of anew: so many changed copies of every image, made once, join the training set

	ClipNorm float64 // largest norm of the gradient; 0 for no limit
	MaxNorm  float64 // largest norm of a unit's incoming weights; 0 for no limit
	EMA      float64 // evaluate and keep a running mean of the weights with this decay; 0 for none
	Patience int     // stop after so many evaluations in a row without a better score; 0 for never

	TrainSize int      // train on so many examples of the training split, drawn with all classes in proportion; 0 for all
	LogEvery  int      // steps between reports of the training loss, each a mean over at least half as many; 0 means 100
	DevEvery  Interval // between evaluations on the dev split: AtEnd, PerEpoch(n) or Every(n)

	Fork Fork     `described:"omitzero"` // the run that it goes on from, if any; see lab.Result.At
	Each Callback `described:"omitzero"` // is shown every step and event, and may end the run; nil for none
}

// Complete fills in what was left zero and checks the rest.
func (c Config) Complete() (Config, error) {
	if c.Loss == nil {
		c.Loss = nn.CrossEntropy{}
	}
	if c.Optimizer == nil {
		c.Optimizer = optim.SGD{}
	}
	if c.LogEvery == 0 {
		c.LogEvery = 100
	}
	if f, ok := c.Each.(CallbackFunc); ok && f == nil {
		c.Each = nil
	}
	if err := c.Fork.check(c.Epochs); err != nil {
		return c, err
	}
	if err := c.Augment.Check(); err != nil {
		return c, err
	}
	if c.DevEvery < -AtEnd || c.DevEvery > AtEnd {
		return c, fmt.Errorf("train: dev-every: want Every or PerEpoch of at least 1, at most %d", int(AtEnd))
	}
	for _, f := range []struct {
		name      string
		value     int
		low, high int
	}{
		{"batch", c.Batch, 1, 1 << 20},
		{"epochs", c.Epochs, 1, 1 << 20},
		{"log-every", c.LogEvery, 1, 1 << 30},
		{"patience", c.Patience, 0, 1 << 30},
		{"clean", c.Clean, 0, 1 << 20},
		{"copies", c.Copies, 0, 100},
		{"size", c.TrainSize, 0, 1 << 30},
	} {
		if f.value < f.low || f.value > f.high {
			return c, fmt.Errorf("train: %s %d, want %d to %d", f.name, f.value, f.low, f.high)
		}
	}
	for _, f := range []struct {
		name        string
		value, high float64
	}{
		{"clip-norm", c.ClipNorm, 1e9}, {"max-norm", c.MaxNorm, 1e9}, {"ema", c.EMA, 1},
		{"l1 penalty", c.Penalty.L1, 1e3}, {"l2 penalty", c.Penalty.L2, 1e3},
	} {
		if !(f.value >= 0 && f.value < f.high) {
			return c, fmt.Errorf("train: %s %v, want 0 ≤ %s < %g", f.name, f.value, f.name, f.high)
		}
	}
	if l, ok := c.Loss.(interface{ Check() error }); ok {
		if err := l.Check(); err != nil {
			return c, err
		}
	}
	switch unchanged := c.Augment.IsZero(); {
	case c.Copies > 0 && unchanged:
		return c, fmt.Errorf("train: copies %d without Augment would only repeat the images: train for more epochs instead", c.Copies)
	case c.Copies > 0 && c.Clean > 0:
		return c, fmt.Errorf("train: clean %d with copies %d: copies are made once and stay to the end", c.Clean, c.Copies)
	case c.Clean >= c.Epochs && !unchanged:
		return c, fmt.Errorf("train: clean %d of %s, want fewer: no image would be changed", c.Clean, printable.Count(c.Epochs, "epoch"))
	case unchanged:
		c.Clean = 0 // two ways to say the same
	}
	return c, optim.CheckSchedule(c.Schedule, 0)
}

// Batches are the training batches of a run on s: shuffled anew in every
// epoch, and augmented until the last Clean epochs, or joined by their Copies.
func (c Config) Batches(s *data.Set) Batches {
	plain := &data.Loader{Set: s, Batch: c.Batch, Seed: c.Seed, Shuffle: true}
	if c.Copies > 0 {
		plain.Set = data.Concat(s.Name, s, c.Augment.Materialize(s, c.Seed, c.Copies))
		return plain.Epoch
	}
	changed := &data.Loader{Set: s, Batch: c.Batch, Seed: c.Seed, Shuffle: true, Augment: c.Augment}
	return func(epoch int) iter.Seq[data.Batch] {
		if epoch < c.Epochs-c.Clean {
			return changed.Epoch(epoch)
		}
		return plain.Epoch(epoch)
	}
}

// drawSeed is the seed of all subsets: runs of one size train on the same
// images, whatever their own seeds, so that seeds compare, and a larger size
// holds the images of a smaller one.
const drawSeed = 1

// Subset is what a run with the TrainSize n trains on: n images of s, drawn with
// the classes in proportion ([data.Set.Draw]); 0 stands for all.
func Subset(s *data.Set, n int) *data.Set {
	if n == 0 || n >= s.Len() {
		return s
	}
	return s.Draw(n, drawSeed)
}

// StepsOn is the number of steps of an epoch on n examples.
func (c Config) StepsOn(n int) int { return (n*(1+c.Copies) + c.Batch - 1) / c.Batch }

// An Interval is how often a run is evaluated on the dev split, in terms of the
// run: [AtEnd], [PerEpoch] or [Every]. Zero is once in an epoch; a lab makes it
// four times.
type Interval int

// AtEnd is once, when the run is over, so that nothing is picked along the way.
const AtEnd Interval = 1 << 30

// unheard is an Interval that Complete refuses.
const unheard Interval = math.MinInt32

// Every is once in so many steps, and at the end of the run.
func Every(steps int) Interval { return between(steps, 1) }

// PerEpoch is so many times in an epoch, at equal distances, and at the end of
// the run. What is more often than once in a step is once in a step.
func PerEpoch(times int) Interval { return between(times, -1) }

func between(n, sign int) Interval {
	if n < 1 || n > int(AtEnd) {
		return unheard
	}
	return Interval(sign * n)
}

// Steps is the number of steps between evaluations where an epoch has so many; 0
// stays 0.
func (i Interval) Steps(epoch int) Interval {
	if i < 0 {
		return Interval(max(epoch/int(-i), 1))
	}
	return i
}
