package onnx

import (
	"fmt"

	"inkling/pkg/nn"
)

// scaler is (x − offset)·scale, as scikit-learn's StandardScaler.
func (r *reader) scaler(n *node) (value, error) {
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	floats := func(name string, def float32) *array {
		v := []float32{def}
		if at := n.attr(name); at != nil {
			v = at.fs
		}
		return &array{name: name, element: float32s, floats: v, dims: []int{len(v)}}
	}
	a, offset, err := r.perChannel(a, floats("offset", 0))
	if err != nil {
		return value{}, err
	}
	for i := range offset {
		offset[i] = -offset[i]
	}
	a, scale, err := r.perChannel(r.affine(a, []float32{1}, offset).act, floats("scale", 1))
	if err != nil {
		return value{}, err
	}
	return r.affine(a, scale, []float32{0}), nil
}

// classifier is a Linear, with a softmax behind it if the file says so.
func (r *reader) classifier(n *node) (value, error) {
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	w, b := n.attr("coefficients"), n.attr("intercepts")
	if w == nil || b == nil || len(a.dims) != 1 || len(b.fs) < 2 || len(w.fs) != a.dims[0]*len(b.fs) {
		return value{}, fmt.Errorf("a batch of %v, want vectors, one row of coefficients and one intercept a class, for two classes and more", a.dims)
	}
	v := r.linear(a, w.fs, a.dims[0], len(b.fs), true, 1, b.fs)
	switch after := n.text("post_transform", "NONE"); after {
	case "NONE":
		return v, nil
	case "SOFTMAX":
		return r.on(v.act, nn.Softmax{}), nil
	default:
		return value{}, fmt.Errorf("post_transform %.40q, want NONE or SOFTMAX", after)
	}
}

// normalizer does nothing to what sums up to 1 already.
func (r *reader) normalizer(n *node) (value, error) {
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	if norm := n.text("norm", "MAX"); norm != "L1" || r.steps[a.step].layer != (nn.Softmax{}) {
		return value{}, fmt.Errorf("norm %.40q, want L1 behind a softmax", norm)
	}
	return value{act: a}, nil
}
