package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/internal/source"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/safetensors"
)

// A state of any progress, with arrays that are missing, cut or swapped, is refused
// and changes nothing, or is taken whole: then it is saved as it was read, and the
// run ends, with an error or without.
func FuzzState(f *testing.F) {
	cfg := mlp()
	cfg.EMA, cfg.Epochs = 0.9, 2
	at := func(steps int) *safetensors.File { // as it is saved between steps
		tr := newTrainer(f, cfg)
		train, dev := sets()
		made := 0
		tr.Between = func() error {
			if made++; made > steps {
				return errPulled
			}
			return nil
		}
		for range tr.Run(context.Background(), batches(cfg, train), InOrder(dev)) {
		}
		return must(safetensors.Decode(must(must(tr.File()).Encode())))
	}
	for _, steps := range []int{0, 1, 5, 9, 14} {
		f.Add(at(steps).Meta[progressKey], -1, 0)
	}
	where := at(9).Meta[progressKey]
	f.Add(where, 2, 0)
	f.Add(where, 3, 1)
	for _, change := range [][2]string{
		{`"Step":9`, `"Step":-9`}, {`"Step":9`, `"Step":9000000000000000000`}, {`"Epoch":1`, `"Epoch":7`}, {`"Told":`, `"Told":-`},
		{`"EpochAt":7`, `"EpochAt":10`}, {`"Examples":`, `"Examples":-`}, {`"Due":[]`, `"Due":[{"kind":"best"},{"kind":"no"}]`},
		{`"Due":null`, `"Due":[{"kind":"best","loss":null}]`}, {`"BestScore":`, `"BestScore":1e9`}, {`"DevLosses":[`, `"DevLosses":[1e308,`},
	} {
		f.Add(strings.Replace(where, change[0], change[1], 1), -1, 0)
	}
	base := at(9)
	f.Fuzz(func(t *testing.T, where string, tensor, cut int) {
		if len(where) > 1<<16 {
			return
		}
		file := &safetensors.File{Meta: map[string]string{}, Tensors: append([]safetensors.Tensor(nil), base.Tensors...)}
		for k, v := range base.Meta {
			file.Meta[k] = v
		}
		file.Meta[progressKey], file.Meta[sumKey] = where, source.Sum(where)
		if tensor >= 0 && tensor < len(file.Tensors) {
			x := &file.Tensors[tensor]
			if n := len(x.Data) - cut; cut > 0 && n > 0 {
				x.Data, x.Dims = x.Data[:n], []int{n}
			} else {
				file.Tensors = append(file.Tensors[:tensor], file.Tensors[tensor+1:]...)
			}
		}
		tr := newTrainer(t, cfg)
		before := weights(tr)
		var err error
		if got, limit := allocated(func() { err = tr.Restore(file) }), uint64(16*len(where)+4<<20); got > limit {
			t.Errorf("%d bytes had %d bytes allocated, allowed %d", len(where), got, limit)
		}
		if err != nil {
			mustBeOneLine(t, err)
			mustEqual(t, "after a refusal", nil, nil, weights(tr), before)
			return
		}
		first := must(must(tr.File()).Encode())
		again := newTrainer(t, cfg)
		if err := again.Restore(must(safetensors.Decode(first))); err != nil {
			t.Fatalf("accepted, and saved as what is not: %v", err)
		}
		if second := must(must(again.File()).Encode()); !bytes.Equal(first, second) {
			t.Error("a state that was accepted is saved as another one")
		}
		train, dev := sets()
		for _, err := range tr.Run(t.Context(), batches(cfg, train), InOrder(dev)) {
			if err != nil {
				mustBeOneLine(t, err)
			}
		}
	})
}

// reopen sends a run through its file into a fresh trainer.
func reopen(t *testing.T, tr *Trainer) *Trainer {
	t.Helper()
	b := must(must(tr.File()).Encode())
	fresh := newTrainer(t, tr.cfg)
	if err := fresh.Restore(must(safetensors.Decode(b))); err != nil {
		t.Fatal(err)
	}
	return fresh
}

var errPulled = errors.New("plug pulled")

// A run that is stopped before every single step, each time saved and
// continued by a fresh trainer, equals one that was never stopped.
func TestResumeBetweenSteps(t *testing.T) {
	train, dev := sets()
	for _, cfg := range configs() {
		t.Run(cfg.Name, func(t *testing.T) {
			whole := newTrainer(t, cfg)
			want := finish(t, whole)
			tr := newTrainer(t, cfg)
			var got []Event
			parts := 0
			for over := false; !over; parts++ {
				if parts > 0 {
					tr = reopen(t, tr)
				}
				made := 0
				tr.Between = func() error {
					if made++; made > 1 {
						return errPulled
					}
					return nil
				}
				over = true
				for e, err := range tr.Run(context.Background(), batches(cfg, train), InOrder(dev)) {
					switch {
					case err == errPulled:
						over = false
					case err != nil:
						t.Fatal(err)
					default:
						got = append(got, e)
					}
				}
			}
			if parts != whole.Step {
				t.Errorf("%d parts for %d steps", parts, whole.Step)
			}
			mustEqual(t, "run in many parts", got, want, weights(tr), weights(whole))
		})
	}
}

// The same, stopped from the body of the loop after every event, and the
// file made in the body.
func TestResumeBetweenEvents(t *testing.T) {
	train, dev := sets()
	for _, cfg := range configs() {
		t.Run(cfg.Name, func(t *testing.T) {
			whole := newTrainer(t, cfg)
			want := finish(t, whole)
			tr := newTrainer(t, cfg)
			var got []Event
			for over := false; !over; {
				over = true
				var next *Trainer
				for e, err := range tr.Run(context.Background(), batches(cfg, train), InOrder(dev)) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, e)
					next, over = reopen(t, tr), false
					break
				}
				if !over {
					tr = next
				}
			}
			mustEqual(t, "run in many parts", got, want, weights(tr), weights(whole))
		})
	}
}

// A context that ends during an evaluation leaves the evaluation due.
func TestResumeInsideEvaluation(t *testing.T) {
	train, dev := sets()
	cfg := cnn()
	whole := newTrainer(t, cfg)
	want := finish(t, whole)
	tr := newTrainer(t, cfg)
	var got []Event
	for part := 0; ; part++ {
		if part > 0 {
			tr = reopen(t, tr)
		}
		ctx, cancel := context.WithCancel(context.Background())
		stops := 0
		cut := func(epoch int) iter.Seq[data.Batch] {
			if stops++; stops == 2 {
				cancel() // the first evaluation of a part is whole, the second is cut
			}
			return InOrder(dev)(epoch)
		}
		var err error
		for e, e2 := range tr.Run(ctx, batches(cfg, train), cut) {
			if err = e2; err == nil {
				got = append(got, e)
			}
		}
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	mustEqual(t, "run cut in evaluations", got, want, weights(tr), weights(whole))
}

func TestSecondsAddUp(t *testing.T) {
	train, dev := sets()
	tr := newTrainer(t, mlp())
	last := 0.0
	for {
		events := 0
		for e, err := range tr.Run(context.Background(), batches(tr.cfg, train), InOrder(dev)) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Seconds < last {
				t.Fatalf("event at %v s after one at %v s", e.Seconds, last)
			}
			last = e.Seconds
			events++
			tr = reopen(t, tr) // in the body, while the clock runs
			break
		}
		if events == 0 {
			return
		}
	}
}

func TestRestoreRefuses(t *testing.T) {
	tr := newTrainer(t, cnn())
	finish(t, tr)
	good := must(must(tr.File()).Encode())
	for _, c := range []struct {
		name   string
		cfg    func(*Config)
		change func(*safetensors.File)
		want   string
	}{
		{name: "another learning rate", cfg: func(c *Config) { c.Schedule = optim.Constant(0.03) }, want: "another configuration"},
		{name: "another seed", cfg: func(c *Config) { c.Seed++ }, want: "another configuration"},
		{name: "weights alone", change: func(f *safetensors.File) { delete(f.Meta, progressKey) }, want: "no state of a run"},
		{name: "progress damaged", change: func(f *safetensors.File) {
			f.Meta[progressKey] = strings.Replace(f.Meta[progressKey], `"Step":21`, `"Step":20`, 1)
		}, want: "damaged"},
		{name: "a moment missing", change: func(f *safetensors.File) {
			f.Tensors = slices.DeleteFunc(f.Tensors, func(x safetensors.Tensor) bool { return x.Name == "optim/v/0.conv2d.W" })
		}, want: "optim/v/0.conv2d.W"},
		{name: "a running statistic missing", change: func(f *safetensors.File) {
			f.Tensors = slices.DeleteFunc(f.Tensors, func(x safetensors.Tensor) bool { return x.Name == "1.batchnorm.running_var" })
		}, want: "1.batchnorm.running_var"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := must(safetensors.Decode(good))
			cfg := cnn()
			if c.cfg != nil {
				c.cfg(&cfg)
			}
			if c.change != nil {
				c.change(f)
			}
			err := newTrainer(t, cfg).Restore(f)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, c.want)
			}
		})
	}
}

// No single changed byte of a state may go unnoticed and change the run.
func TestStateDamage(t *testing.T) {
	cfg := mlp()
	cfg.Layers = nn.MLP(nil, nn.ReLU{}, 10, 0)
	tr := newTrainer(t, cfg)
	finish(t, tr)
	good := must(must(tr.File()).Encode())
	want := weights(tr)
	header := len(good) - 4*len(want)
	for at := 0; at < len(good); at += 1 + at/header*97 { // all of the header, some of the data
		b := slices.Clone(good)
		b[at] ^= 1 << (at % 8)
		f, err := safetensors.Decode(b)
		if err != nil {
			continue
		}
		other := newTrainer(t, cfg)
		if err := other.Restore(f); err != nil {
			continue
		}
		mustEqual(t, fmt.Sprintf("byte %d of %d changed to %q: %q", at, len(good), b[at], b[max(0, at-20):min(at+20, header)]),
			nil, nil, weights(other), want)
		if fmt.Sprint(other.Progress) != fmt.Sprint(tr.Progress) {
			t.Errorf("byte %d changed: progress %+v, want %+v", at, other.Progress, tr.Progress)
		}
	}
	for n := 0; n < len(good); n += 1 + n/50 {
		if _, err := safetensors.Decode(good[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are accepted", n, len(good))
		}
	}
}

// A state of other code or on other data is refused.
func TestStateOfOtherCodeOrData(t *testing.T) {
	f := must(newTrainer(t, mlp()).File())
	for _, key := range []string{codeKey, dataKey} {
		meta := f.Meta[key]
		f.Meta[key] = "another"
		if err := newTrainer(t, mlp()).Restore(f); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", key, err)
		}
		f.Meta[key] = meta
	}
	if err := newTrainer(t, mlp()).Restore(f); err != nil {
		t.Error(err)
	}
}
