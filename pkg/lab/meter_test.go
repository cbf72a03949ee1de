package lab

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn/optim"
)

// canvas is a bar that keeps the points it is told.
type canvas struct {
	points map[string][]float64 // by "run split metric": step, value, step, value …
	ends   int
}

func (c *canvas) Update(int, int, string) {}

func (c *canvas) Finish(string) { c.ends++ }

func (c *canvas) Point(run, split, metric string, step, value float64) {
	k := fmt.Sprint(run, " ", split, " ", metric)
	c.points[k] = append(c.points[k], step, value)
}

// stopper is a canvas that interrupts the run.
type stopper struct {
	*canvas
	cut cutter
}

func (s stopper) Skip(n int) { s.cut.Skip(n) }

func (s stopper) Update(done, total int, text string) { s.cut.Update(done, total, text) }

// TestPlotter: what a plotter is told is the history, of equal names too, and
// when a run is continued it is told from the start.
func TestPlotter(t *testing.T) {
	l := testLab(t, t.TempDir())
	c := &canvas{points: map[string][]float64{}}
	l.Progress = func(string) Bar { return c }
	other := mlp()
	other.Seed = 2
	runs := must(l.Fit(mlp(), other))
	check := func(label string, r *Result) {
		t.Helper()
		for _, split := range []string{"train", "dev"} {
			for _, metric := range []string{"loss", "score"} {
				var want []float64
				x, y := r.Points(split, metric)
				for i := range x {
					want = append(want, x[i], y[i])
				}
				if got := c.points[fmt.Sprint(label, " ", split, " ", metric)]; !slices.Equal(got, want) || len(want) == 0 {
					t.Errorf("%s, %s %s: told %v, want %v", label, split, metric, got, want)
				}
			}
		}
	}
	check("mlp, seed 1", runs[0])
	check("mlp, seed 2", runs[1])
	if len(c.points) != 8 || c.ends != 1 {
		t.Errorf("%d curves and %d ends, want 8 and 1", len(c.points), c.ends)
	}

	third := mlp()
	third.Name, third.Seed = "broken off", 3
	ctx, cancel := context.WithCancel(context.Background())
	c = &canvas{points: map[string][]float64{}}
	l.Progress = func(string) Bar { return stopper{c, cutAfter(9, cancel)} }
	part := there(l.FitContext(ctx, third))[0]
	cancel()
	if part.Status != Interrupted || c.ends != 1 {
		t.Errorf("interrupted: status %s, the bar has ended %d times, want once", part.Status, c.ends)
	}
	check("broken off", part) // what there is
	c = &canvas{points: map[string][]float64{}}
	l.Progress = func(string) Bar { return c }
	check("broken off", must(l.Fit(third))[0])
}

// counter is a bar that keeps all it is told.
type counter struct {
	cut     cutter
	skipped []int
	begun   int
	told    []string // "done/total text"
}

func (c *counter) Begin() { c.begun++ }

func (c *counter) Skip(n int) { c.skipped = append(c.skipped, n) }

func (c *counter) Finish(string) {}

func (c *counter) Update(done, total int, text string) {
	c.told = append(c.told, fmt.Sprintf("%d/%d %s", done, total, text))
	c.cut.Update(done, total, text)
}

// A bar learns once that training begins, of however many runs, and not where all are
// stored.
func TestBarBegins(t *testing.T) {
	l := testLab(t, t.TempDir())
	other := mlp()
	other.Seed = 2
	for _, want := range []int{1, 0} {
		c := &counter{cut: cutAfter(1<<30, func() {})}
		l.Progress = func(string) Bar { return c }
		must(l.Fit(mlp(), other))
		if c.begun != want {
			t.Errorf("begun %d times, want %d", c.begun, want)
		}
	}
}

// A bar counts from the whole run, also after an interrupt and of several runs,
// and tells no score before there is one.
func TestMeterCountsWholeRuns(t *testing.T) {
	l := testLab(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	first := &counter{cut: cutAfter(7, cancel)}
	l.Progress = func(string) Bar { return first }
	part := there(l.FitContext(ctx, mlp()))[0]
	if part.Status != Interrupted || first.told[0] != "1/21 " || !slices.Contains(first.told, fmt.Sprintf("7/21 best dev %.2f %%", 100*part.Best.Score)) {
		t.Errorf("%s after %d; the bar told %q", part.Status, part.Steps, first.told)
	}
	second := &counter{cut: cutAfter(100, cancel)}
	l.Progress = func(string) Bar { return second }
	whole := must(l.Fit(mlp()))[0]
	best := fmt.Sprintf(" best dev %.2f %%", 100*part.Best.Score)
	if !slices.Equal(second.skipped, []int{part.Steps}) || second.told[0] != fmt.Sprintf("%d/21%s", part.Steps+1, best) {
		t.Errorf("continued after %d: skipped %v, told %q", part.Steps, second.skipped, second.told)
	}
	// Of three, one is stored and one stops early.
	other, early := mlp(), mlp()
	other.Seed, early.Seed = 2, 3
	early.Schedule, early.Patience = optim.Constant(1e-9), 1
	third := &counter{cut: cutAfter(100, cancel)}
	l.Progress = func(string) Bar { return third }
	runs := must(l.Fit(mlp(), other, early))
	if runs[2].Steps == 21 {
		t.Fatal("patience 1 at rate 1e-9 did not stop early")
	}
	all := 42 + runs[2].Steps
	if last := third.told[len(third.told)-1]; !strings.HasPrefix(third.told[0], fmt.Sprintf("22/63 best dev %.2f %%", 100*whole.Best.Score)) ||
		!strings.HasPrefix(last, fmt.Sprintf("%d/%d ", all, all)) {
		t.Errorf("told first %q, last %q, want all %d at the end", third.told[0], last, all)
	}
	// Nothing is shown of what is stored in full.
	third.told = nil
	if must(l.Fit(mlp(), other)); len(third.told) > 0 {
		t.Errorf("told of stored runs: %q", third.told)
	}
}

// shelf is a log that counts its lines when it is flushed.
type shelf struct {
	strings.Builder
	flushed []int
}

func (s *shelf) Flush() error {
	s.flushed = append(s.flushed, strings.Count(s.String(), "\n"))
	return nil
}

// A log that is a flusher is flushed once, when all has been told.
func TestLogIsFlushed(t *testing.T) {
	l := testLab(t, t.TempDir())
	log := &shelf{}
	l.Log = log
	r := must(l.Fit(mlp()))[0]
	if want := strings.Count(log.String(), "\n"); len(log.flushed) != 1 || log.flushed[0] != want || !strings.HasSuffix(log.String(), r.String()+"\n") {
		t.Errorf("flushed at lines %v of %d", log.flushed, want)
	}
}
