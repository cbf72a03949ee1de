package lab

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// sorted are the tiny digits in the order of their labels, as many published sets
// come.
func sorted(n int) *data.Dataset {
	d := tiny(n)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(d.Train.Labels[a]) - int(d.Train.Labels[b]) })
	d.Train = d.Train.Select("train", order)
	return d
}

// A schedule with Steps 0 is that of the whole run, and the same run as one that
// says so.
func TestScheduleIsTheRunsLength(t *testing.T) {
	l := testLab(t, t.TempDir())
	for name, change := range map[string]func(*train.Config){
		"plain":   func(*train.Config) {},
		"size":    func(c *train.Config) { c.TrainSize = 50 },
		"copies":  func(c *train.Config) { c.Augment, c.Copies = data.Augment{Shift: 1}, 2 },
		"warm-up": func(c *train.Config) { c.Schedule = optim.Warmup{Steps: 4, Then: c.Schedule} },
	} {
		t.Run(name, func(t *testing.T) {
			c := mlp()
			c.Schedule = optim.LinearLR{From: 0.05, To: 0}
			change(&c)
			r := must(l.Fit(c))[0]
			lrs := r.Train().LRs()
			if last := lrs[len(lrs)-1]; !(last > 0 && last < 0.05*1.5/float64(r.Steps-4)) {
				t.Errorf("last of %d steps at rate %v, want the line's last step above 0", r.Steps, last)
			}
			c.Schedule = optim.Bind(c.Schedule, r.Steps)
			if again := must(l.Fit(c))[0]; !again.Stored {
				t.Error("the same schedule with its length written out is another run")
			}
		})
	}
}

// A plan that cannot work is refused in one line before anything trains.
func TestPlansThatCannotWork(t *testing.T) {
	for name, c := range map[string]struct {
		change func(c *train.Config, l *Lab)
		want   string
	}{
		"short one-cycle": {func(c *train.Config, _ *Lab) { c.Schedule = optim.OneCycle{Max: 0.1, Steps: 10} }, "10 steps, the run has 21"},
		"long cosine":     {func(c *train.Config, _ *Lab) { c.Schedule = optim.Cosine{Base: 0.1, Steps: 42} }, "42 steps, the run has 21"},
		"gone":            {func(c *train.Config, _ *Lab) { c.Schedule = optim.ExponentialLR{Base: 0.1, Gamma: 0.2} }, "below a thousandth"},
		"own": {func(c *train.Config, _ *Lab) {
			c.Schedule = wild{0.1}
			c.Schedule = optim.Joined{Parts: []optim.Schedule{wild{}}}
		}, "use it alone"},
		"clean":          {func(c *train.Config, _ *Lab) { c.Augment, c.Clean = data.Augment{Shift: 1}, 3 }, "clean 3 of 3 epochs"},
		"copies":         {func(c *train.Config, _ *Lab) { c.Copies = 2 }, "copies 2 without Augment"},
		"clean copies":   {func(c *train.Config, _ *Lab) { c.Augment, c.Copies, c.Clean = data.Augment{Shift: 1}, 1, 1 }, "clean 1 with copies 1"},
		"label in train": {func(_ *train.Config, l *Lab) { l.Train.Labels[3] = 25 }, "training images: data: train: label 25 at index 3, allowed 0 to 9"},
		"label in dev":   {func(_ *train.Config, l *Lab) { l.Dev.Labels[0] = 10 }, "dev images: data: dev: label 10"},
		"label in test":  {func(_ *train.Config, l *Lab) { l.Data.Test.Labels[0] = 11 }, "test images: data: test: label 11"},
		"sizes": {func(_ *train.Config, l *Lab) {
			l.Data.Test = &data.Set{Name: "test", C: 1, H: 32, W: 32, Classes: data.Numbered(10)}
		}, "test: images of 32×32, train has those of 28×28"},
		"pixels":      {func(_ *train.Config, l *Lab) { l.Train.Pixels = l.Train.Pixels[1:] }, "78399 bytes of pixels, want 100 images of 28×28"},
		"no dev":      {func(_ *train.Config, l *Lab) { l.Dev = l.Dev.First(0) }, "no dev images"},
		"no training": {func(_ *train.Config, l *Lab) { l.Train = l.Train.First(0) }, "no training images"},
		"five in all": {func(_ *train.Config, l *Lab) { *l = *New("test", tiny(5), l.store, false) }, "no dev images: train: 5 images of 28×28 were split into 5 for training and 0 for dev"},
	} {
		t.Run(name, func(t *testing.T) {
			l := testLab(t, t.TempDir())
			cfg := mlp()
			c.change(&cfg, l)
			l.Log = t.Output()
			for what, err := range map[string]error{
				"fit":    fails(l.Fit(cfg)),
				"check":  fails(l.Check(cfg)),
				"follow": l.Follow(context.Background(), cfg, func(int, train.Score, *nn.Model) { t.Error("it was trained") }),
			} {
				if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%s: %v, want %q", what, err, c.want)
				}
			}
		})
	}
}

// What may be meant is told once, and done.
func TestNotes(t *testing.T) {
	for name, c := range map[string]struct {
		change func(c *train.Config, l *Lab)
		want   string
	}{
		"milestones": {func(c *train.Config, _ *Lab) {
			c.Schedule = optim.MultiStepLR{Base: 0.1, Gamma: 0.5, Milestones: []int{10, 800}}
		}, "1 of 2 milestones lie beyond the run's 21 steps"},
		"period":   {func(c *train.Config, _ *Lab) { c.Schedule = optim.StepLR{Base: 0.1, Gamma: 0.5, Every: 50} }, "comes after 50 steps, the run has 21"},
		"patience": {func(c *train.Config, _ *Lab) { c.Patience = 5 }, "patience 5, evaluations on dev 5: the run cannot stop early"},
		"class": {func(_ *train.Config, l *Lab) {
			for i, y := range l.Train.Labels {
				if y == 4 {
					l.Train.Labels[i] = 5
				}
			}
		}, "no training images of 4, dev has some"},
		"nothing": {func(*train.Config, *Lab) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := testLab(t, t.TempDir())
			var log bytes.Buffer
			l.Log = &log
			cfg := mlp()
			c.change(&cfg, l)
			second := cfg
			second.Seed = 2
			must(l.Fit(cfg, second))
			if n := strings.Count(log.String(), "note: "); c.want == "" && n > 0 || c.want != "" && (n != 1 || !strings.Contains(log.String(), c.want)) {
				t.Errorf("%d notes, want %q:\n%s", n, c.want, &log)
			}
		})
	}
}

// A training set in the order of its classes trains as any other: the subset is
// drawn.
func TestSortedTrainingSet(t *testing.T) {
	l := New("test", sorted(1200), t.TempDir(), false)
	l.Log = t.Output()
	cfg := mlp()
	cfg.TrainSize, cfg.Epochs, cfg.DevEvery = 100, 20, 0
	r := must(l.Fit(cfg))[0]
	if r.Best.Score < 0.5 {
		t.Errorf("dev accuracy %v on a sorted set, want more than half", r.Best.Score)
	}
	seen := l.drawn.subset(l.Train, 100)
	for class, n := range seen.Counts() {
		if share := float64(l.Train.Counts()[class]) / 10; math.Abs(float64(n)-share) > 1 {
			t.Errorf("%d of class %d, want %.1f", n, class, share)
		}
	}
	quick := New("test", sorted(9000), t.TempDir(), true)
	for _, s := range []*data.Set{quick.Train, quick.Dev, quick.Data.Test} {
		counts := s.Counts()
		if slices.Min(counts) == 0 {
			t.Errorf("a quick lab of sorted digits has %v of each class", counts)
		}
	}
}
