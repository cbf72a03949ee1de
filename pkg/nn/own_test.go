package nn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn"
)

// What a stranger writes: nothing here uses more than package nn shows.

// Scale is y = w·x for every value of a vector, its weights given at the start.
type Scale struct {
	Start float64 `json:"start,omitempty"`

	fault string // tests only
}

var _ = nn.Register(Scale{})

func (l Scale) Build(in nn.Shape, _ *rand.Rand) (nn.Module, nn.Shape, error) {
	w := &nn.Param{Name: "w", Data: make([]float32, in.Size())}
	for i := range w.Data {
		w.Data[i] = float32(l.Start) + float32(i)/8
	}
	return &scale{w: w, in: in, fault: l.fault}, in, nil
}

type scale struct {
	w     *nn.Param
	in    nn.Shape
	x     *nn.Tensor
	y, dx nn.Tensor
	fault string
	calls int
}

func (m *scale) Forward(x *nn.Tensor, _ nn.Pass) *nn.Tensor {
	m.x = x
	m.y.Resize(x.N, m.in)
	for n := range x.N {
		for i, v := range x.Example(n) {
			m.y.Example(n)[i] = m.w.Data[i] * v
		}
	}
	switch m.calls++; m.fault {
	case "random":
		m.y.Data[0] += float32(m.calls)
	case "in place":
		x.Data[0]++
	case "nan":
		m.y.Data[0] = float32(math.NaN())
	}
	return &m.y
}

func (m *scale) Backward(dy *nn.Tensor, _ bool) *nn.Tensor {
	m.dx.Resize(dy.N, m.in)
	if m.fault != "adds" {
		clear(m.w.Grad)
	}
	size := m.in.Size()
	for n := range dy.N {
		x := m.x.Example(n)
		for i, d := range dy.Example(n) {
			switch m.fault {
			case "turned": // the gradient of w in the wrong order
				m.w.Grad[size-1-i] += d * x[i]
			case "one example":
				m.w.Grad[i] = d * x[i]
			default:
				m.w.Grad[i] += d * x[i]
			}
			m.dx.Example(n)[i] = d * m.w.Data[i]
			switch m.fault {
			case "1.01":
				m.dx.Example(n)[i] *= 1.01
			case "forgotten":
				m.dx.Example(n)[i] = d
			}
		}
	}
	switch m.fault {
	case "w 1.01":
		for i := range m.w.Grad {
			m.w.Grad[i] *= 1.01
		}
	case "no dx":
		return nil
	}
	return &m.dx
}

func (m *scale) Params() []*nn.Param { return []*nn.Param{m.w} }

// Center takes off the running mean of every value, which it keeps as State:
// of the batch in training, of all earlier ones at evaluation.
type Center struct{ Share float64 }

var _ = nn.Register(Center{})

func (l Center) Build(in nn.Shape, _ *rand.Rand) (nn.Module, nn.Shape, error) {
	if !(l.Share > 0 && l.Share <= 1) {
		return nil, in, fmt.Errorf("Share %v, want 0 < Share ≤ 1", l.Share)
	}
	return &center{Center: l, in: in, mean: make([]float32, in.Size())}, in, nil
}

type center struct {
	Center
	in    nn.Shape
	train bool
	mean  []float32
	y, dx nn.Tensor
}

func (m *center) Forward(x *nn.Tensor, p nn.Pass) *nn.Tensor {
	m.y.Resize(x.N, m.in)
	m.train = p.Train
	for i := range m.mean {
		mean := float64(m.mean[i])
		if p.Train {
			mean = 0
			for n := range x.N {
				mean += float64(x.Example(n)[i]) / float64(x.N)
			}
			m.mean[i] += float32(m.Share * (mean - float64(m.mean[i])))
		}
		for n := range x.N {
			m.y.Example(n)[i] = float32(float64(x.Example(n)[i]) - mean)
		}
	}
	return &m.y
}

func (m *center) Backward(dy *nn.Tensor, _ bool) *nn.Tensor {
	m.dx.Resize(dy.N, m.in)
	for i := range m.mean {
		mean := 0.0
		for n := range dy.N {
			mean += float64(dy.Example(n)[i]) / float64(dy.N)
		}
		if !m.train {
			mean = 0
		}
		for n := range dy.N {
			m.dx.Example(n)[i] = float32(float64(dy.Example(n)[i]) - mean)
		}
	}
	return &m.dx
}

func (m *center) Params() []*nn.Param { return nil }
func (m *center) States() []nn.State  { return []nn.State{{Name: "mean", Data: m.mean}} }

// Mish is x·tanh(log(1+eˣ)) (Misra 2019).
type Mish struct{}

var _ = nn.Register(Mish{})

func (Mish) Build(in nn.Shape, _ *rand.Rand) (nn.Module, nn.Shape, error) {
	return &mish{in: in}, in, nil
}
func (Mish) WeightInit() nn.Init { return nn.LeCun }
func (Mish) Receptive() nn.Field { return nn.Pointwise }

type mish struct {
	in nn.Shape
	x  *nn.Tensor
	y  nn.Tensor
}

func (m *mish) Forward(x *nn.Tensor, _ nn.Pass) *nn.Tensor {
	m.x = x
	m.y.Resize(x.N, m.in)
	for i, v := range x.Data {
		m.y.Data[i] = float32(float64(v) * math.Tanh(math.Log1p(math.Exp(float64(v)))))
	}
	return &m.y
}

func (m *mish) Backward(dy *nn.Tensor, _ bool) *nn.Tensor {
	for i, v := range m.x.Data {
		x := float64(v)
		t := math.Tanh(math.Log1p(math.Exp(x)))
		dy.Data[i] *= float32(t + x*(1-t*t)/(1+math.Exp(-x)))
	}
	return dy
}

func (m *mish) Params() []*nn.Param { return nil }

// Absolute is the mean of |y − onehot|, with a factor on its gradient.
type Absolute struct{ Factor float32 }

func (l Absolute) Eval(dy, y *nn.Tensor, labels []uint16) float64 {
	if dy != nil {
		dy.Resize(y.N, y.Shape)
	}
	var total float64
	inv := 1 / float64(len(y.Data))
	for n, label := range labels {
		for c, v := range y.Example(n) {
			if c == int(label) {
				v--
			}
			total += math.Abs(float64(v)) * inv
			if dy != nil {
				dy.Example(n)[c] = l.Factor * float32(math.Copysign(inv, float64(v)))
			}
		}
	}
	return total
}

// network has all three, one of them inside a residual, among ours.
func network() []nn.Layer {
	return []nn.Layer{
		nn.Linear{Out: 12}, Mish{}, Scale{Start: 1}, nn.BatchNorm{}, nn.ReLU{},
		nn.Residual{Body: []nn.Layer{nn.Linear{Out: 12}, Scale{Start: -0.5}, Center{Share: 0.25}}},
		Center{Share: 0.5}, nn.Linear{Out: 10},
	}
}

func examples(n int, in nn.Shape) (*nn.Tensor, []uint16) {
	rng := rand.New(rand.NewPCG(1, 2))
	x, labels := nn.NewTensor(n, in), make([]uint16, n)
	for i := range x.Data {
		x.Data[i] = float32(rng.NormFloat64())
	}
	for i := range labels {
		labels[i] = uint16(rng.IntN(10))
	}
	return x, labels
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Values that Build has put into Data stay, and so do names and shapes.
func TestOwnInitialValues(t *testing.T) {
	m := must(nn.New(1, nn.Vec(4), Scale{Start: 2}, nn.Residual{Body: []nn.Layer{Scale{Start: 3}}}))
	for name, start := range map[string]float32{"0.scale.w": 2, "1.residual.body.0.scale.w": 3} {
		p := m.Param(name)
		if p == nil || !slices.Equal(p.Dims, []int{4}) || !slices.Equal(p.Data, []float32{start, start + 0.125, start + 0.25, start + 0.375}) {
			t.Errorf("%s: %+v, want 4 values from %v on", name, p, start)
		}
	}
	y := m.Forward(&nn.Tensor{N: 1, Shape: nn.Vec(4), Data: []float32{1, 1, 1, 1}}, nn.Pass{})
	if want := []float32{8, 2.125 * 4.125, 2.25 * 4.25, 2.375 * 4.375}; !slices.Equal(y.Data, want) {
		t.Errorf("computes %v, want %v", y.Data, want)
	}
	if s := m.String(); !strings.Contains(s, "0.scale") || !strings.Contains(s, "total") {
		t.Errorf("summary\n%s", s)
	}
}

// A network with layers of a stranger, trained, is the same after a way through
// JSON, a file, a clone and a running mean, states and all.
func TestOwnLayersAreKept(t *testing.T) {
	m := must(nn.New(3, nn.Vec(6), network()...))
	x, labels := examples(9, m.In)
	var dy nn.Tensor
	for step := range 5 {
		nn.CrossEntropy{}.Eval(&dy, m.Forward(x, nn.Pass{Train: true, Step: step}), labels)
		m.Backward(&dy)
		for _, p := range m.Params() {
			for i, g := range p.Grad {
				p.Data[i] -= 0.1 * g
			}
		}
	}
	want := slices.Clone(m.Forward(x, nn.Pass{}).Data)
	path := filepath.Join(t.TempDir(), "own.safetensors")
	if err := m.Save(path, nil); err != nil {
		t.Fatal(err)
	}
	loaded, _, err := nn.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	mean := must(nn.New(4, m.In, must(nn.DecodeLayers(must(nn.EncodeLayers(m.Layers))))...))
	mean.CopyFrom(m)
	mean.MoveTo(m, 0.5)
	for name, c := range map[string]*nn.Model{"loaded": loaded, "clone": m.Clone(), "running mean": mean} {
		if !slices.Equal(c.Forward(x, nn.Pass{}).Data, want) {
			t.Errorf("%s: computes something else", name)
		}
		if fmt.Sprint(c.States()) != fmt.Sprint(m.States()) || len(c.States()) != 4 {
			t.Errorf("%s: states %v, want %v", name, c.States(), m.States())
		}
	}
	layers, err := nn.DecodeLayers([]byte(`[{"scale":{"start":2}},{"mish":{}},{"center":{"Share":1}}]`))
	if err != nil || !slices.Equal(layers, []nn.Layer{Scale{Start: 2}, Mish{}, Center{Share: 1}}) {
		t.Errorf("%v, %v", layers, err)
	}
}

type unregistered struct{ Scale }

type hidden struct {
	Scale
	depth int
}

type function struct {
	Scale
	F func() `json:"f"`
}

type pointed struct{ Scale }

func (p *pointed) Build(in nn.Shape, rng *rand.Rand) (nn.Module, nn.Shape, error) {
	return p.Scale.Build(in, rng)
}

// ReLU is called as one of the library's.
type ReLU struct{ Scale }

// What cannot be written to a file says why, and what to do.
func TestOwnLayersThatCannotBeKept(t *testing.T) {
	nn.Register(hidden{})
	nn.Register(function{})
	for _, c := range []struct {
		layer nn.Layer
		want  string
	}{
		{unregistered{}, "layer 1: a nn_test.unregistered cannot be written to a file: register its type where it is declared, var _ = nn.Register(nn_test.unregistered{})"},
		{&pointed{}, "it is a pointer; give its methods value receivers and register its type with nn.Register(nn_test.pointed{})"},
		{ReLU{}, "a nn_test.ReLU cannot be written to a file: files call a nn.ReLU so already; rename the type and register it"},
		{hidden{depth: 3}, `and comes back as nn_test.hidden{Scale:nn_test.Scale{Start:0, fault:""}, depth:0}: want all of its fields exported and in its JSON`},
		{hidden{}, ""},
		{function{F: func() {}}, "a nn_test.function cannot be written as JSON: json: unsupported type: func()"},
		{Scale{Start: math.NaN()}, "a nn_test.Scale cannot be written as JSON"},
		{Scale{fault: "x"}, "want all of its fields exported"},
		{nn.Residual{Body: []nn.Layer{unregistered{}}}, "a nn_test.unregistered cannot be written"},
	} {
		if _, err := nn.New(1, nn.Vec(2), nn.Tanh{}, c.layer); err != nil {
			t.Errorf("%#v: %v: it can be trained, if not saved", c.layer, err)
		}
		_, err := nn.EncodeLayers([]nn.Layer{nn.Tanh{}, c.layer})
		if c.want == "" && err == nil {
			continue
		}
		if c.want == "" || err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%#v: %v, want %q", c.layer, err, c.want)
		}
	}
	if m := must(nn.New(1, nn.Vec(2), ReLU{})); m.Param("0.nn_test-relu.w") == nil {
		t.Errorf("a layer called as one of ours has parameters called %v, want its package in the name", m.Params()[0].Name)
	}
	for want, register := range map[string]func(){
		`nn: Register: nn_test.ReLU and nn.ReLU would both be called "relu" in files: rename one`: func() { nn.Register(ReLU{}) },
		"nn: Register: a *nn_test.pointed, want a plain value of a named type":                    func() { nn.Register(&pointed{}) },
		"nn: Register: a <nil>, want a plain value":                                               func() { nn.Register[nn.Layer](nil) },
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("%s, want %s", got, want)
				}
			}()
			register()
		}()
	}
	nn.Register(Scale{})          // a second time
	nn.Register[nn.Layer](Mish{}) // as what it is
	_, err := nn.DecodeLayers([]byte(`[{"mine":{}}]`))
	if err == nil || !strings.Contains(err.Error(), `layer 0 is of unknown kind "mine"`) || !strings.Contains(err.Error(), "nn.Register") {
		t.Errorf("an unknown kind: %v, want what to do", err)
	}
}

type broken struct{ kind string }

func (l broken) Build(in nn.Shape, _ *rand.Rand) (nn.Module, nn.Shape, error) {
	p := func(name string, n int, dims ...int) *nn.Param {
		return &nn.Param{Name: name, Dims: dims, Data: make([]float32, n)}
	}
	m := &scale{w: p("w", 4), in: in}
	switch l.kind {
	case "no module":
		return nil, in, nil
	case "fresh":
		return fresh{m}, in, nil
	case "nil":
		m.w = nil
	case "sizes":
		m.w = p("w", 4, 3)
	case "negative":
		m.w = p("w", 0, -1)
	case "twice":
		return &several{scale: m, all: []*nn.Param{p("w", 4), p("w", 4)}}, in, nil
	case "huge":
		m.w = p("w", 0, 1<<40, 1<<40)
	case "shared":
		m.w = shared
	case "output":
		return m, nn.Vec(0), nil
	}
	return m, in, nil
}

var shared = &nn.Param{Name: "w", Data: make([]float32, 4)}

type fresh struct{ *scale }

func (m fresh) Params() []*nn.Param { return []*nn.Param{{Name: "w", Dims: []int{4}}} }

type several struct {
	*scale
	all []*nn.Param
}

func (m *several) Params() []*nn.Param { return m.all }

// Mistakes of a stranger's Build are one line with the layer, not a crash later.
func TestOwnBuildMistakes(t *testing.T) {
	for kind, want := range map[string]string{
		"no module": "Build gives no module and no error",
		"fresh":     "Params gives other parameters at every call",
		"nil":       "parameter 0 is nil",
		"sizes":     "parameter w has 4 values, its dimensions [3] hold 3",
		"negative":  "parameter w has dimensions [-1]",
		"twice":     `two parameters are called "w"`,
		"huge":      "parameter w has dimensions [1099511627776 1099511627776]",
		"output":    "output 0, want positive dimensions",
	} {
		_, err := nn.New(1, nn.Vec(4), nn.Tanh{}, broken{kind})
		if err == nil || !strings.Contains(err.Error(), "nn: layer 1 (broken, input 4): ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", kind, err, want)
		}
	}
	if _, err := nn.New(1, nn.Vec(4), broken{"shared"}, broken{"shared"}); err == nil || !strings.Contains(err.Error(), "belongs to two layers") {
		t.Errorf("a shared parameter: %v", err)
	}
}

// MLP draws the weights before an activation as that asks, and as for a ReLU
// where it does not.
func TestOwnActivationChoosesTheInit(t *testing.T) {
	for _, c := range []struct {
		act  nn.Layer
		want nn.Init
	}{{nn.ReLU{}, nn.He}, {nn.GELU{}, nn.He}, {nn.Tanh{}, nn.Xavier}, {nn.Logistic{}, nn.Xavier}, {Mish{}, nn.LeCun}, {Scale{}, nn.He}} {
		if got := nn.MLP([]int{5}, c.act, 10, 0)[0].(nn.Linear).Init; got != c.want {
			t.Errorf("%T: %v, want %v", c.act, got, c.want)
		}
	}
}

func gradientsOf(t *testing.T, loss nn.Loss, layers ...nn.Layer) nn.GradientErrors {
	t.Helper()
	m := must(nn.New(2, nn.Vec(6), layers...))
	x, labels := examples(9, m.In)
	states := fmt.Sprint(m.States())
	table, err := nn.CheckGradients(m, loss, x, labels)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(m.States()) != states {
		t.Error("the check changed the states of the model")
	}
	return table
}

// Right layers and losses of a stranger pass the check of gradients, and every
// row says what it was compared with.
func TestOwnGradients(t *testing.T) {
	for seed := range 5 {
		layers := network()
		layers[2] = Scale{Start: float64(seed)}
		table := gradientsOf(t, Absolute{Factor: 1}, layers...)
		if err := table.Err(); err != nil {
			t.Errorf("%v\n%v", err, table)
		}
		for _, e := range table {
			if e.Checked == 0 || e.Note != "" {
				t.Errorf("%s: nothing compared, %d kinks", e.Name, e.Kinks)
			}
			// What holds a layer of a stranger has no counterpart either.
			own := strings.Contains(e.Name, "scale") || strings.Contains(e.Name, "mish") || strings.Contains(e.Name, "center") ||
				strings.Contains(e.Name, "residual") || strings.Contains(e.Name, "loss")
			if own != (e.Own != "") {
				t.Errorf("%s: compared with %q", e.Name, e.Own)
			}
		}
	}
}

// A wrong Backward is found wherever the layer stands, and a row of which nothing
// was compared never passes.
func TestOwnGradientFaults(t *testing.T) {
	for fault, want := range map[string]string{
		"1.01":        "input of 1.scale: the gradient that nn_test.Scale gives back is",
		"forgotten":   "input of 1.scale",
		"w 1.01":      "1.scale.w: the gradient that nn_test.Scale gives back",
		"turned":      "1.scale.w",
		"one example": "1.scale.w",
		"adds":        "1.scale.w: nn_test.Scale: the gradient holds NaN or infinite values (Backward sets it",
		"random":      "Forward gives another output for the same input",
		"in place":    "Forward changes its input",
		"nan":         "value 0 of the output is NaN",
	} {
		table := gradientsOf(t, nn.CrossEntropy{}, nn.Linear{Out: 6}, Scale{Start: 1, fault: fault}, nn.Tanh{}, nn.Linear{Out: 10})
		err := table.Err()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q\n%v", fault, err, want, table)
		}
		if strings.Contains(table.Verdict(), "none is off") || !strings.Contains(table.String(), table.Verdict()) {
			t.Errorf("%s: the table says\n%v", fault, table)
		}
		if difference, _ := table.Worst(); difference < 5e-3 {
			t.Errorf("%s: the worst difference is %v", fault, difference)
		}
		if fault != "nan" { // within a residual, of which the differences are taken as a whole
			table = gradientsOf(t, nn.CrossEntropy{}, nn.Linear{Out: 6}, nn.Residual{Body: []nn.Layer{nn.Tanh{}, Scale{Start: 1, fault: fault}}}, nn.Linear{Out: 10})
			if table.Err() == nil && fault != "in place" {
				t.Errorf("%s, in a residual: not found\n%v", fault, table)
			}
		}
	}
	m := must(nn.New(2, nn.Vec(6), nn.Linear{Out: 6}, Scale{fault: "no dx"}, nn.Linear{Out: 10}))
	x, labels := examples(9, m.In)
	if _, err := nn.CheckGradients(m, nn.CrossEntropy{}, x, labels); err == nil || !strings.Contains(err.Error(), "Backward of layer 1.scale gives no gradient") {
		t.Errorf("no gradient of the input: %v", err)
	}
	for _, factor := range []float32{1.01, 0.5, -1} {
		table := gradientsOf(t, Absolute{Factor: factor}, nn.Linear{Out: 10})
		if err := table.Err(); err == nil || !strings.Contains(err.Error(), "output, by the loss: the gradient that nn_test.Absolute gives back") {
			t.Errorf("a loss with %v times its gradient: %v", factor, err)
		}
	}
}
