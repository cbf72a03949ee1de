package onnx

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Limits of a file. What is kept of it beside the weights is bounded by them.
const (
	maxNodes   = 10_000
	maxArrays  = 20_000
	maxPerNode = 64 // inputs, outputs and attributes
	maxRank    = 8
	maxInts    = 1 << 12 // of an attribute or a constant that is a shape
	maxMeta    = 4096
	maxName    = 1024
)

// model is a file as it was parsed. Slices of bytes are windows of it.
type model struct {
	ir    uint64
	opset map[string]uint64 // by domain; "" is that of ai.onnx
	meta  map[string]string
	graph graph
	own   int // functions that the file brings along
}

type graph struct {
	nodes           []node
	arrays          []*array
	inputs, outputs []valueType
}

type node struct {
	op, domain, name string
	inputs, outputs  []string
	attrs            []attr
}

type attr struct {
	name string
	kind uint64
	f    float32
	i    int64
	s    string
	ints []int64
	fs   []float32
	t    *array
}

// valueType is an input or output of the graph. A dimension that is left open is
// 0.
type valueType struct {
	name    string
	element uint64 // 0: not an array
	dims    []int
	shaped  bool
}

// eachField calls f with every field of a message: v is a number, or b the bytes
// of a string, a message or packed numbers.
func eachField(b []byte, f func(field protowire.Number, kind protowire.Type, v uint64, b []byte) error) error {
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return parseError(n)
		}
		b = b[n:]
		var v uint64
		var m []byte
		switch kind {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var w uint32
			w, n = protowire.ConsumeFixed32(b)
			v = uint64(w)
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			m, n = protowire.ConsumeBytes(b)
		default:
			return fmt.Errorf("field %d is of wire type %d, want none of that", field, kind)
		}
		if n < 0 {
			return parseError(n)
		}
		b = b[n:]
		if err := f(field, kind, v, m); err != nil {
			return err
		}
	}
	return nil
}

// parseError says why a message cannot be read, in protobuf's words, of which
// some begin with a space that does not break.
func parseError(n int) error {
	return errors.New(strings.Trim(strings.TrimPrefix(protowire.ParseError(n).Error(), "proto:"), "\u00a0 "))
}

// text is a name or another short string.
func text(kind protowire.Type, b []byte) (string, error) {
	if kind != protowire.BytesType || len(b) > maxName {
		return "", fmt.Errorf("a name of %d bytes, want at most %d", len(b), maxName)
	}
	return string(b), nil
}

// message refuses a field that should be one and is a number.
func message(kind protowire.Type) error {
	if kind != protowire.BytesType {
		return fmt.Errorf("a number where a message belongs (wire type %d)", kind)
	}
	return nil
}

// appendVarints adds the numbers of a repeated field, packed or one by one.
func appendVarints(to []int64, kind protowire.Type, v uint64, b []byte, limit int) ([]int64, error) {
	switch kind {
	case protowire.VarintType:
		to = append(to, int64(v))
	case protowire.BytesType:
		for len(b) > 0 {
			v, n := protowire.ConsumeVarint(b)
			if n < 0 {
				return nil, parseError(n)
			}
			if to, b = append(to, int64(v)), b[n:]; len(to) > limit {
				break
			}
		}
	default:
		return nil, fmt.Errorf("whole numbers of wire type %d", kind)
	}
	if len(to) > limit {
		return nil, fmt.Errorf("more than %d whole numbers, the limit", limit)
	}
	return to, nil
}

// appendFloats adds the numbers of a repeated field, packed or one by one.
func appendFloats(to []float32, kind protowire.Type, v uint64, b []byte) ([]float32, error) {
	switch {
	case kind == protowire.Fixed32Type:
		return append(to, math.Float32frombits(uint32(v))), nil
	case kind == protowire.BytesType && len(b)%4 == 0:
		return appendRaw(to, float32s, b), nil
	}
	return nil, errors.New("floats that are none")
}

func parseModel(b []byte) (*model, error) {
	m := &model{opset: map[string]uint64{}, meta: map[string]string{}}
	var graphs int
	err := eachField(b, func(field protowire.Number, kind protowire.Type, v uint64, b []byte) error {
		switch field {
		case modelIR:
			m.ir = v
		case modelGraph:
			graphs++
			if err := message(kind); err != nil {
				return err
			}
			if graphs > 1 {
				return errors.New("a second graph")
			}
			return m.graph.parse(b)
		case modelOpset:
			if err := message(kind); err != nil {
				return err
			}
			return m.parseOpset(b)
		case modelMeta:
			if err := message(kind); err != nil {
				return err
			}
			return m.parseEntry(b)
		case modelFunctions:
			m.own++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if graphs == 0 {
		return nil, errors.New("no graph in it")
	}
	return m, nil
}

func (m *model) parseOpset(b []byte) error {
	var domain string
	var version uint64
	err := eachField(b, func(field protowire.Number, kind protowire.Type, v uint64, b []byte) (err error) {
		switch field {
		case opsetDomain:
			domain, err = text(kind, b)
		case opsetVersion:
			version = v
		}
		return err
	})
	if domain == "ai.onnx" {
		domain = ""
	}
	if m.opset[domain] = version; len(m.opset) > maxPerNode {
		return fmt.Errorf("more than %d operator sets", maxPerNode)
	}
	return err
}

func (m *model) parseEntry(b []byte) error {
	key, value, err := parseEntry(b)
	if m.meta[key] = value; len(m.meta) > maxMeta {
		return fmt.Errorf("more than %d entries of metadata", maxMeta)
	}
	return err
}

func parseEntry(b []byte) (key, value string, err error) {
	err = eachField(b, func(field protowire.Number, kind protowire.Type, _ uint64, b []byte) (err error) {
		switch field {
		case entryKey:
			key, err = text(kind, b)
		case entryValue:
			value, err = string(b), message(kind)
		}
		return err
	})
	return key, value, err
}

func (g *graph) parse(b []byte) error {
	return eachField(b, func(field protowire.Number, kind protowire.Type, _ uint64, b []byte) error {
		switch field {
		case graphNode, graphInitializer, graphInput, graphOutput:
			if err := message(kind); err != nil {
				return err
			}
		}
		switch field {
		case graphNode:
			n, err := parseNode(b)
			if err != nil {
				return fmt.Errorf("node %d: %w", len(g.nodes), err)
			}
			if g.nodes = append(g.nodes, n); len(g.nodes) > maxNodes {
				return fmt.Errorf("more than %d nodes", maxNodes)
			}
		case graphInitializer:
			a, err := parseArray(b)
			if err != nil {
				return fmt.Errorf("array %d: %w", len(g.arrays), err)
			}
			if g.arrays = append(g.arrays, a); len(g.arrays) > maxArrays {
				return fmt.Errorf("more than %d arrays", maxArrays)
			}
		case graphSparse:
			return errors.New("sparse arrays, want dense ones")
		case graphInput, graphOutput:
			v, err := parseValue(b)
			if err != nil {
				return err
			}
			list := &g.inputs
			if field == graphOutput {
				list = &g.outputs
			}
			if *list = append(*list, v); len(*list) > maxArrays {
				return fmt.Errorf("more than %d inputs or outputs", maxArrays)
			}
		}
		return nil
	})
}

func parseNode(b []byte) (n node, err error) {
	err = eachField(b, func(field protowire.Number, kind protowire.Type, _ uint64, b []byte) (err error) {
		var s string
		switch field {
		case nodeInput:
			s, err = text(kind, b)
			n.inputs = append(n.inputs, s)
		case nodeOutput:
			s, err = text(kind, b)
			n.outputs = append(n.outputs, s)
		case nodeName:
			n.name, err = text(kind, b)
		case nodeOp:
			n.op, err = text(kind, b)
		case nodeDomain:
			if n.domain, err = text(kind, b); n.domain == "ai.onnx" {
				n.domain = ""
			}
		case nodeAttribute:
			var a attr
			if err = message(kind); err == nil {
				a, err = parseAttr(b)
			}
			n.attrs = append(n.attrs, a)
		}
		if err == nil && max(len(n.inputs), len(n.outputs), len(n.attrs)) > maxPerNode {
			err = fmt.Errorf("more than %d inputs, outputs or attributes", maxPerNode)
		}
		return err
	})
	return n, err
}

func parseAttr(b []byte) (a attr, err error) {
	err = eachField(b, func(field protowire.Number, kind protowire.Type, v uint64, b []byte) (err error) {
		switch field {
		case attrName:
			a.name, err = text(kind, b)
		case attrType:
			a.kind = v
		case attrFloat:
			a.f = math.Float32frombits(uint32(v))
		case attrInt:
			a.i = int64(v)
		case attrString:
			a.s, err = text(kind, b)
		case attrTensor:
			if err = message(kind); err == nil {
				a.t, err = parseArray(b)
			}
		case attrInts:
			a.ints, err = appendVarints(a.ints, kind, v, b, maxInts)
		case attrFloats:
			a.fs, err = appendFloats(a.fs, kind, v, b)
		}
		return err
	})
	return a, err
}

func parseValue(b []byte) (v valueType, err error) {
	err = eachField(b, func(field protowire.Number, kind protowire.Type, _ uint64, b []byte) (err error) {
		switch field {
		case valueName:
			v.name, err = text(kind, b)
		case valueKind:
			err = v.parseType(kind, b)
		}
		return err
	})
	return v, err
}

// parseType reads TypeProto, TypeProto.Tensor, TensorShapeProto and its Dimension.
func (v *valueType) parseType(kind protowire.Type, b []byte) error {
	if err := message(kind); err != nil {
		return err
	}
	return eachField(b, func(field protowire.Number, kind protowire.Type, _ uint64, b []byte) error {
		if field != typeTensor || message(kind) != nil {
			return nil // sequences and maps are no arrays
		}
		return eachField(b, func(field protowire.Number, kind protowire.Type, w uint64, b []byte) error {
			switch {
			case field == typeElement:
				v.element = w
			case field == typeShape && message(kind) == nil:
				v.shaped = true
				return eachField(b, func(field protowire.Number, kind protowire.Type, _ uint64, b []byte) error {
					if field != shapeDim || message(kind) != nil {
						return nil
					}
					dim := 0
					err := eachField(b, func(field protowire.Number, _ protowire.Type, w uint64, _ []byte) error {
						if field == dimValue {
							if w > math.MaxInt32 {
								return fmt.Errorf("a dimension of %d", w)
							}
							dim = int(w)
						}
						return nil
					})
					if v.dims = append(v.dims, dim); len(v.dims) > maxRank {
						return fmt.Errorf("more than %d dimensions", maxRank)
					}
					return err
				})
			}
			return nil
		})
	})
}
