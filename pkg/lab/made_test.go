package lab

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestMade(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.Quiet = true
	a, b, short := mlp(), mlp(), mlp()
	b.Seed, short.Epochs = 2, 1
	runs := must(l.Fit(a, b, short))
	for want, some := range map[string]Runs{
		"no runs": nil, "3 epochs, 1 seed": runs[:1], "3 epochs, 2 seeds": runs[:2], "1 to 3 epochs, 2 seeds": runs, "1 epoch, 1 seed": runs[2:],
	} {
		if got := some.Made(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for want, some := range map[string]Runs{"no runs": nil, "3 epochs, seed 2": runs[1:2], "3 epochs, mean ± sd of 2 seeds": runs[:2]} {
		if got := some.Means(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	page := runs[:2].Headline("test accuracy 12 %")
	want := regexp.MustCompile(`^headline: test accuracy 12 %; 3 epochs, 2 seeds, tiny digits\nruns: ([0-9a-f]+) ([0-9a-f]+)\n$`)
	ids := want.FindStringSubmatch(page)
	if ids == nil || !strings.HasSuffix(runs[0].Dir, "-"+ids[1]) || !strings.HasSuffix(filepath.Base(runs[1].Dir), "-"+ids[2]) {
		t.Errorf("%s of runs in %s and %s", page, runs[0].Dir, runs[1].Dir)
	}
	// What is read from the store says the same.
	if got := must(l.Runs()).Made(); got != "1 to 3 epochs, 2 seeds" {
		t.Errorf("stored runs: %q", got)
	}
	// A run that patience ends has begun fewer epochs than it was given.
	c := mlp()
	c.Epochs, c.Patience, c.DevEvery = 50, 1, 3
	r := must(l.Fit(c))[0]
	if steps := (l.Train.Len() + c.Batch - 1) / c.Batch; r.Epochs >= 50 || r.Epochs != (r.Steps+steps-1)/steps {
		t.Errorf("%d epochs after %d steps of %d an epoch", r.Epochs, r.Steps, steps)
	}
}

func TestQuickIsAWordOrNone(t *testing.T) {
	for value, want := range map[string]bool{"": false, "0": false, "false": false, "FALSE": false, "1": true, "true": true, " 1 ": true} {
		if got, err := quick(value); got != want || err != nil {
			t.Errorf("%q: %v, %v", value, got, err)
		}
	}
	for _, value := range []string{"2", "no", "off", "yes", "quick"} {
		if _, err := quick(value); err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), value) {
			t.Errorf("%q: error %v", value, err)
		}
		t.Setenv("INKLING_QUICK", value)
		if _, err := Open(t.Context(), "q1"); err == nil || !strings.Contains(err.Error(), "INKLING_QUICK") {
			t.Errorf("a lab with %q: error %v", value, err)
		}
	}
}

// The shares of the runs that are at work sum to the time of the process, and a
// run alone has all of it.
func TestProcessorTimeIsSharedOut(t *testing.T) {
	now := 100.0
	c := &cpuClock{read: func() float64 { return now }}
	now++ // nobody's
	a, endA := c.begin()
	now += 2
	b, endB := c.begin()
	now += 4
	if a() != 4 || b() != 2 {
		t.Errorf("shares %v and %v, want 4 and 2", a(), b())
	}
	endA()
	now += 3
	endB()
	now += 9
	if a() != 4 || b() != 5 {
		t.Errorf("shares %v and %v, want 4 and 5", a(), b())
	}
}

func TestDisturbed(t *testing.T) {
	for _, c := range []struct {
		r    Record
		want string
	}{
		{Record{Seconds: 10, CPU: 10, Parts: 1}, ""},
		{Record{Seconds: 10, CPU: 18, Parts: 1}, ""},
		{Record{Seconds: 10, Parts: 1}, ""}, // unknown
		{Record{Seconds: 10, CPU: 5, Parts: 1}, "beside other load"},
		{Record{Seconds: 10, CPU: 10, Parts: 2}, "interrupted and continued"},
	} {
		r := &Result{Record: c.r}
		if got := r.Disturbed(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.r, got, c.want)
		}
	}
	if got := (Runs{{Record: Record{Parts: 2}}, {}}).Disturbances(); !strings.HasPrefix(got, "1 run of these") {
		t.Errorf("%q", got)
	}
	if got := (Runs{{}}).Disturbances(); got != "" {
		t.Errorf("%q of nothing", got)
	}
}

func TestCostOverAllParts(t *testing.T) {
	l := testLab(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	l.Progress = func(string) Bar { return stopping(cancel) }
	c := mlp()
	c.Epochs = 40
	first := there(l.FitContext(ctx, c))[0]
	l.Progress = nil
	r := must(l.Fit(c))[0]
	if first.Status != Interrupted || r.Parts != 2 || r.Disturbed() != "interrupted and continued" {
		t.Fatalf("%s, then %d parts, %q", first.Status, r.Parts, r.Disturbed())
	}
	if processCPU() > 0 && !(first.CPU > 0 && r.CPU > first.CPU && r.Cost() == r.CPU) {
		t.Errorf("%v s of the processor in the first part, %v in all", first.CPU, r.CPU)
	}
}

// stopping is a bar that ends the run at the first step it hears of.
type stopping func()

func (s stopping) Update(done, total int, text string) { s() }

func (stopping) Finish(string) {}
