package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// Side by side: the same bits, results and lines in order, twins made once,
// one bar over all.
func TestFitSideBySide(t *testing.T) {
	var cfgs []train.Config
	for i, c := range append(configs(), mlp(), cnn()) { // the last two are there already
		c.Name = fmt.Sprint(i, " ", c.Name)
		cfgs = append(cfgs, c)
	}
	fit := func(atATime int) (Runs, string, *gauge) {
		l := testLab(t, t.TempDir())
		var log strings.Builder
		g := &gauge{}
		l.Log, l.SideBySide, l.Progress = &log, atATime, func(label string) Bar { g.label = label; return g }
		return must(l.Fit(cfgs...)), log.String(), g
	}
	want, _, _ := fit(1)
	got, log, g := fit(3)
	for i := range want {
		mustEqual(t, want[i].Name, got[i].History, want[i].History, nil, nil)
		a, b := must(os.ReadFile(filepath.Join(got[i].Dir, bestFile))), must(os.ReadFile(filepath.Join(want[i].Dir, bestFile)))
		if string(a) != string(b) {
			t.Errorf("%s: another best model", want[i].Name)
		}
	}
	lines := strings.Split(strings.TrimSpace(log), "\n")
	if len(lines) != len(cfgs) {
		t.Fatalf("%d lines for %d runs: %s", len(lines), len(cfgs), log)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, cfgs[i].Name+" on tiny digits: dev ") {
			t.Errorf("line %d is %q, want that of %s", i, line, cfgs[i].Name)
		}
	}
	for i := len(cfgs) - 2; i < len(cfgs); i++ {
		if !got[i].Stored {
			t.Errorf("%s was made twice", cfgs[i].Name)
		}
	}
	steps := 0
	for _, r := range got {
		steps += r.Steps
	}
	if g.label != "17 runs" || g.done != steps || g.total != steps || g.finished != 1 || g.back {
		t.Errorf("bar %+v, want %d steps", g, steps)
	}
}

// gauge is a bar that remembers.
type gauge struct {
	label       string
	done, total int
	finished    int
	back        bool // went back, or beyond its total
}

func (g *gauge) Update(done, total int, _ string) {
	g.back = g.back || done < g.done || done > total
	g.done, g.total = done, total
}

func (g *gauge) Finish(string) { g.finished++ }

// lateError is an optimizer that fails when a run begins, and not before.
type lateError struct{ optim.SGD }

func (o lateError) New(params []*nn.Param) (optim.Stepper, error) {
	if len(params) > 1 {
		return nil, errors.New("too many parameters")
	}
	return o.SGD.New(params)
}

// An error of one run saves the others as an interrupt does.
func TestFitSideBySideWithAnError(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.SideBySide = 2
	bad := mlp()
	bad.Optimizer = lateError{}
	long := mlp()
	long.Name, long.Epochs = "long", 100000
	results, err := l.Fit(long, bad)
	if err == nil || !strings.Contains(err.Error(), "too many parameters") {
		t.Errorf("error %v", err)
	}
	if len(results) != 1 || results[0].Status != Interrupted {
		t.Errorf("results %v, want the long run, interrupted", results)
	}
}
