package safetensors

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every float of 8 bits, against its definition; those of 16 are package half's.
func TestSmallFloats(t *testing.T) {
	defined := func(u, exponent, fraction int) float64 {
		sign, bias := float64(1-2*(u>>(exponent+fraction)&1)), 1<<(exponent-1)-1
		e, f := u>>fraction&(1<<exponent-1), float64(u&(1<<fraction-1))/float64(int(1)<<fraction)
		if e == 0 {
			return sign * f * math.Pow(2, float64(1-bias))
		}
		return sign * (1 + f) * math.Pow(2, float64(e-bias))
	}
	same := func(a float32, b float64) bool {
		return float64(a) == b && math.Signbit(float64(a)) == math.Signbit(b) || a != a && b != b
	}
	for u := range 1 << 8 {
		want := defined(u, 4, 3)
		if u&127 == 127 {
			want = math.NaN()
		}
		if got := eightBits(byte(u)); !same(got, want) {
			t.Fatalf("eight bits %#x are %v, want %v", u, got, want)
		}
	}
}

// Numbers of every type, one file for each, are those that were written.
func TestTypes(t *testing.T) {
	le := binary.LittleEndian
	for _, c := range []struct {
		dtype string
		bytes []byte
		want  []float32
	}{
		{"F32", le.AppendUint32(nil, math.Float32bits(-1.5)), []float32{-1.5}},
		{"F64", le.AppendUint64(le.AppendUint64(nil, math.Float64bits(0.1)), math.Float64bits(1e300)), []float32{0.1, float32(math.Inf(1))}},
		{"F16", []byte{0, 0x3c, 0xff, 0x7b, 1, 0x80}, []float32{1, 65504, -0x1p-24}},
		{"BF16", []byte{0x80, 0x3f, 0x40, 0xc0}, []float32{1, -3}},
		{"F8_E5M2", []byte{0x3c, 0xbc}, []float32{1, -1}},
		{"F8_E4M3", []byte{0x38, 0x7e, 0x81}, []float32{1, 448, -0x1p-9}},
		{"F8_E8M0", []byte{127, 128, 0}, []float32{1, 2, 0x1p-127}},
		{"U8", []byte{0, 255}, []float32{0, 255}},
		{"I8", []byte{127, 255}, []float32{127, -1}},
		{"BOOL", []byte{0, 1}, []float32{0, 1}},
		{"I16", []byte{0xff, 0xff, 0, 0x80}, []float32{-1, -32768}},
		{"U16", []byte{0xff, 0xff}, []float32{65535}},
		{"I32", []byte{0xff, 0xff, 0xff, 0xff}, []float32{-1}},
		{"U32", []byte{0xff, 0xff, 0xff, 0xff}, []float32{1 << 32}},
		{"I64", le.AppendUint64(nil, math.MaxUint64-2), []float32{-3}},
		{"U64", le.AppendUint64(nil, 1<<40), []float32{1 << 40}},
	} {
		header := fmt.Sprintf(`{"x":{"dtype":%q,"shape":[%d],"data_offsets":[0,%d]}}`, c.dtype, len(c.want), len(c.bytes))
		f, err := Decode(raw(header, string(c.bytes)))
		if err != nil {
			t.Errorf("%s: %v", c.dtype, err)
			continue
		}
		if !slices.Equal(f.Tensors[0].Data, c.want) {
			t.Errorf("%s: %v, want %v", c.dtype, f.Tensors[0].Data, c.want)
		}
		if told, want := f.Converted["x"], strings.TrimPrefix(c.dtype, "F32"); told != want {
			t.Errorf("%s: told as %q", c.dtype, told)
		}
	}
}

// A file with an array that is no weight is open; who asks for that array is told.
func TestReaderOfWhatIsNoWeight(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	header := `{"c":{"dtype":"C64","shape":[1],"data_offsets":[0,8]},"x":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"q":{"dtype":"F4","shape":[4],"data_offsets":[12,14]}}`
	if err := os.WriteFile(path, raw(header, "12345678\x00\x00\x80\x3fab"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if len(r.Arrays) != 3 || r.Arrays[1].Name != "x" {
		t.Fatalf("arrays %v", r.Arrays)
	}
	v, err := r.Values(r.Arrays[1])
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 1)
	if err := v.Read(x); err != nil || x[0] != 1 {
		t.Errorf("x is %v (%v)", x, err)
	}
	if err := v.Read(x); err != io.ErrUnexpectedEOF {
		t.Errorf("a second value of one: %v", err)
	}
	for _, i := range []int{0, 2} {
		if _, err := r.Values(r.Arrays[i]); err == nil || !strings.Contains(err.Error(), "not converted to a weight") {
			t.Errorf("%s: %v", r.Arrays[i].Name, err)
		}
	}
}

// What Python's own library writes of each type is what we read.
func TestReferenceTypes(t *testing.T) {
	py := python(t)
	dir := t.TempDir()
	const program = `
import numpy as np
from safetensors.numpy import load_file, save_file
v = {"f64": np.float64, "f16": np.float16, "i64": np.int64, "u16": np.uint16, "b": np.bool_, "f32": np.float32}
save_file({k: np.array([[0, 1, 0], [1, 1, 1]], d) for k, d in v.items()} | {"scalar": np.array(2.5), "none": np.zeros((0, 3), np.int8)}, "theirs")
`
	cmd := exec.Command(py, "-I", "-c", program)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := Load(filepath.Join(dir, "theirs"))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range f.Tensors {
		want := []float32{0, 1, 0, 1, 1, 1}
		switch x.Name {
		case "scalar":
			want = []float32{2.5}
		case "none":
			want = []float32{}
		}
		if !slices.Equal(x.Data, want) {
			t.Errorf("%s: %v, want %v", x.Name, x.Data, want)
		}
	}
	if len(f.Tensors) != 8 || len(f.Converted) != 7 {
		t.Errorf("%d tensors, converted %v", len(f.Tensors), f.Converted)
	}
}
