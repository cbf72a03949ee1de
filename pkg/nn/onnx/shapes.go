package onnx

import (
	"fmt"
	"slices"
)

func (r *reader) flatten(n *node) (value, error) {
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	if axis := n.int("axis", 1); axis != 1 && axis != -int64(len(a.dims)) {
		return value{}, fmt.Errorf("axis %d, want 1", axis)
	}
	b := *a
	b.dims = []int{product(a.dims)}
	return value{act: &b}, nil
}

func (r *reader) reshaped(n *node) (value, error) {
	want, err := r.wholeInput(n, 1)
	if err != nil {
		return value{}, err
	}
	if v, ok, err := r.get(n, 0); err == nil && ok && v.act == nil {
		if v.array != nil && !v.array.isWhole() {
			dims, err := constantShape(v.array.size(), want)
			return v.array.shaped(dims), err
		}
		return r.wholeReshaped(v, want)
	}
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	b, err := r.reshape(a, want, n.int("allowzero", 0) == 0)
	return value{act: b}, err
}

func (r *reader) transposed(n *node) (value, error) {
	if v, ok, err := r.get(n, 0); err == nil && ok && v.act == nil {
		if v.array != nil && !v.array.isWhole() {
			return r.arrayTransposed(v.array, n.ints("perm", nil))
		}
		return r.wholeTransposed(v)
	}
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	b, err := a.transpose(n.ints("perm", nil))
	return value{act: b}, err
}

// squeeze removes or adds dimensions of 1.
func (r *reader) squeeze(n *node) (value, error) {
	axes, err := r.axes(n, 1)
	if err != nil {
		return value{}, err
	}
	v, err := r.same(n)
	if err != nil {
		return value{}, err
	}
	if v.array != nil && !v.array.isWhole() {
		return v.array.squeezed(axes, n.op == "Unsqueeze")
	}
	if v.act == nil {
		if v, err = r.wholeValue(v); err == nil && len(v.whole) != 1 {
			err = fmt.Errorf("of %d whole numbers", len(v.whole))
		}
		if v.dims = nil; n.op == "Unsqueeze" {
			v.dims = []int{1}
		}
		return v, err
	}
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	rank := len(a.dims) + 1
	if n.op == "Unsqueeze" {
		rank += len(axes)
	}
	if rank > maxRank || len(axes) > maxRank {
		return value{}, fmt.Errorf("axes %v of a batch of %v", axes, a.dims)
	}
	var sorted []int
	for _, x := range axes {
		if x < 0 {
			x += int64(rank)
		}
		if x < 1 || x >= int64(rank) || slices.Contains(sorted, int(x)) {
			return value{}, fmt.Errorf("axes %v of a batch of %v, want the batch to stay in front", axes, a.dims)
		}
		sorted = append(sorted, int(x))
	}
	slices.Sort(sorted)
	b := *a
	b.dims = slices.Clone(a.dims)
	if n.op == "Unsqueeze" {
		for _, x := range sorted {
			b.dims = slices.Insert(b.dims, min(x-1, len(b.dims)), 1)
		}
		return value{act: r.settle(&b)}, nil
	}
	if len(sorted) == 0 {
		return value{}, fmt.Errorf("no axes, which would take a batch of one away")
	}
	slices.Reverse(sorted)
	for _, x := range sorted {
		if b.dims[x-1] != 1 {
			return value{}, fmt.Errorf("axes %v of a batch of %v", axes, a.dims)
		}
		b.dims = slices.Delete(b.dims, x-1, x)
	}
	return value{act: &b}, nil
}

func (r *reader) constant(n *node) (value, error) {
	for _, a := range n.attrs {
		switch a.name {
		case "value":
			if a.t != nil {
				return value{array: a.t}, nil
			}
		case "value_float":
			return value{array: &array{name: n.name, element: float32s, floats: []float32{a.f}}}, nil
		case "value_floats":
			return value{array: &array{name: n.name, element: float32s, floats: a.fs, dims: []int{len(a.fs)}}}, nil
		case "value_int":
			return value{array: &array{name: n.name, element: int64s, ints: []int64{a.i}}}, nil
		case "value_ints":
			return value{array: &array{name: n.name, element: int64s, ints: a.ints, dims: []int{len(a.ints)}}}, nil
		}
	}
	return value{}, fmt.Errorf("no value that is an array or a number")
}

// pad puts zeros around images, which the convolution behind takes.
func (r *reader) pad(n *node) (value, error) {
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	pads := n.ints("pads", nil)
	if pads == nil {
		if pads, err = r.wholeInput(n, 1); err != nil {
			return value{}, err
		}
	}
	with := n.float("value", 0)
	if c, err := r.constantInput(n, 2); err != nil {
		return value{}, err
	} else if c != nil {
		v, err := c.values(r.store)
		if err != nil {
			return value{}, err
		}
		if len(v) != 1 {
			return value{}, fmt.Errorf("%d values to pad with", len(v))
		}
		with = float64(v[0])
	}
	if mode := n.text("mode", "constant"); mode != "constant" || with != 0 || len(n.inputs) > 3 {
		return value{}, fmt.Errorf("mode %.40q with %v, want zeros on all axes", mode, with)
	}
	rank := len(a.dims) + 1
	groups, ok := a.perDim()
	if len(pads) != 2*rank || !ok {
		return value{}, fmt.Errorf("pads %v of a batch of %v", pads, a.dims)
	}
	b, s := *a, r.steps[a.step].shape
	for i, p := range pads {
		if p == 0 {
			continue
		}
		side := -1 // 0: rows, 1: columns
		if axis := i%rank - 1; axis >= 0 && rank == 4 && len(groups[axis]) == 1 {
			switch groups[axis][0] {
			case atom{s.H, s.W}:
				side = 0
			case atom{s.W, 1}:
				side = 1
			}
		}
		if side < 0 || p < 0 || p > maxSide {
			return value{}, fmt.Errorf("pads %v of a batch of %v, want zeros around the rows and columns of images", pads, a.dims)
		}
		b.pads[side+2*(i/rank)] += int(p)
	}
	return value{act: &b}, nil
}
