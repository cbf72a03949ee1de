package study

import (
	"fmt"
	"math"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/metric"
)

// Paired is by how much the dev error of b, in points of %, is above that of a,
// run by run: the same seeds in the same order. Differences between pairs
// scatter less than the errors themselves, as a seed that is good for one is
// often good for the other. Its SD is that of the mean, the standard error, which
// one pair does not tell.
func Paired(a, b lab.Runs) lab.Stat {
	if len(a) != len(b) || len(a) == 0 {
		panic(fmt.Sprintf("study: paired: %d runs beside %d", len(a), len(b)))
	}
	d := b.DevErrors()
	for i, e := range a.DevErrors() {
		d[i] -= e
	}
	s := lab.StatOf(d)
	s.SD /= math.Sqrt(float64(s.N))
	return s
}

// trainErrors judges the best models of runs on n images of the training split,
// those that a run with TrainSize n has seen and one with more has seen as well,
// as dev is judged: dropout off, batch normalization by its running statistics.
// The shares wrong are in %. What a run reports while it trains is neither: it is
// of a network that still changes, thinned by dropout.
func trainErrors(l *lab.Lab, runs lab.Runs, n int) ([]float64, error) {
	return ErrorsOn(runs, l.Subset(n))
}

// ErrorsOn judges the best models of runs on a set; if views are given, by the
// mean of what each says about them, see [JudgeViews]. The shares wrong are in %.
func ErrorsOn(runs lab.Runs, s *data.Set, views ...data.Affine) ([]float64, error) {
	errs := make([]float64, len(runs))
	for i, r := range runs {
		m, err := r.Model()
		if err != nil {
			return nil, err
		}
		if in, n := nn.CHW(s.C, s.H, s.W), len(s.Classes); m.In != in || m.Out() != nn.Vec(n) {
			return nil, fmt.Errorf("study: %s reads images of %v in %v classes, %s has those of %v in %d", r.Name, m.In, m.Out(), s.Name, in, n)
		}
		if len(views) > 0 {
			errs[i] = 100 * (1 - metric.JudgeViews(m, s, views...).Accuracy())
		} else {
			errs[i] = 100 * (1 - metric.Judge(m, s).Accuracy())
		}
	}
	return errs, nil
}

// Gaps are by how many points of % the dev errors of runs are above their errors
// on n images of the training split, which they have seen, judged as dev is. A gap
// below zero means that the network does better on dev.
func Gaps(l *lab.Lab, runs lab.Runs, n int) ([]float64, error) {
	train, err := trainErrors(l, runs, n)
	if err != nil {
		return nil, err
	}
	gaps := runs.DevErrors()
	for i, e := range train {
		gaps[i] -= e
	}
	return gaps, nil
}

// Distance is how far the parameters of two models of the same layers are from
// each other, relative to those of b: ‖a − b‖/‖b‖.
func Distance(a, b *nn.Model) float64 {
	p, q := a.Params(), b.Params()
	if len(p) != len(q) || a.Weights() != b.Weights() {
		panic(fmt.Sprintf("study: distance: %d weights beside %d", a.Weights(), b.Weights()))
	}
	var difference, size float64
	for i := range p {
		for j, v := range p[i].Data {
			w := float64(q[i].Data[j])
			difference += (float64(v) - w) * (float64(v) - w)
			size += w * w
		}
	}
	return math.Sqrt(difference / size)
}
