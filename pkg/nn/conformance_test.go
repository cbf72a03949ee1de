package nn

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn/internal/f32"
)

// A conformance is what the suite expects of one layer value.
type conformance struct {
	layer   Layer
	in, out Shape
	params  []string // names within the layer and dimensions; "*" marks weights that may decay
	states  []string
}

// conforms adds a row from the test file of one layer:
//
//	var _ = conforms(conformance{Swish{}, Vec(9), Vec(9), nil, nil})
func conforms(c conformance) conformance {
	conformances = append(conformances, c)
	return c
}

var conformances = []conformance{
	{Linear{Out: 3}, CHW(2, 3, 2), Vec(3), []string{"*W[3 12]", "b[3]"}, nil},
	{Linear{Out: 1, NoBias: true, Init: Normal(0.1), Decay: 0.01}, Vec(1), Vec(1), []string{"*W[1 1]"}, nil},
	{Conv2D{Filters: 4, Kernel: 3}, CHW(2, 5, 6), CHW(4, 3, 4), []string{"*W[4 2 3 3]", "b[4]"}, nil},
	{Conv2D{Filters: 2, Kernel: 3, Stride: 2, Padding: 1, NoBias: true}, CHW(1, 5, 6), CHW(2, 3, 3), []string{"*W[2 1 3 3]"}, nil},
	{Conv2D{Filters: 3, Kernel: 4}, CHW(2, 4, 4), Vec(3), []string{"*W[3 2 4 4]", "b[3]"}, nil},
	{MaxPool2D{Kernel: 2}, CHW(3, 5, 4), CHW(3, 2, 2), nil, nil},
	{MaxPool2D{Kernel: 3, Stride: 2, Padding: 1}, CHW(1, 28, 28), CHW(1, 14, 14), nil, nil},
	{AvgPool2D{Kernel: 2, Stride: 1}, CHW(2, 4, 5), CHW(2, 3, 4), nil, nil},
	{GlobalAvgPool{}, CHW(5, 4, 3), Vec(5), nil, nil},
	{BatchNorm{}, CHW(3, 4, 2), CHW(3, 4, 2), []string{"gamma[3]", "beta[3]"}, []string{"running_mean[3]", "running_var[3]"}},
	{BatchNorm{Eps: 0.1, Momentum: 1}, Vec(6), Vec(6), []string{"gamma[6]", "beta[6]"}, []string{"running_mean[6]", "running_var[6]"}},
	{Dropout{P: 0.5}, CHW(2, 4, 4), CHW(2, 4, 4), nil, nil},
	{Dropout{P: 0.5, Spatial: true}, CHW(8, 3, 3), CHW(8, 3, 3), nil, nil},
	{Dropout{}, Vec(4), Vec(4), nil, nil},
	{Flatten{}, CHW(2, 3, 4), Vec(24), nil, nil},
	{ReLU{}, CHW(2, 3, 4), CHW(2, 3, 4), nil, nil},
	{LeakyReLU{Slope: 0.3}, Vec(9), Vec(9), nil, nil},
	{Logistic{}, Vec(9), Vec(9), nil, nil},
	{Tanh{}, Vec(9), Vec(9), nil, nil},
	{SiLU{}, Vec(9), Vec(9), nil, nil},
	{Softmax{}, Vec(5), Vec(5), nil, nil},
	{Residual{Body: []Layer{Linear{Out: 4}, Tanh{}, BatchNorm{}}}, Vec(4), Vec(4),
		[]string{"*body.0.linear.W[4 4]", "body.0.linear.b[4]", "body.2.batchnorm.gamma[4]", "body.2.batchnorm.beta[4]"},
		[]string{"body.2.batchnorm.running_mean[4]", "body.2.batchnorm.running_var[4]"}},
	{Residual{Body: []Layer{Dropout{P: 0.5}}, Shortcut: []Layer{ReLU{}}}, CHW(2, 3, 3), CHW(2, 3, 3), nil, nil},
	{Bottleneck{Mid: 2, Out: 3}, CHW(3, 4, 5), CHW(3, 4, 5),
		[]string{"*body.0.conv2d.W[2 3 1 1]", "body.1.batchnorm.gamma[2]", "body.1.batchnorm.beta[2]",
			"*body.3.conv2d.W[2 2 3 3]", "body.4.batchnorm.gamma[2]", "body.4.batchnorm.beta[2]",
			"*body.6.conv2d.W[3 2 1 1]", "body.7.batchnorm.gamma[3]", "body.7.batchnorm.beta[3]"},
		[]string{"body.1.batchnorm.running_mean[2]", "body.1.batchnorm.running_var[2]", "body.4.batchnorm.running_mean[2]",
			"body.4.batchnorm.running_var[2]", "body.7.batchnorm.running_mean[3]", "body.7.batchnorm.running_var[3]"}},
	{Bottleneck{Mid: 2, Out: 4, Stride: 2}, CHW(3, 5, 4), CHW(4, 3, 2),
		[]string{"*body.0.conv2d.W[2 3 1 1]", "body.1.batchnorm.gamma[2]", "body.1.batchnorm.beta[2]",
			"*body.3.conv2d.W[2 2 3 3]", "body.4.batchnorm.gamma[2]", "body.4.batchnorm.beta[2]",
			"*body.6.conv2d.W[4 2 1 1]", "body.7.batchnorm.gamma[4]", "body.7.batchnorm.beta[4]",
			"*shortcut.0.conv2d.W[4 3 1 1]", "shortcut.1.batchnorm.gamma[4]", "shortcut.1.batchnorm.beta[4]"},
		[]string{"body.1.batchnorm.running_mean[2]", "body.1.batchnorm.running_var[2]", "body.4.batchnorm.running_mean[2]",
			"body.4.batchnorm.running_var[2]", "body.7.batchnorm.running_mean[4]", "body.7.batchnorm.running_var[4]",
			"shortcut.1.batchnorm.running_mean[4]", "shortcut.1.batchnorm.running_var[4]"}},
}

func TestConformance(t *testing.T) {
	for _, c := range conformances {
		t.Run(fmt.Sprintf("%#v", c.layer), func(t *testing.T) {
			t.Run("gradients", func(t *testing.T) { c.gradients(t) })
			t.Run("plain value", func(t *testing.T) { c.plainValue(t) })
			t.Run("shape and names", func(t *testing.T) { c.names(t) })
			t.Run("batch sizes", func(t *testing.T) { c.batchSizes(t) })
			t.Run("evaluation", func(t *testing.T) { c.evaluation(t) })
			t.Run("gradients are set", func(t *testing.T) { c.gradientsAreSet(t) })
			t.Run("allocations", func(t *testing.T) { c.allocations(t) })
		})
	}
}

// gradients: outputs and derivatives agree with float64, before a Linear and at
// the end of a model, for some seeds.
func (c conformance) gradients(t *testing.T) {
	for seed := range uint64(4) {
		p := proof{in: c.in, n: 6, layers: []Layer{c.layer, Linear{Out: 3}}, loss: CrossEntropy{}, conv: true}
		if err := p.run(seed, 40, nil); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

var pointer = regexp.MustCompile(`0x[0-9a-f]{6,}`)

// plainValue: a layer can be printed, compared and written to a file.
func (c conformance) plainValue(t *testing.T) {
	s := fmt.Sprintf("%#v %v", c.layer, c.layer)
	if pointer.MatchString(s) || !strings.HasPrefix(s, "nn.") {
		t.Errorf("prints as %s", s)
	}
	if _, isResidual := c.layer.(Residual); !isResidual && !reflect.TypeOf(c.layer).Comparable() {
		t.Error("cannot be compared")
	}
	b, err := EncodeLayers([]Layer{c.layer})
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecodeLayers(b)
	if err != nil || !reflect.DeepEqual(back, []Layer{c.layer}) {
		t.Errorf("%s decodes to %#v, %v", b, back, err)
	}
	again, err := EncodeLayers(back)
	if err != nil || string(again) != string(b) {
		t.Errorf("encodes as %s, then as %s", b, again)
	}
}

func (c conformance) names(t *testing.T) {
	m := build(t, 1, c.in, c.layer)
	if m.Out() != c.out {
		t.Errorf("output %v, want %v", m.Out(), c.out)
	}
	var got []string
	for _, p := range m.Params() {
		name, ok := strings.CutPrefix(p.Name, "0."+kindOf(c.layer)+".")
		if !ok || len(p.Data) != p.Len() || len(p.Grad) != p.Len() {
			t.Errorf("parameter %s of %d values and %d gradients, dimensions %v", p.Name, len(p.Data), len(p.Grad), p.Dims)
		}
		if !p.NoDecay {
			name = "*" + name
		}
		got = append(got, name+fmt.Sprint(p.Dims))
	}
	if !slices.Equal(got, c.params) {
		t.Errorf("parameters %q\nwant %q", got, c.params)
	}
	got = nil
	for _, s := range m.States() {
		got = append(got, strings.TrimPrefix(s.Name, "0."+kindOf(c.layer)+".")+fmt.Sprint([]int{len(s.Data)}))
	}
	if !slices.Equal(got, c.states) {
		t.Errorf("states %q\nwant %q", got, c.states)
	}
	if s := m.String(); !strings.Contains(s, "0."+kindOf(c.layer)) || !strings.Contains(s, c.out.String()) {
		t.Errorf("summary\n%s", s)
	}
}

// batchSizes: the output for an example does not depend on the sizes of earlier
// batches, nor, at evaluation, on its neighbours.
func (c conformance) batchSizes(t *testing.T) {
	m := build(t, 1, c.in, c.layer)
	x := noise(newRand(2), 7, c.in)
	whole := slices.Clone(m.Forward(x, Pass{}).Data)
	size := m.Out().Size()
	for _, n := range []int{1, 5, 2, 7, 1} {
		part := &Tensor{N: n, Shape: c.in, Data: x.Data[:n*c.in.Size()]}
		y := m.Forward(part, Pass{})
		if y.N != n || y.Shape != c.out {
			t.Fatalf("output of %d × %v, want %d × %v", y.N, y.Shape, n, c.out)
		}
		for i, v := range y.Data {
			if math.Abs(float64(v-whole[i])) > 1e-5 {
				t.Fatalf("batch of %d: value %d is %v, in a batch of 7 %v", n, i, v, whole[i])
			}
		}
		if m.CheckBatch(n) != nil {
			continue
		}
		// Training with this size, for the buffers of the backward pass.
		y = m.Forward(part, Pass{Train: true, Step: n})
		dx := m.InputGrad(noise(newRand(3), n, c.out))
		if y.N != n || dx.N != n || dx.Shape != c.in || len(dx.Data) != n*c.in.Size() || len(y.Data) != n*size {
			t.Fatalf("batch of %d: output %d × %v, gradient %d × %v", n, y.N, y.Shape, dx.N, dx.Shape)
		}
		if len(c.states) > 0 { // training has moved the running statistics
			m = build(t, 1, c.in, c.layer)
		}
	}
}

// evaluation is deterministic, changes neither input nor model, and Backward
// gives its derivative.
func (c conformance) evaluation(t *testing.T) {
	m := build(t, 1, c.in, c.layer)
	x := noise(newRand(2), 4, c.in)
	m.Forward(x, Pass{Train: true})
	before := slices.Clone(x.Data)
	var states [][]float32
	for _, s := range m.States() {
		states = append(states, slices.Clone(s.Data))
	}
	first := slices.Clone(m.Forward(x, Pass{Seed: 1, Step: 1}).Data)
	second := m.Forward(x, Pass{Seed: 2, Step: 2}).Data
	if !slices.Equal(first, second) {
		t.Error("two evaluations differ")
	}
	if !slices.Equal(x.Data, before) {
		t.Error("evaluation changes its input")
	}
	for i, s := range m.States() {
		if !slices.Equal(s.Data, states[i]) {
			t.Errorf("evaluation changes %s", s.Name)
		}
	}
	c.evaluationGradient(t, m, x)
	m.Forward(x, Pass{Train: true})
	if !slices.Equal(x.Data, before) {
		t.Error("a training pass changes its input")
	}
}

// evaluationGradient compares what Backward gives after an evaluation with
// differences of evaluations: of a weighted sum of the outputs, along a random
// direction of the input and of each parameter. The running statistics, moved by
// one training pass, are not those of x, so the derivative of a training pass
// would be another one.
func (c conformance) evaluationGradient(t *testing.T, m *Model, x *Tensor) {
	weight := noise(newRand(3), x.N, c.out)
	value := func() (sum float64) {
		for i, y := range m.Forward(x, Pass{}).Data {
			sum += float64(y) * float64(weight.Data[i])
		}
		return sum
	}
	arrays := map[string][2][]float32{}
	value()
	dx := m.InputGrad(&Tensor{N: x.N, Shape: c.out, Data: slices.Clone(weight.Data)})
	arrays["the input"] = [2][]float32{x.Data, slices.Clone(dx.Data)}
	for _, p := range m.Params() {
		arrays[p.Name] = [2][]float32{p.Data, slices.Clone(p.Grad)}
	}
	for name, a := range arrays {
		direction := noise(newRand(4), 1, Vec(len(a[0]))).Data
		start, slope := slices.Clone(a[0]), 0.0
		for i, d := range direction {
			slope += float64(d) * float64(a[1][i])
		}
		// Large enough a step for float32, small enough for few kinks on the way.
		const h = 1e-4
		at := func(step float32) float64 {
			for i := range a[0] {
				a[0][i] = start[i] + step*direction[i]
			}
			return value()
		}
		measured := (at(h) - at(-h)) / (2 * h)
		copy(a[0], start)
		if math.Abs(measured-slope) > 0.02*(math.Abs(slope)+1) {
			t.Errorf("derivative of an evaluation by %s: %v, by differences %v", name, slope, measured)
		}
	}
}

// gradientsAreSet: Backward leaves the same gradients whatever was there, and
// the same parameters' gradients whether or not that of the input is asked for.
func (c conformance) gradientsAreSet(t *testing.T) {
	m := build(t, 1, c.in, c.layer)
	x := noise(newRand(2), 3, c.in)
	gradients := func(garbage float32, input bool) []float32 {
		m.Forward(x, Pass{Train: true})
		for _, p := range m.Params() {
			for i := range p.Grad {
				p.Grad[i] = garbage
			}
		}
		dy := noise(newRand(3), 3, c.out)
		if input {
			m.InputGrad(dy)
		} else {
			m.Backward(dy)
		}
		var all []float32
		for _, p := range m.Params() {
			all = append(all, p.Grad...)
		}
		return all
	}
	want := gradients(0, false)
	if got := gradients(float32(math.NaN()), false); !slices.Equal(got, want) {
		t.Error("gradients depend on what was there: added, not set")
	}
	if got := gradients(5, true); !slices.Equal(got, want) {
		t.Error("InputGrad and Backward set different gradients")
	}
}

// gonumAllocates skips where gonum computes products: its own do allocate.
func gonumAllocates(t *testing.T) {
	if strings.Contains(f32.Describe(), "gonum") {
		t.Skip("products by gonum, which allocates")
	}
}

func (c conformance) allocations(t *testing.T) {
	m := build(t, 1, c.in, c.layer)
	x, d := noise(newRand(2), 6, c.in), noise(newRand(3), 6, c.out)
	var dy Tensor
	step := 0
	train := func() {
		m.Forward(x, Pass{Train: true, Step: step})
		dy.Resize(d.N, d.Shape)
		copy(dy.Data, d.Data)
		m.InputGrad(&dy)
		step++
	}
	eval := func() { m.Forward(x, Pass{}) }
	gonumAllocates(t)
	if n := testing.AllocsPerRun(20, train); n != 0 {
		t.Errorf("%v allocations in a warm training step", n)
	}
	if n := testing.AllocsPerRun(20, eval); n != 0 {
		t.Errorf("%v allocations in a warm evaluation", n)
	}
}

// A whole step of a large model allocates nothing either: its work goes through
// the worker pool.
func TestTrainingStepAllocatesNothing(t *testing.T) {
	gonumAllocates(t)
	m := build(t, 1, CHW(1, 28, 28),
		Conv2D{Filters: 8, Kernel: 3}, BatchNorm{}, ReLU{}, MaxPool2D{Kernel: 2}, Conv2D{Filters: 8, Kernel: 3}, GELU{},
		Dropout{P: 0.2}, Bottleneck{Mid: 4, Out: 16, Stride: 2}, Linear{Out: 64}, ReLU{}, Dropout{P: 0.5}, Linear{Out: 10})
	batch := 64
	if testing.Short() {
		batch = 24
	}
	x := noise(newRand(1), batch, m.In)
	labels := randomLabels(newRand(2), batch, 10)
	var dy Tensor
	losses := []Loss{CrossEntropy{}, CrossEntropy{Smoothing: 0.1}, MSE{}}
	step := 0
	if n := testing.AllocsPerRun(5, func() {
		for _, loss := range losses {
			loss.Eval(&dy, m.Forward(x, Pass{Train: true, Step: step}), labels)
			m.Backward(&dy)
			Penalty{L1: 1e-5, L2: 1e-4}.Add(m.Params())
			step++
		}
	}); n != 0 {
		t.Errorf("%v allocations in warm training steps", n)
	}
	if n := testing.AllocsPerRun(5, func() {
		y := m.Forward(x, Pass{})
		losses[0].Eval(nil, y, labels)
		Correct(y, labels)
	}); n != 0 {
		t.Errorf("%v allocations in a warm evaluation", n)
	}
}

// Build says what is wrong: the layer's index, kind and input, what was found,
// what is allowed.
func TestBuildErrors(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		in     Shape
		layers []Layer
		want   string
	}{
		{Vec(0), []Layer{ReLU{}}, "nn: input shape 0, want positive dimensions"},
		{CHW(1, -2, 3), []Layer{ReLU{}}, "nn: input shape 1×-2×3"},
		{Vec(3), nil, "nn: no layers"},
		{Vec(3), []Layer{ReLU{}, nil}, "nn: layer 1 is nil"},
		{Vec(3), []Layer{ReLU{}, Linear{}}, "nn: layer 1 (linear, input 3): Out 0, want 1 to"},
		{Vec(3), []Layer{Linear{Out: -5}}, "Out -5"},
		{Vec(3), []Layer{Linear{Out: 2, Decay: 1}}, "Decay 1, want 0 ≤ Decay < 1"},
		{Vec(3), []Layer{Linear{Out: 2, Decay: nan}}, "Decay NaN"},
		{Vec(3), []Layer{Linear{Out: 2, Init: Init{Scheme: "hee"}}}, `init "hee", want he, xavier`},
		{Vec(3), []Layer{Linear{Out: 2, Init: Normal(0)}}, "std 0, want a positive number"},
		{Vec(3), []Layer{Linear{Out: 2, Init: Normal(nan)}}, "std NaN"},
		{CHW(1, 28, 28), []Layer{Conv2D{Filters: 0, Kernel: 3}}, "nn: layer 0 (conv2d, input 1×28×28): Filters 0, want 1 to"},
		{CHW(1, 28, 28), []Layer{Conv2D{Filters: 1}}, "Kernel 0, want 1 to"},
		{CHW(1, 28, 28), []Layer{Conv2D{Filters: 1, Kernel: 3, Stride: -1}}, "Stride -1, want at least 1"},
		{CHW(1, 28, 28), []Layer{Conv2D{Filters: 1, Kernel: 3, Padding: 3}}, "Padding 3, want 0 ≤ Padding < Kernel 3"},
		{CHW(1, 28, 28), []Layer{Conv2D{Filters: 1, Kernel: 3, Padding: -1}}, "Padding -1"},
		{CHW(1, 5, 28), []Layer{Conv2D{Filters: 1, Kernel: 6}}, "Kernel 6 does not fit 5×28 with Padding 0"},
		{Vec(10), []Layer{Conv2D{Filters: 1, Kernel: 3}}, "does not fit 1×1"},
		{CHW(1, 4, 4), []Layer{MaxPool2D{}}, "nn: layer 0 (maxpool2d, input 1×4×4): Kernel 0"},
		{CHW(1, 4, 4), []Layer{MaxPool2D{Kernel: 3, Padding: 2}}, "Padding 2, want at most half of Kernel 3"},
		{CHW(1, 4, 4), []Layer{AvgPool2D{Kernel: 5}}, "Kernel 5 does not fit 4×4"},
		{CHW(1, 4, 4), []Layer{AvgPool2D{Kernel: 2, Padding: 2}}, "Padding 2"},
		{Vec(4), []Layer{BatchNorm{Eps: -1}}, "Eps -1, want 0 < Eps < 1"},
		{Vec(4), []Layer{BatchNorm{Eps: nan}}, "Eps NaN"},
		{Vec(4), []Layer{BatchNorm{Momentum: 2}}, "Momentum 2, want 0 < Momentum ≤ 1"},
		{Vec(4), []Layer{Dropout{P: 1}}, "nn: layer 0 (dropout, input 4): P 1, want 0 ≤ P < 1"},
		{Vec(4), []Layer{Dropout{P: nan}}, "P NaN"},
		{Vec(4), []Layer{LeakyReLU{Slope: 1}}, "Slope 1, want 0 < Slope < 1"},
		{Vec(4), []Layer{LeakyReLU{Slope: -0.1}}, "Slope -0.1"},
		{Vec(4), []Layer{Residual{}}, "Body is empty"},
		{Vec(4), []Layer{Residual{Body: []Layer{Linear{Out: 3}}}}, "body gives 3, shortcut 4: they cannot be added"},
		{Vec(4), []Layer{Residual{Body: []Layer{ReLU{}, Dropout{P: 2}}}}, "layer 0 (residual, input 4): body: layer 1 (dropout, input 4): P 2"},
		{CHW(4, 2, 2), []Layer{Bottleneck{Out: 4}}, "Mid 0, Out 4, Stride 0, want at least 1"},
		{CHW(4, 2, 2), []Layer{Bottleneck{Mid: 1, Out: 4, Stride: -1}}, "Stride -1"},
		{Vec(1 << 20), []Layer{Linear{Out: 1 << 20}}, "more than 268435456 weights at 0.linear.W [1048576 1048576]"},
	} {
		m, err := New(1, c.in, c.layers...)
		if err == nil || m != nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v of %v: %v, want %q", c.layers, c.in, err, c.want)
		}
	}
}

// A caller's mistake panics with what was given and what was expected.
func TestMisuse(t *testing.T) {
	m := build(t, 1, CHW(1, 28, 28), Conv2D{Filters: 2, Kernel: 3}, ReLU{}, MaxPool2D{Kernel: 2}, Linear{Out: 10})
	right := NewTensor(2, m.In)
	for name, c := range map[string]struct {
		f    func()
		want string
	}{
		"wrong shape":       {func() { m.Forward(NewTensor(2, CHW(1, 28, 27)), Pass{}) }, "1×28×27 (1512 values), built for 1×28×28"},
		"too few values":    {func() { m.Forward(&Tensor{N: 3, Shape: m.In, Data: right.Data}, Pass{}) }, "(1568 values)"},
		"backward first":    {func() { build(t, 1, Vec(2), ReLU{}, Linear{Out: 2}).Backward(NewTensor(1, Vec(2))) }, "Backward before Forward"},
		"gradient of other": {func() { m.Forward(right, Pass{Train: true}); m.Backward(NewTensor(3, Vec(10))) }, "gradient 3 × 10, output was 2 × 10"},
		"too few labels":    {func() { CrossEntropy{}.Eval(nil, NewTensor(2, Vec(10)), []uint16{1}) }, "1 labels for a batch of 2"},
		"empty batch":       {func() { MSE{}.Eval(nil, NewTensor(0, Vec(10)), nil) }, "0 labels for a batch of 0"},
		"label 10":          {func() { CrossEntropy{}.Eval(nil, NewTensor(2, Vec(10)), []uint16{1, 10}) }, "label 10 of example 1, the model has 10 outputs"},
		"CopyFrom":          {func() { m.CopyFrom(build(t, 1, Vec(2), Linear{Out: 2})) }, "CopyFrom: 6 weights, want"},
		"MoveTo":            {func() { m.MoveTo(build(t, 1, Vec(2), Linear{Out: 2}), 0.9) }, "MoveTo: 6 weights, want"},
	} {
		if msg := panics(c.f); !strings.HasPrefix(msg, "nn: ") || !strings.Contains(msg, c.want) {
			t.Errorf("%s: panics with %q, want %q", name, msg, c.want)
		}
	}
}

func TestDropout(t *testing.T) {
	const n, size = 50, 4000
	for _, p := range []float64{0.1, 0.3, 0.5, 0.9} {
		m := build(t, 1, Vec(size), Dropout{P: p})
		x := NewTensor(n, m.In)
		for i := range x.Data {
			x.Data[i] = 3
		}
		y := m.Forward(x, Pass{Train: true, Seed: 1, Step: 1})
		kept, sum := 0, 0.0
		for _, v := range y.Data {
			sum += float64(v)
			if v != 0 {
				kept++
				if math.Abs(float64(v)-3/(1-p)) > 1e-3*3/(1-p) {
					t.Fatalf("P %v: 3 became %v, want 0 or %v", p, v, 3/(1-p))
				}
			}
		}
		// Five standard deviations of a binomial.
		rate, five := float64(kept)/(n*size), 5*math.Sqrt(p*(1-p)/(n*size))
		if math.Abs(rate-(1-p)) > five {
			t.Errorf("P %v: keeps %.4f, want %.4f ± %.4f", p, rate, 1-p, five)
		}
		if mean := sum / (n * size); math.Abs(mean-3) > 3*five/(1-p)+1e-4 {
			t.Errorf("P %v: mean %v, want 3: the scale is wrong", p, mean)
		}
		dx := m.InputGrad(&Tensor{N: n, Shape: m.In, Data: slices.Repeat([]float32{1}, n*size)})
		for i, d := range dx.Data {
			if d*3 != y.Data[i] && math.Abs(float64(d*3-y.Data[i])) > 1e-5*float64(y.Data[i]) {
				t.Fatalf("P %v: gradient %v where the output is %v", p, d, y.Data[i])
			}
		}
		if got := m.Forward(x, Pass{Seed: 1, Step: 1}); got != x {
			t.Errorf("P %v: evaluation is not the identity", p)
		}
	}
}

// masks returns which values of each dropout layer of a model are kept.
func masks(m *Model, x *Tensor, p Pass) [][]bool {
	m.Forward(x, p)
	var all [][]bool
	for _, mod := range m.chain.modules {
		if d, ok := mod.(*dropout); ok {
			var kept []bool
			for _, v := range d.mask {
				kept = append(kept, v != 0)
			}
			all = append(all, kept)
		}
	}
	return all
}

// Masks of different layers, steps, seeds and models have nothing in common,
// those of the same all; neither have neighbours within a mask.
func TestDropoutDraws(t *testing.T) {
	const n, size = 25, 800 // more than one chunk of decisions
	layers := []Layer{Dropout{P: 0.5}, Dropout{P: 0.5}}
	m, other := build(t, 1, Vec(size), layers...), build(t, 2, Vec(size), layers...)
	x := NewTensor(n, m.In)
	draws := map[string][]bool{}
	for step := range 4 {
		for _, seed := range []uint64{1, 2} {
			for i, mask := range masks(m, x, Pass{Train: true, Seed: seed, Step: step}) {
				draws[fmt.Sprintf("layer %d, seed %d, step %d", i, seed, step)] = mask
			}
		}
	}
	draws["other model"] = masks(other, x, Pass{Train: true, Seed: 1})[0]
	draws["step 2²⁰"] = masks(m, x, Pass{Train: true, Seed: 1, Step: 1 << 20})[0]
	base := draws["layer 0, seed 1, step 0"]
	for lag := 1; lag <= 8; lag++ {
		draws[fmt.Sprintf("moved by %d", lag)] = append(slices.Clone(base[lag:]), base[:lag]...)
	}
	draws["moved by a chunk"] = append(slices.Clone(base[dropoutChunk:]), base[:dropoutChunk]...)

	agree := func(a, b []bool) float64 {
		same := 0
		for i := range a {
			if a[i] == b[i] {
				same++
			}
		}
		return float64(same) / float64(len(a))
	}
	five := 5 * 0.5 / math.Sqrt(n*size)
	var names []string
	for name := range draws {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, a := range names {
		for _, b := range names[:i] {
			if share := agree(draws[a], draws[b]); math.Abs(share-0.5) > five {
				t.Errorf("%s and %s agree in %.3f of the decisions, want 0.5 ± %.3f", a, b, share, five)
			}
		}
	}
	if !slices.Equal(masks(m, x, Pass{Train: true, Seed: 1})[0], base) {
		t.Error("the same seed and step give another mask")
	}
}

func TestSpatialDropoutDropsChannels(t *testing.T) {
	m := build(t, 1, CHW(64, 4, 5), Dropout{P: 0.5, Spatial: true})
	x := NewTensor(8, m.In)
	for i := range x.Data {
		x.Data[i] = 1
	}
	y := m.Forward(x, Pass{Train: true, Seed: 1})
	kept := 0
	for c := range 8 * 64 {
		channel := y.Data[c*20 : (c+1)*20]
		for _, v := range channel {
			if v != channel[0] || v != 0 && v != 2 {
				t.Fatalf("channel %d: %v, want all 0 or all 2", c, channel)
			}
		}
		if channel[0] != 0 {
			kept++
		}
	}
	if kept < 200 || kept > 312 {
		t.Errorf("%d of 512 channels kept, want half", kept)
	}
}

// Running statistics follow those of the batches, variance unbiased.
func TestRunningStatistics(t *testing.T) {
	const momentum = 0.25
	m := build(t, 1, CHW(2, 3, 2), BatchNorm{Momentum: momentum})
	mean, variance := []float64{0, 0}, []float64{1, 1}
	r := newRand(4)
	for step := range 5 {
		n := 2 + step
		x := noise(r, n, m.In)
		for i := range x.Data {
			x.Data[i] = x.Data[i]*3 + 10
		}
		m.Forward(x, Pass{Train: true})
		m.Forward(x, Pass{}) // must not count
		for c := range 2 {
			var values []float64
			for i := range n {
				for _, v := range x.Example(i)[c*6 : (c+1)*6] {
					values = append(values, float64(v))
				}
			}
			var sum, squares float64
			for _, v := range values {
				sum += v
			}
			mu := sum / float64(len(values))
			for _, v := range values {
				squares += (v - mu) * (v - mu)
			}
			mean[c] += momentum * (mu - mean[c])
			variance[c] += momentum * (squares/float64(len(values)-1) - variance[c])
		}
	}
	near(t, "running mean", m.States()[0].Data, mean, 1e-6)
	near(t, "running variance", m.States()[1].Data, variance, 1e-5)

	// With momentum 1 evaluation of the same batch is the training pass, but for
	// the unbiased variance.
	m = build(t, 1, Vec(3), BatchNorm{Momentum: 1, Eps: 1e-9})
	x := noise(r, 50, m.In)
	train := slices.Clone(m.Forward(x, Pass{Train: true}).Data)
	var want []float64
	for _, v := range train {
		want = append(want, float64(v)*math.Sqrt(49./50))
	}
	near(t, "evaluation", m.Forward(x, Pass{}).Data, want, 1e-5)
}

// The initial weights of a layer depend on seed and place, not on the others.
func TestInitialWeights(t *testing.T) {
	a := build(t, 1, Vec(300), Linear{Out: 200}, ReLU{}, Linear{Out: 100, Init: Xavier}, Linear{Out: 50, Init: LeCun}, Linear{Out: 50, Init: Torch}, Linear{Out: 50, Init: Normal(0.3)})
	again := build(t, 1, Vec(300), Linear{Out: 200}, Tanh{}, Linear{Out: 100, Init: Xavier})
	other := build(t, 2, Vec(300), Linear{Out: 200})
	if !slices.Equal(a.params[0].Data, again.params[0].Data) || !slices.Equal(a.params[2].Data, again.params[2].Data) {
		t.Error("the same seed and place give other weights")
	}
	if slices.Equal(a.params[0].Data, other.params[0].Data) {
		t.Error("another seed gives the same weights")
	}
	for name, want := range map[string]float64{
		"0.linear.W": math.Sqrt(2. / 300), "2.linear.W": math.Sqrt(2. / 300), "3.linear.W": math.Sqrt(1. / 100),
		"4.linear.W": 1 / math.Sqrt(3*50.), "5.linear.W": 0.3, "0.linear.b": 0, "4.linear.b": 1 / math.Sqrt(3*50.),
	} {
		var sum, squares float64
		data := a.Param(name).Data
		for _, v := range data {
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
		n := float64(len(data))
		if std := math.Sqrt(squares / n); math.Abs(std-want) > 5*want/math.Sqrt(2*n) {
			t.Errorf("%s: standard deviation %v, want %v", name, std, want)
		}
		if mean := sum / n; math.Abs(mean) > 5*want/math.Sqrt(n) {
			t.Errorf("%s: mean %v", name, mean)
		}
	}
	for _, v := range a.Param("4.linear.W").Data {
		if math.Abs(float64(v)) > 1/math.Sqrt(50) {
			t.Fatalf("uniform weight %v beyond 1/√50", v)
		}
	}
	conv := build(t, 1, CHW(8, 9, 9), Conv2D{Filters: 64, Kernel: 3})
	var squares float64
	for _, v := range conv.params[0].Data {
		squares += float64(v) * float64(v)
	}
	if std, want := math.Sqrt(squares/float64(conv.params[0].Len())), math.Sqrt(2./72); math.Abs(std-want) > 0.05*want {
		t.Errorf("conv: standard deviation %v, want %v", std, want)
	}
}

// ForwardTo shows what Forward computes, layer by layer.
func TestForwardTo(t *testing.T) {
	m := build(t, 1, CHW(1, 6, 6), Conv2D{Filters: 2, Kernel: 3}, BatchNorm{}, ReLU{}, Dropout{P: 0.5}, Linear{Out: 4})
	x := noise(newRand(1), 3, m.In)
	want := slices.Clone(m.Forward(x, Pass{}).Data)
	var names []string
	var last *Tensor
	y := m.ForwardTo(x, func(name string, y *Tensor) { names, last = append(names, name), y })
	if !slices.Equal(y.Data, want) || last != y {
		t.Error("another output than Forward's")
	}
	if want := []string{"0.conv2d", "1.batchnorm", "2.relu", "3.dropout", "4.linear"}; !slices.Equal(names, want) {
		t.Errorf("visits %q, want %q", names, want)
	}
	if msg := panics(func() { m.Backward(y) }); msg != "" {
		t.Errorf("Backward after ForwardTo: %s", msg)
	}
}

// Clone, CopyFrom and MoveTo carry weights and running statistics.
func TestCopies(t *testing.T) {
	layers := []Layer{Linear{Out: 5}, BatchNorm{}, Tanh{}, Linear{Out: 3}}
	m := build(t, 1, Vec(4), layers...)
	x := noise(newRand(1), 9, m.In)
	m.Forward(x, Pass{Train: true})
	c := m.Clone()
	want := slices.Clone(m.Forward(x, Pass{}).Data)
	if !slices.Equal(c.Forward(x, Pass{}).Data, want) {
		t.Error("a clone computes something else")
	}
	c.Params()[0].Data[0]++
	c.States()[0].Data[0]++
	if !slices.Equal(m.Forward(x, Pass{}).Data, want) {
		t.Error("a clone shares memory with its model")
	}
	other := build(t, 2, Vec(4), layers...)
	old := slices.Clone(other.Params()[0].Data)
	other.MoveTo(m, 0.75)
	for i, v := range other.Params()[0].Data {
		if want := 0.75*float64(old[i]) + 0.25*float64(m.Params()[0].Data[i]); math.Abs(float64(v)-want) > 1e-6 {
			t.Fatalf("MoveTo: %v, want %v", v, want)
		}
	}
	if !slices.Equal(other.States()[0].Data, m.States()[0].Data) {
		t.Error("MoveTo leaves the running statistics behind")
	}
	other.CopyFrom(m)
	if !slices.Equal(other.Forward(x, Pass{}).Data, want) {
		t.Error("CopyFrom gives another model")
	}
}

func TestSummary(t *testing.T) {
	m := build(t, 1, CHW(1, 28, 28), MLP([]int{512, 256}, ReLU{}, 10, 0)...)
	s := m.String()
	for _, want := range []string{"0.linear", "512", "401,920", "535,818", "1,070,080", "total"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %s in\n%s", want, s)
		}
	}
	if m.Weights() != 535818 || m.FLOPs() != 2*(784*512+512*256+256*10) {
		t.Errorf("%d weights, %d FLOPs", m.Weights(), m.FLOPs())
	}
	// A convolution costs 2·C·K² for every value it makes; so do those of a block
	// and of its shortcut, and batch normalization costs two, the sum one a value.
	m = build(t, 1, CHW(1, 28, 28), Conv2D{Filters: 16, Kernel: 3}, ReLU{}, MaxPool2D{Kernel: 2}, Bottleneck{Mid: 8, Out: 32, Stride: 2})
	conv := 2 * 9 * 16 * 26 * 26
	body := 2 * (16*8*13*13 + 9*8*8*7*7 + 8*32*7*7)
	norms := 2 * (8*13*13 + 8*7*7 + 32*7*7)
	shortcut := 2*16*32*7*7 + 2*32*7*7
	if want := conv + body + norms + shortcut + 32*7*7; m.FLOPs() != want {
		t.Errorf("%d FLOPs, want %d", m.FLOPs(), want)
	}
	if want := 16*9 + 16 + 16*8 + 8*8*9 + 8*32 + 2*(8+8+32) + 16*32 + 2*32; m.Weights() != want {
		t.Errorf("%d weights, want %d", m.Weights(), want)
	}
}
