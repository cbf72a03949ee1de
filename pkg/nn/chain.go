package nn

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// chain is a sequence of modules, the body of a Model and of the branches of
// Residual.
type chain struct {
	names   []string // "0.conv2d"
	modules []Module
	shapes  []Shape // shapes[i] is the input of module i, the last one the output
	first   int     // index of the first module that has parameters
}

// buildChain builds layers one after the other. Every layer gets a random
// source of its own, drawn from seed and its place, so a change to one layer
// leaves the initial weights of the others as they were.
func buildChain(layers []Layer, in Shape, seed uint64) (*chain, error) {
	c := &chain{shapes: []Shape{in}}
	for i, l := range layers {
		if l == nil {
			return nil, fmt.Errorf("layer %d is nil", i)
		}
		kind := kindOf(l)
		m, out, err := l.Build(in, rand.New(rand.NewPCG(seed, purposeInit+uint64(i))))
		if err != nil {
			return nil, fmt.Errorf("layer %d (%s, input %v): %w", i, kind, in, err)
		}
		if !out.valid() {
			return nil, fmt.Errorf("layer %d (%s, input %v): output %v, want positive dimensions and at most %d values", i, kind, in, out, maxValues)
		}
		name := fmt.Sprintf("%d.%s", i, kind)
		for _, p := range m.Params() {
			p.Name = name + "." + p.Name
		}
		if i > 0 {
			fuse(c.modules[i-1], m)
		}
		c.names = append(c.names, name)
		c.modules = append(c.modules, m)
		c.shapes = append(c.shapes, out)
		in = out
	}
	for c.first < len(c.modules) && len(c.modules[c.first].Params()) == 0 {
		c.first++
	}
	return c, nil
}

// fuse joins a ReLU with the module before it, which applies it while its output
// is in registers, and with a max-pooling after it, whose gradient is zero almost
// everywhere already.
func fuse(before, m Module) {
	switch m := m.(type) {
	case *relu:
		if f, ok := before.(reluFuser); ok {
			f.fuseReLU()
			m.fused = true
		}
	case *maxPool:
		if r, ok := before.(*relu); ok {
			r.masked, m.relu = true, true
		}
	}
}

func (c *chain) out() Shape { return c.shapes[len(c.shapes)-1] }

func (c *chain) forward(x *Tensor, p Pass) *Tensor {
	for _, m := range c.modules {
		x = m.Forward(x, p)
	}
	return x
}

// backward stops at the first module with parameters unless the gradient of
// the input is asked for.
func (c *chain) backward(dy *Tensor, needDX bool) *Tensor {
	for i := len(c.modules) - 1; i >= 0; i-- {
		if i < c.first && !needDX {
			return nil
		}
		dy = c.modules[i].Backward(dy, i > c.first || needDX)
	}
	return dy
}

func (c *chain) params() []*Param {
	var ps []*Param
	for _, m := range c.modules {
		ps = append(ps, m.Params()...)
	}
	return ps
}

func (c *chain) states() []State {
	var ss []State
	for i, m := range c.modules {
		if s, ok := m.(stateful); ok {
			for _, st := range s.States() {
				st.Name = c.names[i] + "." + st.Name
				ss = append(ss, st)
			}
		}
	}
	return ss
}

func (c *chain) flops() int {
	n := 0
	for _, m := range c.modules {
		if f, ok := m.(costed); ok {
			n += f.flops()
		}
	}
	return n
}

// kindOf is the name of a layer's type in lower case: "conv2d".
func kindOf(l Layer) string {
	name := fmt.Sprintf("%T", l)
	return strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
}

// Purposes keep the random draws of one seed apart (law: seeds, not states).
const (
	purposeInit    = 0x1000000
	purposeDropout = 0x2000000
)
