package onnx

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"inkling/pkg/nn"
)

// What no layer computes is told in one line that names the node.
func TestDecodeRefuses(t *testing.T) {
	linear := []draft{of("Gemm", "y", "x", "w")}
	w := floats("w", 4, 3)
	for _, c := range []struct {
		name string
		file sketch
		want string
	}{
		{"an operator", sketch{input: []int{0, 4}, nodes: []draft{of("Mish", "y", "x")}}, `node 0 (Mish): no layer here computes it; known: Add, `},
		{"another domain", sketch{input: []int{0, 4}, nodes: []draft{{op: "Relu", domain: "com.microsoft", in: []string{"x"}, out: []string{"y"}}}}, `an operator of "com.microsoft"`},
		{"a learned operator", sketch{input: []int{0, 4}, nodes: []draft{{op: "TreeEnsembleClassifier", domain: "ai.onnx.ml", in: []string{"x"}, out: []string{"y"}}}}, "no layer here computes it"},
		{"an old operator set", sketch{opset: 6, input: []int{0, 4}, nodes: linear, arrays: []tensor{w}}, "operator set 6, want 7 to 26"},
		{"a new operator set", sketch{opset: 99, input: []int{0, 4}, nodes: linear, arrays: []tensor{w}}, "operator set 99, want 7 to 26"},
		{"a new IR", sketch{ir: 99, input: []int{0, 4}, nodes: linear, arrays: []tensor{w}}, "IR version 99, want 3 to"},
		{"functions", sketch{functions: 2, input: []int{0, 4}, nodes: linear, arrays: []tensor{w}}, "2 functions of its own"},
		{"no weights", sketch{input: []int{0, 4}, nodes: linear}, `input "w" is given by nothing before it`},
		{"too few bytes", sketch{input: []int{0, 4}, nodes: linear, arrays: []tensor{{name: "w", dims: []int{4, 3}, element: float32s, raw: make([]byte, 44)}}}, "has 44 bytes, its dimensions [4 3] want 48"},
		{"no bytes", sketch{input: []int{0, 4}, nodes: linear, arrays: []tensor{{name: "w", dims: []int{4, 3}, element: float32s}}}, "has 0 bytes"},
		{"strings", sketch{input: []int{0, 4}, nodes: linear, arrays: []tensor{{name: "w", dims: []int{4, 3}, element: 8, raw: make([]byte, 48)}}}, "is of element type 8, want float"},
		{"another width", sketch{input: []int{0, 5}, nodes: linear, arrays: []tensor{w}}, "a batch of [5] by weights of [4 3]"},
		{"a product on the last axis", sketch{input: []int{0, 2, 4}, nodes: []draft{of("MatMul", "y", "x", "w")}, arrays: []tensor{w}}, "want vectors by a matrix"},
		{"weights elsewhere", sketch{input: []int{0, 4}, nodes: linear, arrays: []tensor{{name: "w", dims: []int{4, 3}, element: float32s, entries: []string{"location", "w.bin"}}}}, `in the file "w.bin", and the model was not read from a folder`},
		{"two outputs", sketch{input: []int{0, 4}, nodes: []draft{of("Relu", "y", "x"), of("Tanh", "z", "x")}, outputs: []string{"y", "z"}}, `2 outputs of numbers ("y", "z"), want one`},
		{"an output of nothing", sketch{input: []int{0, 4}, nodes: []draft{of("Relu", "z", "x")}}, `output "y" does not depend on the input`},
		{"no dimensions", sketch{nodes: linear, arrays: []tensor{w}}, "want a batch of vectors or images"},
		{"a free side", sketch{input: []int{0, 1, 0, 28}, nodes: []draft{of("Relu", "y", "x")}}, "want all but the first to be given"},
		{"a group", sketch{input: []int{0, 2, 5, 5}, nodes: []draft{of("Conv", "y", "x", "k").with("group", 2)}, arrays: []tensor{floats("k", 2, 1, 3, 3)}}, "in 2 group(s)"},
		{"a flat kernel", sketch{input: []int{0, 1, 5, 5}, nodes: []draft{of("Conv", "y", "x", "k")}, arrays: []tensor{floats("k", 2, 1, 1, 3)}}, "want filters × 1 × k × k in one"},
		{"dilations", sketch{input: []int{0, 1, 9, 9}, nodes: []draft{of("Conv", "y", "x", "k").with("dilations", []int{2, 2})}, arrays: []tensor{floats("k", 2, 1, 3, 3)}}, "dilations [2 2], want 1"},
		{"pads on one side", sketch{input: []int{0, 1, 6, 6}, nodes: []draft{of("Conv", "y", "x", "k").with("auto_pad", "SAME_UPPER").with("strides", []int{2, 2})}, arrays: []tensor{floats("k", 2, 1, 3, 3)}}, "pads [0 0 1 1] (top, left, bottom, right), want the same on all sides"},
		{"ceil", sketch{input: []int{0, 1, 5, 5}, nodes: []draft{of("MaxPool", "y", "x").with("kernel_shape", []int{2, 2}).with("strides", []int{2, 2}).with("ceil_mode", 1)}}, "ceil_mode"},
		{"pads that do not count", sketch{input: []int{0, 1, 6, 6}, nodes: []draft{of("AveragePool", "y", "x").with("kernel_shape", []int{3, 3}).with("pads", []int{1, 1, 1, 1})}}, "count_include_pad 0"},
		{"pads before a pooling", sketch{opset: 10, input: []int{0, 1, 6, 6}, nodes: []draft{of("Pad", "p", "x").with("pads", []int{0, 0, 1, 1, 0, 0, 1, 1}), of("MaxPool", "y", "p").with("kernel_shape", []int{3, 3})}}, "padded with zeros, which only a convolution takes"},
		{"pads at the end", sketch{opset: 10, input: []int{0, 1, 6, 6}, nodes: []draft{of("Pad", "y", "x").with("pads", []int{0, 0, 1, 1, 0, 0, 1, 1})}}, "is padded, want a convolution behind"},
		{"training", sketch{input: []int{0, 4}, nodes: []draft{of("BatchNormalization", "y", "x", "a", "b", "c", "d").with("training_mode", 1)}, arrays: []tensor{floats("a", 4)}}, "training_mode"},
		{"training, said by the outputs", sketch{opset: 13, input: []int{0, 4}, nodes: []draft{{op: "BatchNormalization", in: []string{"x", "a", "b", "c", "d"}, out: []string{"y", "m", "v"}}}, arrays: []tensor{floats("a", 4)}}, "training_mode"},
		{"log-probabilities", sketch{input: []int{0, 4}, nodes: []draft{of("LogSoftmax", "y", "x")}}, "export the network without it"},
		{"a gate that is transposed", sketch{input: []int{0, 1, 3, 3}, nodes: []draft{of("Transpose", "t", "x").with("perm", []int{0, 1, 3, 2}), of("Sigmoid", "s", "t"), of("Mul", "y", "x", "s")}}, "no SiLU and no exact GELU"},
		{"a GELU of which a part is transposed", sketch{input: []int{0, 1, 3, 3}, nodes: []draft{of("Transpose", "t", "x").with("perm", []int{0, 1, 3, 2}), of("Div", "d", "t", "r"), of("Erf", "e", "d"), of("Add", "f", "e", "o"), of("Mul", "y", "x", "f")}, arrays: []tensor{scalar("r", math.Sqrt2), scalar("o", 1)}}, "no SiLU and no exact GELU"},
		{"infinity that counts", sketch{input: []int{0, 4}, nodes: []draft{of("Cast", "n", "f").with("to", int64s), of("Reshape", "y", "x", "n")}, arrays: []tensor{scalar("f", math.Inf(1))}}, "+Inf to a whole number"},
		{"tanh's GELU", sketch{opset: 20, input: []int{0, 4}, nodes: []draft{of("Gelu", "y", "x").with("approximate", "tanh")}}, `approximate "tanh"`},
		{"ReLU6", sketch{opset: 10, input: []int{0, 4}, nodes: []draft{of("Clip", "y", "x").with("min", 0.0).with("max", 6.0)}}, "between 0 and 6, want a ReLU"},
		{"a product of branches", sketch{input: []int{0, 4}, nodes: []draft{of("Tanh", "t", "x"), of("Mul", "y", "x", "t")}}, "no SiLU and no exact GELU"},
		{"Erf alone", sketch{input: []int{0, 4}, nodes: []draft{of("Erf", "y", "x")}}, "Erf outside of a GELU, which no layer here computes"},
		{"a difference", sketch{input: []int{0, 4}, nodes: []draft{of("Tanh", "t", "x"), of("Sub", "y", "x", "t")}}, "a difference of branches"},
		{"branches that cross", sketch{input: []int{0, 4}, nodes: []draft{of("Tanh", "a", "x"), of("Relu", "b", "x"), of("Add", "c", "a", "b"), of("Add", "d", "c", "b"), of("Add", "y", "d", "a")}}, "a value goes three ways"},
		{"slopes", sketch{input: []int{0, 4}, nodes: []draft{of("PRelu", "y", "x", "s")}, arrays: []tensor{floats("s", 4)}}, "slopes of channels"},
		{"a steep slope", sketch{input: []int{0, 4}, nodes: []draft{of("PRelu", "y", "x", "s")}, arrays: []tensor{scalar("s", 2)}}, "Slope 2, want 0 < Slope < 1"},
		{"a place", sketch{input: []int{0, 4}, nodes: []draft{of("Gather", "y", "x", "zero").with("axis", 1)}, arrays: []tensor{{name: "zero", element: int64s, raw: make([]byte, 8)}}}, "takes places out of axis 1 of a batch of [4]"},
		{"channels joined", sketch{input: []int{0, 4}, nodes: []draft{of("Concat", "y", "x", "x").with("axis", 1)}}, "joins activations"},
		{"the batch moved", sketch{input: []int{0, 2, 3, 4}, nodes: []draft{of("Transpose", "y", "x").with("perm", []int{1, 0, 2, 3})}}, "want the batch to stay in front"},
		{"the batch in a shape", sketch{input: []int{0, 2, 3}, nodes: []draft{of("Reshape", "y", "x", "s")}, arrays: []tensor{wholes("s", 6, -1)}}, "want the batch to stay in front"},
		{"a transposed output", sketch{input: []int{0, 2, 3, 4}, nodes: []draft{of("Transpose", "y", "x").with("perm", []int{0, 2, 3, 1})}}, "in the order of a transposition"},
		{"images in the middle", sketch{input: []int{0, 8}, nodes: []draft{of("Relu", "r", "x"), of("Reshape", "i", "r", "s"), of("Conv", "y", "i", "k")}, arrays: []tensor{wholes("s", -1, 2, 2, 2), floats("k", 1, 2, 1, 1)}}, "no layer here makes them"},
		{"softmax of a row", sketch{input: []int{0, 2, 3}, nodes: []draft{of("Softmax", "y", "x")}}, "want one over the whole example"},
		{"a bias of another size", sketch{input: []int{0, 4}, nodes: []draft{of("Gemm", "y", "x", "w", "b")}, arrays: []tensor{w, floats("b", 4)}}, "a bias of [4] for 3 outputs"},
		{"a division by zero", sketch{input: []int{0, 4}, nodes: []draft{of("Div", "y", "x", "z")}, arrays: []tensor{{name: "z", element: float32s, raw: make([]byte, 4)}}}, "a division by 0"},
		{"NaN", sketch{input: []int{0, 1}, nodes: linear, arrays: []tensor{{name: "w", dims: []int{1, 1}, element: float32s, raw: []byte{0, 0, 0xc0, 0x7f}}}}, "is NaN, want finite numbers"},
		{"the same name twice", sketch{input: []int{0, 4}, nodes: linear, arrays: []tensor{w, w}}, `two arrays are called "w"`},
		{"a value given twice", sketch{input: []int{0, 4}, nodes: []draft{of("Relu", "y", "x"), of("Tanh", "y", "x")}}, `"y" is given twice`},
		{"a loop", sketch{input: []int{0, 4}, nodes: []draft{of("Add", "y", "x", "y")}}, `input "y" is given by nothing before it`},
		{"a vast constant", sketch{input: []int{0, 1 << 27}, nodes: []draft{of("Mul", "y", "x", "c")}, arrays: []tensor{floats("c")}}, "more numbers than the file has bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, _, err := Decode(c.file.bytes())
			if err == nil {
				t.Fatalf("read as %#v", m.Layers)
			}
			if s := err.Error(); !strings.Contains(s, c.want) || strings.Contains(s, "\n") || len(s) > 700 {
				t.Errorf("%q, want %q", s, c.want)
			}
		})
	}
}

// Bytes that are no message are refused, wherever they are cut.
func TestDecodeOfPieces(t *testing.T) {
	whole := sketch{input: []int{0, 4}, nodes: []draft{of("Gemm", "y", "x", "w")}, arrays: []tensor{floats("w", 4, 3)}}.bytes()
	if _, _, err := Decode(whole); err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) {
		if _, _, err := Decode(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes are read as a model", n, len(whole))
		}
	}
}

// A file of another kind is told by what it is.
func TestLoadOfOtherKinds(t *testing.T) {
	whole := string(sketch{input: []int{0, 4}, nodes: []draft{of("Gemm", "y", "x", "w")}, arrays: []tensor{floats("w", 4, 3)}}.bytes())
	for content, want := range map[string]string{
		"hello\n":                            "looks like text, want an ONNX model",
		"":                                   "looks like an empty file, want an ONNX model",
		"\x89HDF\r\n\x1a\n\x00\x00":          "looks like an HDF5 file (Keras), want an ONNX model",
		"\x02\x00\x00\x00\x00\x00\x00\x00{}": "looks like a safetensors file, want an ONNX model",
		whole[:len(whole)/2]:                 "no ONNX model, or damaged: unexpected EOF",
		"\x00\x01\x02":                       "no ONNX model, or damaged: invalid field number",
	} {
		path := filepath.Join(t.TempDir(), "model.onnx")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Load(path); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%.20q: %v, want %q", content, err, want)
		}
	}
}

// Numbers in every form that a file may have them in.
func TestElementTypes(t *testing.T) {
	values := []float32{1.5, -2, 0.25, 0}
	for name, a := range map[string]*array{
		"floats":   {element: float32s, floats: values},
		"halves":   {element: float16s, hasRaw: true, raw: []byte{0x00, 0x3e, 0x00, 0xc0, 0x00, 0x34, 0, 0}},
		"halves 2": {element: float16s, ints: []int64{0x3e00, 0xc000, 0x3400, 0}},
		"bfloats":  {element: bfloat16s, hasRaw: true, raw: []byte{0xc0, 0x3f, 0x00, 0xc0, 0x80, 0x3e, 0, 0}},
		"bfloats2": {element: bfloat16s, ints: []int64{0x3fc0, 0xc000, 0x3e80, 0}},
	} {
		a.dims = []int{4}
		got, err := a.values(newStore(nil, ""))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if got[i] != v {
				t.Errorf("%s: %v, want %v", name, got, values)
				break
			}
		}
	}
	var doubles []byte
	for _, v := range values {
		doubles = binary.LittleEndian.AppendUint64(doubles, math.Float64bits(float64(v)))
	}
	if got := appendRaw(nil, float64s, doubles); got[0] != 1.5 || got[1] != -2 {
		t.Errorf("doubles: %v", got)
	}
}

// Weights in files of their own come from the model's folder only, in full, and
// each once.
func TestOutside(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "model")
	if err := os.MkdirAll(filepath.Join(folder, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	w := floats("w", 4, 3)
	for _, path := range []string{filepath.Join(dir, "secret.bin"), filepath.Join(folder, "w.bin"), filepath.Join(folder, "sub", "w.bin")} {
		if err := os.WriteFile(path, append(make([]byte, 16), w.raw...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join("..", "secret.bin"), filepath.Join(folder, "link.bin")); err != nil {
		t.Skip(err)
	}
	nodes := []draft{of("Gemm", "y", "x", "w")}
	inside := sketch{input: []int{0, 4}, nodes: nodes, arrays: []tensor{w}}
	want, _, err := Decode(inside.bytes())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		entries []string
		want    string // "": it is read
	}{
		{[]string{"location", "w.bin", "offset", "16", "length", "48"}, ""},
		{[]string{"location", "sub/w.bin", "offset", "16"}, ""},
		{[]string{"location", "w.bin", "offset", "16", "length", "47"}, "47 bytes of \"w.bin\", its dimensions want 48"},
		{[]string{"location", "w.bin", "offset", "17"}, "which has 64: cut short?"},
		{[]string{"location", "w.bin", "offset", "-1"}, "which has 64: cut short?"},
		{[]string{"location", "w.bin", "offset", "9223372036854775807"}, "which has 64: cut short?"},
		{[]string{"location", "w.bin", "offset", "many"}, "invalid syntax"},
		{[]string{"location", "gone.bin"}, "its values are in another file: "},
		{[]string{"location", "sub"}, "want a regular file"},
		{[]string{"location", ""}, "its values are in another file"},
		{[]string{"location", "../secret.bin", "offset", "16"}, "path escapes from parent"},
		{[]string{"location", "link.bin", "offset", "16"}, "path escapes from parent"},
		{[]string{"location", filepath.Join(dir, "secret.bin"), "offset", "16"}, "path escapes from parent"},
	} {
		s := inside
		s.arrays = []tensor{{name: "w", dims: w.dims, element: float32s, entries: c.entries}}
		path := filepath.Join(folder, "model.onnx")
		if err := os.WriteFile(path, s.bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		m, _, err := Load(path)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%q: %v", c.entries, err)
		case c.want == "":
			if d := largest(want, m); d != 0 {
				t.Errorf("%q: outputs differ by %g", c.entries, d)
			}
		case err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n"):
			t.Errorf("%q: %v, want %q", c.entries, err, c.want)
		}
	}

	twice := sketch{input: []int{0, 4}, nodes: []draft{of("Gemm", "z", "x", "w"), of("Gemm", "y", "z", "v")}, arrays: []tensor{
		{name: "w", dims: []int{4, 3}, element: float32s, entries: []string{"location", "w.bin", "offset", "16"}},
		{name: "v", dims: []int{3, 4}, element: float32s, entries: []string{"location", "w.bin", "offset", "16"}}}}
	path := filepath.Join(folder, "twice.onnx")
	if err := os.WriteFile(path, twice.bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(path); err == nil || !strings.Contains(err.Error(), `overlap in "w.bin"`) {
		t.Errorf("two arrays in the same bytes: %v", err)
	}

	twice.nodes[1].in[1], twice.input, twice.arrays = "w", []int{0, 3}, twice.arrays[:1] // one array for two layers
	twice.arrays[0].dims = []int{3, 3}                                                   // twice is more than the file has
	if err := os.WriteFile(path, twice.bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(path); err != nil {
		t.Errorf("one array for two layers: %v", err)
	}
}

// What a small file can make of itself is small: one array for many layers,
// constants of great size, vast dimensions.
func TestMemoryIsBounded(t *testing.T) {
	wide := sketch{input: []int{0, 300}, arrays: []tensor{floats("w", 300, 300), wholes("s", maxInts)}}
	last := "x"
	for i := range 9000 {
		out := "v" + strings.Repeat("i", i%50) + string(rune('a'+i%26)) + strings.Repeat("j", i/50)
		wide.nodes = append(wide.nodes, of("Gemm", out, last, "w"))
		last = out
	}
	wide.outputs = []string{last}
	fills := sketch{input: []int{0, 4}, arrays: []tensor{wholes("s", maxInts)}}
	names := []string{}
	for i := range 9000 {
		name := "c" + strings.Repeat("i", i%90) + strings.Repeat("j", i/90)
		fills.nodes = append(fills.nodes, of("ConstantOfShape", name, "s"))
		if names = append(names, name); len(names) == 60 {
			fills.nodes = append(fills.nodes, of("Concat", "all"+name, names...))
			names = nil
		}
	}
	fills.nodes = append(fills.nodes, of("Concat", "y", fills.nodes[len(fills.nodes)-61].out[0], "x"))
	for name, s := range map[string]sketch{"one array for many": wide, "constants": fills} {
		b := s.bytes()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := Decode(b)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: read", name)
		}
		if made, limit := after.TotalAlloc-before.TotalAlloc, uint64(16*len(b)+8*spare+(16<<20)); made > limit {
			t.Errorf("%s: %d bytes allocated for a file of %d, want at most %d: %v", name, made, len(b), limit, err)
		}
	}
}

// What others write in their own way.
func TestDecodeReads(t *testing.T) {
	w, b := floats("w", 4, 3), floats("b", 3)
	relu := []nn.Layer{nn.Linear{Out: 3}, nn.ReLU{}}
	for _, c := range []struct {
		name string
		file sketch
		want string // the outline of it
	}{
		{"MatMul and Add", sketch{input: []int{0, 4}, nodes: []draft{of("MatMul", "m", "x", "w"), of("Add", "a", "b", "m"), of("Relu", "y", "a")}, arrays: []tensor{w, b}}, nn.Outline(relu)},
		{"a fixed batch", sketch{input: []int{8, 2, 2}, nodes: []draft{of("Reshape", "f", "x", "s"), of("Gemm", "a", "f", "w", "b"), of("Relu", "y", "a")}, arrays: []tensor{w, b, wholes("s", 8, 4)}}, "3"},
		{"an image of a vector", sketch{input: []int{0, 16}, nodes: []draft{of("Reshape", "i", "x", "s"), of("Conv", "y", "i", "k")}, arrays: []tensor{wholes("s", -1, 1, 4, 4), floats("k", 2, 1, 3, 3)}}, "conv2"},
		{"channels last", sketch{input: []int{0, 6, 6, 3}, nodes: []draft{of("Transpose", "t", "x").with("perm", []int{0, 3, 1, 2}), of("Conv", "c", "t", "k"), of("Transpose", "u", "c").with("perm", []int{0, 2, 3, 1}), of("Flatten", "f", "u"), of("Gemm", "y", "f", "v")},
			arrays: []tensor{floats("k", 2, 3, 3, 3), floats("v", 32, 5)}}, "conv2-5"},
		{"a sum", sketch{input: []int{0, 4}, nodes: []draft{of("Tanh", "t", "x"), of("Add", "y", "x", "t")}}, "residual"},
		{"a doubled value", sketch{input: []int{0, 4}, nodes: []draft{of("Add", "y", "x", "x")}}, "residual"},
		{"another GELU", sketch{input: []int{0, 4}, nodes: []draft{of("Mul", "s", "x", "r"), of("Erf", "e", "s"), of("Add", "o", "e", "one"), of("Mul", "h", "x", "half"), of("Mul", "y", "h", "o")},
			arrays: []tensor{scalar("r", math.Sqrt2/2), scalar("one", 1), scalar("half", 0.5)}}, ""},
		{"one slope", sketch{input: []int{0, 4}, nodes: []draft{of("PRelu", "y", "x", "s")}, arrays: []tensor{scalar("s", 0.25)}}, ""},
		{"means by places", sketch{input: []int{0, 3, 5, 5}, nodes: []draft{of("GlobalAveragePool", "g", "x"), of("Gather", "h", "g", "zero").with("axis", 2), of("Gather", "y", "h", "zero").with("axis", -1)}, arrays: []tensor{{name: "zero", element: int64s, raw: make([]byte, 8)}}}, "pool"},
		{"labels beside", sketch{input: []int{0, 4}, nodes: []draft{of("Relu", "y", "x"), of("ArgMax", "label", "y")}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, _, err := Decode(c.file.bytes())
			if err != nil {
				t.Fatal(err)
			}
			if got := nn.Outline(m.Layers); got != c.want {
				t.Errorf("read as %#v, %q, want %q", m.Layers, got, c.want)
			}
		})
	}
}

// scalar is one number.
func scalar(name string, v float64) tensor {
	return tensor{name: name, element: float32s, raw: binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(v)))}
}
