package lab

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// A record of any bytes does not make the reader panic or fill memory; what is
// accepted is written and read back the same.
func FuzzRecord(f *testing.F) {
	r := Record{Name: "mlp", Question: "q1", Status: Finished, Steps: 21, Events: 3, Layers: json.RawMessage(`[{"relu":{}}]`),
		Best: train.Event{Kind: train.Dev, Step: 20, Score: 0.9, Loss: math.NaN()}, Test: &train.Score{N: 10}}
	b := must(json.Marshal(r))
	f.Add(b)
	f.Add(bytes.Replace(b, []byte("21"), []byte("-1"), 1))
	f.Add(bytes.Replace(b, []byte(`"finished"`), []byte(`null`), 1))
	f.Add([]byte(`{"Status":"finished","Status":"diverged","Best":{"step":1e3}}`))
	f.Add([]byte(strings.Repeat("[", 100)))
	r.Hyper, r.Config, r.Seed, r.Fork, r.Code = Settings{"lr": 0.1, "hidden": "512,256", "mine": true}, `a "b" <c>`, 1<<63, &Origin{Run: "x", Epoch: 2}, Code{Library: "l"}
	f.Add(must(json.MarshalIndent(r, "", "  ")))
	f.Add([]byte(`{"Status":"finished","Started":"2026-11-28T11:22:51Z","Seconds":1e-3,"Code":"old","Split":{"Seed":1},"Input":null,"Fork":null,"Weights":1.0}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		var quick, slow Record
		if quick.read(b) { // it means what package json says that it means
			if err := json.Unmarshal(b, &slow); err != nil || !bytes.Equal(must(json.Marshal(quick)), must(json.Marshal(slow))) {
				t.Fatalf("read as %+v, want %+v, %v", quick, slow, err)
			}
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
	for _, e := range []train.Event{{Kind: train.Train, Step: 3, Loss: 2.5, LR: 0.1, GradNorm: 1}, {Kind: train.Dev, Step: 3, Loss: math.NaN()}, {Kind: train.Best, Step: 3, Score: 0.1}} {
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

// A configuration in a record, of any text, makes the reader neither panic nor fill
// memory; what is accepted is the configuration that is written so.
func FuzzConfig(f *testing.F) {
	layers := map[string]json.RawMessage{}
	for _, c := range forkable() {
		key, _ := identify(must(c.Complete()))
		layers[key] = must(nn.EncodeLayers(c.Layers))
		f.Add(key)
		f.Add(strings.ReplaceAll(key, "nil", "{}"))
	}
	f.Add("inkling/pkg/nn/train.Config{Schedule:" + strings.Repeat("inkling/pkg/nn/optim.Warmup{Then:", 200))
	f.Add("inkling/pkg/nn/train.Config{Augment:{More:{" + strings.Repeat("nil, ", 200))
	l := New("fuzz", tiny(30), f.TempDir(), false)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		r := &Result{Record: Record{Name: "fuzzed", Config: text, Layers: layers[text]}, Dir: "fuzzed-0123456789ab"}
		if r.Layers == nil {
			r.Layers = json.RawMessage(`[{"relu":{}}]`)
		}
		var c train.Config
		var err error
		if got, limit := allocated(func() { c, err = l.ConfigOf(r) }), uint64(64*len(text)+4<<20); got > limit {
			t.Errorf("%d bytes had %d bytes allocated, allowed %d", len(text), got, limit)
		}
		if err != nil {
			mustBeOneLine(t, err)
		} else if key, _ := identify(c); key != text {
			t.Errorf("%s is taken for %s", text, key)
		}
	})
}
