package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// flat are all weights and statistics of a model.
func flat(m *nn.Model) (all []float32) {
	for _, p := range m.Params() {
		all = append(all, p.Data...)
	}
	for _, s := range m.States() {
		all = append(all, s.Data...)
	}
	return all
}

// What a run keeps on the way are the weights of a loop that nobody stores, at those
// steps; interrupted and continued too, and the run is that without.
func TestSnapshots(t *testing.T) {
	cfg := cnn()
	l := testLab(t, t.TempDir())
	whole := must(l.Fit(cfg))[0]
	cfg.Each = Snapshots{}
	if key, code := identify(cfg); code.Unknown != "" || !strings.Contains(key, "lab.Snapshots") {
		t.Fatalf("key %q, unknown %q", key, code.Unknown)
	}

	// 7 steps an epoch: a 32nd to an 8th of one is one step.
	want := map[int][]float32{}
	m := must(nn.New(cfg.Seed, l.In(), cfg.Layers...))
	want[0] = slices.Clone(flat(m))
	plan := must(cfg.Plan(l.Train))
	trainer := must(plan.Build(m))
	trainer.Between = func() error {
		want[trainer.Step] = slices.Clone(flat(trainer.Model()))
		return nil
	}
	for _, err := range trainer.Run(context.Background(), plan.Batches(plan.Set), train.InOrder(l.Dev)) {
		if err != nil {
			t.Fatal(err)
		}
	}
	want[trainer.Step] = flat(trainer.Model())

	root := t.TempDir()
	for _, at := range []int{2, 7, 8} {
		interruptAt(t, testLab(t, root), cfg, at)
	}
	l = testLab(t, root)
	r := must(l.Fit(cfg))[0]
	mustEqual(t, "with snapshots", r.History, whole.History, flat(must(r.Model())), flat(must(whole.Model())))
	for _, r := range []*Result{r, must(testLab(t, root).Fit(cfg))[0]} {
		var at []string
		for _, s := range must(r.Snapshots()) {
			at = append(at, fmt.Sprintf("%d: %.2f", s.Step, s.Epochs))
			mustEqual(t, fmt.Sprint("step ", s.Step), nil, nil, flat(s.Model), want[s.Step])
		}
		if got := fmt.Sprint(at); got != "[0: 0.00 1: 0.14 3: 0.43 7: 1.00 14: 2.00 21: 3.00]" {
			t.Errorf("kept at %s", got)
		}
	}
	if c, err := testLab(t, root).ConfigOf(r); err != nil || c.Each != (Snapshots{}) {
		t.Errorf("the configuration of its record has %v, %v", c.Each, err)
	}
}

// Of a long run few epochs are kept, the last one among them.
func TestSnapshotsAreFew(t *testing.T) {
	for _, c := range []struct{ begin, epoch, epochs, want int }{{0, 100, 1, 6}, {0, 100, 16, 21}, {0, 100, 17, 14}, {0, 100, 1000, 21}, {500, 100, 3, 8}, {0, 1, 2, 2}} {
		end := c.begin + c.epoch*c.epochs
		at := snapshotSteps(c.begin, c.epoch, end)
		for step := range at {
			if step <= c.begin || step > end {
				t.Errorf("%+v: step %d", c, step)
			}
		}
		if len(at) != c.want || !at[end] {
			t.Errorf("%+v: kept at %d steps, the last one %v", c, len(at), at[end])
		}
	}
}

// What is not there is told, and how to get it; and a run that keeps its weights from
// the first step on does not go on from the end of another.
func TestSnapshotsMissing(t *testing.T) {
	l := testLab(t, t.TempDir())
	cfg := mlp()
	if _, err := must(l.Fit(cfg))[0].Snapshots(); err == nil || !strings.Contains(err.Error(), "want Each: lab.Snapshots{}") {
		t.Errorf("of a run without: %v", err)
	}
	cfg.Each = Snapshots{}
	r := must(l.Fit(cfg))[0]
	longer := cfg
	longer.Epochs = 4
	var log strings.Builder
	l.Log = &log
	if kept := must(must(l.Fit(longer))[0].Snapshots()); len(kept) != 7 || !strings.Contains(log.String(), "keeps its weights from the first step on") {
		t.Errorf("%d snapshots of the longer run; log\n%s", len(kept), log.String())
	}
	fork := cfg
	fork.Fork, fork.Epochs = r.At(1), 2
	if kept := must(must(l.Fit(fork))[0].Snapshots()); kept[0].Step != 8 || kept[len(kept)-1].Step != 14 {
		t.Errorf("of a fork the first is of step %d, the last of step %d", kept[0].Step, kept[len(kept)-1].Step)
	}
	in := func(step int) string { return filepath.Join(r.Dir, snapshotsDir, snapshotFile(step)) }
	third := must(os.ReadFile(in(3)))
	for name, breaks := range map[string]func(){
		"has lost the weights that it kept after step 3": func() { os.Remove(in(3)) },
		"step-3.safetensors":                             func() { os.WriteFile(in(3), third[:len(third)/2], 0o644) },
		"is of another run: mlp, step 7":                 func() { os.WriteFile(in(3), must(os.ReadFile(in(7))), 0o644) },
	} {
		breaks()
		_, err := r.Snapshots()
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "to train it again") {
			t.Errorf("%v, want %q and what to do", err, name)
		} else {
			mustBeOneLine(t, err)
		}
	}
	os.WriteFile(in(3), third, 0o644)
	if _, err := r.Snapshots(); err != nil {
		t.Error(err)
	}
}

// A run that diverges keeps no weights that are no numbers, and has not lost them: to
// train it again would give no others.
func TestSnapshotsDiverged(t *testing.T) {
	l := testLab(t, t.TempDir())
	cfg := cnn()
	cfg.MaxNorm, cfg.ClipNorm, cfg.EMA = 0, 0, 0
	cfg.Optimizer, cfg.Batch, cfg.Each = optim.SGD{}, 50, Snapshots{}
	for rate, want := range map[float64]string{1e4: "[0 1 2 4]", 1e6: "[0 1 2]"} {
		cfg.Schedule = optim.Constant(rate)
		r := must(l.Fit(cfg))[0]
		var at []int
		for _, s := range must(r.Snapshots()) {
			at = append(at, s.Step)
		}
		if got := fmt.Sprint(at); r.Status != Diverged || r.Steps != 5 || got != want {
			t.Errorf("rate %g: %s after step %d, kept at %s, want %s", rate, r.Status, r.Steps, got, want)
		}
		os.Remove(filepath.Join(r.Dir, snapshotsDir, snapshotFile(1)))
		if _, err := r.Snapshots(); err == nil || !strings.Contains(err.Error(), "has lost the weights that it kept after step 1:") {
			t.Errorf("rate %g: %v", rate, err)
		}
	}
}
