package onnx

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

// known are the operators that are read; what a method does with a node is in its
// comment. Those of shapes work on whole numbers. The learned are those of
// ai.onnx.ml.
var known, learned map[string]func(r *reader, n *node) (value, error)

func init() { // the methods name it in errors
	known = map[string]func(r *reader, n *node) (value, error){
		"Add": (*reader).addition, "Sub": (*reader).addition, "Mul": (*reader).product, "Div": (*reader).product, "Sum": (*reader).addition, "Mod": (*reader).rest, "Neg": (*reader).negative, "Sqrt": (*reader).root,
		"Gemm": (*reader).gemm, "MatMul": (*reader).gemm, "Conv": (*reader).conv, "BatchNormalization": (*reader).batchNorm,
		"MaxPool": (*reader).pool, "AveragePool": (*reader).pool, "GlobalAveragePool": (*reader).globalPool, "ReduceMean": (*reader).mean,
		"Relu": pointwise(nn.ReLU{}), "Sigmoid": pointwise(nn.Logistic{}), "Tanh": pointwise(nn.Tanh{}), "LeakyRelu": (*reader).leakyRelu, "PRelu": (*reader).prelu,
		"Gelu": (*reader).gelu, "Swish": (*reader).swish, "Erf": (*reader).erf, "Clip": (*reader).clip, "Max": (*reader).clip, "Softmax": (*reader).softmax,
		"Identity": (*reader).same, "Dropout": (*reader).same, "Cast": (*reader).cast, "Pad": (*reader).pad,
		"Flatten": (*reader).flatten, "Reshape": (*reader).reshaped, "Transpose": (*reader).transposed,
		"Squeeze": (*reader).squeeze, "Unsqueeze": (*reader).squeeze, "Constant": (*reader).constant,
		"Shape": (*reader).shape, "Gather": (*reader).gather, "Concat": (*reader).concat, "Slice": (*reader).slice,
		"ConstantOfShape": (*reader).filled, "Expand": (*reader).filled, "CastLike": (*reader).same,
	}
	learned = map[string]func(r *reader, n *node) (value, error){
		"ZipMap": (*reader).same, "Scaler": (*reader).scaler, "LinearClassifier": (*reader).classifier, "Normalizer": (*reader).normalizer,
	}
}

func (r *reader) node(n *node) (value, error) {
	read := known[n.op]
	if n.domain == "ai.onnx.ml" {
		read = learned[n.op]
	}
	switch {
	case n.domain != "" && n.domain != "ai.onnx.ml":
		return value{}, fmt.Errorf("an operator of %.60q, want those of the standard", n.domain)
	case n.op == "LogSoftmax":
		return value{}, fmt.Errorf("no layer here computes it: export the network without it, which orders the classes alike (its softmax is the same)")
	case read == nil:
		return value{}, fmt.Errorf("no layer here computes it; known: %s", strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	case len(n.inputs) == 0 && n.op != "Constant":
		return value{}, fmt.Errorf("no input")
	}
	return read(r, n)
}

// get is the value of an input, not ok where there is none.
func (r *reader) get(n *node, i int) (v value, ok bool, err error) {
	if i >= len(n.inputs) || n.inputs[i] == "" {
		return value{}, false, nil
	}
	v, ok = r.values[n.inputs[i]]
	if !ok {
		return value{}, false, fmt.Errorf("input %.80q is given by nothing before it", n.inputs[i])
	}
	return v, true, nil
}

// activation is an input that must depend on that of the network, and have no
// padding that waits for a convolution.
func (r *reader) activation(n *node, i int) (*activation, error) {
	v, ok, err := r.get(n, i)
	if err != nil {
		return nil, err
	}
	if !ok || v.act == nil {
		return nil, fmt.Errorf("input %d does not depend on the network's, want one that does", i)
	}
	if v.act.pads != [4]int{} && n.op != "Conv" && n.op != "Pad" && n.op != "Transpose" {
		return nil, fmt.Errorf("input %d is padded with zeros, which only a convolution takes", i)
	}
	return v.act, nil
}

// constantInput is an input that must be an array, nil where there is none.
func (r *reader) constantInput(n *node, i int) (*array, error) {
	v, ok, err := r.get(n, i)
	if err != nil || !ok {
		return nil, err
	}
	if v.array == nil {
		return nil, fmt.Errorf("input %d is computed, want a constant", i)
	}
	return v.array, nil
}

// wholeInput are the numbers of an input that is a shape, axes or places; nil
// where there is none.
func (r *reader) wholeInput(n *node, i int) ([]int64, error) {
	v, ok, err := r.get(n, i)
	if err != nil || !ok {
		return nil, err
	}
	v, err = r.wholeValue(v)
	return v.whole, err
}

func (n *node) attr(name string) *attr {
	for i := range n.attrs {
		if n.attrs[i].name == name {
			return &n.attrs[i]
		}
	}
	return nil
}

func (n *node) int(name string, def int64) int64 {
	if a := n.attr(name); a != nil {
		return a.i
	}
	return def
}

func (n *node) float(name string, def float32) float64 {
	f := def
	if a := n.attr(name); a != nil {
		f = a.f
	}
	v, _ := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64) // 0.1 as it was written
	return v
}

func (n *node) ints(name string, def []int64) []int64 {
	if a := n.attr(name); a != nil {
		return a.ints
	}
	return def
}

func (n *node) text(name, def string) string {
	if a := n.attr(name); a != nil {
		return a.s
	}
	return def
}

// axes are those of an attribute or, since some version, of an input.
func (r *reader) axes(n *node, input int) ([]int64, error) {
	if a := n.attr("axes"); a != nil {
		return a.ints, nil
	}
	return r.wholeInput(n, input)
}

// on is a behind one more layer that works on each value alone.
func (r *reader) on(a *activation, l nn.Layer) value {
	b := *a
	b.step = r.add(step{from: a.step, layer: l, shape: r.steps[a.step].shape})
	return value{act: &b}
}

func pointwise(l nn.Layer) func(*reader, *node) (value, error) {
	return func(r *reader, n *node) (value, error) {
		a, err := r.activation(n, 0)
		if err != nil {
			return value{}, err
		}
		return r.on(a, l), nil
	}
}

func (r *reader) leakyRelu(n *node) (value, error) {
	slope := n.float("alpha", 0.01)
	if slope == 0 {
		return pointwise(nn.ReLU{})(r, n)
	}
	return pointwise(nn.LeakyReLU{Slope: slope})(r, n)
}

// prelu is a LeakyReLU, if it has one slope for all.
func (r *reader) prelu(n *node) (value, error) {
	c, err := r.constantInput(n, 1)
	if err != nil {
		return value{}, err
	}
	if c == nil || c.size() != 1 {
		return value{}, fmt.Errorf("slopes of channels, want one for all")
	}
	v, err := c.values(r.store)
	if err != nil {
		return value{}, err
	}
	slope := node{inputs: n.inputs[:1], attrs: []attr{{name: "alpha", f: v[0]}}}
	return r.leakyRelu(&slope)
}

func (r *reader) gelu(n *node) (value, error) {
	if how := n.text("approximate", "none"); how != "none" {
		return value{}, fmt.Errorf("approximate %.40q, want the exact one (none)", how)
	}
	return pointwise(nn.GELU{})(r, n)
}

func (r *reader) swish(n *node) (value, error) {
	if alpha := n.float("alpha", 1); alpha != 1 {
		return value{}, fmt.Errorf("alpha %v, want 1", alpha)
	}
	return pointwise(nn.SiLU{})(r, n)
}

// clip is a ReLU, if its bounds are 0 and none; so is the larger of x and 0.
func (r *reader) clip(n *node) (value, error) {
	low, high := n.float("min", -math.MaxFloat32), n.float("max", math.MaxFloat32)
	for i, bound := range []*float64{&low, &high} {
		c, err := r.constantInput(n, i+1)
		if err != nil {
			return value{}, err
		}
		if c == nil {
			continue
		}
		v, err := c.values(r.store)
		if err != nil {
			return value{}, err
		}
		if len(v) != 1 {
			return value{}, fmt.Errorf("bounds of %d values, want one", len(v))
		}
		*bound = float64(v[0])
	}
	if low != 0 || high < math.MaxFloat32 || n.op == "Max" && len(n.inputs) != 2 {
		return value{}, fmt.Errorf("between %v and %v, want a ReLU (0 and no bound)", low, high)
	}
	return pointwise(nn.ReLU{})(r, n)
}

func (r *reader) softmax(n *node) (value, error) {
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	def := int64(-1)
	if r.opset[""] < 13 {
		def = 1
	}
	axis := n.int("axis", def)
	if len(a.dims) != 1 && !(r.opset[""] < 13 && axis == 1) || axis != 1 && axis != -1 {
		return value{}, fmt.Errorf("over axis %d of a batch of %v, want one over the whole example", axis, a.dims)
	}
	return r.on(a, nn.Softmax{}), nil
}

// same is for what does nothing at evaluation.
func (r *reader) same(n *node) (value, error) {
	v, ok, err := r.get(n, 0)
	if err == nil && !ok {
		err = fmt.Errorf("no input")
	}
	return v, err
}

// cast leaves numbers as they are: all that is computed here is float32.
func (r *reader) cast(n *node) (value, error) {
	v, err := r.same(n)
	if err != nil {
		return v, err
	}
	if v.act == nil {
		if to := uint64(n.int("to", 0)); v.array != nil && !v.array.isWhole() && (to == int64s || to == int32s) {
			return r.truncated(v.array)
		}
		return v, nil
	}
	switch to := n.int("to", 0); to {
	case float32s, float64s, float16s, bfloat16s: // as files of halves keep their inputs and outputs
		return v, nil
	default:
		return v, fmt.Errorf("to element type %d, want float", to)
	}
}

// linear makes a step y = scale·W·x + b of a vector. W lies in rows of an output
// each, or else of an input each.
func (r *reader) linear(a *activation, w []float32, in, out int, rows bool, scale float64, bias []float32) value {
	m, order := w, a.order()
	if !rows || order != nil || scale != 1 {
		m = make([]float32, len(w))
		for o := range out {
			for i := range in {
				to, from := i, i*out+o
				if order != nil {
					to = order[i]
				}
				if rows {
					from = o*in + i
				}
				m[o*in+to] = float32(scale * float64(w[from]))
			}
		}
	}
	l := nn.Linear{Out: out, NoBias: bias == nil}
	arrays := []safetensors.Tensor{{Name: "W", Dims: []int{out, in}, Data: m}}
	if bias != nil {
		arrays = append(arrays, safetensors.Tensor{Name: "b", Dims: []int{out}, Data: bias})
	}
	s := nn.Vec(out)
	return value{act: contiguousView(r.add(step{from: a.step, layer: l, kind: "linear", biased: nn.Linear{Out: out}, arrays: arrays, shape: s}), s, out)}
}

// gemm is a Linear: alpha·x·W + beta·b. A MatMul is one without b, which an Add
// behind it may bring.
func (r *reader) gemm(n *node) (value, error) {
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	c, err := r.constantInput(n, 1)
	if err != nil {
		return value{}, err
	}
	if c == nil {
		return value{}, fmt.Errorf("no weights")
	}
	if len(a.dims) != 1 || len(c.dims) != 2 {
		return value{}, fmt.Errorf("a batch of %v by weights of %v, want vectors by a matrix", a.dims, c.dims)
	}
	rows := n.op == "Gemm" && n.int("transB", 0) != 0
	in, out := c.dims[0], c.dims[1]
	if rows {
		in, out = out, in
	}
	switch {
	case n.op == "Gemm" && n.int("transA", 0) != 0:
		return value{}, fmt.Errorf("transA, want the batch in front")
	case in != a.dims[0] || out < 1:
		return value{}, fmt.Errorf("a batch of %v by weights of %v", a.dims, c.dims)
	}
	w, err := c.values(r.store)
	if err != nil {
		return value{}, err
	}
	alpha, beta := 1.0, 1.0
	var bias []float32
	if n.op == "Gemm" {
		alpha, beta = n.float("alpha", 1), n.float("beta", 1)
		b, err := r.constantInput(n, 2)
		if err != nil {
			return value{}, err
		}
		if b != nil {
			if bias, err = b.perOutput(r.store, out, beta); err != nil {
				return value{}, err
			}
		}
	}
	return r.linear(a, w, in, out, rows, alpha, bias), nil
}

// perOutput are the values of a, one for all or one for each of n outputs.
func (a *array) perOutput(s *store, n int, scale float64) ([]float32, error) {
	if a.size() != 1 && (a.size() != n || a.dims[len(a.dims)-1] != n) {
		return nil, fmt.Errorf("a bias of %v for %d outputs", a.dims, n)
	}
	v, err := a.values(s)
	if err != nil {
		return nil, err
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(scale * float64(v[i*len(v)/n]))
	}
	return out, nil
}

// imageInput is the step that gives the first input, which must be images, their
// shape, and the zeros of a Pad that are still to be put around them.
func (r *reader) imageInput(n *node) (from int, in nn.Shape, pads [4]int, err error) {
	a, err := r.activation(n, 0)
	if err != nil {
		return 0, in, pads, err
	}
	if from, err = r.image(a); err != nil {
		return 0, in, pads, err
	}
	return from, r.steps[from].shape, a.pads, nil
}

func (r *reader) conv(n *node) (value, error) {
	from, in, pads, err := r.imageInput(n)
	if err != nil {
		return value{}, err
	}
	w, err := r.constantInput(n, 1)
	if err != nil {
		return value{}, err
	}
	if w == nil || len(w.dims) != 4 || w.dims[1] != in.C || w.dims[2] != w.dims[3] || w.size() == 0 || n.int("group", 1) != 1 {
		dims := []int(nil)
		if w != nil {
			dims = w.dims
		}
		return value{}, fmt.Errorf("weights of %v in %d group(s) for images of %v, want filters × %d × k × k in one", dims, n.int("group", 1), in, in.C)
	}
	f, err := n.window(in, w.dims[2], pads)
	if err != nil {
		return value{}, err
	}
	values, err := w.values(r.store)
	if err != nil {
		return value{}, err
	}
	b, err := r.constantInput(n, 2)
	if err != nil {
		return value{}, err
	}
	l := nn.Conv2D{Filters: w.dims[0], Kernel: f.Kernel, Stride: f.Stride, Padding: f.Padding, NoBias: b == nil}
	arrays := []safetensors.Tensor{{Name: "W", Dims: w.dims, Data: values}}
	if b != nil {
		bias, err := b.perOutput(r.store, w.dims[0], 1)
		if err != nil {
			return value{}, err
		}
		arrays = append(arrays, safetensors.Tensor{Name: "b", Dims: []int{w.dims[0]}, Data: bias})
	}
	s := nn.CHW(w.dims[0], places(in.H, f), places(in.W, f))
	if l.Stride == 1 {
		l.Stride = 0
	}
	biased := l
	biased.NoBias = false
	return r.windowed(step{from: from, layer: l, kind: "conv2d", biased: biased, arrays: arrays, shape: s})
}

// windowed adds a step that slides a window.
func (r *reader) windowed(window step) (value, error) {
	s := window.shape
	if s.H < 1 || s.W < 1 || s.C < 1 || s.C > maxInput/(s.H*s.W) {
		return value{}, fmt.Errorf("gives %v", s)
	}
	return value{act: imageView(r.add(window), s)}, nil
}

// places is how many windows fit along a side.
func places(side int, f nn.Field) int {
	if side+2*f.Padding < f.Kernel {
		return 0
	}
	return (side+2*f.Padding-f.Kernel)/f.Stride + 1
}

// window is that of a convolution or a pooling over images of in; kernel 0 if the
// attribute says it. Zeros of a Pad before it come on top of its own.
func (n *node) window(in nn.Shape, kernel int, before [4]int) (f nn.Field, err error) {
	same := func(name string, def int64) (int, error) {
		v := n.ints(name, []int64{def, def})
		if len(v) != 2 || v[0] != v[1] || v[0] < 1 || v[0] > maxSide {
			return 0, fmt.Errorf("%s %v, want two of the same", name, v)
		}
		return int(v[0]), nil
	}
	if f.Kernel, err = same("kernel_shape", int64(kernel)); err != nil {
		return f, err
	}
	if kernel > 0 && f.Kernel != kernel {
		return f, fmt.Errorf("kernel_shape %d, and weights of %d×%d", f.Kernel, kernel, kernel)
	}
	if f.Stride, err = same("strides", 1); err != nil {
		return f, err
	}
	if d, err := same("dilations", 1); err != nil || d != 1 {
		return f, fmt.Errorf("dilations %v, want 1", n.ints("dilations", nil))
	}
	pads := n.ints("pads", []int64{0, 0, 0, 0})
	auto := n.text("auto_pad", "NOTSET")
	switch auto {
	case "NOTSET", "":
	case "VALID":
		pads = []int64{0, 0, 0, 0}
	case "SAME_UPPER", "SAME_LOWER":
		pads = make([]int64, 4)
		for i, side := range []int{in.H + before[0] + before[2], in.W + before[1] + before[3]} {
			need := max(((side+f.Stride-1)/f.Stride-1)*f.Stride+f.Kernel-side, 0)
			pads[i], pads[i+2] = int64(need/2), int64(need-need/2)
			if auto == "SAME_LOWER" {
				pads[i], pads[i+2] = pads[i+2], pads[i]
			}
		}
	default:
		return f, fmt.Errorf("auto_pad %.40q", auto)
	}
	if len(pads) != 4 {
		return f, fmt.Errorf("pads %v, want four", pads)
	}
	all := make([]int64, 4)
	for i := range all {
		if pads[i] < 0 || pads[i] > maxSide {
			return f, fmt.Errorf("pads %v", pads)
		}
		all[i] = pads[i] + int64(before[i])
	}
	if f.Padding = int(all[0]); slices.Min(all) != slices.Max(all) {
		return f, fmt.Errorf("pads %v (top, left, bottom, right), want the same on all sides", all)
	}
	if n.int("ceil_mode", 0) != 0 && ((in.H+2*f.Padding-f.Kernel)%f.Stride != 0 || (in.W+2*f.Padding-f.Kernel)%f.Stride != 0) {
		return f, fmt.Errorf("ceil_mode of windows that do not fit %v, want floor", in)
	}
	return f, nil
}

// maxSide bounds kernels, strides and pads.
const maxSide = 1 << 14

func (r *reader) pool(n *node) (value, error) {
	from, in, pads, err := r.imageInput(n)
	if err != nil {
		return value{}, err
	}
	f, err := n.window(in, 0, pads)
	if err != nil {
		return value{}, err
	}
	var l nn.Layer = nn.MaxPool2D(f)
	if n.op == "AveragePool" {
		if f.Padding > 0 && n.int("count_include_pad", 0) == 0 {
			return value{}, fmt.Errorf("pads that do not count (count_include_pad 0), want those that do")
		}
		l = nn.AvgPool2D(f)
	}
	return r.windowed(step{from: from, layer: l, shape: nn.CHW(in.C, places(in.H, f), places(in.W, f))})
}

func (r *reader) globalPool(n *node) (value, error) {
	from, _, _, err := r.imageInput(n)
	if err != nil {
		return value{}, err
	}
	return r.channelMeans(from, 1, 1), nil
}

// channelMeans is the mean of every channel, as so many more dimensions of 1.
func (r *reader) channelMeans(from int, ones ...int) value {
	c := r.steps[from].shape.C
	s := nn.Vec(c)
	at := r.add(step{from: from, layer: nn.GlobalAvgPool{}, shape: s})
	return value{act: contiguousView(at, s, append([]int{c}, ones...)...)}
}

// mean is a global pooling, if it is over rows and columns, wherever these stand,
// each for itself or as one dimension.
func (r *reader) mean(n *node) (value, error) {
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	axes, err := r.axes(n, 1)
	if err != nil {
		return value{}, err
	}
	groups, ok := a.perDim()
	s := r.steps[a.step].shape
	rank := len(a.dims) + 1
	if !ok || rank < 3 || rank > 4 || len(axes) != rank-2 {
		return value{}, fmt.Errorf("over axes %v of a batch of %v, want rows and columns", axes, a.dims)
	}
	kept := rank * (rank - 1) / 2
	for _, x := range axes {
		if x < 0 {
			x += int64(rank)
		}
		if x < 1 || x >= int64(rank) {
			return value{}, fmt.Errorf("over axes %v of a batch of %v, want rows and columns", axes, a.dims)
		}
		kept -= int(x)
	}
	if kept < 1 || kept >= rank || a.dims[kept-1] != s.C || len(groups[kept-1]) > 1 || s.C > 1 && groups[kept-1][0].stride != s.H*s.W {
		return value{}, fmt.Errorf("over axes %v of a batch of %v, want rows and columns", axes, a.dims)
	}
	v := r.channelMeans(a.step)
	if n.int("keepdims", 1) != 0 {
		v.act.dims = slices.Repeat([]int{1}, rank-1)
		v.act.dims[kept-1] = s.C
	}
	return v, nil
}

func (r *reader) batchNorm(n *node) (value, error) {
	a, err := r.activation(n, 0)
	if err != nil {
		return value{}, err
	}
	others := slices.ContainsFunc(n.outputs[min(1, len(n.outputs)):], func(s string) bool { return s != "" })
	if n.int("training_mode", 0) != 0 || others && r.opset[""] < 14 { // statistics of the batch that it was given
		return value{}, fmt.Errorf("training_mode, want a network at evaluation")
	}
	var from int
	switch {
	case len(a.dims) == 1 && a.isContiguous():
		from = r.vector(a.step)
	default:
		if from, err = r.image(a); err != nil {
			return value{}, err
		}
	}
	s := r.steps[from].shape
	if len(a.dims) == 1 {
		s = nn.Vec(a.dims[0])
	}
	eps := n.float("epsilon", 1e-5)
	var arrays []safetensors.Tensor
	for i, name := range []string{"gamma", "beta", "running_mean", "running_var"} {
		c, err := r.constantInput(n, i+1)
		if err != nil {
			return value{}, err
		}
		if c == nil || c.size() != s.C {
			return value{}, fmt.Errorf("input %d (%s) for %d channels", i+1, name, s.C)
		}
		v, err := c.values(r.store)
		if err != nil {
			return value{}, err
		}
		arrays = append(arrays, safetensors.Tensor{Name: name, Dims: []int{s.C}, Data: v})
	}
	for _, v := range arrays[3].Data {
		if !(float64(v)+eps > 0) {
			return value{}, fmt.Errorf("a variance of %v with epsilon %v", v, eps)
		}
	}
	if !(eps > 0) { // the layer's own smallest
		return value{}, fmt.Errorf("epsilon %v, want more than 0", eps)
	}
	l := nn.BatchNorm{Eps: eps}
	if eps == 1e-5 {
		l.Eps = 0 // the layer's own
	}
	b := *a
	b.step = r.add(step{from: from, layer: l, kind: "batchnorm", arrays: arrays, shape: s})
	return value{act: &b}, nil
}
