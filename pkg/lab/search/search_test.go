package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"inkling/pkg/lab"
	"inkling/pkg/nn/train"
	"inkling/pkg/viz"
)

// A grid tries every combination, tells the best first and diverged runs last, as
// runs that are made alone have it; again, it costs nothing.
func TestGrid(t *testing.T) {
	s := rates(Grid, 2, true)
	s.Dims[0].Count = 3
	l := testLab(t, t.TempDir())
	found := must(s.RunContext(t.Context(), l))
	if len(found.Trials) != 9 || found.Made != 9 || found.Stored != 0 || found.Epochs != 18 {
		t.Fatalf("%d trials, %d made, %d stored, %d epochs", len(found.Trials), found.Made, found.Stored, found.Epochs)
	}
	for i, trial := range found.Trials {
		alone := must(testLab(t, t.TempDir()).Fit(must(s.Build(trial.Point))))
		if bad := alone[0].Status == lab.Diverged; bad != trial.Diverged || !bad && trial.Error.Mean != alone.DevError().Mean || !trial.Whole {
			t.Errorf("%v: %v, diverged %v; alone %v", trial.Point, trial.Error, trial.Diverged, alone[0])
		}
		if i > 0 && found.Trials[i-1].compare(trial) > 0 || trial.Diverged != (i >= 6) {
			t.Errorf("%d. is %v, diverged %v", i+1, trial.Point, trial.Diverged)
		}
	}
	again := must(s.RunContext(t.Context(), l))
	if again.Made != 0 || again.Stored != 9 || again.Best().String() != found.Best().String() {
		t.Errorf("again: %d made, %d stored, the best %v", again.Made, again.Stored, again.Best())
	}
	for _, part := range []string{"best of 9", found.Best().Point.String(), "3 diverged", "optimistic"} {
		if !strings.Contains(found.String(), part) {
			t.Errorf("%q does not say %q", found, part)
		}
	}
	if table := found.Table(4); len(table.Rows) != 4 || table.Note != "5 more" || fmt.Sprint(table.Columns) != "[ lr hidden epochs dev error % ]" {
		t.Errorf("%+v", table)
	}
}

// The first draws of a longer search are those of a shorter one, and cost nothing.
func TestRandomGoesOn(t *testing.T) {
	l := testLab(t, t.TempDir())
	short, long := rates("", 1, false), rates("", 1, false)
	short.Budget, long.Budget, long.Seeds = Budget{Runs: 4}, Budget{Runs: 16}, 2
	few := must(short.RunContext(t.Context(), l))
	many := must(long.RunContext(t.Context(), l))
	if few.Method != Random || len(few.Trials) != 4 || len(many.Trials) != 8 || many.Stored != 4 || many.Made != 12 {
		t.Fatalf("%s, %d and %d trials, %d stored, %d made", few.Method, len(few.Trials), len(many.Trials), many.Stored, many.Made)
	}
	for _, a := range few.Trials {
		i := slices.IndexFunc(many.Trials, func(b *Trial) bool { return b.Index == a.Index })
		if b := many.Trials[i]; b.Point.String() != a.Point.String() || b.Error.N != 2 || b.Runs[0].Dir != a.Runs[0].Dir || b.Runs[1].Seed != 2 {
			t.Errorf("draw %d: %v, then %v of %d seeds", a.Index, a.Point, b.Point, b.Error.N)
		}
	}
	// A budget of epochs counts what runs have, seeds among them.
	long.Budget = Budget{Epochs: 7}
	if f := must(long.Price(l)); len(f.Trials) != 3 || f.Epochs != 6 {
		t.Errorf("%d trials, %d epochs for a budget of 7 in pairs", len(f.Trials), f.Epochs)
	}
	long.Budget = Budget{Runs: 1}
	if _, err := long.Price(l); err == nil || !strings.Contains(err.Error(), "too little for 2 runs") {
		t.Errorf("a budget of less than one point: %v", err)
	}
}

// Halving takes up the runs that it set aside, in the order that whole runs, looked
// at up to there, would give, and costs what their epochs cost.
func TestHalving(t *testing.T) {
	root := t.TempDir()
	l := testLab(t, root)
	s := rates(Halving, 9, true)
	s.Budget = Budget{Runs: 11}
	found := must(s.RunContext(t.Context(), l))
	if fmt.Sprint(found.Brackets) != "[[{11 1} {3 3} {1 9}]]" || found.Epochs != 11+3*2+6 || found.Made != 11+3+1 {
		t.Fatalf("%v, %d epochs, %d made", found.Brackets, found.Epochs, found.Made)
	}
	// The same by hand, from whole runs in another store.
	other := testLab(t, t.TempDir())
	at := func(r *lab.Result, epochs int) (best float64) {
		best = math.Inf(-1)
		for _, e := range r.Dev() {
			if e.Epoch < epochs {
				best = max(best, e.Score)
			}
		}
		return best
	}
	type whole struct {
		point string
		run   *lab.Result
		index int
	}
	var all []whole
	for i, p := range draws(11, 1, s.Dims...) {
		all = append(all, whole{p.String(), must(other.Fit(must(s.Build(p))))[0], i})
	}
	live := slices.DeleteFunc(slices.Clone(all), func(w whole) bool { return w.run.Status == lab.Diverged })
	diverged := len(all) - len(live)
	if diverged < 2 || diverged > 7 {
		t.Fatalf("%d of 11 diverge: the test sees little", diverged)
	}
	for k, rung := range []Rung{{3, 1}, {1, 3}} {
		slices.SortStableFunc(live, func(a, b whole) int {
			if d := at(b.run, rung.Epochs) - at(a.run, rung.Epochs); d != 0 {
				return int(math.Copysign(1, d))
			}
			loss := func(r *lab.Result) float64 {
				for _, e := range r.Dev() {
					if e.Epoch < rung.Epochs && e.Score == at(r, rung.Epochs) {
						return e.Loss
					}
				}
				return 0
			}
			return int(math.Copysign(1, loss(a.run)-loss(b.run)))
		})
		live = live[:rung.Configs]
		var names []string
		for _, w := range live {
			names = append(names, w.point)
		}
		for _, trial := range found.Trials {
			if goes := slices.Contains(names, trial.Point.String()); goes != (trial.Rung > k) {
				t.Errorf("rung %d: %v went on %v, by hand %v", k, trial.Point, trial.Rung > k, goes)
			}
		}
	}
	best := found.Best()
	if best.Point.String() != live[0].point || !best.Whole || best.Runs[0].Best.Score != live[0].run.Best.Score || best.Runs[0].Status != lab.Finished {
		t.Errorf("best %v: %v; by hand %s: %v", best.Point, best.Runs[0], live[0].point, live[0].run)
	}
	steps := 0
	for _, trial := range found.Trials {
		steps += trial.Runs[0].Steps
		if len(trial.Stages) != trial.Rung+1 {
			t.Errorf("%v has %d errors on rung %d", trial.Point, len(trial.Stages), trial.Rung)
		}
	}
	if most := found.Epochs * 7; steps > most {
		t.Errorf("%d steps, want %d at most", steps, most)
	}
	// Whole runs that are there are looked at up to the rung, and nothing is made.
	same := must(s.RunContext(t.Context(), other))
	if same.Made != 0 || same.Best().Point.String() != best.Point.String() || same.Best().Error.Mean != best.Error.Mean {
		t.Errorf("on whole runs: %d made, the best %v", same.Made, same.Best())
	}
	for i, trial := range same.Trials {
		if a := found.Trials[i]; a.Point.String() != trial.Point.String() || fmt.Sprint(a.Stages) != fmt.Sprint(trial.Stages) {
			t.Errorf("%d. is %v %v on whole runs, %v %v before", i, trial.Point, trial.Stages, a.Point, a.Stages)
		}
	}
	// A larger bracket in the first store makes only what is new.
	s.Budget = Budget{Runs: 12}
	more := must(s.RunContext(t.Context(), l))
	if more.Stored < 11 || len(more.Trials) != 12 {
		t.Errorf("one configuration more: %d stored", more.Stored)
	}
	for i, f := range more.Figures() {
		if err := viz.Save(filepath.Join(t.TempDir(), "f.png"), f); err != nil || f.Alt() == "" {
			t.Errorf("figure %d: %v", i, err)
		}
	}
}

// A search that is cut short again and again ends as one that never was, and makes
// nothing twice.
func TestSearchIsResumed(t *testing.T) {
	s := rates(Halving, 4, false)
	s.Budget, s.Eta, s.Confirm = Budget{Runs: 6}, 2, 2
	straight := must(s.RunContext(t.Context(), testLab(t, t.TempDir())))
	l := testLab(t, t.TempDir())
	l.SideBySide = 1
	made, cuts := 0, 0
	var found *Found
	for {
		ctx, stop := context.WithCancel(t.Context())
		begun := made
		s.Watch = func(f *Found) {
			if f.Made > 0 { // after the first run that it makes
				stop()
			}
		}
		f, err := s.RunContext(ctx, l)
		stop()
		made += f.Made
		if found = f; err == nil {
			break
		}
		if !errors.As(err, new(lab.Unfinished)) || made == begun {
			t.Fatalf("cut short: %v, %d made", err, made-begun)
		}
		cuts++
	}
	if cuts < 5 || made != straight.Made {
		t.Errorf("cut %d times, %d runs made, want %d", cuts, made, straight.Made)
	}
	for i, trial := range found.Trials {
		o := straight.Trials[i]
		if trial.Point.String() != o.Point.String() || fmt.Sprint(trial.Stages) != fmt.Sprint(o.Stages) {
			t.Errorf("%d. is %v %v, want %v %v", i, trial.Point, trial.Stages, o.Point, o.Stages)
		}
	}
	if c := found.Confirmed; c == nil || c.Error != straight.Confirmed.Error || c.Error.N != 2 || c.Runs[0].Seed != 2 || c.Runs[1].Seed != 3 {
		t.Errorf("confirmed %+v, want %+v", c, straight.Confirmed)
	}
	if !strings.Contains(found.String(), "With 2 other seeds that did not choose it: "+found.Confirmed.Error.String()) {
		t.Errorf("%v", found)
	}
}

// With a budget of time one lot of draws follows the other until the time is over or
// nothing is left to try; neither is a mistake.
func TestBudgetOfTime(t *testing.T) {
	l := testLab(t, t.TempDir())
	s := rates(Random, 1, false)
	s.Dims = []Dim{{Name: "lr", Low: 0.01, High: 0.1, Count: 13}, Choice("hidden", 6, 9)}
	s.Budget = Budget{Time: time.Hour}
	found := must(s.RunContext(t.Context(), l))
	if len(found.Trials) != 26 || found.Made != 26 || len(found.Brackets) != 2 || found.TimeOver {
		t.Errorf("%d trials in %d lots, %d made, time over %v; want all 26", len(found.Trials), len(found.Brackets), found.Made, found.TimeOver)
	}
	s.Method, s.Budget.Time = Halving, 1
	over := must(s.RunContext(t.Context(), testLab(t, t.TempDir())))
	if !over.TimeOver || over.Best() != nil || over.Made > 0 {
		t.Errorf("no time at all: %d made, time over %v", over.Made, over.TimeOver)
	}
	if again := must(s.RunContext(t.Context(), l)); again.Made > 0 || again.Stored == 0 {
		t.Errorf("what is stored takes no time: %d made, %d stored", again.Made, again.Stored)
	}
}

// What is asked of another runner is what is made: nothing twice, and whole runs do
// for those that were to be set aside.
type wholeRuns struct {
	lab  *lab.Lab
	asks []string
	fail error
}

func (r *wholeRuns) Run(ctx context.Context, tasks []Task, each func(i int, err error)) error {
	for i, task := range tasks {
		if task.Words == nil {
			return errors.New("no words")
		}
		r.asks = append(r.asks, strings.Join(task.Words, " "))
		if r.fail != nil {
			each(i, r.fail)
			continue
		}
		if _, err := r.lab.FitContext(ctx, task.Config); err != nil {
			return err
		}
		each(i, nil)
	}
	return nil
}

func TestOtherRunner(t *testing.T) {
	s := rates(Halving, 4, false)
	s.Budget, s.Eta = Budget{Runs: 6}, 2
	s.Words = func(p Point) []string { return []string{"--lr=" + p.Text("lr"), "--hidden=" + p.Text("hidden")} }
	want := must(s.RunContext(t.Context(), testLab(t, t.TempDir())))
	l := testLab(t, t.TempDir())
	r := &wholeRuns{lab: l}
	s.Runner = r
	found := must(s.RunContext(t.Context(), l))
	if len(r.asks) != 6 || found.Made != 6 || found.Best().Point.String() != want.Best().Point.String() || !strings.HasSuffix(r.asks[0], "--seed=1") {
		t.Errorf("asked for %q, the best %v, want %v", r.asks, found.Best().Point, want.Best().Point)
	}
	l = testLab(t, t.TempDir())
	s.Runner = &wholeRuns{lab: l, fail: errors.New("no space left")}
	if _, err := s.RunContext(t.Context(), l); err == nil || err.Error() != "no space left" {
		t.Errorf("error %v of a run that could not be made", err)
	}
	s.Runner = &liar{}
	if _, err := s.RunContext(t.Context(), l); err == nil || !strings.Contains(err.Error(), "the store does not have it") {
		t.Errorf("error %v of a run that is not there", err)
	}
}

type liar struct{}

func (*liar) Run(_ context.Context, _ []Task, each func(i int, err error)) error {
	each(0, nil)
	return nil
}

// Mistakes are told before anything is trained, in a line that names the point.
func TestSearchMistakes(t *testing.T) {
	for name, change := range map[string]func(s *Search){
		"lr=2.5": func(s *Search) {
			s.Dims[0] = Choice("lr", 0.1, 2.5)
			build := s.Build
			s.Build = func(p Point) (train.Config, error) {
				if p.Float("lr") > 2 {
					return train.Config{}, errors.New("too large")
				}
				return build(p)
			}
		},
		"batch 0": func(s *Search) {
			build := s.Build
			s.Build = func(p Point) (train.Config, error) {
				c, err := build(p)
				if p.Int("hidden") == 12 {
					c.Batch = 0
				}
				return c, err
			}
		},
		"halving from 5 epochs": func(s *Search) { s.Method, s.Least = Halving, 5 },
		"want one number": func(s *Search) {
			s.Method = Halving
			build := s.Build
			s.Build = func(p Point) (train.Config, error) {
				c, err := build(p)
				c.Epochs = p.Int("hidden")
				return c, err
			}
		},
		"eta 1":      func(s *Search) { s.Method, s.Eta = Halving, 1 },
		"seeds 1000": func(s *Search) { s.Seeds = 1000 },
		"confirm -1": func(s *Search) { s.Confirm = -1 },
		"more epochs than the budget": func(s *Search) {
			s.Dims[0].Count, s.Method, s.Budget = 4, Grid, Budget{Epochs: 20}
		},
		"2epochs, too little": func(s *Search) { s.Budget = Budget{Epochs: 2} },
	} {
		root := t.TempDir()
		s := rates(Random, 3, false)
		s.Budget = Budget{Runs: 30}
		change(&s)
		_, err := s.RunContext(t.Context(), testLab(t, root))
		if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", name, err)
		}
		if left := must(filepath.Glob(filepath.Join(root, "*"))); len(left) > 0 {
			t.Errorf("%s: %v was made before the mistake was told", name, left)
		}
	}
	s := rates(Halving, 3, false)
	build := s.Build
	s.Build = func(p Point) (train.Config, error) {
		c, err := build(p)
		c.DevEvery = train.AtEnd
		return c, err
	}
	if _, err := s.RunContext(t.Context(), testLab(t, t.TempDir())); err == nil || !strings.Contains(err.Error(), "no evaluation on dev in its first 1 epochs") {
		t.Errorf("halving of runs that are judged at their ends alone: %v", err)
	}
}

// All of it as JSON; where all diverged there is no best.
func TestFoundAsJSON(t *testing.T) {
	s := rates(Grid, 1, true)
	s.Dims = []Dim{Choice("lr", 0.1, 0.2), Choice("hidden", 9)}
	found := must(s.RunContext(t.Context(), testLab(t, t.TempDir())))
	var v struct {
		Best   any
		Trials []struct {
			Values   map[string]string
			Diverged bool
			Error    *float64 `json:"dev_error"`
			Runs     []struct{ ID string }
		}
		Dims []string
	}
	if err := json.Unmarshal(must(json.Marshal(found)), &v); err != nil {
		t.Fatal(err)
	}
	if v.Best != nil || len(v.Trials) != 2 || !v.Trials[0].Diverged || v.Trials[0].Error != nil || len(v.Trials[0].Runs) != 1 ||
		v.Trials[0].Values["hidden"] != "9" || v.Dims[0] != "--lr=0.1,0.2" {
		t.Errorf("%+v", v)
	}
	if found.Best() != nil || !strings.Contains(found.String(), "2 configurations: none has a score; 2 diverged.") {
		t.Errorf("%v", found)
	}
	for _, f := range found.Figures() {
		if err := viz.Save(filepath.Join(t.TempDir(), "f.png"), f); err != nil {
			t.Error(err)
		}
	}
}

// A best value at the end of its range is told; one within is not, nor is none of
// something.
func TestEndsOfRanges(t *testing.T) {
	at := func(d Dim, v string) string {
		f := &Found{Dims: []Dim{d}, Trials: []*Trial{{Point: Point{{d.Name, v}}, Error: lab.StatOf([]float64{1})}}}
		return f.atEnd(d)
	}
	for _, c := range []struct {
		dim         Dim
		value, want string
	}{
		{LogUniform("lr", 0.001, 1), "0.9", "upper"},
		{LogUniform("lr", 0.001, 1), "0.0011", "lower"},
		{LogUniform("lr", 0.001, 1), "0.5", ""},
		{Uniform("dropout", 0, 0.5), "0.01", ""},
		{Uniform("dropout", 0, 0.5), "0.49", "upper"},
		{Choice("lr", 0.1, 0.2, 0.4), "0.4", "upper"},
		{Choice("lr", 0.1, 0.2, 0.4), "0.2", ""},
		{Choice("optimizer", "sgd", "adam", "lion"), "lion", ""},
		{Choice("batch", 32, 64), "64", ""},
		{LogUniform("lr", 0.001, 1), "", ""},
	} {
		if got := at(c.dim, c.value); got != c.want {
			t.Errorf("%s of %v: %q, want %q", c.value, c.dim, got, c.want)
		}
	}
}
