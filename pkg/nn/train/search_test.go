package train

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
)

// Flags that take whole numbers get them, whatever kind of range is asked for.
func TestWholeFlags(t *testing.T) {
	h := Hyper{Hidden: "6", Activation: "relu", Optimizer: "sgd", LR: 0.1, Schedule: "constant", Batch: 16, Epochs: 1}
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
		"unknown hyperparameter": func() error { _, err := (Point{{"lrr", "1"}}).Set(Hyper{}); return err },
		"no number":              func() error { _, err := (Point{{"epochs", "1.5"}}).Set(Hyper{}); return err },
	} {
		err := f()
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line", name, err)
		}
	}
	if _, err := (Point{{"lrr", "1"}}).Set(Hyper{}); !strings.Contains(err.Error(), "did you mean lr?") {
		t.Error(err)
	}
}

func TestHyperAt(t *testing.T) {
	h := Hyper{Name: "base", Hidden: "8", LR: 1, Epochs: 3}
	got := must(Point{{"lr", "0.05"}, {"hidden", "16,8"}}.Set(h))
	if got.LR != 0.05 || got.Hidden != "16,8" || got.Epochs != 3 || got.Name != "base lr=0.05 hidden=16,8" || h.LR != 1 {
		t.Errorf("%+v", got)
	}
}

// space is a search of six small runs over configurations, one of them hopeless.
func space() ([]Point, func(Point) (Config, error)) {
	points := must(Grid(Choice("lr", "0.1", "0.02", "1e6"), Choice("hidden", 6, 12)))
	return points, func(p Point) (Config, error) {
		c := diverging()
		c.Name = p.String()
		c.Layers = nn.MLP([]int{int(p.Float("hidden"))}, nn.Tanh{}, 10, 0)
		s, err := (Hyper{Schedule: "constant", LR: p.Float("lr"), Batch: 16, Epochs: 3}).schedule(nil)
		c.Schedule = s
		return c, err
	}
}

func TestSearch(t *testing.T) {
	points, config := space()
	lab := testLab(t, t.TempDir())
	alone := map[string]*Result{} // one after the other, elsewhere
	for _, p := range points {
		alone[p.String()] = must(testLab(t, t.TempDir()).Fit(must(config(p))))[0]
	}
	found := must(Search(lab, points, config))
	if len(found) != len(points) {
		t.Fatalf("%d found, want %d", len(found), len(points))
	}
	for i, f := range found {
		want := alone[f.Point.String()]
		mustEqual(t, f.Point.String(), f.Result.History, want.History, nil, nil)
		near(t, "score", f.Score, want.score(want.Best))
		if want.Judged() && f.Loss != want.Best.Loss || f.Result.Status != want.Status {
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
	again := must(Search(lab, points, config))
	for i, f := range again {
		if !f.Result.Stored || f.Point.String() != found[i].Point.String() {
			t.Errorf("%d. is %v, stored %v; was %v", i, f.Point, f.Result.Stored, found[i].Point)
		}
	}
	if runs := must(lab.Runs()); len(runs) != len(points) {
		t.Errorf("%d runs in the store, want %d", len(runs), len(points))
	}
}

func TestSearchChecksBeforeItTrains(t *testing.T) {
	lab := testLab(t, t.TempDir())
	points := must(Grid(Choice("lr", "0.1", "-1")))
	_, config := space()
	_, err := Search(lab, points, config)
	if err == nil || !strings.Contains(err.Error(), "lr=-1") {
		t.Errorf("error %v, want it to name the point", err)
	}
	if _, err := os.Stat(lab.store); err == nil {
		t.Error("something was trained before the mistake was told")
	}
}

// Side by side: the same bits, results and lines in order, twins made once,
// one bar over all.
func TestFitSideBySide(t *testing.T) {
	var cfgs []Config
	for i, c := range append(configs(), mlp(), cnn()) { // the last two are there already
		c.Name = fmt.Sprint(i, " ", c.Name)
		cfgs = append(cfgs, c)
	}
	fit := func(atATime int) ([]*Result, string, *gauge) {
		l := testLab(t, t.TempDir())
		var log strings.Builder
		g := &gauge{}
		l.Log, l.SideBySide, l.Progress = &log, atATime, func(label string) Bar { g.label = label; return g }
		return must(l.Fit(cfgs...)), log.String(), g
	}
	want, _, _ := fit(1)
	got, log, g := fit(3)
	for i := range want {
		mustEqual(t, want[i].Name, got[i].History, want[i].History, nil, nil)
		a, b := must(os.ReadFile(filepath.Join(got[i].Dir, bestFile))), must(os.ReadFile(filepath.Join(want[i].Dir, bestFile)))
		if string(a) != string(b) {
			t.Errorf("%s: another best model", want[i].Name)
		}
	}
	lines := strings.Split(strings.TrimSpace(log), "\n")
	if len(lines) != len(cfgs) {
		t.Fatalf("%d lines for %d runs: %s", len(lines), len(cfgs), log)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, cfgs[i].Name+": dev ") {
			t.Errorf("line %d is %q, want that of %s", i, line, cfgs[i].Name)
		}
	}
	for i := len(cfgs) - 2; i < len(cfgs); i++ {
		if !got[i].Stored {
			t.Errorf("%s was made twice", cfgs[i].Name)
		}
	}
	steps := 0
	for _, r := range got {
		steps += r.Steps
	}
	if g.label != "17 runs" || g.done != steps || g.total != steps || g.finished != 1 || g.back {
		t.Errorf("bar %+v, want %d steps", g, steps)
	}
}

// gauge is a bar that remembers.
type gauge struct {
	label       string
	done, total int
	finished    int
	back        bool // went back, or beyond its total
}

func (g *gauge) Update(done, total int, _ string) {
	g.back = g.back || done < g.done || done > total
	g.done, g.total = done, total
}
func (g *gauge) Finish(string) { g.finished++ }

// lateError is an optimizer that fails when a run begins, and not before.
type lateError struct{ optim.SGD }

func (o lateError) New(params []*nn.Param) (optim.Stepper, error) {
	if len(params) > 1 {
		return nil, errors.New("too many parameters")
	}
	return o.SGD.New(params)
}

// An error of one run saves the others as an interrupt does.
func TestFitSideBySideWithAnError(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.SideBySide = 2
	bad := mlp()
	bad.Optimizer = lateError{}
	long := mlp()
	long.Name, long.Epochs = "long", 100000
	results, err := l.Fit(long, bad)
	if err == nil || !strings.Contains(err.Error(), "too many parameters") {
		t.Errorf("error %v", err)
	}
	if len(results) != 1 || results[0].Status != Interrupted {
		t.Errorf("results %v, want the long run, interrupted", results)
	}
}
