package lab

import (
	"sync"
	"testing"

	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

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

func TestStopped(t *testing.T) {
	r := ran(0.5, 0.7, 0.6, 0.7, 0.65, 0.9) // a tie is no progress
	for _, c := range []struct{ patience, end, kept int }{{1, 30, 20}, {2, 40, 20}, {3, 50, 20}, {4, 60, 60}, {9, 60, 60}, {0, 60, 60}} {
		if end, kept := r.Stopped(c.patience); end.Step != c.end || kept.Step != c.kept {
			t.Errorf("patience %d ends at %d and keeps %d, want %d and %d", c.patience, end.Step, kept.Step, c.end, c.kept)
		}
	}
	if end, kept := ran().Stopped(2); end != (train.Event{}) || kept != (train.Event{}) {
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

func TestAllDone(t *testing.T) {
	run := func(s Status) *job { return &job{result: &Result{Record: Record{Status: s, Steps: 5}}} }
	if err := allDone([]*job{run(Finished), run(Diverged)}); err != nil {
		t.Errorf("two runs that have ended: %v", err)
	}
	if err := allDone([]*job{run(Finished), run(Interrupted)}); err != error(Unfinished{1, 2}) {
		t.Errorf("one of two runs cut short: %v", err)
	}
	far, near := run(Interrupted), run(Interrupted)
	far.until, near.until = 6, 5
	if err := allDone([]*job{far, near}); err != error(Unfinished{1, 2}) {
		t.Errorf("one of two runs to be set aside cut short: %v", err)
	}
}

func TestErrors(t *testing.T) {
	runs := Runs{{Record: Record{Best: train.Event{Score: 0.75}, Last: train.Event{Score: 0.5}}}}
	if best, last := runs.DevErrors(), runs.LastError(); best[0] != 25 || last.Mean != 50 {
		t.Errorf("errors of %v %% at the best and %v %% at the last evaluation, want 25 and 50", best, last)
	}
}

// A run at work is in the list of runs, so that it can be removed if it is killed.
func TestRunAtWorkIsListed(t *testing.T) {
	l := testLab(t, t.TempDir())
	listed := -1
	l.Progress = func(string) Bar {
		return cutAfter(2, sync.OnceFunc(func() { listed = len(must(l.Runs())) }))
	}
	must(l.Fit(mlp()))
	if listed != 1 {
		t.Errorf("%d runs are listed while the first is at work, want 1", listed)
	}
}
