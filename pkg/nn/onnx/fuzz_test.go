package onnx

import (
	"bytes"
	"testing"
)

// FuzzDecode: whatever the bytes, a model that can be written and read again, or
// an error.
func FuzzDecode(f *testing.F) {
	for _, c := range networks {
		var b bytes.Buffer
		if err := Write(&b, trained(f, c.in, c.layers), map[string]string{"a": "b"}); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add(sketch{input: []int{0, 6, 6, 3}, nodes: []draft{of("Transpose", "t", "x").with("perm", []int{0, 3, 1, 2}), of("Conv", "c", "t", "k"), of("Transpose", "u", "c").with("perm", []int{0, 2, 3, 1}), of("Flatten", "f", "u"), of("Gemm", "y", "f", "v")},
		arrays: []tensor{floats("k", 2, 3, 3, 3), floats("v", 32, 5)}}.bytes())
	f.Add(sketch{input: []int{2, 8}, nodes: []draft{of("Shape", "s", "x"), of("Slice", "n", "s", "zero", "one"), of("Concat", "d", "n", "one").with("axis", 0), of("Reshape", "r", "x", "d"), of("MatMul", "m", "r", "w"), of("Add", "y", "m", "b")},
		arrays: []tensor{wholes("zero", 0), wholes("one", 1), floats("w", 8, 2), floats("b", 2)}}.bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		m, meta, err := Decode(b)
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := Write(&again, m, meta); err != nil {
			t.Skip(err) // metadata that is no text
		}
		if _, _, err := Decode(again.Bytes()); err != nil {
			t.Fatalf("what was read and written is refused: %v\n%#v", err, m.Layers)
		}
	})
}
