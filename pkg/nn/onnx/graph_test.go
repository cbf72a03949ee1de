package onnx

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	"google.golang.org/protobuf/encoding/protowire"
)

// sketch is a file for the tests of the reader, which may be wrong in any way.
type sketch struct {
	ir, opset int
	nodes     []draft
	arrays    []tensor
	input     []int
	outputs   []string
	functions int
}

type draft struct {
	op      string
	in, out []string
	attrs   map[string]any // int, []int, float64, string
	domain  string
}

type tensor struct {
	name    string
	dims    []int
	element int
	raw     []byte
	entries []string // of external data: key, value, …
}

// floats is a tensor of noise.
func floats(name string, dims ...int) tensor {
	rng := rand.New(rand.NewPCG(uint64(len(name)), uint64(len(dims))))
	n := 1
	for _, d := range dims {
		n *= d
	}
	t := tensor{name: name, dims: dims, element: float32s}
	for range n {
		t.raw = binary.LittleEndian.AppendUint32(t.raw, math.Float32bits(float32(rng.NormFloat64())))
	}
	return t
}

// wholes is a tensor of whole numbers.
func wholes(name string, v ...int) tensor {
	t := tensor{name: name, dims: []int{len(v)}, element: int64s}
	for _, i := range v {
		t.raw = binary.LittleEndian.AppendUint64(t.raw, uint64(i))
	}
	return t
}

// of is a node.
func of(op string, out string, in ...string) draft {
	return draft{op: op, in: in, out: []string{out}}
}

// with is d with one more attribute.
func (d draft) with(name string, v any) draft {
	attrs := map[string]any{name: v}
	for k, v := range d.attrs {
		attrs[k] = v
	}
	d.attrs = attrs
	return d
}

// bytes are the file: by default of IR 8 and operator set 17, from x to y.
func (s sketch) bytes() []byte {
	if s.ir == 0 {
		s.ir = 8
	}
	if s.opset == 0 {
		s.opset = 17
	}
	if s.outputs == nil {
		s.outputs = []string{"y"}
	}
	var g []byte
	for _, d := range s.nodes {
		var b []byte
		for _, in := range d.in {
			b = appendString(b, nodeInput, in)
		}
		for _, out := range d.out {
			b = appendString(b, nodeOutput, out)
		}
		b = appendString(appendString(b, nodeOp, d.op), nodeDomain, d.domain)
		for name, v := range d.attrs {
			m := appendString(nil, attrName, name)
			switch v := v.(type) {
			case int:
				m = appendInt(m, attrInt, v)
			case []int:
				m = appendInts(m, attrInts, v)
			case float64:
				m = protowire.AppendFixed32(protowire.AppendTag(m, attrFloat, protowire.Fixed32Type), math.Float32bits(float32(v)))
			case string:
				m = appendString(m, attrString, v)
			}
			b = appendMessage(b, nodeAttribute, m)
		}
		g = appendMessage(g, graphNode, b)
	}
	for _, t := range s.arrays {
		b := appendInt(appendString(appendInts(nil, tensorDims, t.dims), tensorName, t.name), tensorType, t.element)
		if t.entries == nil {
			b = appendMessage(b, tensorRaw, t.raw)
		} else {
			b = appendInt(b, tensorLocation, 1)
			for i := 0; i < len(t.entries); i += 2 {
				b = appendMessage(b, tensorExternal, appendString(appendString(nil, entryKey, t.entries[i]), entryValue, t.entries[i+1]))
			}
		}
		g = appendMessage(g, graphInitializer, b)
	}
	g = appendMessage(g, graphInput, typed("x", s.input))
	for _, o := range s.outputs {
		g = appendMessage(g, graphOutput, typed(o, []int{0, 1}))
	}
	m := appendInt(nil, modelIR, s.ir)
	m = appendMessage(m, modelOpset, appendInt(nil, opsetVersion, s.opset))
	m = appendMessage(m, modelGraph, g)
	for range s.functions {
		m = appendMessage(m, modelFunctions, nil)
	}
	return m
}

// typed is a float value of dims, of which 0 is free.
func typed(name string, dims []int) []byte {
	var shape []byte
	for _, d := range dims {
		if d == 0 {
			shape = appendMessage(shape, shapeDim, appendString(nil, dimParam, "N"))
		} else {
			shape = appendMessage(shape, shapeDim, appendInt(nil, dimValue, d))
		}
	}
	tensor := appendMessage(appendInt(nil, typeElement, float32s), typeShape, shape)
	return appendMessage(appendString(nil, valueName, name), valueKind, appendMessage(nil, typeTensor, tensor))
}
