package onnx

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/nn"
)

// Of the files that are written. Operator set 13 and IR version 7 are those of
// ONNX 1.8, of November 2020.
const (
	opset     = 13
	irVersion = 7
)

// Save writes m as an ONNX file to path, which then holds the old contents or the
// new. The input is called "input", a batch of images [N, C, H, W] or of vectors
// [N, C]; the output "logits", or "probabilities" if m ends in a softmax. The
// file's metadata are those of [nn.Model.File] with meta. A weight that is not
// finite is an error, and so is a layer that no operator of ONNX computes.
func Save(path string, m *nn.Model, meta map[string]string) error {
	e, err := encode(m, meta)
	if err != nil {
		return fmt.Errorf("%s: not saved: %w", path, err)
	}
	return atomicfile.Write(path, e.writeTo)
}

// Write is Save to w.
func Write(w io.Writer, m *nn.Model, meta map[string]string) error {
	e, err := encode(m, meta)
	if err != nil {
		return err
	}
	return e.writeTo(w)
}

// An encoding is a file in parts: bytes, then values that are written as they
// lie in the model's memory.
type encoding []part

type part struct {
	bytes  []byte
	values []float32
}

func (e encoding) size() (n int) {
	for _, p := range e {
		n += len(p.bytes) + 4*len(p.values)
	}
	return n
}

func (e encoding) writeTo(w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	var four [4]byte
	for _, p := range e {
		out.Write(p.bytes) // a bufio.Writer keeps its error
		for _, v := range p.values {
			binary.LittleEndian.PutUint32(four[:], math.Float32bits(v))
			out.Write(four[:])
		}
	}
	return out.Flush()
}

func encode(m *nn.Model, meta map[string]string) (encoding, error) {
	if err := m.CheckFinite(); err != nil {
		return nil, err
	}
	g, err := m.Graph()
	if err != nil {
		return nil, err
	}
	file, err := m.File(meta)
	if err != nil {
		return nil, err
	}
	graph, err := encodeGraph(g)
	if err != nil {
		return nil, err
	}
	var head []byte
	head = appendInt(head, modelIR, irVersion)
	head = appendString(head, modelProducer, "inkling")
	head = appendString(head, modelVersion, nn.Version())
	head = appendString(head, modelDoc, nn.Outline(m.Layers))
	head = appendMessage(head, modelOpset, appendInt(nil, opsetVersion, opset))
	for _, key := range slices.Sorted(maps.Keys(file.Meta)) {
		value := file.Meta[key]
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return nil, fmt.Errorf("onnx: metadata %.40q: %.40q is not UTF-8", key, value)
		}
		head = appendMessage(head, modelMeta, appendString(appendString(nil, entryKey, key), entryValue, value))
	}
	head = protowire.AppendTag(head, modelGraph, protowire.BytesType)
	head = protowire.AppendVarint(head, uint64(graph.size()))
	if size := len(head) + graph.size(); size > maxMessage {
		return nil, fmt.Errorf("onnx: a file of %d bytes, want at most %d, the most that a protobuf message may have", size, maxMessage)
	}
	return append(encoding{{bytes: head}}, graph...), nil
}

// maxMessage is the largest message that readers of protobuf take.
const maxMessage = math.MaxInt32

// writer collects a graph: its nodes, and the arrays that they take.
type writer struct {
	nodes  []byte
	arrays encoding
	names  map[string]bool
}

func encodeGraph(g *nn.Graph) (encoding, error) {
	w := &writer{names: map[string]bool{g.Input: true}}
	for _, n := range g.Nodes {
		if err := w.node(n); err != nil {
			return nil, err
		}
	}
	w.nodes = appendString(w.nodes, graphName, "inkling")
	last := g.Nodes[len(g.Nodes)-1]
	w.nodes = appendMessage(w.nodes, graphInput, valueInfo(g.Input, g.In, g.In.IsVec()))
	w.nodes = appendMessage(w.nodes, graphOutput, valueInfo(g.Output, g.Out, last.Flat))
	return append(encoding{{bytes: w.nodes}}, w.arrays...), nil
}

// node writes n, in more than one operator if operator set 13 has none for it.
func (w *writer) node(n nn.Node) error {
	x := n.Inputs[0]
	switch n.Op {
	case "Gelu": // x·(1 + erf(x/√2))/2
		scaled, err := w.binary("Mul", n.Name+".scaled", x, "1/sqrt2", math.Sqrt2/2)
		if err != nil {
			return err
		}
		if err := w.op("Erf", n.Name+".erf", []string{scaled}, n.Name+".erf", nil); err != nil {
			return err
		}
		cdf, err := w.binary("Add", n.Name+".twice_cdf", n.Name+".erf", "1", 1)
		if err != nil {
			return err
		}
		if err := w.op("Mul", n.Name+".twice", []string{x, cdf}, n.Name+".twice", nil); err != nil {
			return err
		}
		half, err := w.scalar("1/2", 0.5)
		if err != nil {
			return err
		}
		return w.op("Mul", n.Name, []string{n.Name + ".twice", half}, n.Output, nil)
	case "Swish": // x·σ(x)
		if err := w.op("Sigmoid", n.Name+".sigmoid", []string{x}, n.Name+".sigmoid", nil); err != nil {
			return err
		}
		return w.op("Mul", n.Name, []string{x, n.Name + ".sigmoid"}, n.Output, nil)
	case "Reshape":
		shape := n.Name + ".shape"
		if err := w.take(shape); err != nil {
			return err
		}
		head := appendInt(nil, tensorType, int64s)
		head = appendString(appendInts(head, tensorDims, []int{4}), tensorName, shape)
		head = appendInts(head, tensorInt64s, []int{0, n.Out.C, n.Out.H, n.Out.W}) // 0: as many as come in
		w.nodes = appendMessage(w.nodes, graphInitializer, head)
		return w.op("Reshape", n.Name, append(slices.Clone(n.Inputs), shape), n.Output, nil)
	}
	if !slices.Contains(strings.Fields(operators), n.Op) {
		return fmt.Errorf("onnx: %s: operator set %d has no operator %.40q", n.Name, opset, n.Op)
	}
	inputs := slices.Clone(n.Inputs)
	for _, a := range n.Arrays {
		if err := w.take(a.Name); err != nil {
			return err
		}
		inputs = append(inputs, a.Name)
		head := appendInts(nil, tensorDims, a.Dims)
		head = appendString(appendInt(head, tensorType, float32s), tensorName, a.Name)
		head = protowire.AppendTag(head, tensorRaw, protowire.BytesType)
		head = protowire.AppendVarint(head, uint64(4*len(a.Data)))
		tag := protowire.AppendTag(nil, graphInitializer, protowire.BytesType)
		tag = protowire.AppendVarint(tag, uint64(len(head)+4*len(a.Data)))
		w.arrays = append(w.arrays, part{append(tag, head...), a.Data})
	}
	return w.op(n.Op, n.Name, inputs, n.Output, n.Attrs)
}

// take keeps every name to one value.
func (w *writer) take(name string) error {
	if w.names[name] {
		return fmt.Errorf("onnx: two values are called %.80q", name)
	}
	w.names[name] = true
	return nil
}

// scalar is the name of a constant.
func (w *writer) scalar(name string, v float64) (string, error) {
	if !w.names[name] {
		w.names[name] = true
		head := appendString(appendInt(nil, tensorType, float32s), tensorName, name)
		head = appendMessage(head, tensorRaw, binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(v))))
		w.nodes = appendMessage(w.nodes, graphInitializer, head)
	}
	return name, nil
}

// binary writes op of a value and a constant and returns the name of the result.
func (w *writer) binary(op, name, x, constant string, v float64) (string, error) {
	c, err := w.scalar(constant, v)
	if err != nil {
		return "", err
	}
	return name, w.op(op, name, []string{x, c}, name, nil)
}

func (w *writer) op(op, name string, inputs []string, output string, attrs []nn.Attr) error {
	if err := w.take(output); err != nil {
		return err
	}
	var b []byte
	for _, in := range inputs {
		b = appendString(b, nodeInput, in)
	}
	b = appendString(b, nodeOutput, output)
	b = appendString(b, nodeName, name)
	b = appendString(b, nodeOp, op)
	for _, a := range attrs {
		m := appendString(nil, attrName, a.Name)
		switch v := a.Value.(type) {
		case int:
			m = appendInt(appendInt(m, attrInt, v), attrType, isInt)
		case []int:
			for _, i := range v { // unpacked, as in the standard's own files
				m = appendInt(m, attrInts, i)
			}
			m = appendInt(m, attrType, isInts)
		case float64:
			m = protowire.AppendTag(m, attrFloat, protowire.Fixed32Type)
			m = protowire.AppendFixed32(m, math.Float32bits(float32(v)))
			m = appendInt(m, attrType, isFloat)
		default:
			return fmt.Errorf("onnx: %s: attribute %s is a %T, want an int, a []int or a float64", name, a.Name, v)
		}
		b = appendMessage(b, nodeAttribute, m)
	}
	w.nodes = appendMessage(w.nodes, graphNode, b)
	return nil
}

// valueInfo describes a batch of s.
func valueInfo(name string, s nn.Shape, flat bool) []byte {
	dims := []int{s.C, s.H, s.W}
	if flat {
		dims = []int{s.Size()}
	}
	shape := appendMessage(nil, shapeDim, appendString(nil, dimParam, "N"))
	for _, d := range dims {
		shape = appendMessage(shape, shapeDim, appendInt(nil, dimValue, d))
	}
	tensor := appendMessage(appendInt(nil, typeElement, float32s), typeShape, shape)
	return appendMessage(appendString(nil, valueName, name), valueKind, appendMessage(nil, typeTensor, tensor))
}

func appendInt(b []byte, field protowire.Number, v int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

func appendInts(b []byte, field protowire.Number, vs []int) []byte {
	for _, v := range vs {
		b = appendInt(b, field, v)
	}
	return b
}

func appendString(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func appendMessage(b []byte, field protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), m)
}

// operators are those of set 13 that compute numbers from numbers, input by input
// or channel by channel.
const operators = `
Abs Acos Acosh Add Asin Asinh Atan Atanh AveragePool BatchNormalization Ceil Celu Clip Conv ConvTranspose Cos Cosh
DepthToSpace Div Elu Erf Exp Flatten Floor Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool HardSigmoid Hardmax Identity
InstanceNormalization LRN LeakyRelu Log LogSoftmax LpNormalization LpPool MatMul Max MaxPool Mean MeanVarianceNormalization
Min Mul Neg PRelu Pow Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softmax Softplus Softsign SpaceToDepth Sqrt
Sub Sum Tan Tanh ThresholdedRelu Transpose
`
