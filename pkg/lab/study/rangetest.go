package study

import (
	"math"

	"inkling/pkg/lab"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// RangeTest turns c into a learning-rate range test (Smith 2017): one pass of
// so many steps during which the rate rises from from to to by a constant
// factor. The loss of every step is reported; [RangeOf] reads them. A run
// that diverges on the way is what the test is for.
func RangeTest(c train.Config, from, to float64, steps int) train.Config {
	c.Schedule = optim.GeometricLR{From: from, To: to, Steps: max(steps-1, 1)}
	c.Epochs, c.TrainSize = 1, steps*c.Batch
	c.LogEvery, c.DevEvery, c.Patience = 1, train.Every(steps), 0
	return c
}

// Range is what a learning-rate range test tells. A rate that the test did not
// find is NaN.
type Range struct {
	LR, Loss []float64 // by step; Loss is smoothed
	Steepest float64   // the rate at which the loss falls fastest
	Lowest   float64   // the rate at the lowest loss
	Limit    float64   // the first rate beyond Lowest at which the loss is twice the lowest, or not finite
}

// rangeWindow is the share of the steps that the moving mean of a range test
// spans: the losses of single batches scatter.
const rangeWindow = 0.05

// RangeOf reads the training losses of a run made by [RangeTest].
func RangeOf(r *lab.Result) Range {
	h := r.Train()
	g := Range{LR: h.LRs(), Loss: centred(h.Losses(), int(rangeWindow*float64(len(h)))/2)}
	g.Steepest, g.Lowest, g.Limit = math.NaN(), math.NaN(), math.NaN()
	lowest := lab.Argmin(g.Loss)
	if lowest < 0 {
		return g
	}
	g.Lowest = g.LR[lowest]
	fall := 0.0
	for i := 1; i < lowest; i++ { // central differences over the logarithm of the rate
		if d := (g.Loss[i+1] - g.Loss[i-1]) / math.Log(g.LR[i+1]/g.LR[i-1]); d < fall {
			g.Steepest, fall = g.LR[i], d
		}
	}
	for i := lowest; i < len(g.Loss); i++ {
		if !(g.Loss[i] < 2*g.Loss[lowest]) {
			g.Limit = g.LR[i]
			return g
		}
	}
	if r.Status == lab.Diverged {
		g.Limit = g.LR[len(g.LR)-1]
	}
	return g
}

// centred is the moving mean of v over half values on either side, so that it
// does not lag; fewer on both sides at the start, where the loss falls steeply,
// and on the right at the end.
func centred(v []float64, half int) []float64 {
	mean := make([]float64, len(v))
	for i := range v {
		h := min(half, i)
		mean[i], _ = lab.MeanStd(v[i-h : min(i+h+1, len(v))])
	}
	return mean
}
