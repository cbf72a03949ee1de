package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// rewritten are the bytes of f as another program writes them: tensors by name,
// data in that order, the entries of the header and the metadata in any.
func rewritten(t *testing.T, meta map[string]string, tensors []Tensor, reverse bool) []byte {
	t.Helper()
	tensors = slices.Clone(tensors)
	slices.SortFunc(tensors, func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	var entries []string
	var data []byte
	for _, x := range tensors {
		from := len(data)
		for _, v := range x.Data {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
		dims, err := json.Marshal(x.Dims)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, fmt.Sprintf(`"%s":{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}`, x.Name, dims, from, len(data)))
	}
	keys := slices.Sorted(maps.Keys(meta))
	if reverse {
		slices.Reverse(keys)
		slices.Reverse(entries)
	}
	var pairs []string
	for _, k := range keys {
		key, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		value, err := json.Marshal(meta[k])
		if err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, fmt.Sprintf("%s:%s", key, value))
	}
	header := fmt.Sprintf(`{%s,"__metadata__":{%s}}`, strings.Join(entries, ","), strings.Join(pairs, ","))
	return raw(header+strings.Repeat(" ", (8-len(header)%8)%8), string(data))
}

// all is what the header of b holds, the checksum with it.
func all(t *testing.T, b []byte) map[string]string {
	t.Helper()
	meta, _, _, err := parseHeader(b[8 : 8+binary.LittleEndian.Uint64(b)])
	if err != nil {
		t.Fatal(err)
	}
	return meta
}

// The order of tensors, of the header's entries and of the metadata is nobody's
// promise: a file of ours that another program wrote again is the same file.
func TestRewrittenFile(t *testing.T) {
	f := small()
	slices.Reverse(f.Tensors) // not in the order of their names
	meta := all(t, encode(t, f))
	for _, reverse := range []bool{false, true} {
		got, err := Decode(rewritten(t, meta, f.Tensors, reverse))
		if err != nil {
			t.Errorf("reverse %v: %v", reverse, err)
			continue
		}
		if !reflect.DeepEqual(got.Meta, f.Meta) {
			t.Errorf("reverse %v: metadata %v, want %v", reverse, got.Meta, f.Meta)
		}
		for _, want := range f.Tensors {
			if x := got.Tensor(want.Name); x == nil || !reflect.DeepEqual(*x, want) {
				t.Errorf("reverse %v: %v, want %v", reverse, x, want)
			}
		}
	}
}

// Whatever else is changed by a program that keeps the checksum is noticed.
func TestChangedFile(t *testing.T) {
	f := small()
	sums := all(t, encode(t, f))
	for what, change := range map[string]func(meta map[string]string, f *File){
		"a value":        func(_ map[string]string, f *File) { f.Tensors[0].Data[2] = 0.25 },
		"a sign of zero": func(_ map[string]string, f *File) { f.Tensors[1].Data[1] = 0 },
		"a name":         func(_ map[string]string, f *File) { f.Tensors[1].Name = "0.linear.c" },
		"two names exchanged": func(_ map[string]string, f *File) {
			f.Tensors[1].Name, f.Tensors[2].Name = f.Tensors[2].Name, f.Tensors[1].Name
		},
		"a shape":               func(_ map[string]string, f *File) { f.Tensors[0].Dims = []int{3, 2} },
		"an empty shape":        func(_ map[string]string, f *File) { f.Tensors[3].Dims = []int{0, 3} },
		"a scalar as a vector":  func(_ map[string]string, f *File) { f.Tensors[2].Dims = []int{1} },
		"a tensor missing":      func(_ map[string]string, f *File) { f.Tensors = f.Tensors[:3] },
		"a tensor more":         func(_ map[string]string, f *File) { f.Tensors = append(f.Tensors, Tensor{"x", []int{0}, nil}) },
		"metadata":              func(meta map[string]string, _ *File) { meta["format"] = "inklinG" },
		"metadata more":         func(meta map[string]string, _ *File) { meta["x"] = "" },
		"metadata missing":      func(meta map[string]string, _ *File) { delete(meta, "empty") },
		"key and value shifted": func(meta map[string]string, _ *File) { delete(meta, "format"); meta["formati"] = "nkling" },
	} {
		f, meta := small(), maps.Clone(sums)
		change(meta, f)
		if _, err := Decode(rewritten(t, meta, f.Tensors, false)); err == nil || !strings.Contains(err.Error(), "changed on purpose") {
			t.Errorf("%s: %v, want it noticed", what, err)
		}
		delete(meta, contentKey)
		delete(meta, checksumKey)
		if _, err := Decode(rewritten(t, meta, f.Tensors, false)); err != nil {
			t.Errorf("%s, without the checksum: %v", what, err)
		}
	}
}

// Files written before the checksum was one of the contents still load, and
// what is wrong with them is still found.
func TestOrderedHashes(t *testing.T) {
	path := filepath.Join("testdata", "ordered-hashes.safetensors")
	got, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, small()) {
		t.Errorf("got\n%v, want\n%v", got, small())
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		for bit := range 8 {
			b := slices.Clone(whole)
			b[i] ^= 1 << bit
			if _, err := Decode(b); err == nil {
				t.Errorf("byte %d (%q), bit %d: not noticed", i, whole[i], bit)
			}
		}
	}
	if b := encode(t, got); bytes.Contains(b, []byte(headerHashKey)) || !bytes.Contains(b, []byte(contentKey)) {
		t.Error("written again with the old hashes")
	}
}

// A file of ours, opened with the reference implementation and saved again with
// its metadata, nothing changed.
func TestSavedAgainInPython(t *testing.T) {
	py := python(t)
	dir := t.TempDir()
	f := small()
	slices.Reverse(f.Tensors)
	for i := range 20 {
		f.Meta[fmt.Sprint("key", i)] = "value"
	}
	if err := f.Save(filepath.Join(dir, "ours")); err != nil {
		t.Fatal(err)
	}
	const program = `
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
with safe_open("ours", "np") as f:
    meta = f.metadata()
for i in range(5):
    save_file(load_file("ours"), "again%d" % i, metadata=meta)
`
	cmd := exec.Command(py, "-I", "-c", program)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for i := range 5 {
		got, err := Load(filepath.Join(dir, fmt.Sprint("again", i)))
		if err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(got.Meta, f.Meta) || len(got.Tensors) != len(f.Tensors) {
			t.Errorf("%v, want %v", got, f)
		}
		for _, want := range f.Tensors {
			if x := got.Tensor(want.Name); x == nil || !slices.Equal(x.Dims, want.Dims) || !slices.Equal(x.Data, want.Data) {
				t.Errorf("%s: %v, want %v", want.Name, x, want)
			}
		}
	}
}
