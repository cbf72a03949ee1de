package optim

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x7e57)) }

// task is a model and a batch of noise to train it on.
type task struct {
	m      *nn.Model
	x      *nn.Tensor
	labels []uint16
	dy     nn.Tensor
}

func newTask(t testing.TB, layers ...nn.Layer) *task {
	t.Helper()
	if len(layers) == 0 {
		layers = nn.MLP([]int{16, 12}, nn.Tanh{}, 4, 0)
	}
	m, err := nn.New(3, nn.Vec(9), layers...)
	if err != nil {
		t.Fatal(err)
	}
	r := newRand(5)
	k := &task{m: m, x: nn.NewTensor(8, m.In), labels: make([]uint16, 8)}
	for i := range k.x.Data {
		k.x.Data[i] = float32(r.NormFloat64())
	}
	for i := range k.labels {
		k.labels[i] = uint16(r.IntN(4))
	}
	return k
}

func (k *task) gradient(step int) {
	nn.CrossEntropy{}.Eval(&k.dy, k.m.Forward(k.x, nn.Pass{Train: true, Step: step}), k.labels)
	k.m.Backward(&k.dy)
}

// weights returns the weights after some steps.
func (k *task) train(t testing.TB, o Optimizer, penalty nn.Penalty, lr float64, steps int) []float32 {
	t.Helper()
	s, err := o.New(k.m.Params())
	if err != nil {
		t.Fatal(err)
	}
	for step := range steps {
		k.gradient(step)
		penalty.Add(k.m.Params())
		s.Step(step, lr)
	}
	return k.weights()
}

func (k *task) weights() []float32 {
	var all []float32
	for _, p := range k.m.Params() {
		all = append(all, p.Data...)
	}
	return all
}

func largestDifference(a, b []float32) float64 {
	var worst float64
	for i := range a {
		worst = max(worst, math.Abs(float64(a[i]-b[i])))
	}
	return worst
}

// An L2 penalty in the loss and weight decay are the same thing where the
// gradient is used as it is, and wherever the decay is coupled, which means
// added to the gradient. Decoupled decay (AdamW) is something else: Adam divides
// the penalty's gradient by the size of the whole gradient, so weights with
// large gradients are decayed less.
func TestPenaltyAndDecay(t *testing.T) {
	const strength, steps = 0.05, 50
	l2 := nn.Penalty{L2: strength}
	for _, c := range []struct {
		name         string
		plain, decay Optimizer
		lr           float64
		same         bool
	}{
		{"SGD", SGD{}, SGD{Decay: strength}, 0.1, true},
		{"momentum", SGD{Momentum: 0.9}, SGD{Momentum: 0.9, Decay: strength}, 0.02, true},
		{"Nesterov", SGD{Momentum: 0.9, Nesterov: true}, SGD{Momentum: 0.9, Nesterov: true, Decay: strength}, 0.02, true},
		{"Adam, coupled", Adam{Eps: 0.01}, Adam{Eps: 0.01, Decay: strength}, 0.01, true},
		{"Adam and AdamW", Adam{Eps: 0.01}, AdamW{Eps: 0.01, Decay: strength}, 0.01, false},
		{"Lion", Lion{}, Lion{Decay: strength}, 0.003, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			withPenalty := newTask(t).train(t, c.plain, l2, c.lr, steps)
			withDecay := newTask(t).train(t, c.decay, nn.Penalty{}, c.lr, steps)
			without := newTask(t).train(t, c.plain, nn.Penalty{}, c.lr, steps)
			d := largestDifference(withPenalty, withDecay)
			if c.same && !(d <= 1e-6) {
				t.Errorf("penalty and decay end %.1e apart, want the same", d)
			}
			if !c.same && !(d >= 1e-3) {
				t.Errorf("penalty and decay end %.1e apart, want different weights", d)
			}
			if d := largestDifference(withDecay, without); !(d >= 1e-3) {
				t.Errorf("decay changes weights by no more than %.1e", d)
			}
		})
	}
}

func TestPenalty(t *testing.T) {
	w := &nn.Param{Dims: []int{3}, Data: []float32{2, -3, 0}, Grad: []float32{1, 1, 1}}
	b := &nn.Param{Dims: []int{1}, Data: []float32{5}, Grad: []float32{1}, NoDecay: true}
	got := nn.Penalty{L1: 0.5, L2: 0.25}.Add([]*nn.Param{w, b})
	if want := 0.5*5 + 0.125*13; got != want {
		t.Errorf("penalty %v, want %v", got, want)
	}
	if want := []float32{1 + 0.5 + 0.5, 1 - 0.5 - 0.75, 1}; !slices.Equal(w.Grad, want) {
		t.Errorf("gradient %v, want %v", w.Grad, want)
	}
	if b.Grad[0] != 1 {
		t.Error("a bias was penalized")
	}
	// The gradient is that of the penalty.
	const h = 1e-3
	p := nn.Penalty{L1: 0.5, L2: 0.25}
	at := func(v float32) float64 {
		return p.Add([]*nn.Param{{Dims: []int{1}, Data: []float32{v}, Grad: []float32{0}}})
	}
	g := &nn.Param{Dims: []int{1}, Data: []float32{1.5}, Grad: []float32{0}}
	p.Add([]*nn.Param{g})
	if slope := (at(1.5+h) - at(1.5-h)) / (2 * h); math.Abs(slope-float64(g.Grad[0])) > 1e-3 {
		t.Errorf("gradient %v, difference %v", g.Grad[0], slope)
	}
}

// everyOptimizer are those of this list and all that have a name.
var everyOptimizer = func() []Optimizer {
	all := []Optimizer{
		SGD{}, RMSProp{}, RMSProp{Centered: true}, RMSProp{Momentum: 0.9, Centered: true},
	}
	named := Optimizers()
	for _, name := range slices.Sorted(maps.Keys(named)) {
		all = append(all, named[name](Knobs{Momentum: 0.9}))
	}
	return all
}()

// withDecay is o with weight decay, if it has any.
func withDecay(o Optimizer, decay float64) Optimizer {
	v := reflect.New(reflect.TypeOf(o)).Elem()
	v.Set(reflect.ValueOf(o))
	if v.Kind() == reflect.Struct {
		if f := v.FieldByName("Decay"); f.IsValid() {
			f.SetFloat(decay)
		}
	}
	return v.Interface().(Optimizer)
}

// Decay leaves parameters alone that say so, and one of their own replaces the
// optimizer's.
func TestDecayOfAParameter(t *testing.T) {
	for _, o := range everyOptimizer {
		t.Run(fmt.Sprintf("%#v", o), func(t *testing.T) {
			if withDecay(o, 0.2) == o {
				t.Skip("has no weight decay")
			}
			run := func(o Optimizer, own float64, never bool) float32 {
				p := &nn.Param{Name: "w", Dims: []int{1}, Data: []float32{2}, Grad: []float32{0.5}, Decay: own, NoDecay: never}
				s, err := o.New([]*nn.Param{p})
				if err != nil {
					t.Fatal(err)
				}
				for step := range 3 {
					p.Grad[0] = float32(0.5 - 0.4*float64(step)) // a ratio that adaptive rules do not cancel
					s.Step(step, 0.01)
				}
				return p.Data[0]
			}
			none, some := run(o, 0, false), run(withDecay(o, 0.2), 0, false)
			if none == some {
				t.Error("decay changes nothing")
			}
			if got := run(withDecay(o, 0.2), 0, true); got != none {
				t.Errorf("a parameter without decay came to %v, without any decay to %v", got, none)
			}
			if got := run(o, 0.2, false); got != some {
				t.Errorf("own decay 0.2 came to %v, the optimizer's to %v", got, some)
			}
			if got := run(withDecay(o, 0.9), 0.2, false); got != some {
				t.Errorf("own decay 0.2 did not replace the optimizer's: %v, want %v", got, some)
			}
		})
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	for _, o := range everyOptimizer {
		k := newTask(t)
		s, err := withDecay(o, 0.01).New(k.m.Params())
		if err != nil {
			t.Fatal(err)
		}
		k.gradient(0)
		step := 0
		if n := testing.AllocsPerRun(10, func() {
			ClipGradNorm(k.m.Params(), 1)
			s.Step(step, 0.01)
			ClipMaxNorm(k.m.Params(), 3)
			step++
		}); n != 0 {
			t.Errorf("%#v: %v allocations in a step", o, n)
		}
	}
}

// A stepper given the State of another continues as that one would have.
func TestStateContinues(t *testing.T) {
	for _, o := range everyOptimizer {
		t.Run(fmt.Sprintf("%#v", o), func(t *testing.T) {
			o := withDecay(o, 0.01)
			whole := newTask(t)
			want := whole.train(t, o, nn.Penalty{}, 0.01, 10)

			k := newTask(t)
			first, err := o.New(k.m.Params())
			if err != nil {
				t.Fatal(err)
			}
			for step := range 6 {
				k.gradient(step)
				first.Step(step, 0.01)
			}
			second, err := o.New(k.m.Params())
			if err != nil {
				t.Fatal(err)
			}
			names := map[string]bool{}
			for i, s := range second.State() {
				saved := first.State()[i]
				if s.Name != saved.Name || names[s.Name] || copy(s.Data, saved.Data) != len(saved.Data) {
					t.Fatalf("state %d is %s of %d values, saved was %s of %d", i, s.Name, len(s.Data), saved.Name, len(saved.Data))
				}
				names[s.Name] = true
			}
			for step := 6; step < 10; step++ {
				k.gradient(step)
				second.Step(step, 0.01)
			}
			if !slices.Equal(k.weights(), want) {
				t.Error("a run that was interrupted ends elsewhere")
			}
		})
	}
}

// Every rule goes downhill.
func TestDescent(t *testing.T) {
	for _, o := range everyOptimizer {
		k := newTask(t)
		loss := func() float64 { return nn.CrossEntropy{}.Eval(nil, k.m.Forward(k.x, nn.Pass{}), k.labels) }
		before, lr := loss(), 0.01
		if o == (SGD{}) {
			lr = 0.3
		}
		k.train(t, o, nn.Penalty{}, lr, 200)
		if after := loss(); !(after < before/2) {
			t.Errorf("%#v: loss %v after 200 steps, %v before", o, after, before)
		}
	}
}

// At a constant rate, momentum in PyTorch's and in Polyak's form are the same;
// when the rate falls they differ.
func TestFormsOfMomentum(t *testing.T) {
	run := func(o Optimizer, s Schedule) []float32 {
		k := newTask(t)
		stepper, err := o.New(k.m.Params())
		if err != nil {
			t.Fatal(err)
		}
		for step := range 30 {
			k.gradient(step)
			stepper.Step(step, s.LR(step))
		}
		return k.weights()
	}
	torch, polyak := SGD{Momentum: 0.9}, SGD{Momentum: 0.9, HeavyBall: true}
	if d := largestDifference(run(torch, Constant(0.02)), run(polyak, Constant(0.02))); d > 1e-5 {
		t.Errorf("at a constant rate the forms end %.1e apart", d)
	}
	falling := StepLR{Base: 0.05, Gamma: 0.1, Every: 10}
	if d := largestDifference(run(torch, falling), run(polyak, falling)); d < 1e-3 {
		t.Errorf("at a falling rate the forms end %.1e apart, want more", d)
	}
}

// A constant gradient leaves centered RMSProp a variance of zero, where rounding
// must not give the root of something negative.
func TestCenteredRMSPropOfAConstantGradient(t *testing.T) {
	for _, alpha := range []float64{0.5, 0.9, 0.99} {
		p := &nn.Param{Name: "w", Dims: []int{5}, Data: make([]float32, 5), Grad: []float32{1. / 3, 1e-3, -7, 0, 123.456}}
		s, err := RMSProp{Centered: true, Alpha: alpha}.New([]*nn.Param{p})
		if err != nil {
			t.Fatal(err)
		}
		for step := range 3000 {
			s.Step(step, 1e-9)
		}
		for i, w := range p.Data {
			if w != w {
				t.Errorf("alpha %v: weight with the constant gradient %v is NaN", alpha, p.Grad[i])
			}
		}
	}
}

func TestOptimizersRefuse(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		o    Optimizer
		want string
	}{
		{SGD{Momentum: 1}, "Momentum 1, want 0 ≤ Momentum < 1"},
		{SGD{Momentum: nan}, "Momentum NaN"},
		{SGD{Momentum: -0.1}, "Momentum -0.1"},
		{SGD{Decay: -1}, "Decay -1"},
		{SGD{Decay: inf}, "Decay +Inf"},
		{SGD{Nesterov: true}, "Momentum 0, want 0 < Momentum < 1 with Nesterov"},
		{SGD{HeavyBall: true}, "want 0 < Momentum < 1 with HeavyBall"},
		{SGD{Momentum: 0.9, Nesterov: true, HeavyBall: true}, "one of the two"},
		{Adam{Beta1: 1}, "Adam: Beta1 1"},
		{Adam{Beta2: nan}, "Beta2 NaN"},
		{Adam{Eps: -1}, "Eps -1"},
		{AdamW{Decay: nan}, "AdamW: Decay NaN"},
		{AdaGrad{Eps: 1}, "AdaGrad: Eps 1"},
		{AdaGrad{Decay: 2}, "Decay 2"},
		{RMSProp{Alpha: 1}, "RMSProp: Alpha 1"},
		{RMSProp{Momentum: nan}, "Momentum NaN"},
		{RMSProp{Eps: nan}, "Eps NaN"},
		{Lion{Beta1: -1}, "Lion: Beta1 -1"},
		{Lion{Beta2: 2}, "Beta2 2"},
		{Lion{Decay: 1}, "Decay 1"},
	} {
		if _, err := c.o.New(nil); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%#v: %v, want %q", c.o, err, c.want)
		}
	}
}

func TestClip(t *testing.T) {
	params := func() []*nn.Param {
		return []*nn.Param{
			{Dims: []int{2, 2}, Data: []float32{3, 4, 0.3, 0.4}, Grad: []float32{3, 0, 0, 0}},
			{Dims: []int{1}, Data: []float32{100}, Grad: []float32{4}},
		}
	}
	ps := params()
	if n := GradNorm(ps); n != 5 {
		t.Errorf("norm %v, want 5", n)
	}
	if n := ClipGradNorm(ps, 10); n != 5 || ps[0].Grad[0] != 3 {
		t.Errorf("a gradient within the limit was changed: %v", ps[0].Grad)
	}
	if n := ClipGradNorm(ps, 1); n != 5 || math.Abs(GradNorm(ps)-1) > 1e-6 || math.Abs(float64(ps[1].Grad[0])-0.8) > 1e-6 {
		t.Errorf("norm was %v and is %v: %v", n, GradNorm(ps), ps[1].Grad)
	}
	ClipMaxNorm(ps, 2)
	for i, want := range []float32{1.2, 1.6, 0.3, 0.4} {
		if math.Abs(float64(ps[0].Data[i]-want)) > 1e-6 {
			t.Errorf("rows %v, want the first of norm 2 and the second as it was", ps[0].Data)
		}
	}
	if ps[1].Data[0] != 100 {
		t.Error("a bias was clipped")
	}
	// A filter is a unit: all its channels and taps count together.
	filters := &nn.Param{Dims: []int{2, 2, 1, 2}, Data: []float32{1, 1, 1, 1, 4, 4, 4, 4}}
	ClipMaxNorm([]*nn.Param{filters}, 4)
	if want := []float32{1, 1, 1, 1, 2, 2, 2, 2}; !slices.Equal(filters.Data, want) {
		t.Errorf("filters %v, want %v", filters.Data, want)
	}
}
