package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn/train"
)

// gap stops a run whose dev loss has risen so many times in a row above so many times
// the training loss.
type gap struct {
	Times    float64
	Patience int
}

func (g gap) Each(m train.Moment) error {
	if m.Kind != train.Dev {
		return nil
	}
	above, trained := 0, 0.0
	for _, e := range append(m.Past[:len(m.Past):len(m.Past)], m.Event) {
		switch {
		case e.Kind == train.Train:
			trained = e.Loss
		case e.Kind == train.Dev && trained > 0 && e.Loss > g.Times*trained:
			above++
		case e.Kind == train.Dev:
			above = 0
		}
	}
	if above >= g.Patience {
		return fmt.Errorf("dev loss above %g times that of training: %w", g.Times, train.Stop)
	}
	return nil
}

// snapshots keeps weights every so many steps.
type snapshots struct {
	Dir   string
	Every int
}

func (s snapshots) Each(m train.Moment) error {
	if m.Kind == train.Step && m.Step%s.Every == 0 {
		return m.Model.Save(filepath.Join(s.Dir, fmt.Sprintf("%03d.safetensors", m.Step)), nil)
	}
	return nil
}

// norms prints what no event holds.
var norms = train.CallbackFunc(func(m train.Moment) error {
	if m.Kind != train.Dev {
		return nil
	}
	sum := 0.0
	for _, p := range m.Model.Params() {
		for _, w := range p.Data {
			sum += float64(w) * float64(w)
		}
	}
	s, err := train.Evaluate(context.Background(), m.Model, train.LossOf(m.Model), m.Dev)
	fmt.Printf("%d: Σw² %.3f, %d wrong\n", m.Step, sum, s.Wrong)
	return err
})

// Callbacks are known by their code and by what their fields hold; a variable that
// one keeps of its surroundings is not.
func TestCallbackInTheKey(t *testing.T) {
	least := 0.5
	keys := map[string]bool{}
	for _, c := range []struct {
		each    train.Callback
		unknown string
	}{
		{nil, ""}, {gap{2, 1}, ""}, {gap{2, 2}, ""}, {&gap{2, 2}, ""}, {snapshots{"here", 10}, ""}, {norms, ""},
		{train.CallbackFunc(func(m train.Moment) error {
			if m.Kind == train.Step && m.Step == 7 {
				return train.Stop
			}
			return nil
		}), ""},
		{train.CallbackFunc(func(m train.Moment) error {
			if m.Score > least {
				return train.Stop
			}
			return nil
		}), "keeps least of its surroundings"},
		{train.CallbackFunc(gap{2, 1}.Each), "method value"},
	} {
		cfg := mlp()
		cfg.Each = c.each
		key, code := identify(cfg)
		keys[key+code.sum()] = true
		if (code.Unknown == "") != (c.unknown == "") || !strings.Contains(code.Unknown, c.unknown) {
			t.Errorf("%T: unknown %q, want %q", c.each, code.Unknown, c.unknown)
		}
		if (code.Own == "") != (c.each == nil || c.unknown != "") {
			t.Errorf("%T: own code %q", c.each, code.Own)
		}
	}
	if len(keys) != 9 {
		t.Errorf("%d keys of 9 callbacks", len(keys))
	}
}

// A run that its callback stops is stored as such: log, record and list say so, it
// comes back at once, and is the beginning of the same run without.
func TestCallbackStopsARun(t *testing.T) {
	root := t.TempDir()
	cfg := mlp()
	cfg.Epochs = 8
	whole := must(testLab(t, root).Fit(cfg))[0]
	cfg.Each = gap{1, 2}
	l := testLab(t, root)
	var log strings.Builder
	l.Log = &log
	r := must(l.Fit(cfg))[0]
	if r.Status != Finished || r.Steps >= whole.Steps || r.Steps == 0 || r.Dir == whole.Dir || r.Hyper["each"] != "lab.gap" {
		t.Fatalf("%+v", r.Record)
	}
	for i, e := range r.Dev() {
		if want := whole.Dev()[i]; e.Loss != want.Loss || e.Step != want.Step {
			t.Errorf("evaluation %d: %+v, want %+v", i, e, want)
		}
	}
	want := fmt.Sprintf("by its Each at step %d of epoch %d: dev loss above 1 times that of training", r.Steps, r.Last.Epoch)
	if r.Ended != want || !strings.Contains(log.String(), ", ended early "+want) {
		t.Errorf("ended %q, want %q; log\n%s", r.Ended, want, log.String())
	}
	log.Reset()
	again := must(l.Fit(cfg))[0]
	var told strings.Builder
	if err := again.Describe(&told); err != nil {
		t.Fatal(err)
	}
	if !again.Stored || again.Ended != want || !strings.Contains(log.String(), "its Each is not called again") || !strings.Contains(told.String(), want) {
		t.Errorf("%+v\n%s%s", again.Record, log.String(), told.String())
	}
	if _, err := again.Model(); err != nil {
		t.Error(err)
	}
	cfg.Each, cfg.Patience = nil, 1
	if r := must(l.Fit(cfg))[0]; r.Steps < whole.Steps != strings.Contains(r.Ended, "out of patience") {
		t.Errorf("after %d of %d steps: %q", r.Steps, whole.Steps, r.Ended)
	}
}

// Weights kept on the way are those of the run at that step, also where it was
// interrupted and continued; what stays is the run as it would have been without.
func TestCallbackKeepsWeights(t *testing.T) {
	cfg := cnn()
	whole := must(testLab(t, t.TempDir()).Fit(cfg))[0]
	kept := map[string][]byte{}
	for _, interrupted := range []bool{false, true} {
		dir, root := t.TempDir(), t.TempDir()
		cfg.Each = snapshots{dir, 6}
		l := testLab(t, root)
		if interrupted {
			interruptAt(t, l, cfg, 9)
		}
		r := must(testLab(t, root).Fit(cfg))[0]
		if r.Last.Loss != whole.Last.Loss || r.Best.Score != whole.Best.Score {
			t.Errorf("%+v, want %+v", r.Last, whole.Last)
		}
		files := must(os.ReadDir(dir))
		if len(files) != 3 {
			t.Fatalf("%d snapshots", len(files))
		}
		for _, f := range files {
			b := must(os.ReadFile(filepath.Join(dir, f.Name())))
			if was, ok := kept[f.Name()]; ok != interrupted || ok && !slices.Equal(was, b) {
				t.Errorf("%s: other weights", f.Name())
			}
			kept[f.Name()] = b
		}
	}
}

// fullDisk ends its run with an error once, as a full disk does.
type fullDisk struct{ Marker string }

func (f fullDisk) Each(m train.Moment) error {
	if _, err := os.Stat(f.Marker); err != nil && m.Kind == train.Step && m.Step == 9 {
		return errors.New("no space left")
	}
	return nil
}

// careless has a mistake in it.
type careless struct{}

func (careless) Each(m train.Moment) error { return fmt.Errorf("%v", m.Past[len(m.Past)].Loss) }

// An error or a panic in a callback is one line that names the run, the step and the
// epoch; the run is saved there, and goes on to the bits of one without.
func TestCallbackFailsARun(t *testing.T) {
	root, marker := t.TempDir(), filepath.Join(t.TempDir(), "gone")
	cfg := mlp()
	want := must(testLab(t, t.TempDir()).Fit(cfg))[0]
	cfg.Each = fullDisk{marker}
	l := testLab(t, root)
	_, err := l.Fit(cfg)
	if err == nil || !strings.Contains(err.Error(), "lab: mlp: train: Each at step 9 of epoch 1: no space left") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("error %v", err)
	}
	runs := must(l.Runs())
	if len(runs) != 1 || runs[0].Status != Interrupted || runs[0].Steps != 9 || !strings.Contains(runs[0].Error, "no space left") {
		t.Fatalf("%+v", runs[0].Record)
	}
	must(0, os.WriteFile(marker, nil, 0o644))
	r := must(testLab(t, root).Fit(cfg))[0]
	if r.Error != "" || r.Status != Finished || r.Last.Loss != want.Last.Loss || len(r.History) != len(want.History) {
		t.Errorf("%+v", r.Record)
	}
	cfg.Each = careless{}
	if _, err := l.Fit(cfg); err == nil || !strings.Contains(err.Error(), "step 1 of epoch 0: panic: runtime error: index out of range") ||
		!strings.Contains(err.Error(), "each_test.go:") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}
