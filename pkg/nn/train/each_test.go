package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/internal/source"
	"inkling/pkg/nn"
)

// goodEnough is a callback as people write them.
type goodEnough struct{ Score float64 }

func (g goodEnough) Each(m Moment) error {
	if m.Kind == Dev && m.Score >= g.Score {
		return fmt.Errorf("score %.2f: %w", m.Score, Stop)
	}
	return nil
}

// A configuration without a callback is written out as it was before there were any,
// so its runs are known by the same key.
func TestNoCallbackNoTrace(t *testing.T) {
	describe := func(c Config) string { return source.Describe(c, func(string) bool { return true }).Text }
	plain := must(mlp().Complete())
	if text := describe(plain); strings.Contains(text, "Each") || !strings.HasSuffix(text, "DevEvery:5}") {
		t.Errorf("%s", text)
	}
	c := mlp()
	c.Each = CallbackFunc(nil)
	if c = must(c.Complete()); describe(c) != describe(plain) {
		t.Error("no function is a callback")
	}
	texts := map[string]bool{describe(plain): true}
	for _, each := range []Callback{goodEnough{0.5}, goodEnough{0.6}, &goodEnough{0.6}} {
		c.Each = each
		texts[describe(c)] = true
	}
	if len(texts) != 4 {
		t.Errorf("%d texts of 4 configurations", len(texts))
	}
}

// A callback that looks on sees every step and, in order, all that is told, with what
// was told before it; and changes nothing.
func TestCallbackSeesAll(t *testing.T) {
	for _, cfg := range configs() {
		plain := newTrainer(t, cfg)
		want := finish(t, plain)
		steps, told := 0, []Event(nil)
		cfg.Each = CallbackFunc(func(m Moment) error {
			if len(m.Past) != len(told) || len(told) > 0 && untimed(m.Past[len(told)-1]) != told[len(told)-1] {
				t.Fatalf("%s: a past of %d events, told %d", cfg.Name, len(m.Past), len(told))
			}
			if m.Kind != Step {
				told = append(told, untimed(m.Event))
				return nil
			}
			if steps++; m.Step != steps || !(m.Loss > 0 && m.Score >= 0 && m.Objective > 0) || m.LR <= 0 && cfg.Name != "one cycle" {
				t.Errorf("%s: step %d: %+v", cfg.Name, steps, m.Event)
			}
			return nil
		})
		tr := newTrainer(t, cfg)
		mustEqual(t, cfg.Name, finish(t, tr), want, weights(tr), weights(plain))
		mustEqual(t, cfg.Name+", shown", told, want, nil, nil)
		if steps != plain.Step {
			t.Errorf("%s: %d steps shown of %d", cfg.Name, steps, plain.Step)
		}
	}
}

// Stop ends a run at a step, a report or an evaluation: it is the beginning of the
// same run without, judged once more.
func TestCallbackStops(t *testing.T) {
	whole := finish(t, newTrainer(t, mlp()))
	for _, c := range []struct {
		kind     Kind
		from     int // step
		at       int // where it ends
		judgedAt int
	}{{Step, 8, 8, 8}, {Train, 8, 9, 9}, {Dev, 8, 10, 10}, {Step, 1, 1, 1}, {Step, 21, 21, 21}, {Best, 1, 5, 5}} {
		cfg := mlp()
		cfg.Each = CallbackFunc(func(m Moment) error {
			if m.Kind == c.kind && m.Step >= c.from {
				return fmt.Errorf("seen enough: %w", Stop)
			}
			return nil
		})
		tr := newTrainer(t, cfg)
		got := finish(t, tr)
		last := got[slices.IndexFunc(got, func(e Event) bool { return e.Kind == Dev && e.Step == c.judgedAt }):]
		if tr.Step != c.at || len(last) == 0 || last[0].Step != c.judgedAt {
			t.Errorf("%s from %d: ended after step %d with %+v", c.kind, c.from, tr.Step, got[len(got)-1])
		}
		for i, e := range got {
			if e.Step >= c.at {
				break
			}
			if untimed(e) != untimed(whole[i]) {
				t.Errorf("%s from %d: event %d is %+v, want %+v", c.kind, c.from, i, e, whole[i])
			}
		}
		if want := fmt.Sprintf("by its Each at step %d of epoch %d: seen enough", c.at, (c.at-1)/7); tr.Stopped != want {
			t.Errorf("stopped %q, want %q", tr.Stopped, want)
		}
		if again := finish(t, reopen(t, tr)); len(again) > 0 {
			t.Errorf("%s from %d: went on with %+v", c.kind, c.from, again[0])
		}
	}
}

// A run that is cut between any two steps, and goes on in another process, shows its
// callback what a whole one does.
func TestCallbackAfterResume(t *testing.T) {
	train, dev := sets()
	for _, cfg := range configs() {
		var seen []Event
		cfg.Each = CallbackFunc(func(m Moment) error {
			seen = append(seen, untimed(m.Event))
			if m.Step >= 17 {
				return Stop
			}
			return nil
		})
		want := finish(t, newTrainer(t, cfg))
		all := seen
		seen = nil
		tr := newTrainer(t, cfg)
		var got []Event
		for over := false; !over; {
			tr = reopen(t, tr)
			tr.Past = slices.Clone(got)
			made := 0
			tr.Between = func() error {
				if made++; made > 1 {
					return errPulled
				}
				return nil
			}
			over = true
			for e, err := range tr.Run(context.Background(), batches(cfg, train), InOrder(dev)) {
				if err == errPulled {
					over = false
				} else if got = append(got, e); err != nil {
					t.Fatal(err)
				}
			}
		}
		mustEqual(t, cfg.Name, got, want, nil, nil)
		mustEqual(t, cfg.Name+", shown", seen, all, nil, nil)
	}
}

// An error of a callback ends the run with one line; continued, it is shown the same
// moment again, and the run ends in the bits of one without errors.
func TestCallbackFails(t *testing.T) {
	train, dev := sets()
	full := errors.New("no space left")
	for _, kind := range []Kind{Step, Train, Dev, Best} {
		cfg := cnn()
		whole := newTrainer(t, cfg)
		want := finish(t, whole)
		var failing bool
		var seen []Event
		steps := 0
		cfg.Each = CallbackFunc(func(m Moment) error {
			if failing = !failing; failing && m.Kind == kind {
				return full
			} else if failing {
				failing = false
			}
			if m.Kind == Step {
				if steps++; m.Step != steps {
					t.Fatalf("%s: step %d is shown as number %d", kind, m.Step, steps)
				}
			} else {
				if len(m.Past) != len(seen) {
					t.Fatalf("%s: a past of %d events, seen %d", kind, len(m.Past), len(seen))
				}
				seen = append(seen, untimed(m.Event))
			}
			return nil
		})
		tr := newTrainer(t, cfg)
		var got []Event
		failed := 0
		for over := false; !over; {
			over = true
			for e, err := range tr.Run(context.Background(), batches(cfg, train), InOrder(dev)) {
				var by *CallbackError
				switch {
				case errors.As(err, &by):
					if !errors.Is(err, full) || by.Step != tr.Step || !strings.Contains(err.Error(), fmt.Sprintf("train: Each at step %d of epoch %d: no space left", tr.Step, tr.Epoch)) {
						t.Errorf("error %v", err)
					}
					over = false
				case err != nil:
					t.Fatal(err)
				default:
					got = append(got, e)
				}
			}
			if !over {
				failed++
				tr = reopen(t, tr)
				tr.Past = slices.Clone(got)
			}
		}
		if failed == 0 {
			t.Errorf("%s: never failed", kind)
		}
		mustEqual(t, string(kind), got, want, weights(tr), weights(whole))
		mustEqual(t, string(kind)+", shown", seen, want, nil, nil)
		if steps != whole.Step {
			t.Errorf("%s: %d steps shown, want %d", kind, steps, whole.Step)
		}
	}
}

// A panic in a callback is one line that says where.
func TestCallbackPanics(t *testing.T) {
	train, dev := sets()
	for _, c := range []struct {
		each CallbackFunc
		want string
	}{
		{func(m Moment) error { _ = m.Past[7]; return nil }, "step 1 of epoch 0: panic: runtime error: index out of range [7] with length 0 (each_test.go:"},
		{func(m Moment) error { var n *nn.Model; n.Layers = nil; return nil }, "invalid memory address or nil pointer dereference (each_test.go:"},
		{func(m Moment) error { panic("of my own") }, "panic: of my own (each_test.go:"},
		{func(m Moment) error { panic(errors.New("of my own")) }, "panic: of my own (each_test.go:"},
	} {
		cfg := mlp()
		cfg.Each = c.each
		var last error
		for _, err := range newTrainer(t, cfg).Run(context.Background(), batches(cfg, train), InOrder(dev)) {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), c.want) || strings.Contains(last.Error(), "\n") {
			t.Errorf("error %v, want %q", last, c.want)
		}
	}
}

// flat gathers what it has seen in itself.
type flat struct{ best float64 }

func (f *flat) Each(m Moment) error { f.best = max(f.best, m.Score); return nil }

// A callback that remembers would forget; it is refused at the first evaluation.
func TestCallbackThatRemembers(t *testing.T) {
	train, dev := sets()
	cfg := mlp()
	cfg.Each = &flat{}
	tr := newTrainer(t, cfg)
	var last error
	for _, err := range tr.Run(context.Background(), batches(cfg, train), InOrder(dev)) {
		last = err
	}
	if last == nil || !strings.Contains(last.Error(), "keeps what it has seen in itself, ") || strings.Contains(last.Error(), "\n") || tr.Step != 5 {
		t.Errorf("after step %d: %v", tr.Step, last)
	}
}

// Warm steps allocate nothing beside a callback either.
func TestCallbackAllocatesNothing(t *testing.T) {
	train, judge := sets()
	dev := InOrder(judge)
	cfg := mlp()
	cfg.Each = goodEnough{2}
	tr := newTrainer(t, cfg)
	for b := range batches(cfg, train)(0) {
		step := func() {
			must(0, tr.step(b))
			must(0, tr.show(tr.made, dev))
		}
		step()
		if n := testing.AllocsPerRun(10, step); n > 0 {
			t.Errorf("%v allocations a step", n)
		}
		break
	}
}
