package study

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/lab"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func TestNothingIsNeverBest(t *testing.T) {
	rows := []lab.Runs{nil, {{}}, scored(0.4, 0.5), append(scored(0.99), &lab.Result{})}
	if got := BestRow(rows); got != 2 {
		t.Errorf("best row %d, want the only one whose runs all have a score", got)
	}
	if got := BestRow(rows[:2]); got != -1 {
		t.Errorf("best of what has no score: %d", got)
	}
	if got := Spread(rows); got != 0 {
		t.Errorf("one row spreads over %v points", got)
	}
	if got := Spread(nil); !math.IsNaN(got) {
		t.Errorf("no rows spread over %v points", got)
	}
	for i, want := range []string{"–", "–", "55.00 ± 7.07", "–"} {
		if got := lab.StatOf(rows[i].DevErrors()).String(); got != want {
			t.Errorf("row %d: %s, want %s", i, got, want)
		}
	}
	nan := math.NaN()
	if lab.Argmax([]float64{nan, 1, nan, 3}) != 3 || lab.Argmin([]float64{nan, 1, nan, 3}) != 1 || lab.Argmax([]float64{nan}) != -1 || lab.Argmin(nil) != -1 {
		t.Error("NaN is the largest or the smallest of numbers")
	}
	s := &Study{Sizes: []int{1}, Variants: []Variant{{Name: "a"}, {Name: "b"}}, runs: [][]lab.Runs{{{{}}}, {nil}}}
	if s.Best(1) != "" || len(s.Bests()) != 0 {
		t.Errorf("best variant %q, pairs %v of runs without a score", s.Best(1), s.Bests())
	}
	if _, err := choose([]float64{1, 2}, lab.Runs{{}, {}}); err == nil {
		t.Error("a rate was chosen of none that has a score")
	}
	if c, err := choose([]float64{1, 2}, append(lab.Runs{{}}, scored(0.1)...)); err != nil || c.Rate != 2 {
		t.Errorf("chosen %v, error %v", c.Rate, err)
	}
}

// panics is what f panics with, "" if it does not.
func panics(f func()) (text string) {
	defer func() {
		if v := recover(); v != nil {
			text = fmt.Sprint(v)
		}
	}()
	f()
	return ""
}

// sized is mlp on so many images.
func sized(images, seed int) train.Config {
	c := mlp()
	c.TrainSize, c.Seed = images, uint64(seed)
	return c
}

func TestStudy(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.Quiet = true
	none := Variant{"none", func(*train.Config) {}}
	slow := Variant{"too slow", func(c *train.Config) { c.Schedule = optim.Constant(1e-7) }}
	s := must(Vary(l, sized, []int{32, 100}, 2, slow, none))
	if !slices.Equal(s.Names(), []string{"too slow", "none"}) {
		t.Errorf("names %q", s.Names())
	}
	for _, v := range s.Names() {
		for _, n := range s.Sizes {
			for i, r := range s.Of(v, n) {
				if want := fmt.Sprintf("%s, %d images, seed %d", v, n, i+1); r.Name != want || r.Seed != uint64(i+1) {
					t.Errorf("run %d of %s at %d is %q, want %q", i, v, n, r.Name, want)
				}
			}
		}
	}
	if steps := s.Of("none", 32)[0].Last.Step; steps != 6 { // 32 images in batches of 16, 3 epochs
		t.Errorf("32 images took %d steps, want 6", steps)
	}
	at := s.At(100)
	if len(at) != 2 || !slices.Equal(at[1], s.Of("none", 100)) {
		t.Errorf("runs on 100 images %v", at)
	}
	if s.Best(100) != "none" {
		t.Errorf("best of errors %v is %q", s.Errors(100), s.Best(100))
	}
	for what, f := range map[string]func(){
		`no variant "slow" among too slow, none`: func() { s.Of("slow", 32) },
		"33 images, compared on [32 100]":        func() { s.Of("none", 33) },
	} {
		if got := panics(f); !strings.Contains(got, what) {
			t.Errorf("panics with %q, want %q", got, what)
		}
	}
	if _, err := Vary(l, sized, []int{32}, 1, none, slow, none); err == nil || !strings.Contains(err.Error(), `two variants are called "none"`) {
		t.Errorf("one name twice: %v", err)
	}
	if _, err := Vary(l, sized, nil, 1, none); err == nil {
		t.Error("no sizes: no error")
	}
}

// Errors of 10 and 20 % become 9 and 15 %: by 1 and 5 points, 3 ± 2 of 15.
func TestStudyChange(t *testing.T) {
	s := &Study{Sizes: []int{8}, Variants: []Variant{{Name: "none"}, {Name: "a"}}, runs: [][]lab.Runs{{scored(0.9, 0.8)}, {scored(0.91, 0.85)}}}
	if c := s.Change("a", 8); math.Abs(c.Mean+20) > 1e-9 || math.Abs(c.SD-100*2/15.) > 1e-9 {
		t.Errorf("change %v %%, want -20 ± 13.3", c)
	}
	if c := s.Change("none", 8); c.Mean != 0 || c.SD != 0 {
		t.Errorf("the first variant changes by %v %% against itself", c)
	}
	if got := s.Errors(8); math.Abs(got[1][1]-15) > 1e-9 {
		t.Errorf("errors %v, want 15 last", got)
	}
}

func TestStudyChanges(t *testing.T) {
	s := &Study{Sizes: []int{8, 9}, Variants: []Variant{{Name: "none"}, {Name: "a"}, {Name: "b"}}, runs: [][]lab.Runs{
		{scored(0.9, 0.8), scored(0.9, 0.8)},
		{scored(0.91, 0.82), scored(0.89, 0.79)}, // a gain; harm by 1 ± 0
		{scored(0.5, 0.8), scored(0.9, 0.8)},     // 20 ± 20 points: chance; nothing
	}}
	if got := s.SizeNames(" images"); !slices.Equal(got, []string{"8 images", "9 images"}) {
		t.Errorf("sizes %q", got)
	}
	changes, se := s.Changes()
	if want := 100 * 20 / 15.0; math.Abs(changes[1][0]+10) > 1e-9 || math.Abs(changes[2][0]-want) > 1e-9 || math.Abs(se-want) > 1e-9 || changes[0][1] != 0 {
		t.Errorf("changes %v, standard errors up to %v", changes, se)
	}
	if got, want := fmt.Sprint(s.Rows()[2]), "[b 35.00 ± 21.21 15.00 ± 7.07]"; got != want {
		t.Errorf("row %s, want %s", got, want)
	}
	if got := s.Bests(); !slices.Equal(got, [][2]int{{1, 0}, {0, 1}}) {
		t.Errorf("best at each size %v, want variant 1 and then 0", got)
	}
	if got := s.MeanChange("a"); math.Abs(got-(-10+1/0.15)/2) > 1e-9 {
		t.Errorf("mean change %v %%, want that of -10 and 6.67", got)
	}
}

func TestStudyGaps(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.Quiet = true
	s := must(Vary(l, sized, []int{20, 60}, 2, Variant{"none", func(*train.Config) {}}, Variant{"EMA", func(c *train.Config) { c.EMA = 0.5 }}))
	for size, n := range map[int]int{20: 20, 60: 40} {
		for k, got := range must(s.Gaps(size, 40)) {
			if want := must(Gaps(l, s.At(size)[k], n)); !slices.Equal(got, want) {
				t.Errorf("variant %d of size %d: %v, want %v", k, size, got, want)
			}
		}
	}
}

func TestTogether(t *testing.T) {
	batch := func(n int) Variant { return Variant{fmt.Sprint("batch ", n), func(c *train.Config) { c.Batch = n }} }
	v := Together(batch(7), Variant{"EMA", func(c *train.Config) { c.EMA = 0.9 }}, batch(9))
	c := mlp()
	if v.Change(&c); c.Batch != 9 || c.EMA != 0.9 || v.Name != "batch 7 + EMA + batch 9" {
		t.Errorf("%q gives batch %d, EMA %v", v.Name, c.Batch, c.EMA)
	}
}
