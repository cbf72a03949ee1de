package lab

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

func TestRemoveAndRename(t *testing.T) {
	l := testLab(t, t.TempDir())
	var log strings.Builder
	l.Log = &log
	var cfgs []train.Config
	for _, lr := range []float64{0.05, 0.02, 0.01} {
		c := mlp()
		c.Name, c.Schedule = "", optim.Constant(lr)
		cfgs = append(cfgs, c)
	}
	runs := must(l.Fit(cfgs...))
	for ref, want := range map[string]string{
		runs[0].ID():                       runs[0].Dir,
		runs[1].ID()[:5]:                   runs[1].Dir,
		"lr 0.01":                          runs[2].Dir,
		runs[2].Name:                       runs[2].Dir,
		filepath.Base(runs[0].Dir):         runs[0].Dir,
		"runs/x/" + runs[0].ID():           "",
		"":                                 "",
		"784":                              "",
		"lr 0.0":                           "",
		"lr 0.03":                          "",
		"../../" + filepath.Base(l.store):  "",
		runs[0].Name + " and more of that": "",
	} {
		r, err := Find(must(l.Runs()), ref)
		switch {
		case want == "" && (err == nil || strings.Contains(err.Error(), "\n")):
			t.Errorf("%q: %v, error %v", ref, r, err)
		case want != "" && (err != nil || r.Dir != want):
			t.Errorf("%q: error %v", ref, err)
		}
	}
	if _, err := Find(must(l.Runs()), "784"); err == nil || !strings.Contains(err.Error(), "3 runs are meant") || !strings.Contains(err.Error(), runs[1].ID()+" ("+ofTiny+"/test, lr 0.02)") {
		t.Errorf("an ambiguous name: %v", err)
	}
	if err := l.Rename("lr 0.02", "mine"); err != nil {
		t.Fatal(err)
	}
	if r := must(Find(must(l.Runs()), "mine")); r.Dir != runs[1].Dir || !r.Named {
		t.Errorf("mine is %s", r.Dir)
	}
	for _, name := range []string{"a\u200bb", "\u2800", strings.Repeat("a", 5000)} {
		c := mlp()
		c.Name = name
		if _, err := l.Fit(c); err == nil || !strings.Contains(err.Error(), "printable") || len(err.Error()) > 300 {
			t.Errorf("a run of the name %.20q: %v", name, err)
		}
	}
	if err := runs[0].Rename("学习率 " + strings.Repeat("ü", longestName-4)); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"", " ", "a\nb", "\x1b[31m", "\u202ea", "a\u200b", "\u3164", "a\ufe0f", "\u00ada", strings.Repeat("ü", longestName+1)} {
		if err := runs[0].Rename(name); err == nil || !strings.Contains(err.Error(), "printable") {
			t.Errorf("name %q: %v", name, err)
		}
	}

	// In training: left alone.
	release := must(runs[0].lock())
	for _, err := range []error{runs[0].Rename("x"), l.Remove(runs[0].ID())} {
		if !errors.Is(err, errLocked) {
			t.Errorf("of a run in training: %v", err)
		}
	}
	release()
	if err := l.Remove("mine", "nothing"); err == nil || len(must(l.Runs())) != 3 {
		t.Errorf("one of two is not there: error %v, %d runs", err, len(must(l.Runs())))
	}

	// The question's best model follows.
	best := func() string {
		_, meta, err := nn.Load(l.BestPath(l.Question))
		if err != nil {
			return ""
		}
		return meta["run"]
	}
	for n := 3; n > 0; n-- {
		before := best()
		size := must(Find(must(l.Runs()), before)).Size()
		if err := l.Remove(before); err != nil {
			t.Fatal(err)
		}
		left := must(l.Runs())
		if !strings.Contains(log.String(), ", "+Bytes(size)) || len(left) != n-1 {
			t.Errorf("%d runs left, log %q", len(left), log.String())
		}
		for _, r := range left {
			if top := must(Find(left, best())); r.Best.Score > top.Best.Score {
				t.Errorf("%v is better than the best that is left, %v", r, top)
			}
		}
	}
	if best() != "" {
		t.Errorf("a best model of no run: %s", best())
	}
	if list := must(os.ReadDir(filepath.Join(l.store, l.Question))); len(list) > 1 { // the lock of the best model
		t.Errorf("left behind: %v", list)
	}
	if r := must(l.Fit(cfgs[0]))[0]; r.Stored || r.Status != Finished {
		t.Errorf("made again: %v", r)
	}
}

// The state of an interrupted run is freed when nothing can continue from it and
// the run has been made anew, and not before.
func TestSupersededStates(t *testing.T) {
	l := testLab(t, t.TempDir())
	var log strings.Builder
	ctx, cancel := context.WithCancel(context.Background())
	l.Progress = func(string) Bar { return cutAfter(9, cancel) }
	r := there(l.FitContext(ctx, mlp()))[0]
	cancel()
	l.Progress = nil
	state := func(dir string) bool {
		_, err := os.Stat(filepath.Join(dir, stateFile))
		return err == nil
	}
	if r.Status != Interrupted || !state(r.Dir) {
		t.Fatalf("%v", r)
	}
	// As if older code had made it.
	older := filepath.Join(filepath.Dir(r.Dir), "mlp-0123456789ab")
	must(0, os.Rename(r.Dir, older))
	path := filepath.Join(older, recordFile)
	b := must(os.ReadFile(path))
	changed := regexp.MustCompile(`"Library": "\w+"`).ReplaceAll(b, []byte(`"Library": "older"`))
	must(0, os.WriteFile(path, changed, 0o644))
	l.Log = &log
	other := mlp()
	other.Seed = 7
	must(l.Fit(other))
	if !state(older) {
		t.Fatal("freed by another run")
	}
	release := must((&Result{Dir: older}).lock())
	must(l.Fit(mlp()))
	if !state(older) {
		t.Error("freed while somebody holds the folder")
	}
	release()
	again := mlp()
	must(0, os.RemoveAll(must(l.Fit(again))[0].Dir))
	if r := must(l.Fit(again))[0]; r.Stored || state(older) {
		t.Errorf("stored %v, the state is there: %v", r.Stored, state(older))
	}
	if n := strings.Count(log.String(), "freed "); n != 1 || !strings.Contains(log.String(), "mlp-0123456789ab") {
		t.Errorf("told %d times in %q", n, log.String())
	}
}
