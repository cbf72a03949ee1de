package compare

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
	"inkling/pkg/viz"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprint("unexpected error: ", err))
	}
	return v
}

func testLab(t *testing.T) *lab.Lab {
	l := lab.New("test", &data.Dataset{Name: "few digits", Train: data.Synthetic("train", 1, 0, 300), Test: data.Synthetic("test", 1, 300, 60)}, t.TempDir(), false)
	l.Log = t.Output()
	return l
}

func config(hidden int, rate float64, seed uint64) train.Config {
	return train.Config{
		Layers: nn.MLP([]int{hidden}, nn.ReLU{}, 10, 0), Optimizer: optim.SGD{Momentum: 0.9},
		Schedule: optim.Constant(rate), Batch: 25, Epochs: 2, Seed: seed,
	}
}

// Runs of one configuration fall together; what is told of two sides is what their
// runs say about the images, counted here by hand.
func TestRuns(t *testing.T) {
	l := testLab(t)
	runs := must(l.Fit(config(8, 0.05, 2), config(16, 0.05, 1), config(8, 0.05, 1), config(16, 0.05, 2), config(8, 0.05, 3)))
	for _, c := range []*Comparison{must(Runs(l, runs...)), must(OnTest(l, append(runs, runs...)...))} {
		change, set := c.Changes[0], c.set
		if len(c.Sides) != 2 || len(c.Changes) != 1 || fmt.Sprint(c.Names, c.Values) != "[hidden] [[8 16]]" || change.Before != "784-8-10" {
			t.Fatalf("%s: sides %q and %q, %v %v", c.On, change.Before, change.After, c.Names, c.Values)
		}
		if len(change.Pairs) != 2 || change.Seeds != 2 || change.Difference.N != 2 || len(c.Sides[0].Errors) != 3 {
			t.Fatalf("%s: %+v", c.On, change)
		}
		flips := map[int]int{}
		for k, pair := range change.Pairs {
			right := func(r *lab.Result) (list []bool) {
				m := must(r.Model())
				for i := range set.Len() {
					x := nn.NewTensor(1, m.In)
					list = append(list, false)
					for b := range train.InOrder(set.Select("one", []int{i}))(0) {
						x.Data = b.X
						list[i] = m.Forward(x, nn.Pass{}).Argmax(0) == int(set.Labels[i])
					}
				}
				return list
			}
			a, b := right(c.Sides[0].Runs[k]), right(c.Sides[1].Runs[k])
			won, lost, wrongBefore := 0, 0, 0
			for i := range a {
				if !a[i] {
					wrongBefore++
				}
				if a[i] && !b[i] {
					lost++
					flips[i]--
				} else if b[i] && !a[i] {
					won++
					flips[i]++
				}
			}
			if pair.SeedBefore != uint64(k+1) || pair.SeedAfter != uint64(k+1) || pair.Won != won || pair.Lost != lost ||
				math.Abs(pair.Before-100*float64(wrongBefore)/float64(len(a))) > 1e-9 || pair.P != McNemar(won, lost) {
				t.Errorf("%s: pair %+v, by hand won %d, lost %d, %d wrong before", c.On, pair, won, lost, wrongBefore)
			}
		}
		n := 0
		for _, f := range change.Flips {
			if want := flips[f.Image]; want > 0 != f.Won || max(want, -want) != f.Pairs {
				t.Errorf("%s: flip %+v, by hand %d", c.On, f, want)
			}
		}
		for _, net := range flips {
			if net != 0 {
				n++
			}
		}
		if n != len(change.Flips) {
			t.Errorf("%s: %d flips, by hand %d", c.On, len(change.Flips), n)
		}
		// The difference is that of what was won and lost.
		net := 0
		for _, p := range change.Pairs {
			net += p.Lost - p.Won
		}
		if want := 100 * float64(net) / 2 / float64(set.Len()); math.Abs(change.Difference.Mean-want) > 1e-9 {
			t.Errorf("%s: difference %v, won and lost say %v", c.On, change.Difference, want)
		}
		if strings.Contains(c.String(), "test set") != (c.On == "test") {
			t.Errorf("said of %s: %v", c.On, c)
		}
		var v map[string]any
		if err := json.Unmarshal(must(json.Marshal(c)), &v); err != nil || v["on"] != c.On {
			t.Errorf("JSON: %v, %v", err, v)
		}
		for i, f := range append(c.Figures(), c.Table(), c.PairTable()) {
			if err := viz.Save(filepath.Join(t.TempDir(), "f.png"), f); err != nil || f.Alt() == "" {
				t.Errorf("figure %d: %v", i, err)
			}
		}
	}
	// Predictions lie beside the runs, small; the test set's do not.
	kept := must(filepath.Glob(filepath.Join(filepath.Dir(runs[0].Dir), "*", "dev.safetensors")))
	if info := must(os.Stat(kept[0])); len(kept) != 5 || info.Size() > 8*int64(l.Dev.Len())+1000 {
		t.Errorf("%d files are kept, the first of %d bytes", len(kept), info.Size())
	}
}

// Seeds without a partner, one seed, several changes.
func TestSides(t *testing.T) {
	l := testLab(t)
	runs := must(l.Fit(config(8, 0.05, 1), config(8, 0.05, 2), config(8, 0.1, 3), config(8, 0.1, 4), config(8, 0.2, 1)))
	c := must(Runs(l, runs...))
	if len(c.Changes) != 2 || !strings.HasPrefix(c.Changes[0].Test, "Welch") || c.Changes[1].Seeds != 1 || !math.IsNaN(c.Changes[1].OfSeeds) {
		t.Fatalf("%+v", c.Changes)
	}
	said := c.String()
	for _, want := range []string{"One seed does not cover the chance of the seed", "McNemar's test over 50 images", "all 2 comparisons", "“lr 0.2”"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if v := c.Changes[1].Verdict; v == Helps || v == Hurts {
		t.Errorf("one seed %s", v)
	}
	if _, err := Runs(l, runs[:2]...); err == nil || !strings.Contains(err.Error(), "of two at least") {
		t.Errorf("one configuration: %v", err)
	}
	old := *runs[2]
	old.Hyper = nil
	if _, err := Runs(l, runs[0], &old); err == nil || !strings.Contains(err.Error(), "train it again") {
		t.Errorf("an old record: %v", err)
	}
	stopped, gone := *runs[2], *runs[4]
	stopped.Status, gone.Status = lab.Interrupted, lab.Diverged
	if said := must(Runs(l, runs[0], &stopped, &gone)).String(); !strings.Contains(said, "“lr 0.1” with seed 3 was interrupted") || !strings.Contains(said, "“lr 0.2” with seed 1 diverged") {
		t.Errorf("of what has not ended well:\n%s", said)
	}
	other := must(testLab(t).Fit(config(8, 0.3, 1)))
	if _, err := Runs(l, runs[0], other[0]); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("a run of another store: %v", err)
	}
}

// The sentence says what the verdict is, in each case.
func TestSentence(t *testing.T) {
	base := Change{Before: "a", After: "b", Test: "paired t test over 3 seeds", Seeds: 3, Difference: lab.Stat{Mean: -0.2, SD: 0.02, N: 3}, Low: -0.3, High: -0.1, P: 0.02, e: estimate{mean: -0.2, seeds: 0.0004, freedom: 2, n: 3}}
	a, b := world{images: 10}.draw(rand.New(rand.NewPCG(1, 1)), 1)
	for _, c := range []struct {
		change func(c *Change)
		want   []string
	}{
		{func(c *Change) {}, []string{"“b” helps against “a”", "2.00 → 1.80 %", "-0.20 ± 0.02 points"}},
		{func(c *Change) { c.Difference.Mean = 0.2 }, []string{"“b” hurts against “a”"}},
		{func(c *Change) { c.P, c.e.seeds = 0.3, 0.0133 }, []string{"cannot tell whether “b” helps", "about 7 more seeds would, if"}},
		{func(c *Change) { c.P, c.e.images = 0.3, 0.02 }, []string{"cannot tell", "no number of seeds would, but about 3.9 times as many images"}},
		{func(c *Change) { c.P, c.Difference.Mean, c.e.mean = 1, 0, 0 }, []string{"cannot tell", "if there is a difference, it is too small"}},
		{func(c *Change) { c.Seeds, c.e.n, c.e.freedom, c.Test = 1, 1, 0, "McNemar's test over 10 images" }, []string{"With seed 1 “b” is better than “a”", "10 lost, McNemar's", "One seed does not cover"}},
		{func(c *Change) { c.Seeds, c.e.n, c.e.freedom, c.P = 1, 1, 0, 0.5 }, []string{"cannot tell", "One seed does not cover"}},
	} {
		change := base
		change.Pairs = []Pair{{SeedBefore: 1, SeedAfter: 1, Before: 2, After: 1.8, Lost: 10, Won: 30, P: 0.002}}
		change.first, change.then = &a, &b
		c.change(&change)
		change.decide(1)
		said := change.sentence("dev")
		for _, want := range c.want {
			if !strings.Contains(said, want) {
				t.Errorf("no %q in %q", want, said)
			}
		}
		if strings.Contains(said, "\n") {
			t.Errorf("%q", said)
		}
	}
}

// A long label is called by its beginning, unless the other side begins so too.
func TestLongLabels(t *testing.T) {
	const begin = "784-600-10, lr 0.06, no momentum, decay 0.0001, multistep, "
	a, b := world{images: 10}.draw(rand.New(rand.NewPCG(1, 1)), 2)
	a.Label, b.Label = begin+"milestones 800, gamma 0.5", "784-64-10, lr 0.02"
	for other, want := range map[string]string{b.Label: "“784-64-10, lr 0.02” helps against “" + begin + "…”", begin + "milestones 900": "“" + begin + "milestones 900” helps against “" + a.Label + "”"} {
		b.Label = other
		c := between(&a, &b)
		c.decide(1)
		if said := c.sentence("dev"); !strings.Contains(said, want) {
			t.Errorf("no %q in %q", want, said)
		}
	}
}
