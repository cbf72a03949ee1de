package lab

import (
	"context"
	"errors"
	"slices"
	"testing"

	"inkling/pkg/nn/train"
)

// A run that is set aside again and again ends in the bits of one that never was,
// whatever makes it hard to continue.
func TestPartsAreTheWhole(t *testing.T) {
	for name, cfg := range map[string]train.Config{"mlp": mlp(), "cnn": cnn()} {
		t.Run(name, func(t *testing.T) {
			cfg.Epochs = 4
			whole := must(testLab(t, t.TempDir()).Fit(cfg))[0]
			l := testLab(t, t.TempDir())
			steps := whole.Steps / 4
			for _, until := range []int{1, 1, 3, 2, 0} { // 2 after 3: it is that far
				told := 0
				runs, err := l.FitParts(t.Context(), []Part{{cfg, until}}, func(i int, r *Result, err error) {
					if told++; i != 0 || r == nil || err != nil {
						t.Errorf("told %d, %v, %v", i, r, err)
					}
				})
				if err != nil || len(runs) != 1 || told != 1 {
					t.Fatalf("until %d: %d runs, told %d times, %v", until, len(runs), told, err)
				}
				r := runs[0]
				want := map[int]int{1: steps, 3: 3 * steps, 2: 3 * steps, 0: 4 * steps}[until]
				if r.Steps != want || r.Status == Finished != (until == 0) {
					t.Errorf("until %d: %s after %d steps, want %d", until, r.Status, r.Steps, want)
				}
				saved, done, err := l.Saved(Part{cfg, until}, Part{cfg, 4})
				if s := saved[0]; err != nil || s.Steps != want || s.Status != r.Status || s.Dir != r.Dir || !done[0] || done[1] != (until == 0) {
					t.Errorf("until %d: the store has %s after %d steps, done %v, %v", until, s.Status, s.Steps, done, err)
				}
				h := whole.History[:len(r.History)]
				mustEqual(t, "history", r.History, h, nil, nil)
			}
			got := must(l.Fit(cfg))[0]
			a, b := must(got.Model()), must(whole.Model())
			if !got.Stored {
				t.Error("the whole run was made anew after its parts")
			}
			mustEqual(t, "run", got.History, whole.History, nil, nil)
			for i, p := range a.Params() {
				if !slices.Equal(p.Data, b.Params()[i].Data) {
					t.Errorf("%s differs from that of an unbroken run", p.Name)
				}
			}
			if got.Parts != 3 {
				t.Errorf("made in %d parts, want 3", got.Parts)
			}
		})
	}
}

// Several parts are told one by one, as they end; a signal between them leaves the
// others for the next time; a mistake in one is told before any begins.
func TestParts(t *testing.T) {
	l := testLab(t, t.TempDir())
	l.SideBySide = 2
	var parts []Part
	for seed := range uint64(5) {
		cfg := mlp()
		cfg.Seed = seed
		parts = append(parts, Part{cfg, 1})
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	told := map[int]int{}
	ended := 0
	_, err := l.FitParts(ctx, parts, func(i int, r *Result, err error) {
		if told[i]++; len(told) == 2 {
			stop()
		}
		if !errors.As(err, new(Unfinished)) {
			ended++
		}
	})
	var cut Unfinished
	if !errors.As(err, &cut) || cut.Of != 5 || cut.Done != ended || ended < 2 || len(told) != 5 {
		t.Fatalf("%v, told %v", err, told)
	}
	runs := must(l.FitParts(t.Context(), parts, nil))
	for i, r := range runs {
		if r.Seed != uint64(i) || r.Steps != 7 || r.Status != Interrupted {
			t.Errorf("run %d has seed %d, %s after %d steps", i, r.Seed, r.Status, r.Steps)
		}
	}
	bad := mlp()
	bad.Batch = 0
	if _, err := l.FitParts(t.Context(), []Part{{mlp(), 2}, {bad, 1}}, nil); err == nil {
		t.Error("no error of batch 0")
	}
	if _, _, err := l.Saved(Part{bad, 1}); err == nil {
		t.Error("no error of batch 0")
	}
	saved, _, err := l.Saved(Part{mlp(), 2})
	if r := saved[0]; err != nil || r.Status != Interrupted || r.Steps != 7 {
		t.Errorf("the run beside the mistake is %s after %d steps, %v; want what it was", r.Status, r.Steps, err)
	}
}
