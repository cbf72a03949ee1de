package study

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// Flags that take whole numbers get them, whatever kind of range is asked for.
func TestWholeFlags(t *testing.T) {
	h := lab.Hyper{Hidden: "6", Activation: "relu", Optimizer: "sgd", LR: 0.1, Schedule: "constant", Batch: 16, Epochs: 1}
	dims := []Dim{Uniform("batch", 16, 64), LogUniform("hidden", 6.5, 12), Uniform("epochs", 1, 3.5), Uniform("dropout", 0, 0.5)}
	seen := map[string]bool{}
	for _, p := range must(Random(300, 1, dims...)) {
		at, err := p.Set(h)
		if err != nil {
			t.Fatal(err)
		}
		if err := at.Check(); err != nil {
			t.Fatalf("%v: %v", p, err)
		}
		if at.Batch < 16 || at.Batch > 64 || at.Epochs < 1 || at.Epochs > 3 || p.Float("hidden") < 7 || p.Float("hidden") > 12 {
			t.Fatalf("%v is outside of the ranges", p)
		}
		seen[p.Text("batch")] = true
	}
	if len(seen) < 40 {
		t.Errorf("%d batch sizes of 49 in 300 draws", len(seen))
	}
}

func TestGrid(t *testing.T) {
	points := must(Grid(Choice("lr", 0.1, 0.01), Choice("hidden", "32", "64,32"), Choice("batch", 16)))
	var got []string
	for _, p := range points {
		got = append(got, p.String())
	}
	want := []string{
		"lr=0.1 hidden=32 batch=16", "lr=0.1 hidden=64,32 batch=16",
		"lr=0.01 hidden=32 batch=16", "lr=0.01 hidden=64,32 batch=16",
	}
	if !slices.Equal(got, want) {
		t.Errorf("points %q, want %q", got, want)
	}
	p := points[1]
	if p.Text("hidden") != "64,32" || p.Float("lr") != 0.1 || p.Text("seed") != "" || !math.IsNaN(p.Float("hidden")) {
		t.Errorf("values of %v", p)
	}
}

func TestRandomPoints(t *testing.T) {
	dims := []Dim{LogUniform("lr", 1e-4, 1), Uniform("dropout", 0.1, 0.5), Whole("batch", 8, 128), Choice("optimizer", "sgd", "adam", "lion")}
	points := must(Random(3000, 7, dims...))
	counts := map[string]int{}
	var lrs, dropouts []float64
	for _, p := range points {
		lr, dropout, batch := p.Float("lr"), p.Float("dropout"), p.Float("batch")
		if lr < 1e-4 || lr > 1 || dropout < 0.1 || dropout > 0.5 || batch < 8 || batch > 128 || batch != math.Trunc(batch) {
			t.Fatalf("outside of the ranges: %v", p)
		}
		if len(p.Text("lr")) > len("0.000123") {
			t.Errorf("more digits than anybody reads: %v", p)
		}
		lrs, dropouts = append(lrs, lr), append(dropouts, dropout)
		counts[p.Text("optimizer")]++
		if batch <= 32 {
			counts["small"]++
		}
	}
	slices.Sort(lrs)
	slices.Sort(dropouts)
	// The middle of a logarithmic range is its geometric mean. The bounds are
	// some five standard deviations away.
	if m := math.Log10(lrs[1500]); math.Abs(m+2) > 0.2 {
		t.Errorf("median learning rate 10^%.2f, want 10^-2", m)
	}
	if m := dropouts[1500]; math.Abs(m-0.3) > 0.02 {
		t.Errorf("median dropout %.3f, want 0.3", m)
	}
	for name, share := range map[string]float64{"sgd": 1.0 / 3, "adam": 1.0 / 3, "lion": 1.0 / 3, "small": 0.5} {
		if got := float64(counts[name]) / 3000; math.Abs(got-share) > 0.05 {
			t.Errorf("share of %s %.3f, want %.3f", name, got, share)
		}
	}
	// A shorter search is the beginning of a longer one; another seed is another.
	if got, want := fmt.Sprint(must(Random(5, 7, dims...))), fmt.Sprint(points[:5]); got != want {
		t.Errorf("the first points are %s, want %s", got, want)
	}
	if fmt.Sprint(must(Random(5, 8, dims...))) == fmt.Sprint(points[:5]) {
		t.Error("another seed draws the same points")
	}
}

func TestSearchMistakes(t *testing.T) {
	for name, f := range map[string]func() error{
		"choice of nothing":      func() error { _, err := Random(3, 1, Choice[float64]("dropout")); return err },
		"grid of nothing":        func() error { _, err := Grid(Choice("lr", 0.1), Choice[int]("batch")); return err },
		"no dimensions":          func() error { _, err := Grid(); return err },
		"random without any":     func() error { _, err := Random(3, 1); return err },
		"no points":              func() error { _, err := Random(0, 1, Choice("lr", 0.1)); return err },
		"twice":                  func() error { _, err := Grid(Choice("lr", 0.1), Choice("lr", 0.2)); return err },
		"neither":                func() error { _, err := Random(1, 1, Dim{Name: "lr"}); return err },
		"logarithm below 0":      func() error { _, err := Random(1, 1, LogUniform("decay", -1, 1)); return err },
		"infinite":               func() error { _, err := Random(1, 1, Uniform("lr", 0, math.Inf(1))); return err },
		"nothing whole":          func() error { _, err := Random(1, 1, Uniform("batch", 16.2, 16.8)); return err },
		"grid of a range":        func() error { _, err := Grid(Uniform("lr", 0, 1)); return err },
		"range upside down":      func() error { _, err := Random(1, 1, Uniform("lr", 1, 0)); return err },
		"logarithm of 0":         func() error { _, err := Random(1, 1, LogUniform("lr", 0, 1)); return err },
		"range to NaN":           func() error { _, err := Random(1, 1, Uniform("lr", 0, math.NaN())); return err },
		"no name":                func() error { _, err := Grid(Choice("", 1)); return err },
		"unknown hyperparameter": func() error { _, err := (Point{{"lrr", "1"}}).Set(lab.Hyper{}); return err },
		"no number":              func() error { _, err := (Point{{"epochs", "1.5"}}).Set(lab.Hyper{}); return err },
	} {
		err := f()
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line", name, err)
		}
	}
	if _, err := (Point{{"lrr", "1"}}).Set(lab.Hyper{}); !strings.Contains(err.Error(), "did you mean lr?") {
		t.Error(err)
	}
}

func TestHyperAt(t *testing.T) {
	h := lab.Hyper{Name: "base", Hidden: "8", LR: 1, Epochs: 3}
	got := must(Point{{"lr", "0.05"}, {"hidden", "16,8"}}.Set(h))
	if got.LR != 0.05 || got.Hidden != "16,8" || got.Epochs != 3 || got.Name != "base lr=0.05 hidden=16,8" || h.LR != 1 {
		t.Errorf("%+v", got)
	}
}

// space is a search of six small runs over configurations, one of them hopeless.
func space() ([]Point, func(Point) (train.Config, error)) {
	points := must(Grid(Choice("lr", "0.1", "0.02", "1e6"), Choice("hidden", 6, 12)))
	return points, func(p Point) (train.Config, error) {
		c := diverging()
		c.Name = p.String()
		c.Layers = nn.MLP([]int{int(p.Float("hidden"))}, nn.Tanh{}, 10, 0)
		c.Schedule = optim.Constant(p.Float("lr"))
		if p.Float("lr") < 0 {
			return c, errors.New("a learning rate below 0")
		}
		return c, nil
	}
}

func TestSearch(t *testing.T) {
	points, config := space()
	l := testLab(t, t.TempDir())
	alone := map[string]*lab.Result{} // one after the other, elsewhere
	for _, p := range points {
		alone[p.String()] = must(testLab(t, t.TempDir()).Fit(must(config(p))))[0]
	}
	found := must(Search(l, points, config))
	if len(found) != len(points) {
		t.Fatalf("%d found, want %d", len(found), len(points))
	}
	for i, f := range found {
		want := alone[f.Point.String()]
		if !slices.EqualFunc(f.Result.History, want.History, func(a, b train.Event) bool {
			a.Seconds, b.Seconds = 0, 0
			return a == b
		}) {
			t.Errorf("%v told %+v, alone %+v", f.Point, f.Result.History, want.History)
		}
		if !want.Judged() && !math.IsNaN(f.Score) {
			t.Errorf("%v was never judged and has the score %v", f.Point, f.Score)
		}
		if want.Judged() && (f.Score != want.Best.Score || f.Loss != want.Best.Loss) || f.Result.Status != want.Status {
			t.Errorf("%+v, want %+v", f, want.Record)
		}
		if i > 0 && compareTried(found[i-1], f) > 0 {
			t.Errorf("%v before %v", found[i-1], f)
		}
		if f.Result.SideBySide != 2 && !f.Result.Stored {
			t.Errorf("made %d at a time, the record says %d", 2, f.Result.SideBySide)
		}
		delete(alone, f.Point.String())
	}
	if len(alone) > 0 {
		t.Errorf("not found: %v", alone)
	}
	again := must(Search(l, points, config))
	for i, f := range again {
		if !f.Result.Stored || f.Point.String() != found[i].Point.String() {
			t.Errorf("%d. is %v, stored %v; was %v", i, f.Point, f.Result.Stored, found[i].Point)
		}
	}
	if runs := must(l.Runs()); len(runs) != len(points) {
		t.Errorf("%d runs in the store, want %d", len(runs), len(points))
	}
}

func TestSearchChecksBeforeItTrains(t *testing.T) {
	root := t.TempDir()
	l := testLab(t, root)
	points := must(Grid(Choice("lr", "0.1", "-1"), Choice("hidden", 6)))
	_, config := space()
	_, err := Search(l, points, config)
	if err == nil || !strings.Contains(err.Error(), "lr=-1") {
		t.Errorf("error %v, want it to name the point", err)
	}
	if entries := must(os.ReadDir(root)); len(entries) > 0 {
		t.Error("something was trained before the mistake was told")
	}
}
