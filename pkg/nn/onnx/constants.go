package onnx

import (
	"fmt"
	"math"
	"slices"
)

// Exporters that fold nothing turn and shape the weights within the graph. That is
// done here once.

// constantShape are the dimensions that want makes of so many numbers.
func constantShape(size int, want []int64) ([]int, error) {
	if len(want) > maxRank {
		return nil, fmt.Errorf("shape %s of a constant, want at most %d dimensions", shapeText(want), maxRank)
	}
	dims, open, known := make([]int, len(want)), -1, 1
	for i, w := range want {
		switch {
		case w == -1 && open < 0:
			open = i
			continue
		case w < 1 || w > int64(size) || known > size:
			return nil, fmt.Errorf("shape %s of %d numbers", shapeText(want), size)
		}
		dims[i], known = int(w), known*int(w)
	}
	if open >= 0 {
		dims[open] = size / known
	}
	if product(dims) != size {
		return nil, fmt.Errorf("shape %s of %d numbers", shapeText(want), size)
	}
	return dims, nil
}

// shaped is a with other dimensions, of the same product.
func (a *array) shaped(dims []int) value {
	b := *a
	b.dims = dims
	return value{array: &b}
}

// squeezed is a without dimensions of 1, or with more of them.
func (a *array) squeezed(axes []int64, more bool) (value, error) {
	rank := len(a.dims)
	if more {
		rank += len(axes)
	}
	if rank > maxRank || len(axes) > maxRank {
		return value{}, fmt.Errorf("axes %v of a constant of %v", axes, a.dims)
	}
	var at []int
	for _, x := range axes {
		if x < 0 {
			x += int64(rank)
		}
		if x < 0 || x >= int64(rank) || slices.Contains(at, int(x)) || !more && a.dims[x] != 1 {
			return value{}, fmt.Errorf("axes %v of a constant of %v", axes, a.dims)
		}
		at = append(at, int(x))
	}
	dims := []int{}
	for i, rest := 0, a.dims; i < rank; i++ {
		marked := slices.Contains(at, i) || !more && len(axes) == 0 && rest[0] == 1
		switch {
		case marked && more:
			dims = append(dims, 1)
			continue
		case !marked:
			dims = append(dims, rest[0])
		}
		rest = rest[1:]
	}
	return a.shaped(dims), nil
}

// arrayTransposed is a with its dimensions in another order.
func (r *reader) arrayTransposed(a *array, perm []int64) (value, error) {
	rank := len(a.dims)
	if perm == nil {
		for i := range a.dims {
			perm = append(perm, int64(rank-1-i))
		}
	}
	strides, n := make([]int, rank), 1
	for i, d := range slices.Backward(a.dims) {
		strides[i], n = n, n*d
	}
	turned := activation{}
	seen := map[int64]bool{}
	for _, p := range perm {
		if p < 0 || p >= int64(rank) || seen[p] {
			return value{}, fmt.Errorf("perm %v of a constant of %v", perm, a.dims)
		}
		seen[p] = true
		turned.dims = append(turned.dims, a.dims[p])
		turned.atoms = append(turned.atoms, atom{a.dims[p], strides[p]})
	}
	if len(perm) != rank {
		return value{}, fmt.Errorf("perm %v of a constant of %v", perm, a.dims)
	}
	from, err := a.values(r.store)
	if err != nil || len(from) == 0 {
		return a.shaped(turned.dims), err
	}
	order := turned.order()
	if order == nil {
		return a.shaped(turned.dims), nil
	}
	to := make([]float32, len(from))
	for i, p := range order {
		to[i] = from[p]
	}
	return value{array: &array{name: a.name, element: float32s, floats: to, dims: turned.dims}}, nil
}

// truncated are the whole numbers of floats.
func (r *reader) truncated(a *array) (value, error) {
	if a.size() > maxInts {
		return value{}, fmt.Errorf("%d floats to whole numbers, want at most %d", a.size(), maxInts)
	}
	from, err := a.values(r.store)
	if err != nil {
		return value{}, err
	}
	whole := make([]int64, len(from))
	for i, v := range from {
		if !(math.Abs(float64(v)) < 1<<31) {
			return value{}, fmt.Errorf("%v to a whole number", v)
		}
		whole[i] = int64(v)
	}
	return value{whole: whole, dims: a.dims}, nil
}

// root is that of each value of a constant.
func (r *reader) root(n *node) (value, error) {
	c, err := r.constantInput(n, 0)
	if err != nil {
		return value{}, err
	}
	if c == nil || c.isWhole() {
		return value{}, fmt.Errorf("input 0 is none of floats, want a constant of them")
	}
	from, err := c.values(r.store)
	if err != nil {
		return value{}, err
	}
	to := make([]float32, len(from))
	for i, v := range from {
		to[i] = float32(math.Sqrt(float64(v)))
	}
	return value{array: &array{name: c.name, element: float32s, floats: to, dims: c.dims}}, nil
}
