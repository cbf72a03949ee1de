package onnx

import (
	"fmt"
	"math"
	"slices"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

// addition is a bias if the one side is constant, and a sum of branches if none is.
func (r *reader) addition(n *node) (value, error) {
	if len(n.inputs) != 2 {
		return value{}, fmt.Errorf("%d inputs, want two", len(n.inputs))
	}
	a, b, err := r.pair(n)
	switch {
	case err != nil:
		return value{}, err
	case a.act == nil && b.act == nil:
		return r.arithmetic(n, a, b)
	case a.act != nil && b.act != nil && n.op == "Sub":
		return value{}, fmt.Errorf("a difference of branches, want a sum")
	case a.act != nil && b.act != nil:
		return r.join(a.act, b.act)
	}
	sign, act, constant := float32(1), a.act, b
	if n.op == "Sub" {
		sign = -1
	}
	scale := float32(1)
	if act == nil { // constant ± activation
		act, constant, scale, sign = b.act, a, sign, 1
	}
	act, shift, err := r.perChannel(act, constant.array)
	if err != nil {
		return value{}, err
	}
	for i := range shift {
		shift[i] *= sign
	}
	if v, ok := r.bias(act, shift); ok && scale == 1 {
		return v, nil
	}
	return r.affine(act, []float32{scale}, shift), nil
}

// pair are two inputs.
func (r *reader) pair(n *node) (a, b value, err error) {
	for i, v := range []*value{&a, &b} {
		var ok bool
		if *v, ok, err = r.get(n, i); err != nil {
			return a, b, err
		}
		if !ok {
			return a, b, fmt.Errorf("no input %d", i)
		}
		if v.act != nil && v.act.pads != [4]int{} {
			return a, b, fmt.Errorf("input %d is padded with zeros, which only a convolution takes", i)
		}
	}
	if a.act != nil && b.act == nil && b.array == nil || b.act != nil && a.act == nil && a.array == nil {
		return a, b, fmt.Errorf("computes with the shape of a batch")
	}
	return a, b, nil
}

// join is a Residual.
func (r *reader) join(a, b *activation) (value, error) {
	if !slices.Equal(a.dims, b.dims) {
		return value{}, fmt.Errorf("a sum of batches of %v and %v, want two of the same", a.dims, b.dims)
	}
	if !a.alike(b) {
		return value{}, fmt.Errorf("a sum of batches of %v of which one is transposed", a.dims)
	}
	x, y := a.step, b.step
	if r.steps[x].shape != r.steps[y].shape {
		if x, y = r.vector(x), r.vector(y); r.steps[x].shape != r.steps[y].shape {
			return value{}, fmt.Errorf("a sum of batches of %v and %v", r.steps[x].shape, r.steps[y].shape)
		}
	}
	c := *a
	c.step = r.sum(x, y)
	return value{act: &c}, nil
}

// product is a factor for each channel if the one side is constant; else it may
// be what exporters write for SiLU and GELU.
func (r *reader) product(n *node) (value, error) {
	if len(n.inputs) != 2 {
		return value{}, fmt.Errorf("%d inputs, want two", len(n.inputs))
	}
	a, b, err := r.pair(n)
	switch {
	case err != nil:
		return value{}, err
	case a.act == nil && b.act == nil:
		return r.arithmetic(n, a, b)
	case a.act != nil && b.act != nil:
		if v, ok := r.silu(a.act, b.act); ok && n.op == "Mul" {
			return v, nil
		}
		if v, ok := r.geluOf(a.act, b.act); ok && n.op == "Mul" {
			return v, nil
		}
		return value{}, fmt.Errorf("a product of activations that is no SiLU and no exact GELU")
	case a.act == nil && n.op == "Div":
		return value{}, fmt.Errorf("a constant over an activation")
	}
	act, constant := a.act, b.array
	if act == nil {
		act, constant = b.act, a.array
	}
	act, scale, err := r.perChannel(act, constant)
	if err != nil {
		return value{}, err
	}
	if n.op == "Div" {
		for i, v := range scale {
			if v == 0 {
				return value{}, fmt.Errorf("a division by 0")
			}
			scale[i] = float32(1 / float64(v))
		}
	}
	return r.affine(act, scale, []float32{0}), nil
}

// negative is −x.
func (r *reader) negative(n *node) (value, error) {
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	return r.affine(a, []float32{-1}, []float32{0}), nil
}

// perChannel are the values of c as one for all, or one for each channel of the
// memory of a, which may become a vector for it. They are the caller's.
func (r *reader) perChannel(a *activation, c *array) (*activation, []float32, error) {
	if len(c.dims) > len(a.dims)+1 || c.size() == 0 {
		return nil, nil, fmt.Errorf("a constant of %v beside a batch of %v", c.dims, a.dims)
	}
	at, varies := -1, 0
	for i := range c.dims {
		d, dim := c.dims[len(c.dims)-1-i], 1
		if i < len(a.dims) {
			dim = a.dims[len(a.dims)-1-i]
		}
		switch {
		case d == 1:
		case d != dim:
			return nil, nil, fmt.Errorf("a constant of %v beside a batch of %v", c.dims, a.dims)
		default:
			at, varies = len(a.dims)-1-i, varies+1
		}
	}
	v, err := c.values(r.store)
	if err != nil {
		return nil, nil, err
	}
	v = slices.Clone(v)
	if varies == 0 {
		return a, v, nil
	}
	s := r.steps[a.step].shape
	groups, ok := a.perDim()
	if ok && varies == 1 && len(v) == s.C && len(groups[at]) == 1 && groups[at][0].stride == s.H*s.W {
		return a, v, nil
	}
	if len(v) != product(a.dims) {
		return nil, nil, fmt.Errorf("a constant of %v beside a batch of %v, want one value, one a channel, or one for each", c.dims, a.dims)
	}
	b := *a
	b.step = r.vector(a.step)
	if order := a.order(); order != nil {
		w := make([]float32, len(v))
		for i, p := range order {
			w[p] = v[i]
		}
		v = w
	}
	return &b, v, nil
}

// bias adds shift to that of the layer of a, if it may have one.
func (r *reader) bias(a *activation, shift []float32) (value, bool) {
	s := r.steps[a.step]
	if s.biased == nil {
		return value{}, false
	}
	s.layer = s.biased
	b := make([]float32, s.shape.C)
	for i := range b {
		b[i] = shift[i*len(shift)/len(b)]
	}
	if len(s.arrays) > 1 {
		for i, v := range s.arrays[1].Data {
			b[i] += v
		}
	}
	s.arrays = []safetensors.Tensor{s.arrays[0], {Name: "b", Dims: []int{len(b)}, Data: b}}
	c := *a
	c.step = r.add(s)
	return value{act: &c}, true
}

// affine is scale·x + shift, each one value or one for each channel.
func (r *reader) affine(a *activation, scale, shift []float32) value {
	root, oldScale, oldShift := r.rootOf(a.step)
	n := max(len(scale), len(shift), len(oldScale), len(oldShift))
	s, t := make([]float32, n), make([]float32, n)
	same := true
	for i := range n {
		k := float64(scale[i*len(scale)/n])
		s[i] = float32(k * float64(oldScale[i*len(oldScale)/n]))
		t[i] = float32(k*float64(oldShift[i*len(oldShift)/n]) + float64(shift[i*len(shift)/n]))
		same = same && s[i] == 1 && t[i] == 0
	}
	b := *a
	if b.step = root; !same {
		b.step = r.add(step{from: root, scale: s, shift: t, shape: r.steps[root].shape})
	}
	return value{act: &b}
}

// rootOf is the step that an affine one is made of, and how.
func (r *reader) rootOf(at int) (root int, scale, shift []float32) {
	if s := &r.steps[at]; s.scale != nil {
		return s.from, s.scale, s.shift
	}
	return at, []float32{1}, []float32{0}
}

// silu is x·σ(x).
func (r *reader) silu(a, b *activation) (value, bool) {
	for range 2 {
		if s := &r.steps[b.step]; s.layer == (nn.Logistic{}) && s.from == a.step && a.alike(b) {
			return r.on(a, nn.SiLU{}), true
		}
		a, b = b, a
	}
	return value{}, false
}

// erf is the middle of a GELU.
func (r *reader) erf(n *node) (value, error) {
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	b := *a
	b.step = r.add(step{from: a.step, lacks: "Erf outside of a GELU", shape: r.steps[a.step].shape})
	return value{act: &b}, nil
}

// geluOf is c·p·(1 + erf(p/√2)), with p any multiple of what there is: 2c times
// the GELU of p.
func (r *reader) geluOf(a, b *activation) (value, bool) {
	for range 2 {
		if v, ok := r.geluFrom(a, b); ok {
			return v, true
		}
		a, b = b, a
	}
	return value{}, false
}

func (r *reader) geluFrom(x, u *activation) (value, bool) {
	e, k, one := r.rootOf(u.step)
	if r.steps[e].lacks == "" || len(k) != 1 || len(one) != 1 || !near(k[0], one[0]) || !x.alike(u) {
		return value{}, false
	}
	root, scale, shift := r.rootOf(r.steps[e].from)
	from, sx, tx := r.rootOf(x.step)
	if from != root {
		return value{}, false
	}
	zero := []float32{0}
	if nearAll(sx, scale) && nearAll(tx, shift) { // p is x, whatever that is
		return r.affine(r.on(x, nn.GELU{}).act, []float32{snap(2 * k[0])}, zero), true
	}
	if len(sx) != 1 || len(scale) != 1 || len(tx) != 1 || tx[0] != 0 || len(shift) != 1 || shift[0] != 0 || scale[0] == 0 {
		return value{}, false
	}
	p := &activation{step: root, dims: x.dims, atoms: x.atoms}
	if q := snap(float32(math.Sqrt2 * float64(scale[0]))); q != 1 {
		p = r.affine(p, []float32{q}, zero).act
	}
	c := float64(sx[0]) / (math.Sqrt2 * float64(scale[0])) // x = c·p
	return r.affine(r.on(p, nn.GELU{}).act, []float32{snap(float32(2 * c * float64(k[0])))}, zero), true
}

// near is equal but for rounding.
func near(a, b float32) bool {
	return math.Abs(float64(a)-float64(b)) <= 1e-6*math.Abs(float64(b))
}

// nearAll reports whether x is √2·z, value by value.
func nearAll(x, z []float32) bool {
	n := max(len(x), len(z))
	for i := range n {
		if !near(x[i*len(x)/n], float32(math.Sqrt2*float64(z[i*len(z)/n]))) {
			return false
		}
	}
	return true
}

// snap is v, or the 1 that it would be but for rounding.
func snap(v float32) float32 {
	if near(v, 1) {
		return 1
	}
	return v
}
