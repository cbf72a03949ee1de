package onnx

import (
	"fmt"
	"slices"
)

// Exporters compute shapes, pads and axes within the graph. All that is done with
// them here is done once, with numbers that are known.

// wholeValue is v as whole numbers and their dimensions.
func (r *reader) wholeValue(v value) (value, error) {
	switch {
	case v.array != nil:
		whole, err := v.array.whole(r.store)
		return value{whole: whole, dims: v.array.dims}, err
	case v.act != nil:
		return value{}, fmt.Errorf("an activation where whole numbers belong")
	}
	return v, nil
}

// line are numbers in one dimension.
func line(whole []int64) value { return value{whole: whole, dims: []int{len(whole)}} }

// rest is that of whole numbers, as shapes are computed.
func (r *reader) rest(n *node) (value, error) {
	a, b, err := r.pair(n)
	if err != nil {
		return value{}, err
	}
	return r.arithmetic(n, a, b)
}

// arithmetic computes with whole numbers.
func (r *reader) arithmetic(n *node, a, b value) (value, error) {
	a, err := r.wholeValue(a)
	if err != nil {
		return value{}, err
	}
	if b, err = r.wholeValue(b); err != nil {
		return value{}, err
	}
	x, y, out := a.whole, b.whole, a
	if len(y) > len(x) || len(b.dims) > len(a.dims) {
		out = b
	}
	size := len(out.whole)
	if size == 0 || len(x) != size && len(x) != 1 || len(y) != size && len(y) != 1 {
		return value{}, fmt.Errorf("%d and %d whole numbers", len(x), len(y))
	}
	out.whole = make([]int64, size)
	for i := range out.whole {
		v, w := x[i*len(x)/size], y[i*len(y)/size]
		if v == batchSize || w == batchSize {
			return value{}, fmt.Errorf("computes with the size of the batch, want it free")
		}
		switch n.op {
		case "Add", "Sum":
			out.whole[i] = v + w
		case "Sub":
			out.whole[i] = v - w
		case "Mul":
			out.whole[i] = v * w
		case "Mod":
			if v < 0 || w < 1 {
				return value{}, fmt.Errorf("%d modulo %d, want a rest of what is not negative", v, w)
			}
			out.whole[i] = v % w
		default:
			if w == 0 {
				return value{}, fmt.Errorf("a division by 0")
			}
			out.whole[i] = v / w
		}
	}
	return out, nil
}

func (r *reader) wholeReshaped(v value, want []int64) (value, error) {
	v, err := r.wholeValue(v)
	if err != nil {
		return value{}, err
	}
	v.dims, err = constantShape(len(v.whole), want)
	return v, err
}

// wholeTransposed turns a table.
func (r *reader) wholeTransposed(v value) (value, error) {
	v, err := r.wholeValue(v)
	if err != nil || len(v.dims) < 2 {
		return v, err
	}
	if len(v.dims) != 2 {
		return value{}, fmt.Errorf("of whole numbers of %v", v.dims)
	}
	rows, columns := v.dims[0], v.dims[1]
	out := make([]int64, len(v.whole))
	for i := range rows {
		for j := range columns {
			out[j*rows+i] = v.whole[i*columns+j]
		}
	}
	return value{whole: out, dims: []int{columns, rows}}, nil
}

// shape is that of a value; the batch's size is free, or as the file has it.
func (r *reader) shape(n *node) (value, error) {
	v, err := r.same(n)
	if err != nil {
		return value{}, err
	}
	var whole []int64
	dims := v.dims
	switch {
	case v.array != nil:
		dims = v.array.dims
	case v.act != nil:
		a, err := r.activation(n, 0)
		if err != nil {
			return value{}, err
		}
		dims = a.dims
		if whole = []int64{batchSize}; r.batch > 0 {
			whole[0] = int64(r.batch)
		}
	}
	for _, d := range dims {
		whole = append(whole, int64(d))
	}
	start, end := clamp(n.int("start", 0), len(whole)), clamp(n.int("end", int64(len(whole))), len(whole))
	return line(whole[start:max(start, end)]), nil
}

// clamp is a place among n, counted from the end if it is negative.
func clamp(i int64, n int) int {
	if i < 0 {
		i = max(i, -int64(n)) + int64(n)
	}
	return int(min(i, int64(n)))
}

// gather takes numbers out of a shape, or the one place of a dimension of 1 away.
func (r *reader) gather(n *node) (value, error) {
	if v, ok, err := r.get(n, 0); err == nil && ok && v.act != nil {
		return r.only(n)
	}
	from, err := r.wholeInput(n, 0)
	if err != nil {
		return value{}, err
	}
	which, ok, err := r.get(n, 1)
	if err != nil || !ok {
		return value{}, fmt.Errorf("no places")
	}
	places, err := r.wholeValue(which)
	if err != nil {
		return value{}, err
	}
	if n.int("axis", 0) != 0 {
		return value{}, fmt.Errorf("axis %d", n.int("axis", 0))
	}
	out := make([]int64, len(places.whole))
	for i, p := range places.whole {
		if p < 0 {
			p += int64(len(from))
		}
		if p < 0 || p >= int64(len(from)) {
			return value{}, fmt.Errorf("place %d of %d", p, len(from))
		}
		out[i] = from[p]
	}
	return value{whole: out, dims: places.dims}, nil
}

// only is an activation without a dimension of 1, as x[:, :, 0] leaves it.
func (r *reader) only(n *node) (value, error) {
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	which, err := r.constantInput(n, 1)
	if err != nil {
		return value{}, err
	}
	axis := n.int("axis", 0)
	if axis < 0 {
		axis += int64(len(a.dims) + 1)
	}
	if which == nil || len(which.dims) > 0 || axis < 1 || axis > int64(len(a.dims)) || a.dims[axis-1] != 1 {
		return value{}, fmt.Errorf("takes places out of axis %d of a batch of %v, which no layer here does", axis, a.dims)
	}
	place, err := which.whole(r.store)
	if err != nil {
		return value{}, err
	}
	if place[0] != 0 && place[0] != -1 {
		return value{}, fmt.Errorf("place %d of 1", place[0])
	}
	b := *a
	b.dims = slices.Delete(slices.Clone(a.dims), int(axis-1), int(axis))
	return value{act: &b}, nil
}

func (r *reader) concat(n *node) (value, error) {
	var out []int64
	for i := range n.inputs {
		v, ok, err := r.get(n, i)
		if err != nil || !ok {
			return value{}, fmt.Errorf("no input %d", i)
		}
		if v.act != nil {
			return value{}, fmt.Errorf("joins activations, which no layer here does")
		}
		if v, err = r.wholeValue(v); err != nil {
			return value{}, err
		}
		if out = append(out, v.whole...); len(out) > maxInts || len(v.dims) > 1 {
			return value{}, fmt.Errorf("of whole numbers of %v, want one dimension of at most %d", v.dims, maxInts)
		}
	}
	return line(out), nil
}

// slice cuts whole numbers along their first dimension, in steps of 1 or −1.
func (r *reader) slice(n *node) (value, error) {
	v, err := r.same(n)
	if err != nil {
		return value{}, err
	}
	if v.act != nil {
		return value{}, fmt.Errorf("cuts an activation, which no layer here does")
	}
	if v, err = r.wholeValue(v); err != nil {
		return value{}, err
	}
	bounds := [4][]int64{n.ints("starts", nil), n.ints("ends", nil), n.ints("axes", nil), nil}
	for i := range bounds {
		if bounds[i] == nil {
			if bounds[i], err = r.wholeInput(n, i+1); err != nil {
				return value{}, err
			}
		}
	}
	one := func(list []int64, def int64) int64 {
		if len(list) == 1 {
			return list[0]
		}
		return def
	}
	axis, by := one(bounds[2], 0), one(bounds[3], 1)
	if len(bounds[0]) != 1 || len(bounds[1]) != 1 || len(bounds[2]) > 1 || len(bounds[3]) > 1 || by != 1 && by != -1 || axis != 0 || len(v.dims) == 0 || v.dims[0] == 0 {
		return value{}, fmt.Errorf("from %v to %v by %v along %v of whole numbers of %v", bounds[0], bounds[1], bounds[3], bounds[2], v.dims)
	}
	rows := v.dims[0]
	width := len(v.whole) / rows
	start, end := clamp(bounds[0][0], rows), clamp(bounds[1][0], rows)
	if by < 0 { // from start down to before end
		start = min(start, rows-1)
		if bounds[1][0] < -int64(rows) {
			end = -1
		}
	}
	var out []int64
	for i := start; by > 0 && i < end || by < 0 && i > end; i += int(by) {
		out = append(out, v.whole[i*width:(i+1)*width]...)
	}
	dims := slices.Clone(v.dims)
	dims[0] = len(out) / max(width, 1)
	return value{whole: out, dims: dims}, nil
}

// filled is one number, as often as a shape says.
func (r *reader) filled(n *node) (value, error) {
	number, shape := &array{element: float32s, floats: []float32{0}}, 0
	if a := n.attr("value"); a != nil && a.t != nil {
		number = a.t
	}
	if n.op == "Expand" {
		v, err := r.same(n)
		if err != nil {
			return value{}, err
		}
		if shape = 1; v.array == nil {
			if v, err = r.wholeValue(v); err != nil {
				return value{}, err
			}
			v.array = &array{element: int64s, ints: v.whole, dims: v.dims}
		}
		number = v.array
	}
	want, err := r.wholeInput(n, shape)
	if err != nil {
		return value{}, err
	}
	dims, size := []int{}, 1
	for _, w := range want {
		if w < 0 || w > maxInts || size > maxInts || len(want) > maxRank {
			return value{}, fmt.Errorf("shape %s of a constant", shapeText(want))
		}
		dims, size = append(dims, int(w)), size*int(w)
	}
	if size > maxInts || number.size() != 1 {
		return value{}, fmt.Errorf("%d numbers as a constant of %s, want one", number.size(), shapeText(want))
	}
	if number.element == int64s || number.element == int32s {
		v, err := number.whole(r.store)
		if err != nil {
			return value{}, err
		}
		return value{whole: slices.Repeat(v, size), dims: dims}, nil
	}
	v, err := number.values(r.store)
	if err == nil {
		err = r.store.spend(size)
	}
	if err != nil {
		return value{}, err
	}
	return value{array: &array{name: n.name, element: float32s, floats: slices.Repeat(v, size), dims: dims}}, nil
}
