package train

import (
	"math"
	"slices"
	"testing"

	"inkling/pkg/nn/optim"
)

// ran is a run with the given dev accuracies, one every ten steps and two
// seconds.
func ran(accuracies ...float64) *Result {
	r := &Result{}
	for i, a := range accuracies {
		step, seconds := 10*(i+1), 2*float64(i+1)
		r.History = append(r.History,
			Event{Kind: Train, Step: step, Score: 1, Seconds: seconds}, // must not count
			Event{Kind: Dev, Step: step, Score: a, Seconds: seconds})
	}
	return r
}

func TestReached(t *testing.T) {
	r := ran(0.9, 0.97, 0.96, 0.98)
	for _, c := range []struct {
		accuracy float64
		step     int
		ok       bool
	}{{0.5, 10, true}, {0.97, 20, true}, {0.9701, 40, true}, {0.99, 0, false}} {
		if e, ok := r.Reached(c.accuracy); e.Step != c.step || ok != c.ok {
			t.Errorf("Reached(%g) is step %d, %v, want %d, %v", c.accuracy, e.Step, ok, c.step, c.ok)
		}
	}
}

func TestTimeTo(t *testing.T) {
	runs := []*Result{ran(0.9, 0.98), ran(0.9, 0.9, 0.9, 0.98), ran(0.9)}
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

func TestStopped(t *testing.T) {
	r := ran(0.5, 0.7, 0.6, 0.7, 0.65, 0.9) // a tie is no progress
	for _, c := range []struct{ patience, end, kept int }{{1, 30, 20}, {2, 40, 20}, {3, 50, 20}, {4, 60, 60}, {9, 60, 60}, {0, 60, 60}} {
		if end, kept := r.Stopped(c.patience); end.Step != c.end || kept.Step != c.kept {
			t.Errorf("patience %d ends at %d and keeps %d, want %d and %d", c.patience, end.Step, kept.Step, c.end, c.kept)
		}
	}
	if end, kept := ran().Stopped(2); end != (Event{}) || kept != (Event{}) {
		t.Errorf("no evaluations: %+v and %+v", end, kept)
	}
}

// What Stopped says of a full run is what a run with patience comes to.
func TestStoppedIsPatience(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.Quiet = true
	c := mlp()
	c.Epochs, c.DevEvery, c.Schedule = 30, 1, optim.Constant(0.3)
	full := must(l.Fit(c))[0]
	for _, patience := range []int{1, 3, 6} {
		c.Patience = patience
		r := must(l.Fit(c))[0]
		if r.Steps == full.Steps {
			t.Fatalf("patience %d did not end the run: the test sees nothing", patience)
		}
		if end, kept := full.Stopped(patience); untimed(end) != untimed(r.Last) || kept.Step != r.Best.Step || kept.Score != r.Best.Score {
			t.Errorf("patience %d: ends at %+v and keeps %+v, want %+v and %+v", patience, end, kept, r.Last, r.Best)
		}
	}
}

func TestStoppedErrors(t *testing.T) {
	a, b := ran(0.5, 0.75, 0.25, 0.25), ran(0.25, 0.5)
	a.Steps, b.Steps = 40, 20
	errors, made := StoppedErrors([]*Result{a, b}, 1)
	if !slices.Equal(errors, []float64{25, 50}) || math.Abs(made-0.875) > 1e-12 {
		t.Errorf("errors %v after %v of the steps, want 25 and 50 after 0.875", errors, made)
	}
}
