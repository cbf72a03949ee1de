package nn

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"

	"inkling/pkg/nn/internal/f32"
	"inkling/pkg/nn/internal/oracle"
)

// Residual adds a shortcut around Body: y = Body(x) + Shortcut(x); without
// Shortcut layers, y = Body(x) + x (He et al. 2016).
type Residual struct {
	Body     []Layer
	Shortcut []Layer
}

var _ = ours(Residual{})

func (l Residual) Branches() [][]Layer { return [][]Layer{l.Body, l.Shortcut} }
func (Residual) Outline() string       { return "residual" }

// branches are a Residual in a file.
type branches struct {
	Body     json.RawMessage `json:"body"`
	Shortcut json.RawMessage `json:"shortcut"`
}

func (l Residual) MarshalJSON() ([]byte, error) {
	body, err := EncodeLayers(l.Body)
	if err != nil {
		return nil, err
	}
	shortcut, err := EncodeLayers(l.Shortcut)
	if err != nil {
		return nil, err
	}
	return json.Marshal(branches{body, shortcut})
}

func (l *Residual) UnmarshalJSON(data []byte) error {
	var b branches
	err := strictJSON(data, &b)
	if err != nil {
		return err
	}
	if b.Body == nil {
		return errors.New(`no body, want {"body":[…]} and perhaps "shortcut":[…]`)
	}
	if l.Body, err = DecodeLayers(b.Body); err != nil || b.Shortcut == nil {
		return err
	}
	l.Shortcut, err = DecodeLayers(b.Shortcut)
	return err
}

func (l Residual) Build(in Shape, rng *rand.Rand) (Module, Shape, error) {
	if len(l.Body) == 0 {
		return nil, Shape{}, errors.New("Body is empty")
	}
	body, err := buildChain(l.Body, in, rng.Uint64())
	if err != nil {
		return nil, Shape{}, fmt.Errorf("body: %w", err)
	}
	shortcut, err := buildChain(l.Shortcut, in, rng.Uint64())
	if err != nil {
		return nil, Shape{}, fmt.Errorf("shortcut: %w", err)
	}
	if body.out() != shortcut.out() {
		return nil, Shape{}, fmt.Errorf("body gives %v, shortcut %v: they cannot be added", body.out(), shortcut.out())
	}
	for _, p := range body.params() {
		p.Name = "body." + p.Name
	}
	for _, p := range shortcut.params() {
		p.Name = "shortcut." + p.Name
	}
	return &residual{in: in, body: body, shortcut: shortcut}, body.out(), nil
}

type residual struct {
	in             Shape
	body, shortcut *chain
	relu           bool

	y, dy Tensor
}

func (m *residual) Forward(x *Tensor, p Pass) *Tensor {
	checkInput("residual", x, m.in)
	b := m.body.forward(x, p)
	s := m.shortcut.forward(x, p)
	m.y.Resize(x.N, b.Shape)
	f32.Add(m.y.Data, b.Data, s.Data)
	if m.relu {
		f32.ReLU(m.y.Data, m.y.Data)
	}
	return &m.y
}

// Backward: dx is the sum of what comes back through both branches. Each
// branch may overwrite what it is given, so the body gets a copy.
func (m *residual) Backward(dy *Tensor, needDX bool) *Tensor {
	checkGrad("residual", dy, m.y.N, m.y.Shape)
	if m.relu {
		f32.ReLUGrad(dy.Data, dy.Data, m.y.Data)
	}
	m.dy.Resize(dy.N, m.y.Shape)
	copy(m.dy.Data, dy.Data)
	b := m.body.backward(&m.dy, needDX)
	s := m.shortcut.backward(dy, needDX)
	if !needDX {
		return nil
	}
	f32.Add(b.Data, b.Data, s.Data)
	return b
}

func (m *residual) Params() []*Param { return append(m.body.params(), m.shortcut.params()...) }

func (m *residual) States() []State {
	var all []State
	for _, s := range m.body.states() {
		all = append(all, State{"body." + s.Name, s.Data})
	}
	for _, s := range m.shortcut.states() {
		all = append(all, State{"shortcut." + s.Name, s.Data})
	}
	return all
}

func (m *residual) fuseReLU()  { m.relu = true }
func (m *residual) FLOPs() int { return m.body.flops() + m.shortcut.flops() + m.body.out().Size() }

// Sizes: the sum, and the gradient that the body gets a copy of.
func (m *residual) Sizes() (pass, training int) {
	p, t := m.body.sizes()
	q, u := m.shortcut.sizes()
	out := m.body.out().Size()
	return p + q + out, t + u + out
}

func (m *residual) CheckBatch(n int) error {
	if err := m.body.checkBatch(n); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if err := m.shortcut.checkBatch(n); err != nil {
		return fmt.Errorf("shortcut: %w", err)
	}
	return nil
}

// Symbolic writes the body, then the shortcut, then the sum. Where one of them
// gives vectors and the other images of one pixel, both become vectors.
func (l Residual) Symbolic(g *Graph, m Module) error {
	r, ok := m.(interface {
		branches() (body, shortcut *chain)
	})
	if !ok {
		return fmt.Errorf("%T in the place of a residual", m)
	}
	name, out, before := g.name, g.out, g.at
	inBody, inShortcut := r.branches()
	if err := g.chain(inBody, l.Body, name+".body."); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	body := g.at
	g.at = before
	if err := g.chain(inShortcut, l.Shortcut, name+".shortcut."); err != nil {
		return fmt.Errorf("shortcut: %w", err)
	}
	if body.flat != g.at.flat {
		g.name = name + ".shortcut"
		g.Flatten()
		shortcut := g.at
		g.at, g.name = body, name+".body"
		g.Flatten()
		body, g.at = g.at, shortcut
	}
	shortcut := g.at
	g.name, g.out, g.at = name, out, body
	g.Add(Node{Op: "Add", Inputs: []string{shortcut.value}})
	return nil
}

func (l Residual) oracle(_ Shape, m Module, _, _ *oracle.Param) (oracle.Op, error) {
	r, ok := m.(interface {
		branches() (body, shortcut *chain)
	})
	if !ok {
		return nil, fmt.Errorf("%T in the place of a residual", m)
	}
	inBody, inShortcut := r.branches()
	body, err := oracleOf(l.Body, inBody)
	if err != nil {
		return nil, err
	}
	shortcut, err := oracleOf(l.Shortcut, inShortcut)
	return oracle.Residual{Body: body, Shortcut: shortcut}, err
}

func (m *residual) branches() (body, shortcut *chain) { return m.body, m.shortcut }
