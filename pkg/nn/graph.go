package nn

import (
	"fmt"
	"strings"

	"inkling/pkg/nn/safetensors"
)

// Symbolic is implemented by layers that say what they compute at evaluation, in
// operators of the ONNX standard, so that other programs can compute it too:
// Symbolic adds its nodes to g, behind what stands there. The module is the one
// that Build made. A layer that leaves its input alone at evaluation, as Dropout
// does, adds none. The error says which hyperparameter no operator has.
type Symbolic interface {
	Symbolic(g *Graph, m Module) error
}

// Graph is a network as it evaluates, in operators: batch normalization uses its
// running statistics and dropout is gone. Its nodes stand in the order in which
// they can be computed. The input is a batch of images, [N, C, H, W], or of
// vectors, [N, C], if In is the shape of one; the output likewise.
type Graph struct {
	In, Out       Shape
	Input, Output string // the names of their values
	Nodes         []Node

	name  string // of the layer at work
	out   Shape  // of its output
	at    place
	taken map[string]bool // names of nodes
}

// place is what the next node takes.
type place struct {
	value string
	shape Shape // of one example
	flat  bool  // a batch of vectors
}

// Node is one operator: Op as the newest ONNX standard calls it, with its
// attributes. Its inputs are values, of this graph or of nodes before it, and
// then the arrays.
type Node struct {
	Op     string
	Name   string // that of the layer, "0.conv2d", if it is the layer's first
	Inputs []string
	Arrays []safetensors.Tensor // named as in a file of weights; the model's own memory
	Attrs  []Attr
	Output string

	In, Out Shape // of one example of the first input and of the output
	Flat    bool  // the output is [N, C]; else it is [N, C, H, W]
}

// Attr is an attribute of a node: an int, a []int or a float64.
type Attr struct {
	Name  string
	Value any
}

// Attr is the value of the node's attribute of that name, nil without one.
func (n Node) Attr(name string) any {
	for _, a := range n.Attrs {
		if a.Name == name {
			return a.Value
		}
	}
	return nil
}

// Graph says what m computes at evaluation. The error names the layer that does
// not say what it does.
func (m *Model) Graph() (*Graph, error) {
	g := &Graph{In: m.In, Out: m.Out(), Input: "input", Output: "logits", at: place{"input", m.In, m.In.IsVec()}, taken: map[string]bool{}}
	if m.EndsInSoftmax() {
		g.Output = "probabilities"
	}
	if err := g.chain(m.chain, m.Layers, ""); err != nil {
		return nil, fmt.Errorf("nn: %w", err)
	}
	g.name = "output"
	if m.Out().IsVec() {
		g.Flatten()
	}
	if len(g.Nodes) == 0 {
		g.Add(Node{Op: "Identity"})
	}
	g.Nodes[len(g.Nodes)-1].Output = g.Output
	return g, nil
}

// chain adds the layers of c, which were built from layers.
func (g *Graph) chain(c *chain, layers []Layer, prefix string) error {
	for i, l := range layers {
		s, ok := l.(Symbolic)
		if !ok {
			return fmt.Errorf("layer %d (%s, input %v): %T does not say what it computes in operators of ONNX: give it a method Symbolic", i, c.names[i], c.shapes[i], l)
		}
		g.name, g.out = prefix+c.names[i], c.shapes[i+1]
		if err := s.Symbolic(g, c.modules[i]); err != nil {
			return fmt.Errorf("layer %d (%s, input %v): %w", i, c.names[i], c.shapes[i], err)
		}
		if g.at.shape != c.shapes[i+1] {
			return fmt.Errorf("layer %d (%s, input %v): its operators give %v, the layer %v", i, c.names[i], c.shapes[i], g.at.shape, c.shapes[i+1])
		}
	}
	return nil
}

// Add puts n behind what stands there: its first input is that value, its output
// and, if it has none, its name follow the layer. Without Out it keeps the shape.
func (g *Graph) Add(n Node) {
	if n.Out == (Shape{}) {
		n.Out = g.at.shape
	}
	n.Name = orElse(n.Name, g.name)
	for i, base := 2, n.Name; g.taken[n.Name]; i++ {
		n.Name = fmt.Sprintf("%s.%s%d", base, strings.ToLower(n.Op), i)
	}
	g.taken[n.Name] = true
	n.Inputs = append([]string{g.at.value}, n.Inputs...)
	n.Output, n.In = n.Name, g.at.shape
	switch n.Op {
	case "Gemm", "Flatten":
		n.Flat = true
	case "Reshape":
		n.Flat = false
	default:
		n.Flat = g.at.flat
	}
	g.Nodes = append(g.Nodes, n)
	g.at = place{n.Output, n.Out, n.Flat}
}

// Value is what the next node takes: its name, the shape of one example, and
// whether it is a batch of vectors, [N, C], and not of images, [N, C, H, W].
func (g *Graph) Value() (name string, s Shape, flat bool) { return g.at.value, g.at.shape, g.at.flat }

// LayerOut is the output shape of the layer that is asked.
func (g *Graph) LayerOut() Shape { return g.out }

// Flatten makes the value a batch of vectors, if it is none.
func (g *Graph) Flatten() {
	if !g.at.flat {
		g.Add(Node{Op: "Flatten", Name: strings.TrimSuffix(g.name, ".flatten") + ".flatten", Attrs: []Attr{{"axis", 1}}, Out: Vec(g.at.shape.Size())})
	}
}

// Image makes the value a batch of images of shape s, if it is none.
func (g *Graph) Image(s Shape) {
	if g.at.flat {
		g.Add(Node{Op: "Reshape", Name: g.name + ".image", Out: s})
	}
}

// State is a state of the layer that is asked, under its name in files.
func (g *Graph) State(s State) safetensors.Tensor {
	return safetensors.Tensor{Name: g.name + "." + s.Name, Dims: []int{len(s.Data)}, Data: s.Data}
}

// attrs are a window as operators have it.
func (f Field) attrs() []Attr {
	return []Attr{{"kernel_shape", []int{f.Kernel, f.Kernel}}, {"strides", []int{f.Stride, f.Stride}}, {"pads", []int{f.Padding, f.Padding, f.Padding, f.Padding}}}
}

// array is a parameter under its name in files.
func array(p *Param) safetensors.Tensor {
	return safetensors.Tensor{Name: p.Name, Dims: p.Dims, Data: p.Data}
}

// arrays are those of a module's parameters.
func arrays(m Module) (list []safetensors.Tensor) {
	for _, p := range m.Params() {
		list = append(list, array(p))
	}
	return list
}
