package lab

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn/train"
)

// A history is followed by whole lines, and from its beginning where it is another.
func TestTail(t *testing.T) {
	r := &Result{Dir: t.TempDir()}
	path := filepath.Join(r.Dir, historyFile)
	var lines []string
	var events History
	for step := range 4 {
		var b strings.Builder
		e := train.Event{Kind: train.Train, Step: step, Loss: 1}
		must(0, writeLine(&b, e))
		lines, events = append(lines, b.String()), append(events, e)
	}
	tail := r.Tail()
	if _, _, err := tail.Next(); !os.IsNotExist(err) {
		t.Errorf("no history: %v", err)
	}
	for _, c := range []struct {
		what, holds string
		want        History
		anew        bool
	}{
		{"one line", lines[0], events[:1], false},
		{"nothing new", lines[0], nil, false},
		{"a part of a line", lines[0] + lines[1][:10], nil, false},
		{"the rest of it, and more", lines[0] + lines[1] + lines[2], events[1:3], false},
		{"shorter", lines[3], events[3:], true},
	} {
		f := must(os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644))
		must(f.WriteString(c.holds))
		must(0, f.Close())
		got, anew, err := tail.Next()
		if err != nil || anew != c.anew || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, anew %v, %v; want %v", c.what, got, anew, err, c.want)
		}
	}
	must(0, os.Rename(path, path+".old")) // as a run that is continued replaces it
	must(0, os.WriteFile(path, []byte(lines[3]+lines[0]+"damaged\n"+lines[1]), 0o644))
	if got, anew, err := tail.Next(); !anew || len(got) != 2 || err == nil || !strings.Contains(err.Error(), "damaged at byte ") {
		t.Errorf("another file: %v, anew %v, %v", got, anew, err)
	}
}

// A run is in training while its lock is held, and not because of what a process
// that was killed has left in it.
func TestInTraining(t *testing.T) {
	l := testLab(t, t.TempDir())
	t.Setenv("INKLING_RUNS", filepath.Dir(l.store))
	ctx, cancel := context.WithCancel(context.Background())
	seen := 0
	l.Progress = func(string) Bar {
		return barOf(func() {
			if now := must(TrainingNow(l.Question)); len(now) != 1 || !now[0].InTraining() || now[0].State() != "training" || now[0].Planned == 0 {
				t.Errorf("in training: %v", now)
			}
			if now := must(TrainingNow("other")); len(now) > 0 {
				t.Errorf("in training for another question: %v", now)
			}
			if seen++; seen == 3 {
				cancel()
			}
		})
	}
	r := there(l.FitContext(ctx, mlp()))[0]
	if seen < 3 || r.Status != Interrupted || r.InTraining() || len(must(TrainingNow(""))) > 0 {
		t.Errorf("seen %d times, %v, then in training: %v", seen, r, must(TrainingNow("")))
	}
	lock := filepath.Join(r.Dir, "lock")
	must(0, os.WriteFile(lock, []byte("1"), 0o644))
	if r.InTraining() {
		t.Error("a killed process trains")
	}
	release := must(r.lock())
	defer release()
	if !must(r.Again()).InTraining() {
		t.Error("a lock that is held is not seen")
	}
}

type barOf func()

func (b barOf) Update(int, int, string) {}
func (b barOf) Finish(string)           {}

func (b barOf) Point(string, string, string, float64, float64) { b() } // while the run is made
