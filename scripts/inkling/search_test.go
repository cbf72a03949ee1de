package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tried is what a program reads of a search.
type tried struct {
	Stored, Made int
	Best         struct {
		Values map[string]string
		Error  float64 `json:"dev_error"`
	}
	Trials []struct {
		Index  int
		Values map[string]string
		Epochs int
		Rung   int
		Error  *float64 `json:"dev_error"`
		Runs   []struct{ ID, Status string }
	}
}

const smallSearch = "search|--hidden=8/16|--size=300|--epochs=4|--batch=20"

func (w *world) search(more ...string) (f tried, code int) {
	w.t.Helper()
	code, stdout, stderr := w.run(append(strings.Split(smallSearch+"|--json", "|"), more...))
	if code == 0 {
		if err := json.Unmarshal([]byte(stdout), &f); err != nil {
			w.t.Fatalf("%v: %s", err, stdout)
		}
	} else {
		w.t.Logf("%s", stderr)
	}
	return f, code
}

// runs are the folders of the runs in the store, with their records.
func (w *world) records() (names []string, ended int) {
	for _, path := range must(filepath.Glob(filepath.Join(w.store, "*", "*", "*", "run.json"))) {
		var r struct{ Status string }
		if b, err := os.ReadFile(path); err == nil && json.Unmarshal(b, &r) == nil {
			names = append(names, filepath.Base(filepath.Dir(path)))
			if r.Status == "finished" {
				ended++
			}
		}
	}
	return names, ended
}

// A search told to people and to programs, made once and then stored; what it says of
// its best run is the command that makes it.
func TestSearch(t *testing.T) {
	w := newWorld(t)
	code, stdout, stderr := w.run(append(strings.Split(smallSearch, "|"), "--lr=0.02,0.2", "--figure=tried.png"))
	if code != 0 || !strings.Contains(stdout, "grid search of 4 configurations: 16 epochs") || !strings.Contains(stdout, "best of 4: ") || !strings.Contains(stdout, "optimistic") {
		t.Fatalf("code %d, stdout %s, stderr %s", code, stdout, stderr)
	}
	if info, err := os.Stat(filepath.Join(w.dir, "tried.png")); err != nil || info.Size() < 1000 {
		t.Errorf("the figure: %v", err)
	}
	_, line, _ := strings.Cut(stdout, "by itself: "+program+" ")
	code, alone, stderr := w.run(strings.Fields(line))
	if code != 0 || !strings.Contains(alone, ", stored ") {
		t.Errorf("%q: code %d, %s%s, want the stored run", line, code, alone, stderr)
	}
	f, code := w.search("--lr=0.02,0.2")
	if code != 0 || f.Made != 0 || f.Stored != 4 || len(f.Trials) != 4 || f.Best.Values["lr"] == "" {
		t.Errorf("again: code %d, %+v", code, f)
	}
	if names, _ := w.records(); len(names) != 4 {
		t.Errorf("%d runs in the store, want 4", len(names))
	}
	// All diverged: a result, and code 1 as of a run that does.
	code, stdout, _ = w.run([]string{"search", "--layers=[{\"linear\":{\"out\":10}}]", "--lr=9e3,1e4", "--optimizer=sgd", "--momentum=0.99", "--decay=0.5", "--schedule=constant", "--size=300"})
	if code != 1 || !strings.Contains(stdout, "none has a score; 2 diverged") {
		t.Errorf("code %d, %s", code, stdout)
	}
}

// Killed in the middle, again and again, and started again, a search makes nothing
// twice and loses nothing: it ends as one that was left alone.
func TestSearchIsKilled(t *testing.T) {
	args := []string{"--lr=0.005..0.5:log", "--method=halving", "--eta=2", "--budget=8runs"}
	straight, code := newWorld(t).search(args...)
	if code != 0 {
		t.Fatal("code", code)
	}
	w := newWorld(t)
	killed := 0
	for seen := 0; seen < 6; {
		cmd, _, stderr := w.command(append(strings.Split(smallSearch, "|"), args...))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		// Killed once there is a run more than there was.
		for more := false; !more; {
			select {
			case err := <-ended:
				if err != nil {
					t.Fatalf("%v: %s", err, stderr)
				}
				seen, more = 99, true
			case <-time.After(2 * time.Millisecond):
				names, _ := w.records()
				if more = len(names) > seen; more {
					seen = len(names)
					cmd.Process.Signal(syscall.SIGKILL)
					<-ended
					killed++
				}
			}
		}
	}
	if killed < 2 {
		t.Logf("killed %d times: the machine was quick", killed)
	}
	f, code := w.search(args...)
	if code != 0 || f.Stored+f.Made != straight.Made {
		t.Fatalf("code %d: %d stored, %d made, want %d in all", code, f.Stored, f.Made, straight.Made)
	}
	if f.Best.Error != straight.Best.Error || fmt.Sprint(f.Best.Values) != fmt.Sprint(straight.Best.Values) {
		t.Errorf("best %+v, want %+v", f.Best, straight.Best)
	}
	for i, trial := range f.Trials {
		o := straight.Trials[i]
		if trial.Index != o.Index || trial.Rung != o.Rung || *trial.Error != *o.Error || trial.Runs[0].ID != o.Runs[0].ID {
			t.Errorf("%d. is %+v, want %+v", i, trial, o)
		}
	}
	names, _ := w.records()
	slices.Sort(names)
	if len(names) != 8 || len(slices.Compact(names)) != 8 {
		t.Errorf("runs in the store: %q, want 8", names)
	}
}

// SIGINT saves what is at work, says so, and is no loss.
func TestSearchIsInterrupted(t *testing.T) {
	w := newWorld(t)
	cmd, stdout, stderr := w.command([]string{"search", "--hidden=64", "--size=3000", "--epochs=60", "--lr=0.005..0.5:log", "--budget=12runs"})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for names, _ := w.records(); len(names) == 0; names, _ = w.records() {
		time.Sleep(2 * time.Millisecond)
	}
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(stderr.String(), "the same command goes on from here") {
		t.Errorf("code %d, stdout %s, stderr %s", code, stdout, stderr)
	}
}

func TestSearchMistakes(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ args, want string }{
		{"search", "nothing varies"},
		{"search|--lr=0.1", "nothing varies"},
		{"search|--lr=0.01..1:lgo", "want log, lin, int or how many values"},
		{"search|--lr=0.1,2|--batch=16..", "want --batch=16, several values"},
		{"search|--lr=0.1,0.2|--figure=x.gif", ".png, .svg or .pdf"},
		{"search|--lr=1e-4..1:log:100|--decay=0,1e-4,1e-3,1e-2,0.1,1", "100 × 6 = 600 configurations"},
		{"search|--optimizer=sgd,adm", "did you mean adam?"},
		{"search|--lr=0.1,0.2|--method=halving|--min-epochs=9", "halving from 9 epochs, want 1 to 5"},
		{"search|--lr=0.1,0.2|--eta=4", "--eta=4 has no effect with the method grid, only with halving"},
		{"search|--lr=0.1..2|--min-epochs=2", "--min-epochs=2 has no effect with the method random, only with halving"},
		{"search|--lr=0.1,0.2|--draw=2", "--draw=2 has no effect with the method grid"},
		{"search|--milestones=3,4/5,6", "nothing varies: beside what the other flags say, --milestones has no effect"},
		{"search|--lr=0.1,0.2|--dask=", "--dask is empty"},
	} {
		w.refuses(strings.Split(c.args, "|"), nil, c.want)
	}
}
