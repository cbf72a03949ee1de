package train

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

// canvas is a bar that keeps the points it is told.
type canvas struct {
	points map[string][]float64 // by "run split metric": step, value, step, value …
	ends   int
}

func (c *canvas) Update(int, int, string) {}
func (c *canvas) Finish(string)           { c.ends++ }
func (c *canvas) Point(run, split, metric string, step, value float64) {
	k := fmt.Sprint(run, " ", split, " ", metric)
	c.points[k] = append(c.points[k], step, value)
}

// stopper is a canvas that interrupts the run.
type stopper struct {
	*canvas
	cut cutter
}

func (s stopper) Update(done, total int, text string) { s.cut.Update(done, total, text) }

// TestPlotter: what a Plotter is told is the history, of equal names too, and
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
	check("mlp", runs[0])
	check("mlp (2)", runs[1])
	if len(c.points) != 8 || c.ends != 1 {
		t.Errorf("%d curves and %d ends, want 8 and 1", len(c.points), c.ends)
	}

	third := mlp()
	third.Name, third.Seed = "broken off", 3
	ctx, cancel := context.WithCancel(context.Background())
	c = &canvas{points: map[string][]float64{}}
	l.Progress = func(string) Bar { return stopper{c, cutter{9, cancel}} }
	part := must(l.FitContext(ctx, third))[0]
	cancel()
	if part.Status != Interrupted || c.ends != 1 {
		t.Errorf("interrupted: status %s, the bar has ended %d times, want once", part.Status, c.ends)
	}
	check("broken off", part) // what there is
	c = &canvas{points: map[string][]float64{}}
	l.Progress = func(string) Bar { return c }
	check("broken off", must(l.Fit(third))[0])
}
