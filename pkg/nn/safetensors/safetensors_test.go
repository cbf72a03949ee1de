package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func small() *File {
	return &File{
		Meta: map[string]string{"format": "inkling", "note": `a "quoted" — <naïve> note`, "empty": ""},
		Tensors: []Tensor{
			{"0.linear.W", []int{2, 3}, []float32{1, -2, 0.5, float32(math.Inf(1)), math.SmallestNonzeroFloat32, math.MaxFloat32}},
			{"0.linear.b", []int{2}, []float32{0, float32(math.Copysign(0, -1))}},
			{"scalar", []int{}, []float32{7}},
			{"none/of-it_", []int{3, 0}, []float32{}},
		},
	}
}

func encode(t testing.TB, f *File) []byte {
	t.Helper()
	b, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	for name, f := range map[string]*File{
		"small":         small(),
		"no tensors":    {Meta: map[string]string{"a": "b"}},
		"nothing":       {Meta: map[string]string{}},
		"one tensor":    {Meta: map[string]string{}, Tensors: []Tensor{{"x", []int{1}, []float32{3}}}},
		"greatest rank": {Meta: map[string]string{}, Tensors: []Tensor{{"x", []int{1, 1, 1, 2, 1, 1, 1, 1}, []float32{3, 4}}}},
	} {
		t.Run(name, func(t *testing.T) {
			b := encode(t, f)
			got, err := Decode(b)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, f) {
				t.Errorf("got\n%#v, want\n%#v", got, f)
			}
			if again := encode(t, got); !bytes.Equal(again, b) {
				t.Error("encoding what was decoded gives other bytes")
			}
		})
	}
}

func TestNaNKeepsItsBits(t *testing.T) {
	const bits = 0x7fc01234
	f := &File{Tensors: []Tensor{{"x", []int{1}, []float32{math.Float32frombits(bits)}}}}
	got, err := Decode(encode(t, f))
	if err != nil {
		t.Fatal(err)
	}
	if b := math.Float32bits(got.Tensors[0].Data[0]); b != bits {
		t.Errorf("bits %#x, want %#x", b, bits)
	}
}

// The layout that other readers rely on.
func TestLayout(t *testing.T) {
	b := encode(t, small())
	n := binary.LittleEndian.Uint64(b)
	if n%8 != 0 || b[8] != '{' {
		t.Errorf("header of %d bytes that begins with %q: want a multiple of 8 and a brace", n, b[8])
	}
	data := b[8+n:]
	if got := math.Float32frombits(binary.LittleEndian.Uint32(data[4:])); got != -2 {
		t.Errorf("second value of the data is %v, want -2", got)
	}
	if !bytes.Contains(b, []byte(`"0.linear.b":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}`)) {
		t.Errorf("header %s", b[8:8+n])
	}
}

func TestEncodeRefuses(t *testing.T) {
	one := func(name string, dims []int, values int) *File {
		return &File{Tensors: []Tensor{{name, dims, make([]float32, values)}}}
	}
	many := &File{}
	for i := range maxTensors + 1 {
		many.Tensors = append(many.Tensors, Tensor{fmt.Sprint(i), []int{0}, nil})
	}
	for _, c := range []struct {
		f    *File
		want string
	}{
		{one("x", []int{2}, 3), "3 values, its shape [2] holds 2"},
		{one("x", []int{-1, -1}, 1), "[-1 -1]"},
		{one("x", []int{1 << 33, 1 << 33}, 0), "too large"},
		{one("x", []int{1, 1, 1, 1, 1, 1, 1, 1, 1}, 1), "rank 9, want at most 8"},
		{one("", []int{1}, 1), "name of 0 bytes"},
		{one(strings.Repeat("x", 257), []int{1}, 1), "name of 257 bytes"},
		{one("a\nb", []int{1}, 1), "printable signs"},
		{one("a\u202eb", []int{1}, 1), "printable signs"},
		{one("a\xff", []int{1}, 1), "printable signs"},
		{one("__metadata__", []int{1}, 1), "the metadata's"},
		{&File{Tensors: []Tensor{{"x", []int{1}, []float32{1}}, {"x", []int{1}, []float32{1}}}}, `"x" twice`},
		{&File{Meta: map[string]string{"a": "\xff"}}, "UTF-8"},
		{&File{Meta: map[string]string{"a": strings.Repeat("x", maxHeader)}}, "at most 1048576"},
		{many, "4097 tensors"},
	} {
		if _, err := c.f.Encode(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60v: %v, want %q", c.f, err, c.want)
		}
	}
}

func raw(header string, data string) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

// Files from elsewhere carry no hashes; a strict reader takes them when all
// else is right.
func TestForeignFile(t *testing.T) {
	for _, header := range []string{
		`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
		`{ "x" : {"data_offsets" : [0, 4], "shape":[1, 1], "dtype":"F32"} , "__metadata__":{"format":"pt"}}   `,
		`{"x":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`,
		`{"\u0078":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
		`{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
		`{"__metadata__":null,"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
		`{"sequential/dense 1/Größe:0":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
		`{"y":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]},"x":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}}`,
	} {
		f, err := Decode(raw(header, "\x00\x00\x80\x3f"))
		if err != nil {
			t.Errorf("%s: %v", header, err)
			continue
		}
		if last := f.Tensors[len(f.Tensors)-1]; len(last.Data) != 1 || last.Data[0] != 1 {
			t.Errorf("%s: %v", header, f)
		}
	}
}

// entryOf is a header of one tensor.
func entryOf(shape, offsets string) string {
	return `{"x":{"dtype":"F32","shape":` + shape + `,"data_offsets":` + offsets + `}}`
}

func TestHostileHeaders(t *testing.T) {
	var sb strings.Builder
	sb.WriteString(`{"__metadata__":{`)
	for i := range 60000 {
		fmt.Fprintf(&sb, `"%d":"",`, i)
	}
	manyKeys := strings.TrimSuffix(sb.String(), ",") + "}}"
	sb.Reset()
	sb.WriteString("{")
	for i := range 5000 {
		fmt.Fprintf(&sb, `"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},`, i)
	}
	manyTensors := strings.TrimSuffix(sb.String(), ",") + "}"

	length := func(n uint64) []byte { return append(binary.LittleEndian.AppendUint64(nil, n), "{}"...) }
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty file", nil, "0 bytes, want at least 8"},
		{"no header", []byte("12345678"), "header of"},
		{"empty header", raw("", ""), "not a JSON object"},
		{"length beyond the file", length(3), "header of 3 bytes in a file of 10"},
		{"length 1 MB + 1", append(binary.LittleEndian.AppendUint64(nil, maxHeader+1), make([]byte, maxHeader+1)...), "at most 1048576"},
		{"length 2⁶³", length(1 << 63), "at most"},
		{"length 2⁶⁴−1", length(math.MaxUint64), "at most"},
		{"space before the header", raw(` {}`, ""), "not a JSON object"},
		{"an array", raw(`[]`, ""), "not a JSON object"},
		{"half an object", raw(`{"x"`, ""), "header"},
		{"open object", raw(`{`, ""), "header"},
		{"bytes after the header", raw(`{}x`, ""), "1 bytes after its end"},
		{"two headers", raw(`{}{}`, ""), "after its end"},
		{"tab after the header", raw("{}\t", ""), "after its end"},
		{"not UTF-8", raw("{\"__metadata__\":{\"a\":\"\xff\"}}", ""), "not a JSON object"},

		{"shape product 2⁶⁴ wraps to 0", raw(entryOf(`[4294967296,4294967296]`, `[0,0]`), ""), "too large"},
		{"shape product wraps to 4 bytes", raw(entryOf(`[4611686018427387905]`, `[0,4]`), "1234"), "too large"},
		{"shape product with a zero last", raw(entryOf(`[4294967296,4294967296,0]`, `[0,0]`), ""), "too large"},
		{"1 TB from a few bytes", raw(entryOf(`[274877906944]`, `[0,1099511627776]`), "1234"), "cut short"},
		{"negative dimension", raw(entryOf(`[-1]`, `[0,4]`), "1234"), "whole number"},
		{"fraction", raw(entryOf(`[1.0]`, `[0,4]`), "1234"), "whole number"},
		{"exponent", raw(entryOf(`[1e0]`, `[0,4]`), "1234"), "whole number"},
		{"string for a number", raw(entryOf(`["1"]`, `[0,4]`), "1234"), "whole number"},
		{"beyond 64 bits", raw(entryOf(`[18446744073709551616]`, `[0,4]`), "1234"), "whole number"},
		{"shape null", raw(entryOf(`null`, `[0,4]`), "1234"), "belongs"},
		{"rank 9", raw(entryOf(`[1,1,1,1,1,1,1,1,1]`, `[0,4]`), "1234"), "more than 8 numbers"},
		{"rank half a million", raw(entryOf(`[1`+strings.Repeat(",1", 500000)+`]`, `[0,4]`), "1234"), "more than 8 numbers"},

		{"three offsets", raw(entryOf(`[1]`, `[0,4,8]`), "1234"), "more than 2 numbers"},
		{"one offset", raw(entryOf(`[1]`, `[0]`), "1234"), "two data_offsets"},
		{"offsets turned round", raw(entryOf(`[1]`, `[4,0]`), "1234"), "at bytes 4 to 0, want 0 to 4"},
		{"a hole at the start", raw(entryOf(`[1]`, `[4,8]`), "12341234"), "want 0 to 4"},
		{"offsets that do not fit the shape", raw(entryOf(`[2]`, `[0,4]`), "1234"), "want 0 to 8"},
		{"data longer", raw(entryOf(`[1]`, `[0,4]`), "12345"), "5 bytes of data, the header describes 4"},
		{"data shorter", raw(entryOf(`[1]`, `[0,4]`), "123"), "cut short"},
		{"overlap", raw(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "1234"), `"y" at bytes 0 to 4`},

		{"name twice", raw(`{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, ""), `"x" twice`},
		{"metadata twice", raw(`{"__metadata__":{},"__metadata__":{}}`, ""), "twice"},
		{"key twice in the metadata", raw(`{"__metadata__":{"a":"1","a":"2"}}`, ""), `"a" twice`},
		{"field twice", raw(`{"x":{"dtype":"F64","dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, ""), `"dtype" twice`},
		{"field in capitals", raw(`{"x":{"DType":"F32","shape":[0],"data_offsets":[0,0]}}`, ""), `unknown field "DType"`},
		{"unknown field", raw(`{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"z":1}}`, ""), `unknown field "z"`},
		{"no dtype", raw(`{"x":{"shape":[0],"data_offsets":[0,0]}}`, ""), "want dtype, shape"},
		{"no shape", raw(`{"x":{"dtype":"F32","data_offsets":[0,4]}}`, "1234"), "want dtype, shape"},
		{"empty entry", raw(`{"x":{}}`, ""), "want dtype, shape"},
		{"null entry", raw(`{"x":null}`, ""), "belongs"},
		{"other dtype", raw(`{"x":{"dtype":"F12","shape":[2],"data_offsets":[0,4]}}`, "1234"), `dtype "F12", want one of BF16, BOOL`},
		{"a dtype that is no number", raw(`{"x":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}`, "12345678"), `"x": dtype C64, which is not converted`},
		{"half a byte", raw(`{"x":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}`, "12"), "ends within a byte"},
		{"bits that wrap", raw(`{"x":{"dtype":"F6_E2M3","shape":[3074457345618258603],"data_offsets":[0,4]}}`, "1234"), "too large"},
		{"F64 in the bytes of F32", raw(`{"x":{"dtype":"F64","shape":[1],"data_offsets":[0,4]}}`, "1234"), "want 0 to 8"},
		{"dtype null", raw(`{"x":{"dtype":null,"shape":[1],"data_offsets":[0,4]}}`, "1234"), "where a string belongs"},
		{"metadata of numbers", raw(`{"__metadata__":{"a":1}}`, ""), "where a string belongs"},
		{"metadata a list", raw(`{"__metadata__":[]}`, ""), "where { or null belongs"},
		{"metadata nested", raw(`{"__metadata__":{"a":{}}}`, ""), "where a string belongs"},
		{"name with a line break", raw(`{"x\ny":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, ""), "printable signs"},
		{"name with an escape code", raw(`{"\u001b[2Jx":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, ""), "printable signs"},
		{"name that is half a pair", raw(`{"\ud800":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, ""), "printable signs"},
		{"empty name", raw(`{"":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, ""), "name of 0 bytes"},
		{"long name", raw(`{"`+strings.Repeat("x", 257)+`":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, ""), "name of 257 bytes"},
		{"60,000 entries of metadata", raw(manyKeys, ""), "more than 4096"},
		{"5,000 tensors", raw(manyTensors, ""), "more than 4096"},
		{"deeply nested", raw(`{"x":{"dtype":`+strings.Repeat("[", 20000)+`}}`, ""), "header"},
		{"a checksum that nothing names", raw(`{"__metadata__":{"content_sha256":"e3b0"}}`, ""), "want both or none"},
		{"the name of a checksum that is not there", raw(`{"__metadata__":{"checksum":"content_sha256"}}`, ""), "want both or none"},
		{"another checksum", raw(`{"__metadata__":{"checksum":"x","content_sha256":"e3b0"}}`, ""), "want both or none"},
		{"a checksum that is none", raw(`{"__metadata__":{"checksum":"content_sha256","content_sha256":"e3b0"}}`, ""), "changed on purpose"},
		{"one hash without the other", raw(`{"__metadata__":{"data_sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}`, ""), "want both or none"},
		{"hashes that are no hashes", raw(`{"__metadata__":{"data_sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","header_sha256":""}}`, ""), "damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f, err := Decode(c.file)
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Fatalf("accepted as %v", f)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if n := len(err.Error()); n > 400 || strings.Contains(err.Error(), "\n") {
				t.Errorf("a message of %d bytes", n)
			}
			// A tensor costs the JSON decoder about 1.5 KB, most of it for a moment.
			if used, most := after.TotalAlloc-before.TotalAlloc, uint64(4*len(c.file)+maxTensors*2048); used > most {
				t.Errorf("allocated %d bytes for a file of %d, at most %d", used, len(c.file), most)
			}
		})
	}
}

// An accepted file, too, costs little more than itself.
func TestAllocation(t *testing.T) {
	b := encode(t, &File{Tensors: []Tensor{{"x", []int{1 << 20}, make([]float32, 1<<20)}}})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Decode(b); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > uint64(len(b)+1<<20) {
		t.Errorf("allocated %d bytes for a file of %d", used, len(b))
	}
}

func TestCorruption(t *testing.T) {
	whole := encode(t, small())
	path := filepath.Join(t.TempDir(), "weights.safetensors")
	// damaged checks that a damaged file is refused with its name and a reason.
	damaged := func(t *testing.T, what string, b []byte) {
		t.Helper()
		if _, err := Decode(b); err == nil {
			t.Errorf("%s: not noticed", what)
		}
	}
	header := 8 + int(binary.LittleEndian.Uint64(whole))
	t.Run("every bit of the header", func(t *testing.T) {
		for i := range header {
			for bit := range 8 {
				b := slices.Clone(whole)
				b[i] ^= 1 << bit
				damaged(t, fmt.Sprintf("byte %d (%q), bit %d", i, whole[i], bit), b)
			}
		}
	})
	t.Run("every byte of the header, any other value", func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 1))
		for i := range header {
			b := slices.Clone(whole)
			b[i] += byte(1 + r.IntN(255))
			damaged(t, fmt.Sprintf("byte %d (%q) as %q", i, whole[i], b[i]), b)
		}
	})
	t.Run("1,000 random bits", func(t *testing.T) {
		r := rand.New(rand.NewPCG(2, 2))
		for range 1000 {
			b := slices.Clone(whole)
			at := r.IntN(8 * len(b))
			b[at/8] ^= 1 << (at % 8)
			damaged(t, fmt.Sprintf("bit %d", at), b)
		}
	})
	t.Run("every truncation", func(t *testing.T) {
		for n := range whole {
			damaged(t, fmt.Sprintf("%d of %d bytes", n, len(whole)), whole[:n])
		}
	})
	t.Run("one byte more", func(t *testing.T) { damaged(t, "byte 0", append(slices.Clone(whole), 0)) })
	t.Run("two tensors exchanged", func(t *testing.T) {
		f := small()
		f.Tensors[0].Name, f.Tensors[1].Name = "1.linear.W", "1.linear.b"
		other := encode(t, f)
		mixed := append(slices.Clone(other[:header]), whole[header:]...)
		if !bytes.Equal(mixed, other) {
			t.Fatal("this file has the header of one and the data of the other: they were to be the same")
		}
		mixed = bytes.Replace(slices.Clone(whole), []byte("0.linear.W"), []byte("9.linear.W"), 1)
		damaged(t, "a tensor renamed", mixed)
	})
	t.Run("the message names the file", func(t *testing.T) {
		b := slices.Clone(whole)
		b[len(b)-1] ^= 1
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "SHA-256 of the contents") {
			t.Errorf("%v, want the name and the reason", err)
		}
	})
}

func TestSaveAndLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.safetensors")
	if err := small().Save(path); err != nil {
		t.Fatal(err)
	}
	got, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, small()) {
		t.Errorf("got %v, want %v", got, small())
	}
	if x := got.Tensor("scalar"); x == nil || x.Data[0] != 7 {
		t.Errorf("Tensor(scalar) = %v", x)
	}
	if x := got.Tensor("scala"); x != nil {
		t.Errorf("Tensor(scala) = %v", x)
	}
	bad := &File{Tensors: []Tensor{{"a\tb", nil, nil}}}
	if err := bad.Save(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("%v, want an error that names the file", err)
	}
	if again, err := Load(path); err != nil || !reflect.DeepEqual(again, got) {
		t.Errorf("a Save that failed changed the file: %v", err)
	}
	if _, err := Load(filepath.Join(filepath.Dir(path), "b")); err == nil || !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// python returns an interpreter that can import the reference implementation.
func python(t *testing.T) string {
	for _, name := range []string{os.Getenv("INKLING_PYTHON"), "python3"} {
		if name != "" && exec.Command(name, "-I", "-c", "from safetensors.numpy import load_file").Run() == nil {
			return name
		}
	}
	t.Skip("no Python with the safetensors package (INKLING_PYTHON names one)")
	return ""
}

// The reference implementation reads our files, and we read its.
func TestReferenceImplementation(t *testing.T) {
	py := python(t)
	dir := t.TempDir()
	f := small()
	if err := f.Save(filepath.Join(dir, "ours")); err != nil {
		t.Fatal(err)
	}
	const program = `
import sys, numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
x = load_file("ours")
with safe_open("ours", "np") as f:
    meta = f.metadata()
assert x["0.linear.W"].shape == (2, 3) and x["0.linear.W"].dtype == np.float32, x
assert x["0.linear.W"][0, 1] == -2 and np.isinf(x["0.linear.W"][1, 0]) and x["scalar"] == 7, x
assert x["none/of-it_"].shape == (3, 0), x
assert meta["note"] == 'a "quoted" — <naïve> note', meta
save_file(x, "theirs", metadata={"note": meta["note"]})
`
	cmd := exec.Command(py, "-I", "-c", program)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := Load(filepath.Join(dir, "theirs"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Meta["note"] != f.Meta["note"] || len(got.Tensors) != len(f.Tensors) {
		t.Errorf("%v", got)
	}
	for _, want := range f.Tensors {
		x := got.Tensor(want.Name)
		if x == nil || !slices.Equal(x.Dims, want.Dims) || !slices.Equal(x.Data, want.Data) {
			t.Errorf("%s: %v, want %v", want.Name, x, want)
		}
	}
}
