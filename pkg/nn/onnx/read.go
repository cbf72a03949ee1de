package onnx

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

// Of the files that are read. Operator set 7 is that of ONNX 1.2, of May 2018;
// 26 is the newest that this reader knows.
const (
	oldestOpset = 7
	newestOpset = 26
	newestIR    = 14
)

// Load reads the ONNX file at path: a feed-forward network of operators that the
// layers of this library compute, at evaluation, as the exporters of PyTorch,
// Keras and scikit-learn write them. Weights in files of their own are read from
// the model's folder and from nowhere else. The metadata are those of the file.
//
// The model takes images as channels × rows × columns, also where the file's
// network takes them as rows × columns × channels. What no layer computes is an
// error that names the node.
func Load(path string) (*nn.Model, map[string]string, error) {
	b, err := atomicfile.ReadFile(path, maxMessage)
	if err != nil {
		return nil, nil, err
	}
	m, meta, err := decode(b, filepath.Dir(path))
	if errors.Is(err, errNone) {
		if what := safetensors.Looks(path); what != "" && what != "an ONNX model" {
			return nil, nil, fmt.Errorf("%s: looks like %s, want an ONNX model", path, what)
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, meta, nil
}

// errNone is that of a file whose messages cannot be told apart.
var errNone = errors.New("no ONNX model, or damaged")

// Decode is Load of a file in memory, with all its weights in it.
func Decode(b []byte) (*nn.Model, map[string]string, error) { return decode(b, "") }

func decode(b []byte, folder string) (*nn.Model, map[string]string, error) {
	file, err := parseModel(b)
	if err != nil {
		return nil, nil, fmt.Errorf("onnx: %w: %w", errNone, err)
	}
	m, err := file.build(newStore(b, folder))
	if err != nil {
		return nil, nil, fmt.Errorf("onnx: %w", err)
	}
	meta := maps.Clone(file.meta)
	for _, own := range []string{"format", "version", "architecture", "input", "seed"} { // Model.File writes them
		delete(meta, own)
	}
	return m, meta, nil
}

func (file *model) build(s *store) (*nn.Model, error) {
	defer s.close()
	switch v, ok := file.opset[""]; {
	case file.ir < 3 || file.ir > newestIR:
		return nil, fmt.Errorf("IR version %d, want 3 to %d", file.ir, newestIR)
	case !ok:
		return nil, fmt.Errorf("no version of the standard's operator set")
	case v < oldestOpset || v > newestOpset:
		return nil, fmt.Errorf("operator set %d, want %d to %d", v, oldestOpset, newestOpset)
	case file.own > 0:
		return nil, fmt.Errorf("%d functions of its own, want operators only: inline them (onnx.inliner.inline_local_functions)", file.own)
	}
	r, err := newReader(file, s)
	if err != nil {
		return nil, err
	}
	out, err := r.run()
	if err != nil {
		return nil, err
	}
	layers, tensors, err := r.layers(out, 0, "", 0)
	if err != nil {
		return nil, err
	}
	if len(layers) == 0 {
		layers = []nn.Layer{nn.Dropout{}} // gives what it takes
	}
	in := r.steps[0].shape
	draft, err := nn.NewDraft(in, layers...)
	if err != nil {
		return nil, err
	}
	stored := 0
	for _, t := range tensors {
		stored += len(t.Data)
	}
	if draft.Weights > stored {
		return nil, fmt.Errorf("%d weights in the file, its network has %d", stored, draft.Weights)
	}
	if err := draft.CheckEvaluation(); err != nil {
		return nil, err
	}
	seed, _ := strconv.ParseUint(file.meta["seed"], 10, 64) // 0 for files of others
	m, err := nn.Blank(in, layers...)
	if err != nil {
		return nil, err
	}
	m.Seed = seed
	if err := m.Restore(&safetensors.File{Tensors: tensors}); err != nil {
		return nil, err
	}
	return m, nil
}

// A step is an activation: what layer makes of that of the step before. Step 0
// is the input.
type step struct {
	from, other int      // other: the second one of a sum, else −1
	layer       nn.Layer // nil: the input, or a sum
	kind        string   // of a layer with arrays, as its parameters are called
	biased      nn.Layer // that layer with a bias, if it may have one
	arrays      []safetensors.Tensor
	shape       nn.Shape // as the layer gives it

	scale, shift []float32 // of an affine step: one value, or one for each channel
	lacks        string    // no layer computes it: it is only a part of one that is

	before, depth int // all ways from the input come through before
	used          bool
}

// An atom is a run of places of an activation in memory.
type atom struct{ size, stride int }

// An activation is a step as the file's network sees it: its dimensions behind
// the batch, and where each value lies in the step's memory. The sizes of atoms,
// in order, have the same product as dims, and group to them.
type activation struct {
	step  int
	dims  []int
	atoms []atom
	pads  [4]int // zeros around, that a convolution must take: top, left, bottom, right
}

// batchSize stands for the number of examples in a shape.
const batchSize = math.MinInt32

// A value is an activation, an array, or whole numbers of some dimensions, of
// which some may be batchSize.
type value struct {
	act   *activation
	array *array
	whole []int64
	dims  []int // of whole
}

type reader struct {
	*model
	store  *store
	values map[string]value
	steps  []step
	batch  int  // of the file's input, 0 if it is free
	free   bool // the shape of the input is not settled
	output string
	needed []bool
}

func newReader(file *model, s *store) (*reader, error) {
	r := &reader{model: file, store: s, values: map[string]value{}}
	g := &file.graph
	for _, a := range g.arrays {
		if _, twice := r.values[a.name]; twice {
			return nil, fmt.Errorf("two arrays are called %.80q", a.name)
		}
		r.values[a.name] = value{array: a}
	}
	var inputs []valueType
	for _, in := range g.inputs {
		if _, given := r.values[in.name]; !given { // old files name arrays as inputs too
			inputs = append(inputs, in)
		}
	}
	if len(inputs) != 1 {
		return nil, fmt.Errorf("%d inputs%s, want one", len(inputs), names(inputs))
	}
	out, err := g.output()
	if err != nil {
		return nil, err
	}
	r.output = out
	if err := r.findNeeded(); err != nil {
		return nil, err
	}
	return r, r.input(inputs[0])
}

// output is the name of the one output of numbers. Labels are whole numbers or
// strings.
func (g *graph) output() (string, error) {
	var found []valueType
	for _, o := range g.outputs {
		switch o.element {
		case 0, float32s, float64s, float16s, bfloat16s:
			found = append(found, o)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%d outputs of numbers%s, want one", len(found), names(found))
	}
	return found[0].name, nil
}

func names(list []valueType) string {
	s := ""
	for i, v := range list {
		if i == 0 {
			s = " ("
		} else {
			s += ", "
		}
		if i == 5 {
			return s + "…)"
		}
		s += fmt.Sprintf("%.40q", v.name)
	}
	if s == "" {
		return s
	}
	return s + ")"
}

// findNeeded marks the nodes that the output depends on.
func (r *reader) findNeeded() error {
	by := map[string]int{}
	for i, n := range r.graph.nodes {
		for _, o := range n.outputs {
			if o == "" {
				continue
			}
			_, given := r.values[o]
			if _, twice := by[o]; twice || given {
				return fmt.Errorf("%.80q is given twice", o)
			}
			by[o] = i
		}
	}
	r.needed = make([]bool, len(r.graph.nodes))
	todo := []string{r.output}
	for len(todo) > 0 {
		name := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if i, ok := by[name]; ok && !r.needed[i] {
			r.needed[i] = true
			todo = append(todo, r.graph.nodes[i].inputs...)
		}
	}
	return nil
}

// input settles what the file's input says of itself.
func (r *reader) input(in valueType) error {
	switch in.element {
	case float32s, float64s, float16s, bfloat16s:
	default:
		return fmt.Errorf("input %.80q is of element type %d, want float", in.name, in.element)
	}
	if !in.shaped || len(in.dims) < 2 || len(in.dims) > 4 {
		return fmt.Errorf("input %.80q has dimensions %v, want a batch of vectors or images", in.name, in.dims)
	}
	r.batch = in.dims[0]
	dims := in.dims[1:]
	size := 1
	for _, d := range dims {
		if d < 1 || size > maxInput/d {
			return fmt.Errorf("input %.80q has dimensions %v, want all but the first to be given, and at most %d values", in.name, in.dims, maxInput)
		}
		size *= d
	}
	a := &activation{dims: dims, atoms: []atom{{size, 1}}}
	shape := nn.Vec(size)
	switch len(dims) {
	case 1:
		r.free = true
	case 2:
		shape = nn.CHW(1, dims[0], dims[1])
	case 3:
		shape = nn.CHW(dims[0], dims[1], dims[2])
		if r.channelsLast(in.name, dims) {
			shape = nn.CHW(dims[2], dims[0], dims[1])
			a.atoms = []atom{{shape.H, shape.W}, {shape.W, 1}, {shape.C, shape.H * shape.W}}
		}
	}
	r.steps = []step{{from: -1, other: -1, shape: shape}}
	r.values[in.name] = value{act: a}
	return nil
}

// maxInput bounds one example.
const maxInput = 1 << 28

// channelsLast reports whether the input is a batch of rows × columns × channels:
// if it is transposed to the standard's order, or if no operator of images takes
// it and it is in grey or in colour that way.
func (r *reader) channelsLast(input string, dims []int) bool {
	for i, n := range r.graph.nodes {
		if !r.needed[i] || !slices.Contains(n.inputs, input) {
			continue
		}
		switch n.op {
		case "Transpose":
			return slices.Equal(n.ints("perm", nil), []int64{0, 3, 1, 2})
		case "Conv", "MaxPool", "AveragePool", "BatchNormalization", "GlobalAveragePool":
			return false
		}
	}
	return min(dims[0], dims[1]) > 4 && (dims[2] == 1 || dims[2] == 3)
}

// run goes through the nodes and returns the step of the output.
func (r *reader) run() (int, error) {
	for i, n := range r.graph.nodes {
		if !r.needed[i] {
			continue
		}
		out, err := r.node(&n)
		if err != nil {
			return 0, fmt.Errorf("node %d%s (%s): %w", i, named(n.name), n.op, err)
		}
		at := 0 // others are masks and statistics of training, or a label
		if n.op == "LinearClassifier" {
			at = 1
		}
		if len(n.outputs) <= at || n.outputs[at] == "" {
			return 0, fmt.Errorf("node %d%s (%s) has no output", i, named(n.name), n.op)
		}
		if err := r.store.spend(len(out.whole)); err != nil {
			return 0, fmt.Errorf("node %d%s (%s): %w", i, named(n.name), n.op, err)
		}
		r.values[n.outputs[at]] = out
	}
	out, ok := r.values[r.output]
	if !ok || out.act == nil {
		return 0, fmt.Errorf("output %.80q does not depend on the input", r.output)
	}
	if out.act.pads != [4]int{} {
		return 0, fmt.Errorf("output %.80q is padded, want a convolution behind", r.output)
	}
	a, err := r.contiguous(out.act)
	if err != nil {
		return 0, fmt.Errorf("output %.80q: %w", r.output, err)
	}
	if len(a.dims) == 1 {
		return r.vector(a.step), nil
	}
	return a.step, nil
}

func named(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" %.80q", name)
}

// add appends a step that has one input.
func (r *reader) add(s step) int {
	s.other, s.before, s.depth = -1, s.from, r.steps[s.from].depth+1
	r.steps = append(r.steps, s)
	return len(r.steps) - 1
}

// sum appends the sum of two steps.
func (r *reader) sum(a, b int) int {
	s := step{from: a, other: b, before: r.fork(a, b), shape: r.steps[a].shape}
	s.depth = r.steps[s.before].depth + 1
	r.steps = append(r.steps, s)
	return len(r.steps) - 1
}

// fork is the last step that all ways to a and to b come through.
func (r *reader) fork(a, b int) int {
	for a != b {
		if r.steps[a].depth < r.steps[b].depth {
			a, b = b, a
		}
		a = r.steps[a].before
	}
	return a
}

// maxBranches bounds branches within branches.
const maxBranches = 8

// layers are those that lead from one step to another, with their arrays under
// the names that a model of them has.
func (r *reader) layers(to, from int, prefix string, depth int) (list []nn.Layer, tensors []safetensors.Tensor, err error) {
	if depth > maxBranches {
		return nil, nil, fmt.Errorf("branches within branches, more than %d", maxBranches)
	}
	var way []int
	for at := to; at != from; at = r.steps[at].before {
		if at <= 0 {
			return nil, nil, fmt.Errorf("branches that do not meet again where they part")
		}
		way = append(way, at)
	}
	slices.Reverse(way)
	for _, at := range way {
		s := &r.steps[at]
		if s.used {
			return nil, nil, fmt.Errorf("a value goes three ways, or into the middle of a branch: want branches that part, and meet in a sum")
		}
		s.used = true
		switch {
		case s.lacks != "":
			return nil, nil, fmt.Errorf("%s, which no layer here computes", s.lacks)
		case s.scale != nil:
			if err := r.store.spend(4 * s.shape.C); err != nil {
				return nil, nil, err
			}
			l, arrays := s.affine()
			tensors = append(tensors, rename(arrays, prefix, len(list), "batchnorm")...)
			list = append(list, l)
		case s.layer != nil:
			tensors = append(tensors, rename(s.arrays, prefix, len(list), s.kind)...)
			list = append(list, s.layer)
		default:
			name := fmt.Sprintf("%s%d.residual.", prefix, len(list))
			sum := nn.Residual{}
			a, b := s.from, s.other
			if a == s.before {
				a, b = b, a
			}
			body, arrays, err := r.layers(a, s.before, name+"body.", depth+1)
			if err != nil {
				return nil, nil, err
			}
			tensors = append(tensors, arrays...)
			short, arrays, err := r.layers(b, s.before, name+"shortcut.", depth+1)
			if err != nil {
				return nil, nil, err
			}
			tensors = append(tensors, arrays...)
			if sum.Body, sum.Shortcut = body, short; len(body) == 0 {
				sum.Body = []nn.Layer{nn.Dropout{}} // x + x
			}
			list = append(list, sum)
		}
	}
	return list, tensors, nil
}

// rename gives the arrays of layer i of a kind, called W or running_mean, their
// whole names.
func rename(arrays []safetensors.Tensor, prefix string, i int, kind string) []safetensors.Tensor {
	out := slices.Clone(arrays)
	for j := range out {
		out[j].Name = fmt.Sprintf("%s%d.%s.%s", prefix, i, kind, out[j].Name)
	}
	return out
}

// affine is a step of scale·x + shift as a batch normalization: with a mean of 0
// and a variance that makes 1 with Eps, exactly.
func (s *step) affine() (nn.Layer, []safetensors.Tensor) {
	const eps = 1.0 / 1024
	fill := func(v []float32, def float32) []float32 {
		out := make([]float32, s.shape.C)
		for i := range out {
			switch len(v) {
			case 0:
				out[i] = def
			case 1:
				out[i] = v[0]
			default:
				out[i] = v[i]
			}
		}
		return out
	}
	dims := []int{s.shape.C}
	return nn.BatchNorm{Eps: eps}, []safetensors.Tensor{
		{Name: "gamma", Dims: dims, Data: fill(s.scale, 1)}, {Name: "beta", Dims: dims, Data: fill(s.shift, 0)},
		{Name: "running_mean", Dims: dims, Data: fill(nil, 0)}, {Name: "running_var", Dims: dims, Data: fill(nil, 1-eps)},
	}
}
