package onnx

import (
	"strings"
	"testing"
)

// as is t under another name, in other dimensions.
func (t tensor) as(name string, dims ...int) tensor {
	t.name, t.dims = name, dims
	return t
}

// turned is t, of two dimensions and more, with the first moved to the end.
func (t tensor) turned(name string) tensor {
	rows := t.dims[0]
	columns := len(t.raw) / 4 / rows
	raw := make([]byte, 0, len(t.raw))
	for c := range columns {
		for r := range rows {
			i := 4 * (r*columns + c)
			raw = append(raw, t.raw[i:i+4]...)
		}
	}
	return tensor{name: name, element: t.element, raw: raw, dims: append(append([]int{}, t.dims[1:]...), rows)}
}

// What an exporter leaves to be computed is what it would have written itself.
func TestNothingFolded(t *testing.T) {
	w, k, b, s := floats("w", 4, 3), floats("k", 2, 1, 3, 3), floats("b", 3), scalar("s", 0.25)
	seven := []int{0, 1, 7, 7}
	conv := of("Conv", "y", "x", "k")
	thirds := conv.with("strides", []int{3, 3})
	for _, c := range []struct {
		name         string
		whole, plain sketch
	}{
		{"a matrix", sketch{input: []int{0, 4}, nodes: []draft{of("Transpose", "t", "v"), of("MatMul", "y", "x", "t")}, arrays: []tensor{w.turned("v")}},
			sketch{input: []int{0, 4}, nodes: []draft{of("MatMul", "y", "x", "w")}, arrays: []tensor{w}}},
		{"a kernel", sketch{input: seven, nodes: []draft{of("Transpose", "k", "h").with("perm", []int{3, 0, 1, 2}), conv}, arrays: []tensor{k.turned("h")}},
			sketch{input: seven, nodes: []draft{conv}, arrays: []tensor{k}}},
		{"a kernel's shape", sketch{input: seven, nodes: []draft{of("Reshape", "k", "f", "n"), conv}, arrays: []tensor{k.as("f", 18), wholes("n", 2, 1, 3, -1)}},
			sketch{input: seven, nodes: []draft{conv}, arrays: []tensor{k}}},
		{"a bias in a row", sketch{input: []int{0, 4}, nodes: []draft{of("Squeeze", "b", "r", "n"), of("Gemm", "y", "x", "w", "b")}, arrays: []tensor{w, b.as("r", 1, 3), wholes("n", 0)}},
			sketch{input: []int{0, 4}, nodes: []draft{of("Gemm", "y", "x", "w", "b")}, arrays: []tensor{w, b}}},
		{"all of 1", sketch{input: []int{0, 4}, nodes: []draft{of("Squeeze", "b", "r"), of("Gemm", "y", "x", "w", "b")}, arrays: []tensor{w, b.as("r", 1, 3, 1)}},
			sketch{input: []int{0, 4}, nodes: []draft{of("Gemm", "y", "x", "w", "b")}, arrays: []tensor{w, b}}},
		{"a slope", sketch{input: seven, nodes: []draft{of("Unsqueeze", "u", "s", "n"), of("PRelu", "y", "x", "u")}, arrays: []tensor{s.as("s", 1), wholes("n", 1, -1)}},
			sketch{input: seven, nodes: []draft{of("LeakyRelu", "y", "x").with("alpha", 0.25)}}},
		{"a root", sketch{input: []int{0, 4}, nodes: []draft{of("Sqrt", "r", "s"), of("Div", "y", "x", "r")}, arrays: []tensor{s}},
			sketch{input: []int{0, 4}, nodes: []draft{of("Mul", "y", "x", "c")}, arrays: []tensor{scalar("c", 2)}}},
		{"a sign", sketch{input: []int{0, 4}, nodes: []draft{of("Neg", "y", "x")}},
			sketch{input: []int{0, 4}, nodes: []draft{of("Mul", "y", "x", "c")}, arrays: []tensor{scalar("c", -1)}}},
		{"a float that counts", sketch{input: seven, nodes: []draft{of("Cast", "n", "f").with("to", int64s), of("Reshape", "y", "x", "n")}, arrays: []tensor{{name: "f", dims: []int{2}, element: float32s, raw: append(scalar("", -1.75).raw, scalar("", 49.9).raw...)}}},
			sketch{input: seven, nodes: []draft{of("Flatten", "y", "x")}}},
		{"a rest", sketch{input: seven, nodes: []draft{of("Mod", "m", "a", "n"), of("Concat", "c", "o", "m").with("axis", 0), of("Reshape", "y", "x", "c")}, arrays: []tensor{wholes("a", 149), wholes("n", 100), wholes("o", -1)}},
			sketch{input: seven, nodes: []draft{of("Flatten", "y", "x")}}},
		{"halves", sketch{input: []int{0, 4}, nodes: []draft{of("Cast", "h", "x").with("to", float16s), of("MatMul", "y", "h", "w")}, arrays: []tensor{w}},
			sketch{input: []int{0, 4}, nodes: []draft{of("MatMul", "y", "x", "w")}, arrays: []tensor{w}}},
		{"a mean of places in a row", sketch{input: []int{0, 2, 3, 4}, nodes: []draft{of("Reshape", "r", "x", "n"), of("ReduceMean", "y", "r").with("axes", []int{-1}).with("keepdims", 0)}, arrays: []tensor{wholes("n", 0, 2, 12)}},
			sketch{input: []int{0, 2, 3, 4}, nodes: []draft{of("GlobalAveragePool", "p", "x"), of("Flatten", "y", "p")}}},
		{"an image made with its channel last", sketch{input: []int{0, 49}, nodes: []draft{of("Reshape", "r", "x", "n"), of("Transpose", "t", "r").with("perm", []int{0, 3, 1, 2}), of("Conv", "y", "t", "k")}, arrays: []tensor{wholes("n", -1, 7, 7, 1), k}},
			sketch{input: seven, nodes: []draft{conv}, arrays: []tensor{k}}},
		{"pads before the same size", sketch{opset: 10, input: seven, nodes: []draft{of("Pad", "p", "x").with("pads", []int{0, 0, 1, 1, 0, 0, 1, 1}), {op: "Conv", in: []string{"p", "k"}, out: []string{"y"}, attrs: thirds.with("auto_pad", "SAME_UPPER").attrs}}, arrays: []tensor{k}},
			sketch{input: seven, nodes: []draft{thirds.with("pads", []int{1, 1, 1, 1})}, arrays: []tensor{k}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := Decode(c.whole.bytes())
			if err != nil {
				t.Fatal(err)
			}
			want, _, err := Decode(c.plain.bytes())
			if err != nil {
				t.Fatal(err)
			}
			if d := largest(want, got); !(d < 1e-6) {
				t.Errorf("outputs differ by %g: %#v", d, got.Layers)
			}
		})
	}
}

// A constant in a shape that it cannot have is one line.
func TestConstantsThatDoNotFit(t *testing.T) {
	w := floats("w", 4, 3)
	for _, c := range []struct {
		node   draft
		arrays []tensor
		want   string
	}{
		{of("Transpose", "t", "w").with("perm", []int{0, 0}), nil, "perm [0 0] of a constant of [4 3]"},
		{of("Transpose", "t", "w").with("perm", []int{1}), nil, "perm [1] of a constant of [4 3]"},
		{of("Transpose", "t", "w").with("perm", []int{1, 2}), nil, "perm [1 2] of a constant of [4 3]"},
		{of("Reshape", "t", "w", "n"), []tensor{wholes("n", 5, -1)}, "shape [5 -1] of 12 numbers"},
		{of("Reshape", "t", "w", "n"), []tensor{wholes("n", 13)}, "shape [13] of 12 numbers"},
		{of("Reshape", "t", "w"), nil, "shape [] of 12 numbers"},
		{of("Squeeze", "t", "w", "n"), []tensor{wholes("n", 1)}, "axes [1] of a constant of [4 3]"},
		{of("Unsqueeze", "t", "w", "n"), []tensor{wholes("n", 0, 0)}, "axes [0 0] of a constant of [4 3]"},
		{of("Unsqueeze", "t", "w", "n"), []tensor{wholes("n", 3)}, "axes [3] of a constant of [4 3]"},
		{of("Sqrt", "t", "x"), nil, "input 0 is computed, want a constant"},
		{of("Mod", "t", "n", "o"), []tensor{wholes("n", -3), wholes("o", 2)}, "-3 modulo 2"},
		{of("Mod", "t", "n", "o"), []tensor{wholes("n", 3), wholes("o", 0)}, "3 modulo 0"},
	} {
		_, _, err := Decode(sketch{input: []int{0, 4}, nodes: []draft{c.node, of("MatMul", "y", "x", "t")}, arrays: append(c.arrays, w)}.bytes())
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v, want %q", c.node, err, c.want)
		}
	}
}
