package search

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn/train"
)

// draws are the first n points of a random search.
func draws(n, seed int, dims ...Dim) (list []Point) {
	for i := range n {
		list = append(list, randomPoint(dims, uint64(seed), uint64(i)))
	}
	return list
}

func TestRandomPoints(t *testing.T) {
	dims := []Dim{LogUniform("lr", 1e-4, 1), Uniform("dropout", 0.1, 0.5), Whole("batch", 8, 128), Choice("optimizer", "sgd", "adam", "lion")}
	points := draws(3000, 7, dims...)
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
		if (lr < 0.01) == (dropout < 0.3) {
			counts["together"]++
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
	for name, share := range map[string]float64{"sgd": 1.0 / 3, "adam": 1.0 / 3, "lion": 1.0 / 3, "small": 0.5, "together": 0.5} {
		if got := float64(counts[name]) / 3000; math.Abs(got-share) > 0.05 {
			t.Errorf("share of %s %.3f, want %.3f", name, got, share)
		}
	}
	// A shorter search is the beginning of a longer one; another seed is another;
	// another dimension beside it, and another order, change nothing.
	if got, want := fmt.Sprint(draws(5, 7, dims...)), fmt.Sprint(points[:5]); got != want {
		t.Errorf("the first points are %s, want %s", got, want)
	}
	if fmt.Sprint(draws(5, 8, dims...)) == fmt.Sprint(points[:5]) {
		t.Error("another seed draws the same points")
	}
	for i, p := range draws(5, 7, Choice("hidden", 1, 2), dims[2], dims[0]) {
		if p.Text("lr") != points[i].Text("lr") || p.Text("batch") != points[i].Text("batch") {
			t.Errorf("%v beside others, %v alone", p, points[i])
		}
	}
}

func TestGridPoints(t *testing.T) {
	s := Search{Dims: []Dim{Choice("lr", 0.1, 0.01), Choice("hidden", "32", "64,32"), Choice("batch", 16)}, Build: func(Point) (train.Config, error) { return train.Config{}, nil }}
	if err := s.Check(); err != nil || s.Method != Grid {
		t.Fatal(s.Method, err)
	}
	p := &points{s: &s, seen: map[string]bool{}}
	var got []string
	for at := p.next(); at != nil; at = p.next() {
		got = append(got, at.String())
	}
	want := []string{
		"lr=0.1 hidden=32 batch=16", "lr=0.1 hidden=64,32 batch=16",
		"lr=0.01 hidden=32 batch=16", "lr=0.01 hidden=64,32 batch=16",
	}
	if !slices.Equal(got, want) {
		t.Errorf("points %q, want %q", got, want)
	}
	at := gridPoint(s.Dims, 1)
	if at.Text("hidden") != "64,32" || at.Float("lr") != 0.1 || at.Text("seed") != "" || !math.IsNaN(at.Float("hidden")) {
		t.Errorf("values of %v", at)
	}
	// Values of a range: both ends, even on its axis.
	for word, want := range map[string]string{
		"0.001..1:log:4": "[0.001 0.01 0.1 1]", "0..0.5:3": "[0 0.25 0.5]", "1..3:int:9": "[1 2 3]", "16..256:log:int:3": "[16 64 256]",
	} {
		_, d, err := parse("x", word, real)
		if err != nil || fmt.Sprint(d.values()) != want {
			t.Errorf("%s: %v, %v; want %s", word, d.values(), err, want)
		}
	}
}

// What is drawn again is not tried again, and a small space comes to an end.
func TestDrawsAreDistinct(t *testing.T) {
	s := Search{Dims: []Dim{Choice("optimizer", "sgd", "adam"), Choice("momentum", 0, 0.5, 0.9)}, Method: Random,
		Idle: func(p Point, name string) bool { return name == "momentum" && p.Text("optimizer") == "adam" }}
	p := &points{s: &s, seen: map[string]bool{}}
	var got []string
	for at := p.next(); at != nil; at = p.next() {
		got = append(got, at.String())
	}
	slices.Sort(got)
	want := []string{"optimizer=adam", "optimizer=sgd momentum=0", "optimizer=sgd momentum=0.5", "optimizer=sgd momentum=0.9"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestDimMistakes(t *testing.T) {
	for name, dims := range map[string][]Dim{
		"choice of nothing":  {Choice[float64]("dropout")},
		"beside another":     {Choice("lr", 0.1), Choice[int]("batch")},
		"no dimensions":      {},
		"twice":              {Choice("lr", 0.1), Choice("lr", 0.2)},
		"a value twice":      {Choice("lr", 0.1, 0.1)},
		"neither":            {{Name: "lr"}},
		"logarithm below 0":  {LogUniform("decay", -1, 1)},
		"infinite":           {Uniform("lr", 0, math.Inf(1))},
		"nothing whole":      {{Name: "batch", Low: 16.2, High: 16.8, Whole: true}},
		"range upside down":  {Uniform("lr", 1, 0)},
		"logarithm of 0":     {LogUniform("lr", 0, 1)},
		"range to NaN":       {Uniform("lr", 0, math.NaN())},
		"no name":            {Choice("", 1)},
		"one value of range": {{Name: "lr", Low: 0, High: 1, Count: 1}},
		"wide":               {Uniform("lr", -math.MaxFloat64, math.MaxFloat64)},
		"not countable":      {{Name: "lr", Low: 0, High: 1e300, Whole: true}},
	} {
		s := Search{Dims: dims, Method: Random}
		if err := s.Check(); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line", name, err)
		}
	}
	s := Search{Dims: []Dim{Uniform("lr", 0, 1)}, Method: Grid}
	if err := s.Check(); err == nil || !strings.Contains(err.Error(), "--lr=0..1:5") {
		t.Errorf("grid of a range: %v, want what to write", err)
	}
	big := Search{Dims: []Dim{Choice("a", slices.Collect(func(yield func(int) bool) {
		for i := range 60 {
			if !yield(i) {
				return
			}
		}
	})...), {Name: "b", Low: 0, High: 1, Count: 20}}}
	if err := big.Check(); err == nil || !strings.Contains(err.Error(), "60 × 20 = 1200") {
		t.Errorf("a large grid: %v, want its size", err)
	}
	big.Budget = Budget{Runs: 1200}
	if err := big.Check(); err != nil {
		t.Errorf("a large grid that was asked for: %v", err)
	}
	big.Seeds = 2
	if err := big.Check(); err == nil || !strings.Contains(err.Error(), "2400 runs, the budget is 1200runs") {
		t.Errorf("a grid over its budget: %v", err)
	}
}
