package onnx

import (
	"fmt"
	"slices"

	"inkling/pkg/nn"
)

// product is the number of values of one example.
func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// merged are atoms without what can be said in fewer: those of size 1, and
// neighbours that continue one another.
func merged(atoms []atom) (out []atom) {
	for _, a := range atoms {
		if a.size == 1 {
			continue
		}
		if n := len(out); n > 0 && out[n-1].stride == a.size*a.stride {
			out[n-1] = atom{out[n-1].size * a.size, a.stride}
		} else {
			out = append(out, a)
		}
	}
	return out
}

// alike reports whether the values of two activations lie in the same places.
func (a *activation) alike(b *activation) bool {
	return slices.Equal(a.dims, b.dims) && slices.Equal(merged(a.atoms), merged(b.atoms))
}

// isContiguous reports whether the values lie in the order in which they count.
func (a *activation) isContiguous() bool {
	m := merged(a.atoms)
	return len(m) == 0 || len(m) == 1 && m[0].stride == 1
}

// contiguous is a, if its values lie in the order in which the layers count them.
func (r *reader) contiguous(a *activation) (*activation, error) {
	if !a.isContiguous() {
		return nil, fmt.Errorf("its values are in the order of a transposition, want them in that of channels, rows, columns")
	}
	return a, nil
}

// perDim are the atoms of each dimension; not ok if one begins within an atom in a
// way that strides cannot say.
func (a *activation) perDim() (out [][]atom, ok bool) {
	atoms := merged(a.atoms)
	for _, d := range a.dims {
		var mine []atom
		for need := d; need > 1; {
			if len(atoms) == 0 {
				return nil, false
			}
			first := atoms[0]
			switch {
			case need%first.size == 0:
				mine, atoms, need = append(mine, first), atoms[1:], need/first.size
			case first.size%need == 0: // cut it: the outer part is mine
				rest := first.size / need
				mine = append(mine, atom{need, rest * first.stride})
				atoms = append([]atom{{rest, first.stride}}, atoms[1:]...)
				need = 1
			default:
				return nil, false
			}
		}
		out = append(out, mine)
	}
	return out, true
}

// order are the places in memory, in the order in which the values count; nil if
// that is the memory's own.
func (a *activation) order() []int {
	if a.isContiguous() {
		return nil
	}
	places := []int{0}
	for _, at := range merged(a.atoms) {
		next := make([]int, 0, len(places)*at.size)
		for _, p := range places {
			for i := range at.size {
				next = append(next, p+i*at.stride)
			}
		}
		places = next
	}
	return places
}

// transpose is a with its dimensions in another order; perm counts the batch.
func (a *activation) transpose(perm []int64) (*activation, error) {
	groups, ok := a.perDim()
	if !ok {
		return nil, fmt.Errorf("a transposition of %v that cuts through its dimensions", a.dims)
	}
	if perm == nil { // the reverse of all
		for i := range len(a.dims) + 1 {
			perm = append([]int64{int64(i)}, perm...)
		}
	}
	if len(perm) != len(a.dims)+1 || perm[0] != 0 {
		return nil, fmt.Errorf("perm %v of a batch of %v, want the batch to stay in front", perm, a.dims)
	}
	b := &activation{step: a.step, pads: a.pads}
	seen := map[int64]bool{}
	for _, p := range perm[1:] {
		if p < 1 || int(p) > len(a.dims) || seen[p] {
			return nil, fmt.Errorf("perm %v of a batch of %v", perm, a.dims)
		}
		seen[p] = true
		b.dims = append(b.dims, a.dims[p-1])
		b.atoms = append(b.atoms, groups[p-1]...)
	}
	return b, nil
}

// reshape is a with dimensions that want may leave open with −1 or 0, the batch
// in front.
func (r *reader) reshape(a *activation, want []int64, zero bool) (*activation, error) {
	if len(want) == 0 || len(want) > maxRank {
		return nil, fmt.Errorf("shape %v", shapeText(want))
	}
	size := product(a.dims)
	dims, open, known := make([]int, 0, len(want)), -1, 1
	for i, w := range want[1:] {
		switch {
		case w == 0 && zero && i < len(a.dims):
			w = int64(a.dims[i])
		case w == -1 && open < 0:
			open = i
			dims = append(dims, 1)
			continue
		}
		if w < 1 || w > maxInput || known > maxInput/int(w) {
			return nil, fmt.Errorf("shape %s of a batch of %v", shapeText(want), a.dims)
		}
		known *= int(w)
		dims = append(dims, int(w))
	}
	if open >= 0 && size%known == 0 {
		dims[open] = size / known
		known = size
	}
	if known != size {
		return nil, fmt.Errorf("shape %s of a batch of %v, which has %d values", shapeText(want), a.dims, size)
	}
	switch first := want[0]; {
	case first == batchSize, first == 0 && zero, first == -1 && open < 0, r.batch > 0 && first == int64(r.batch):
	default:
		return nil, fmt.Errorf("shape %s of a batch of %v, want the batch to stay in front", shapeText(want), a.dims)
	}
	return r.settle(&activation{step: a.step, dims: dims, atoms: a.atoms, pads: a.pads}), nil
}

// settle takes the shape of an image for an input that is a vector in the file,
// where the file makes an image of it at once.
func (r *reader) settle(a *activation) *activation {
	if r.free && a.step == 0 && len(r.steps) == 1 && len(a.dims) == 3 && a.isContiguous() {
		s := nn.CHW(a.dims[0], a.dims[1], a.dims[2])
		if s.W == 1 && min(s.C, s.H) > 4 { // rows and columns of one channel, which comes last
			s = nn.CHW(1, s.C, s.H)
		}
		r.steps[0].shape, r.free = s, false
	}
	return a
}

func shapeText(shape []int64) string {
	s := "["
	for i, v := range shape {
		if i > 0 {
			s += " "
		}
		if v == batchSize {
			s += "N"
		} else {
			s += fmt.Sprint(v)
		}
	}
	return s + "]"
}

// image is the step of a, which must be a batch of images as the layers have them.
func (r *reader) image(a *activation) (int, error) {
	if len(a.dims) != 3 {
		return 0, fmt.Errorf("takes a batch of %v, want images", a.dims)
	}
	if !a.isContiguous() {
		return 0, fmt.Errorf("takes images of %v that are transposed, want channels, rows, columns", a.dims)
	}
	want := nn.CHW(a.dims[0], a.dims[1], a.dims[2])
	have := r.steps[a.step].shape
	switch {
	case want == have:
		return a.step, nil
	case want.IsVec():
		return r.vector(a.step), nil
	}
	return 0, fmt.Errorf("takes images of %v made of %v, and no layer here makes them", want, have)
}

// vector is the step behind a step whose output is a vector.
func (r *reader) vector(at int) int {
	s := &r.steps[at].shape
	if s.IsVec() {
		return at
	}
	if at == 0 && r.free {
		return at
	}
	return r.add(step{from: at, layer: nn.Flatten{}, shape: nn.Vec(s.Size())})
}

// contiguousView is the view of a step that has just been made.
func contiguousView(at int, s nn.Shape, dims ...int) *activation {
	return &activation{step: at, dims: slices.Clone(dims), atoms: []atom{{s.Size(), 1}}}
}

// imageView is that of one which gives images.
func imageView(at int, s nn.Shape) *activation { return contiguousView(at, s, s.C, s.H, s.W) }
