package export

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// JSON writes the network to path as one JSON document:
//
//	{"format": "inkling graph", "version": 1,
//	 "input":  {"name": "input", "shape": [1, 28, 28]},
//	 "output": {"name": "logits", "shape": [10]},
//	 "classes": ["0", …],
//	 "prepared": "mnist",
//	 "metadata": {"data": "MNIST", …},
//	 "nodes": [
//	  {"op": "Gemm", "name": "0.linear", "inputs": ["input"], "arrays": ["0.linear.W", "0.linear.b"],
//	   "attributes": {"transB": 1}, "output": "0.linear", "shape": [256]},
//	  …],
//	 "arrays": {
//	  "0.linear.W": {"shape": [256, 784], "values": [0.013, …]},
//	  …}}
//
// Shapes are those of one example, [C, H, W] or [C]. The nodes stand in the order
// in which they can be computed: op of the outputs of earlier nodes, "inputs", and
// of "arrays", as the newest ONNX standard defines it (onnx.ai/onnx/operators); a
// "Reshape" has its shape as its output's. Values are row-major and have as many
// digits as their float32 needs.
func (s Subject) JSON(path string) error {
	var b bytes.Buffer
	if err := s.json(&b); err != nil {
		return err
	}
	return save(path, b.Bytes())
}

func (s Subject) json(w io.Writer) error {
	g, err := s.graph()
	if err != nil {
		return err
	}
	type value struct {
		Name  string `json:"name"`
		Shape []int  `json:"shape"`
	}
	type node struct {
		Op         string         `json:"op"`
		Name       string         `json:"name"`
		Inputs     []string       `json:"inputs"`
		Arrays     []string       `json:"arrays,omitempty"`
		Attributes map[string]any `json:"attributes,omitempty"`
		Output     string         `json:"output"`
		Shape      []int          `json:"shape"`
	}
	shape := func(c, h, w int, flat bool) []int {
		if flat {
			return []int{c * h * w}
		}
		return []int{c, h, w}
	}
	out := bufio.NewWriter(w)
	field := func(name string, v any) {
		b, e := json.Marshal(v)
		if e != nil && err == nil {
			err = e
		}
		fmt.Fprintf(out, " %q: %s,\n", name, b)
	}
	last := g.Nodes[len(g.Nodes)-1]
	out.WriteString("{\n")
	field("format", "inkling graph")
	field("version", 1)
	field("input", value{g.Input, shape(g.In.C, g.In.H, g.In.W, g.In.IsVec())})
	field("output", value{g.Output, shape(g.Out.C, g.Out.H, g.Out.W, last.Flat)})
	field("classes", s.Classes)
	field("prepared", s.Prepared)
	field("metadata", s.Meta)
	out.WriteString(" \"nodes\": [")
	for i, n := range g.Nodes {
		o := node{Op: n.Op, Name: n.Name, Inputs: n.Inputs, Output: n.Output, Shape: shape(n.Out.C, n.Out.H, n.Out.W, n.Flat), Attributes: map[string]any{}}
		for _, a := range n.Arrays {
			o.Arrays = append(o.Arrays, a.Name)
		}
		for _, a := range n.Attrs {
			o.Attributes[a.Name] = a.Value
		}
		b, e := json.Marshal(o)
		if e != nil && err == nil {
			err = e
		}
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(out, "\n  %s", b)
	}
	out.WriteString("],\n \"arrays\": {")
	comma := ""
	var digits []byte
	for _, n := range g.Nodes {
		for _, a := range n.Arrays {
			dims, e := json.Marshal(a.Dims)
			if e != nil && err == nil {
				err = e
			}
			fmt.Fprintf(out, "%s\n  %q: {\"shape\": %s, \"values\": [", comma, a.Name, dims)
			for i, v := range a.Data {
				digits = digits[:0]
				if i > 0 {
					digits = append(digits, ',')
				}
				out.Write(strconv.AppendFloat(digits, float64(v), 'g', -1, 32))
			}
			out.WriteString("]}")
			comma = ","
		}
	}
	out.WriteString("}}\n")
	if err != nil {
		return err
	}
	return out.Flush()
}
