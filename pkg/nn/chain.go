package nn

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
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
		if err := checkModule(m); err != nil {
			return nil, fmt.Errorf("layer %d (%s, input %v): %w", i, kind, in, err)
		}
		for _, p := range m.Params() {
			p.Name = name + "." + p.Name
		}
		if f, ok := m.(fuser); ok && i > 0 && isOurs(layers[i-1]) && isOurs(l) { // others may have borrowed our modules
			f.fuse(c.modules[i-1])
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
		if s, ok := m.(Stateful); ok {
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
		if f, ok := m.(Coster); ok {
			n += f.FLOPs()
		}
	}
	return n
}

// checkBatch says which layer cannot be trained on n examples at a time.
func (c *chain) checkBatch(n int) error {
	for i, m := range c.modules {
		if b, ok := m.(BatchChecker); ok {
			if err := b.CheckBatch(n); err != nil {
				_, kind, _ := strings.Cut(c.names[i], ".")
				return fmt.Errorf("layer %d (%s, input %v): %w", i, kind, c.shapes[i], err)
			}
		}
	}
	return nil
}

// sizes sums up what the modules keep for each example.
func (c *chain) sizes() (pass, training int) {
	for i, m := range c.modules {
		p, t := c.shapes[i+1].Size(), c.shapes[i].Size()
		if s, ok := m.(Sizer); ok {
			p, t = s.Sizes()
		}
		pass, training = pass+p, training+t
	}
	return pass, training
}

// checkModule finds mistakes in a module that somebody else has written.
func checkModule(m Module) error {
	if m == nil {
		return errors.New("Build gives no module and no error")
	}
	params := m.Params()
	if !slices.Equal(params, m.Params()) {
		return errors.New("Params gives other parameters at every call, want the module's own")
	}
	var names []string
	for i, p := range params {
		if p == nil {
			return fmt.Errorf("parameter %d is nil", i)
		}
		if slices.Contains(params[:i], p) || slices.Contains(names, p.Name) {
			return fmt.Errorf("two parameters are called %q", p.Name)
		}
		names = append(names, p.Name)
		if len(p.Dims) == 0 && len(p.Data) > 0 {
			p.Dims = []int{len(p.Data)}
		}
		if n, ok := sizeOf(p.Dims); !ok {
			return fmt.Errorf("parameter %s has dimensions %v, want none below 0 and at most %d values", p.Name, p.Dims, maxWeights)
		} else if len(p.Data) > 0 && len(p.Data) != n {
			return fmt.Errorf("parameter %s has %d values, its dimensions %v hold %d", p.Name, len(p.Data), p.Dims, n)
		}
	}
	return nil
}

// sizeOf is the number of values of an array; not ok if it is none, or beyond
// all bounds.
func sizeOf(dims []int) (n int, ok bool) {
	n = 1
	for _, d := range dims {
		if d < 0 || d > 0 && n > maxProduct/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// maxProduct leaves room to add and to count bytes.
const maxProduct = math.MaxInt / 64

// isOurs reports whether l is a layer of this package.
func isOurs(l Layer) bool {
	k, ok := kindNamed(kindOf(l))
	return ok && k.own && k.is(l)
}

// kindOf is the name of a layer's type in lower case: "conv2d". A type of
// another package that is called as one of ours has its package's name as well.
func kindOf(l Layer) string {
	name := strings.ToLower(strings.TrimLeft(fmt.Sprintf("%T", l), "*"))
	if i := strings.IndexByte(name, '['); i >= 0 { // of a generic type
		name = name[:i]
	}
	pkg, kind, found := strings.Cut(name, ".")
	if !found {
		return name
	}
	if k, known := kindNamed(kind); known && k.own && !k.is(l) {
		return pkg + "-" + kind
	}
	return kind
}

// Purposes keep the random draws of one seed apart (law: seeds, not states).
const (
	purposeInit    = 0x1000000
	purposeDropout = 0x2000000
)
