// Package export writes a network as a program that needs nothing of this library:
// a Go file, a PyTorch program, a JSON document that is easy to read, and a card
// that says to people what the network is.
//
// All of them are made of the network's graph ([nn.Graph]): the operators that its
// layers say they compute at evaluation. Files for other runtimes are the matter of
// package onnx.
package export

import (
	"fmt"
	"io"
	"strings"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/nn"
)

// Subject is a network and what is known of it.
type Subject struct {
	Model    *nn.Model
	Meta     map[string]string // what its file says
	Classes  []string          // the names of the outputs, in order; nil if nobody knows them
	Prepared string            // how the images were made, in a word; "" as they came
}

// input says what a network takes, in words.
func (s Subject) input() string {
	in := s.Model.In
	if in.IsVec() {
		return fmt.Sprintf("%d values", in.C)
	}
	return fmt.Sprintf("images of %d×%d, %s", in.H, in.W, map[bool]string{true: "grey", false: fmt.Sprintf("%d channels one after the other", in.C)}[in.C == 1])
}

// graph is the network's, and its arrays laid end to end.
func (s Subject) graph() (*nn.Graph, error) {
	if err := s.Model.CheckFinite(); err != nil {
		return nil, err
	}
	if n := s.Model.Out().Size(); s.Classes != nil && len(s.Classes) != n {
		return nil, fmt.Errorf("export: %d classes for %d outputs", len(s.Classes), n)
	}
	return s.Model.Graph()
}

// unsupported says that a node cannot be written.
func unsupported(n nn.Node, language string, known []string) error {
	return fmt.Errorf("export: %s: no %s for the operator %.40q; known: %s", n.Name, language, n.Op, strings.Join(known, ", "))
}

// window are the kernel, the stride and the padding of a node.
func window(n nn.Node) (kernel, stride, padding int) {
	first := func(name string) int {
		if v, ok := n.Attr(name).([]int); ok && len(v) > 0 {
			return v[0]
		}
		return 0
	}
	return first("kernel_shape"), first("strides"), first("pads")
}

// save makes path hold b, or what it held.
func save(path string, b []byte) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}
