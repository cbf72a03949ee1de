package nn

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn/internal/oracle"
)

// A proof is a model whose outputs and gradients must agree with float64.
type proof struct {
	name   string
	in     Shape
	n      int
	layers []Layer
	loss   Loss
	smooth bool // no kinks: differences are more exact
	conv   bool
}

var proofs = []proof{
	{"linear", Vec(5), 3, []Layer{Linear{Out: 4}}, CrossEntropy{}, true, false},
	{"linear, batch of 1, one output", Vec(1), 1, []Layer{Linear{Out: 1}}, MSE{}, true, false},
	{"linear without bias on an image", CHW(2, 3, 4), 2, []Layer{Linear{Out: 6, NoBias: true}}, MSE{}, true, false},
	{"MLP relu", Vec(17), 6, MLP([]int{13, 9}, ReLU{}, 10, 0), CrossEntropy{}, false, false},
	{"MLP leaky relu, dropout", Vec(9), 8, MLP([]int{16, 8}, LeakyReLU{Slope: 0.2}, 4, 0.4), CrossEntropy{}, false, false},
	{"MLP logistic", Vec(7), 5, MLP([]int{8, 8}, Logistic{}, 3, 0), CrossEntropy{Smoothing: 0.1}, true, false},
	{"MLP tanh", Vec(7), 5, MLP([]int{8, 8}, Tanh{}, 3, 0), MSE{}, true, false},
	{"MLP silu", Vec(7), 5, MLP([]int{8, 8}, SiLU{}, 3, 0), CrossEntropy{}, true, false},
	{"MLP gelu", Vec(7), 5, MLP([]int{8, 8}, GELU{}, 3, 0), CrossEntropy{}, true, false},
	{"relu first", Vec(6), 4, []Layer{ReLU{}, Linear{Out: 3}, Tanh{}, ReLU{}, Linear{Out: 3}}, CrossEntropy{}, false, false},
	{"softmax and probabilities", Vec(6), 4, []Layer{Linear{Out: 5}, Softmax{}}, ProbabilityCrossEntropy{}, true, false},
	{"softmax inside", Vec(6), 4, []Layer{Linear{Out: 5}, Softmax{}, Linear{Out: 3}}, MSE{}, true, false},
	{"batchnorm of a vector", Vec(6), 9, []Layer{Linear{Out: 8, NoBias: true}, BatchNorm{}, Tanh{}, Linear{Out: 3}}, CrossEntropy{}, true, false},
	{"batchnorm first", Vec(5), 8, []Layer{BatchNorm{Eps: 0.01}, Linear{Out: 3}}, CrossEntropy{}, true, false},
	{"batchnorm, fused relu", Vec(6), 9, []Layer{Linear{Out: 8}, BatchNorm{}, ReLU{}, Linear{Out: 3}}, CrossEntropy{}, false, false},
	{"batchnorm of an image", CHW(3, 4, 5), 3, []Layer{BatchNorm{}, Linear{Out: 3}}, CrossEntropy{}, true, true},

	{"conv 3×3", CHW(1, 6, 5), 2, []Layer{Conv2D{Filters: 3, Kernel: 3}}, MSE{}, true, true},
	{"conv 1×1", CHW(3, 4, 3), 3, []Layer{Conv2D{Filters: 4, Kernel: 1}}, MSE{}, true, true},
	{"conv on 1×1", CHW(2, 1, 1), 1, []Layer{Conv2D{Filters: 3, Kernel: 1}}, MSE{}, true, true},
	{"conv 3×3 pad 1 on 1×1", CHW(2, 1, 1), 2, []Layer{Conv2D{Filters: 3, Kernel: 3, Padding: 1}}, MSE{}, true, true},
	{"conv, kernel = image", CHW(2, 4, 4), 2, []Layer{Conv2D{Filters: 5, Kernel: 4}}, CrossEntropy{}, true, true},
	{"conv stride 2", CHW(2, 7, 6), 2, []Layer{Conv2D{Filters: 3, Kernel: 3, Stride: 2}}, MSE{}, true, true},
	{"conv stride 2 pad 1", CHW(2, 5, 8), 2, []Layer{Conv2D{Filters: 3, Kernel: 3, Stride: 2, Padding: 1}}, MSE{}, true, true},
	{"conv 5×5 pad 2", CHW(1, 5, 6), 2, []Layer{Conv2D{Filters: 2, Kernel: 5, Padding: 2}}, MSE{}, true, true},
	{"conv stride 3 > kernel 2", CHW(2, 8, 7), 2, []Layer{Conv2D{Filters: 2, Kernel: 2, Stride: 3, NoBias: true}}, MSE{}, true, true},
	{"maxpool 2", CHW(2, 4, 6), 2, []Layer{MaxPool2D{Kernel: 2}, Linear{Out: 3}}, CrossEntropy{}, false, true},
	{"maxpool 3 stride 2 pad 1", CHW(2, 7, 5), 2, []Layer{MaxPool2D{Kernel: 3, Stride: 2, Padding: 1}, Linear{Out: 3}}, CrossEntropy{}, false, true},
	{"maxpool = image", CHW(3, 3, 3), 2, []Layer{MaxPool2D{Kernel: 3}, Linear{Out: 3}}, CrossEntropy{}, false, true},
	{"avgpool 2", CHW(2, 4, 5), 2, []Layer{AvgPool2D{Kernel: 2}, Linear{Out: 3}}, CrossEntropy{}, true, true},
	{"avgpool 3 stride 2 pad 1", CHW(2, 6, 5), 2, []Layer{AvgPool2D{Kernel: 3, Stride: 2, Padding: 1}, Linear{Out: 3}}, CrossEntropy{}, true, true},
	{"global avgpool", CHW(4, 3, 5), 3, []Layer{GlobalAvgPool{}}, CrossEntropy{}, true, true},
	{"CNN", CHW(1, 9, 8), 4, []Layer{
		Conv2D{Filters: 4, Kernel: 3}, ReLU{}, MaxPool2D{Kernel: 2}, Flatten{}, Linear{Out: 8}, ReLU{}, Linear{Out: 5},
	}, CrossEntropy{}, false, true},
	{"CNN with batchnorm and spatial dropout", CHW(1, 8, 8), 4, []Layer{
		Conv2D{Filters: 4, Kernel: 3, Padding: 1, NoBias: true}, BatchNorm{}, ReLU{}, Dropout{P: 0.3, Spatial: true},
		Conv2D{Filters: 4, Kernel: 3}, LeakyReLU{}, AvgPool2D{Kernel: 2}, Linear{Out: 5},
	}, CrossEntropy{}, false, true},
	{"residual", Vec(6), 5, []Layer{
		Residual{Body: []Layer{Linear{Out: 6}, Tanh{}}}, ReLU{}, Linear{Out: 3},
	}, CrossEntropy{}, false, false},
	{"residual first, with shortcut and dropout", CHW(2, 4, 4), 4, []Layer{
		Residual{
			Body:     []Layer{Conv2D{Filters: 3, Kernel: 3, Padding: 1}, GELU{}, Dropout{P: 0.5}},
			Shortcut: []Layer{Conv2D{Filters: 3, Kernel: 1}},
		}, Linear{Out: 3},
	}, CrossEntropy{}, true, true},
	{"residual in residual", Vec(4), 5, []Layer{
		Linear{Out: 4},
		Residual{Body: []Layer{Residual{Body: []Layer{Linear{Out: 4}, Tanh{}}}, Linear{Out: 4}}},
	}, CrossEntropy{}, true, false},
	{"residual of a relu alone", Vec(5), 4, []Layer{Linear{Out: 5}, Residual{Body: []Layer{ReLU{}}}, Linear{Out: 3}}, CrossEntropy{}, false, false},
	{"bottleneck", CHW(4, 5, 4), 3, []Layer{Bottleneck{Mid: 2, Out: 4}, GlobalAvgPool{}}, CrossEntropy{}, false, true},
	{"bottleneck stride 2", CHW(3, 6, 5), 3, []Layer{Bottleneck{Mid: 2, Out: 5, Stride: 2}, ReLU{}, GlobalAvgPool{}}, CrossEntropy{}, false, true},
}

// The bounds of the suite. l2 is for the gradient of the whole model. A single
// array, and still more a single value, may lose more where its gradient is a
// small difference of large sums, as that of a gamma often is.
func (p proof) limits() limits {
	l := limits{oracle: 1e-5, l2: 5e-6, array: 5e-5, difference: 1e-4}
	if p.smooth {
		l.oracle = 1e-7
	}
	if p.conv {
		l.l2 = 1e-5
	}
	return l
}

type limits struct{ oracle, l2, array, difference float64 }

func (l limits) check(table GradientErrors) error {
	checked := 0
	var diff, size float64
	for _, e := range table {
		checked += e.Checked
		diff += e.L2 * e.L2 * e.RMS * e.RMS * float64(e.Size)
		size += e.RMS * e.RMS * float64(e.Size)
		if !(e.Oracle <= l.oracle) || !(e.L2 <= l.array) || !(e.Difference <= l.difference) {
			return fmt.Errorf("gradient of %s: %.1e off differences, %.1e in L2; the float64 one %.1e off differences; want at most %.0e, %.0e, %.0e",
				e.Name, e.Difference, e.L2, e.Oracle, l.difference, l.array, l.oracle)
		}
	}
	if whole := math.Sqrt(diff / size); size > 0 && !(whole <= l.l2) {
		return fmt.Errorf("gradient of the model is %.1e off in L2, want at most %.0e", whole, l.l2)
	}
	if checked == 0 {
		return errors.New("nothing was compared")
	}
	return nil
}

// outputs checks the forward passes of training and evaluation against
// float64, and the loss.
func outputs(m *Model, loss Loss, truth oracle.Loss, x *Tensor, labels []uint16) error {
	const limit = 1e-5
	for _, train := range []bool{true, false} {
		if !train { // with running statistics that are not the first ones
			for step := range 3 {
				m.Forward(x, Pass{Train: true, Seed: m.Seed, Step: step})
			}
		}
		y := m.Forward(x, Pass{Train: train, Seed: m.Seed})
		got := loss.Eval(nil, y, labels)
		net, err := oracleOf(m.Layers, m.chain)
		if err != nil {
			return err
		}
		want := net.Forward(oracleBatch(x), &oracle.Pass{Train: train})
		if want.Shape != oracle.Shape(y.Shape) {
			return fmt.Errorf("output of shape %v, want %v", y.Shape, want.Shape)
		}
		if e := apart(y.Data, want.V); !(e <= limit) {
			return fmt.Errorf("output (train %v) is %.1e off in L2, want at most %.0e", train, e, limit)
		}
		exact, _ := truth(want, labels)
		if e := relative(got, exact, 1); !(e <= limit) {
			return fmt.Errorf("loss (train %v) %v, want %v", train, got, exact)
		}
	}
	return nil
}

// run is the whole check of a proof with one seed. prepare may spoil the model.
func (p proof) run(seed uint64, perParam int, prepare func(*Model, Loss) Loss) error {
	m, err := New(seed, p.in, p.layers...)
	if err != nil {
		return err
	}
	r := newRand(seed)
	for _, p := range m.params {
		offZero(p.Data, r)
	}
	truth, err := oracleLoss(p.loss)
	if err != nil {
		return err
	}
	loss := p.loss
	if prepare != nil {
		loss = prepare(m, loss)
	}
	x := noise(r, p.n, p.in)
	labels := randomLabels(r, p.n, m.Out().Size())
	table, err := checkGradients(m, loss, truth, x, labels, perParam)
	if err != nil {
		return err
	}
	return errors.Join(p.limits().check(table), outputs(m, loss, truth, x, labels))
}

func TestGradients(t *testing.T) {
	seeds := uint64(20)
	if testing.Short() {
		seeds = 5
	}
	for _, p := range proofs {
		t.Run(p.name, func(t *testing.T) {
			for seed := range seeds {
				if err := p.run(seed, 40, nil); err != nil {
					t.Errorf("seed %d: %v", seed, err)
				}
			}
		})
	}
}

func TestCheckGradients(t *testing.T) {
	m := build(t, 7, CHW(1, 8, 8),
		Conv2D{Filters: 3, Kernel: 3}, BatchNorm{}, ReLU{}, MaxPool2D{Kernel: 2}, Linear{Out: 600}, ReLU{}, Dropout{P: 0.2}, Linear{Out: 10})
	r := newRand(1)
	x := noise(r, 8, m.In)
	for i := range x.Data[:len(x.Data)/2] { // blank images, as digits have blank corners
		x.Data[i] = 0
	}
	labels := randomLabels(r, 8, 10)
	before := slices.Clone(m.slab)
	states := slices.Clone(m.states[0].Data)

	table, err := CheckGradients(m, CrossEntropy{}, x, labels)
	if err != nil {
		t.Fatal(err)
	}
	if err := (limits{oracle: 1e-5, l2: 1e-5, array: 5e-5, difference: 1e-4}).check(table); err != nil {
		t.Errorf("%v\n%v", err, table)
	}
	if len(table) != len(m.Params())+1 {
		t.Fatalf("%d rows for %d parameters and the input", len(table), len(m.Params()))
	}
	for i, e := range table {
		if e.Checked == 0 {
			t.Errorf("%s: nothing checked", e.Name)
		}
		if i < len(m.params) && (e.Name != m.params[i].Name || e.Size != m.params[i].Len()) {
			t.Errorf("row %d is %s of %d values, want %s of %d", i, e.Name, e.Size, m.params[i].Name, m.params[i].Len())
		}
		if e.Size > 1000 && e.Checked > 40 {
			t.Errorf("%s: %d values checked, too many for a cell", e.Name, e.Checked)
		}
		if !strings.Contains(table.String(), e.Name) {
			t.Errorf("the table does not name %s:\n%v", e.Name, table)
		}
	}
	if difference, l2 := table.Worst(); difference <= 0 || l2 <= 0 {
		t.Errorf("Worst() = %v, %v: float32 is never exact", difference, l2)
	}
	if len(table.Rows()) != len(table) || len(table.Rows()[0]) != len(table.Columns()) {
		t.Error("rows and columns of the table do not fit")
	}
	if !slices.Equal(before, m.slab) || !slices.Equal(states, m.states[0].Data) {
		t.Error("the check changed the model")
	}
	again, err := CheckGradients(m, CrossEntropy{}, x, labels)
	if err != nil || again.String() != table.String() {
		t.Errorf("a second check gave another table: %v\n%v", err, again)
	}
}

type foreign struct{ ReLU }

func (foreign) Build(in Shape, rng *rand.Rand) (Module, Shape, error) { return ReLU{}.Build(in, rng) }

type foreignLoss struct{ MSE }

// A network of ours in parts, cut by a layer of somebody else, is still compared
// with float64 in all of its parts.
func TestCheckGradientsInParts(t *testing.T) {
	m := build(t, 1, CHW(1, 6, 6), Conv2D{Filters: 2, Kernel: 3}, ReLU{}, foreign{}, Linear{Out: 4}, foreign{}, Linear{Out: 3})
	x := noise(newRand(1), 8, m.In)
	table, err := CheckGradients(m, foreignLoss{}, x, randomLabels(newRand(2), 8, 3))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range table {
		if e.Checked == 0 || e.Note != "" {
			t.Errorf("%s: nothing compared: %s", e.Name, e.Note)
		}
		got = append(got, e.Name+" "+e.Own)
	}
	want := []string{
		"0.conv2d.W ", "0.conv2d.b ", "3.linear.W ", "3.linear.b ", "5.linear.W ", "5.linear.b ",
		"input of 2.foreign nn.foreign", "input of 3.linear ", "input of 4.foreign nn.foreign", "input of 5.linear ",
		"output, by the loss nn.foreignLoss", "input ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("rows %q\nwant %q", got, want)
	}
	if err := table.Err(); err != nil {
		t.Errorf("%v\n%v", err, table)
	}
	for _, want := range []string{
		"12 gradients: 9 compared with float64, 2 with differences of what nn.foreign itself computes in float32, 1 with differences of what nn.foreignLoss itself computes in float32; none is off.",
		"differences of",
	} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("no %q in\n%v", want, table)
		}
	}
}
