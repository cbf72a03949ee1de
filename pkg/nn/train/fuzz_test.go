package train

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"

	"inkling/pkg/internal/source"
	"inkling/pkg/nn/safetensors"
)

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	total := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(total)
	before := total[0].Value.Uint64()
	f()
	metrics.Read(total)
	return total[0].Value.Uint64() - before
}

func mustBeOneLine(t *testing.T, err error) {
	t.Helper()
	if s := err.Error(); s == "" || strings.Contains(s, "\n") {
		t.Errorf("error %q is not one line", s)
	}
}

// A record of any bytes does not make the reader panic or fill memory; what is
// accepted is written and read back the same.
func FuzzRecord(f *testing.F) {
	r := Record{Name: "mlp", Question: "q1", Status: Finished, Steps: 21, Events: 3, Layers: json.RawMessage(`[{"relu":{}}]`),
		Best: Event{Kind: Dev, Step: 20, Score: 0.9, Loss: math.NaN()}, Test: &Score{N: 10}}
	b := must(json.Marshal(r))
	f.Add(b)
	f.Add(bytes.Replace(b, []byte("21"), []byte("-1"), 1))
	f.Add(bytes.Replace(b, []byte(`"finished"`), []byte(`null`), 1))
	f.Add([]byte(`{"Status":"finished","Status":"diverged","Best":{"step":1e3}}`))
	f.Add([]byte(strings.Repeat("[", 100)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		var r Record
		var err error
		if got, limit := allocated(func() { err = r.decode(b) }), uint64(16*len(b)+1<<20); got > limit {
			t.Errorf("%d bytes had %d bytes allocated, allowed %d", len(b), got, limit)
		}
		if err != nil {
			mustBeOneLine(t, err)
			return
		}
		dir := t.TempDir()
		res := &Result{Record: r, Dir: dir}
		if err := res.writeRecord(); err != nil {
			t.Fatal(err)
		}
		first := must(os.ReadFile(filepath.Join(dir, recordFile)))
		var again Record
		if err := again.decode(first); err != nil {
			t.Fatalf("accepted, and written as what is not: %v\n%s", err, first)
		}
		res.Record = again
		if err := res.writeRecord(); err != nil {
			t.Fatal(err)
		}
		if second := must(os.ReadFile(filepath.Join(dir, recordFile))); !bytes.Equal(first, second) {
			t.Errorf("came back as\n%s\nfrom\n%s", second, first)
		}
		_ = res.String()
	})
}

// A history of any bytes is read to its first line that is no event.
func FuzzHistory(f *testing.F) {
	var b bytes.Buffer
	for _, e := range []Event{{Kind: Train, Step: 3, Loss: 2.5, LR: 0.1, GradNorm: 1}, {Kind: Dev, Step: 3, Loss: math.NaN()}, {Kind: Best, Step: 3, Score: 0.1}} {
		must(0, writeLine(&b, e))
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()-7])
	f.Add(append(bytes.Clone(b.Bytes()), "\x00\x00\n"...))
	f.Add(bytes.Repeat([]byte("{}\n"), 1000))
	f.Add([]byte(`{"kind":"dev","step":1e400}`))
	f.Add(append(bytes.Repeat([]byte(" "), 5000), b.Bytes()...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		var h History
		var err error
		if got, limit := allocated(func() { h, err = scanHistory(bytes.NewReader(b)) }), uint64(64*len(b)+1<<20); got > limit {
			t.Errorf("%d bytes had %d bytes allocated, allowed %d", len(b), got, limit)
		}
		if err != nil {
			t.Fatal(err)
		}
		write := func(h History) []byte {
			var b bytes.Buffer
			for _, e := range h {
				must(0, writeLine(&b, e))
			}
			return b.Bytes()
		}
		first := write(h)
		again := must(scanHistory(bytes.NewReader(first)))
		if len(again) != len(h) || !bytes.Equal(write(again), first) {
			t.Errorf("%d events came back as %d:\n%s\n%s", len(h), len(again), first, write(again))
		}
	})
}

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
