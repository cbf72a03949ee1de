package study

import (
	"math"
	"testing"

	"inkling/pkg/lab"
)

func TestTimeTo(t *testing.T) {
	runs := lab.Runs{ran(0.9, 0.98), ran(0.9, 0.9, 0.9, 0.98), ran(0.9)}
	got := TimeTo(0.98, runs)
	if got.Runs != 3 || got.Reached != 2 || got.Steps != 30 || got.Seconds != 6 || math.Abs(got.StepsSD-math.Sqrt(200)) > 1e-9 {
		t.Errorf("%+v, want 2 of 3 runs, 30 ± 14.14 steps, 6 s", got)
	}
	for _, c := range []struct {
		accuracy   float64
		text, time string
	}{{0.9, "10", "2.0 s"}, {0.98, "30 (2 of 3)", "6.0 s"}, {0.99, "not reached", ""}} {
		got := TimeTo(c.accuracy, runs)
		if got.String() != c.text || got.Time() != c.time {
			t.Errorf("TimeTo(%g) is %q in %q, want %q in %q", c.accuracy, got, got.Time(), c.text, c.time)
		}
	}
	if none := TimeTo(0.99, runs); !math.IsNaN(none.Steps) || !math.IsNaN(none.Seconds) {
		t.Errorf("nothing reached: %+v, want NaN", none)
	}
}

func TestStoppedErrors(t *testing.T) {
	a, b := ran(0.5, 0.75, 0.25, 0.25), ran(0.25, 0.5)
	a.Steps, b.Steps = 40, 20
	errors, made := lab.Runs{a, b}.Stopped(1)
	if errors != lab.StatOf([]float64{25, 50}) || math.Abs(made.Mean-87.5) > 1e-9 {
		t.Errorf("errors %v after %v %% of the steps, want 25 and 50 after 87.5 %%", errors, made)
	}
}
