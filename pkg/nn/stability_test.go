package nn

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

var inf32 = float32(math.Inf(1))

// extremeLogits are rows that overflow a careless softmax; the label is 0.
var extremeLogits = map[string][]float32{
	"ordinary":            {0.5, -1, 2},
	"+1e4 on the label":   {1e4, 0, -1e4},
	"−1e4 on the label":   {-1e4, 0, 1e4},
	"+1e38 on the label":  {1e38, -1e38, 0},
	"−1e38 on the label":  {-1e38, 1e38, 0},
	"greatest and least":  {math.MaxFloat32, -math.MaxFloat32, 0},
	"88.7":                {88.7, 88.7, 88.7},
	"88.8 and −88.8":      {88.8, -88.8, 0},
	"all 0":               {0, 0, 0},
	"all 1e4":             {1e4, 1e4, 1e4},
	"all −1e4":            {-1e4, -1e4, -1e4},
	"all 1e20":            {1e20, 1e20, 1e20},
	"all 1e38":            {1e38, 1e38, 1e38},
	"all −1e38":           {-1e38, -1e38, -1e38},
	"two at 1e38":         {1e38, 1e38, -1e38},
	"smallest numbers":    {math.SmallestNonzeroFloat32, 0, -math.SmallestNonzeroFloat32},
	"neighbours at 2²⁴":   {1 << 24, 1<<24 + 2, 1 << 24},
	"one −Inf, not label": {1, -inf32, 2},
	"all but label −Inf":  {1, -inf32, -inf32},
}

func TestCrossEntropyExtremes(t *testing.T) {
	for name, z := range extremeLogits {
		for _, smoothing := range []float64{0, 0.1} {
			t.Run(fmt.Sprintf("%s, smoothing %v", name, smoothing), func(t *testing.T) {
				if smoothing > 0 && slices.Min(z) == -inf32 {
					t.Skip("an impossible class with a share of the target: the loss is infinite")
				}
				y := &Tensor{N: 2, Shape: Vec(3), Data: append(slices.Clone(z), z...)}
				var dy Tensor
				loss := CrossEntropy{Smoothing: smoothing}.Eval(&dy, y, []uint16{0, 0})
				if !(loss >= 0) || math.IsInf(loss, 0) {
					t.Errorf("loss %v, want a finite number ≥ 0", loss)
				}
				for n := range 2 {
					var sum float64
					for _, d := range dy.Example(n) {
						sum += float64(d)
						if !(math.Abs(float64(d)) <= 1) {
							t.Errorf("gradient %v", dy.Example(n))
						}
					}
					if math.Abs(sum) > 1e-6 {
						t.Errorf("gradient %v sums to %v, want 0", dy.Example(n), sum)
					}
				}
				if z[0] == z[1] && z[1] == z[2] && math.Abs(loss-math.Log(3)) > 1e-12 {
					t.Errorf("loss %v of equal logits, want ln 3", loss)
				}
			})
		}
	}
}

// What is not a number must not pass for a loss.
func TestLossOfNonNumbers(t *testing.T) {
	nan := float32(math.NaN())
	losses := []Loss{CrossEntropy{}, CrossEntropy{Smoothing: 0.1}, MSE{}, ProbabilityCrossEntropy{}}
	for _, loss := range losses {
		for at := range 3 {
			for _, bad := range []float32{nan, inf32} {
				if _, ok := loss.(ProbabilityCrossEntropy); ok && (at != 1 || bad == inf32) {
					continue // looks at the label's probability only, which a softmax keeps below 1
				}
				z := []float32{0.1, 0.2, 0.3}
				z[at] = bad
				var dy Tensor
				got := loss.Eval(&dy, &Tensor{N: 1, Shape: Vec(3), Data: z}, []uint16{1})
				if !math.IsNaN(got) && !math.IsInf(got, 1) {
					t.Errorf("%#v of %v is %v, want NaN or +Inf", loss, z, got)
				}
			}
		}
	}
	if got := (CrossEntropy{}).Eval(nil, &Tensor{N: 1, Shape: Vec(2), Data: []float32{-inf32, 0}}, []uint16{0}); !math.IsInf(got, 1) {
		t.Errorf("an impossible label costs %v, want +Inf", got)
	}
	// The softmax layer makes NaN of +Inf, so the loss after it sees it too.
	m := build(t, 1, Vec(3), Softmax{})
	y := m.Forward(&Tensor{N: 1, Shape: Vec(3), Data: []float32{1, inf32, 2}}, Pass{Train: true})
	if got := (ProbabilityCrossEntropy{}).Eval(nil, y, []uint16{1}); !math.IsNaN(got) {
		t.Errorf("probabilities of +Inf cost %v, want NaN", got)
	}
}

func TestProbabilityCrossEntropyExtremes(t *testing.T) {
	y := &Tensor{N: 4, Shape: Vec(2), Data: []float32{0, 1, 1, 0, 1e-11, 1, 0.5, 0.5}}
	var dy Tensor
	loss := ProbabilityCrossEntropy{}.Eval(&dy, y, []uint16{0, 0, 0, 0})
	want := (-2*math.Log(1e-10) + math.Ln2) / 4
	if math.Abs(loss-want) > 1e-12 {
		t.Errorf("loss %v, want %v", loss, want)
	}
	if want := []float32{0, 0, -0.25, 0, 0, 0, -0.5, 0}; !slices.Equal(dy.Data, want) {
		t.Errorf("gradient %v, want %v: clipped probabilities have none", dy.Data, want)
	}
}

func TestSoftmaxLayerExtremes(t *testing.T) {
	for name, z := range extremeLogits {
		m := build(t, 1, Vec(3), Softmax{})
		y := m.Forward(&Tensor{N: 1, Shape: Vec(3), Data: slices.Clone(z)}, Pass{Train: true})
		var sum float64
		for _, p := range y.Data {
			sum += float64(p)
			if !(p >= 0 && p <= 1) {
				t.Errorf("%s: probabilities %v", name, y.Data)
			}
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("%s: probabilities %v sum to %v", name, y.Data, sum)
		}
		dx := m.InputGrad(&Tensor{N: 1, Shape: Vec(3), Data: []float32{1, -2, 3}})
		if !finite(dx.Data) {
			t.Errorf("%s: gradient %v", name, dx.Data)
		}
	}
}

func TestActivationsExtremes(t *testing.T) {
	x := []float32{-math.MaxFloat32, -1e38, -1e4, -100, -88.8, -1e-40, 0, 1e-40, 88.8, 100, 1e4, 1e38, math.MaxFloat32}
	for _, act := range []Layer{ReLU{}, LeakyReLU{}, Logistic{}, Tanh{}, SiLU{}, GELU{}} {
		m := build(t, 1, Vec(len(x)), act)
		y := slices.Clone(m.Forward(&Tensor{N: 1, Shape: Vec(len(x)), Data: slices.Clone(x)}, Pass{Train: true}).Data)
		ones := slices.Repeat([]float32{1}, len(x))
		dx := m.InputGrad(&Tensor{N: 1, Shape: Vec(len(x)), Data: ones})
		if !finite(y) || !finite(dx.Data) {
			t.Errorf("%#v of %v: %v with slopes %v", act, x, y, dx.Data)
		}
		for i, d := range dx.Data {
			if d < -0.2 || d > 1.2 {
				t.Errorf("%#v has slope %v at %v", act, d, x[i])
			}
		}
	}
}

func finite(x []float32) bool {
	return !slices.ContainsFunc(x, func(v float32) bool { return v-v != 0 })
}

// Inputs without any variance, and single examples, give finite numbers in
// training and evaluation.
func TestDegenerateInputs(t *testing.T) {
	layers := []Layer{
		Conv2D{Filters: 4, Kernel: 3, Padding: 1}, BatchNorm{}, ReLU{}, MaxPool2D{Kernel: 2},
		Bottleneck{Mid: 2, Out: 4}, Dropout{P: 0.5}, Linear{Out: 6}, BatchNorm{}, Tanh{}, Linear{Out: 10},
	}
	for _, n := range []int{1, 2, 5} {
		layers := slices.Clone(layers)
		if n == 1 { // a vector of one example has no variance
			layers = slices.Delete(layers, 7, 8)
		}
		for _, value := range []float32{0, 1, -3, 1e4, 1e-20} {
			m := build(t, 3, CHW(1, 6, 6), layers...)
			x := NewTensor(n, m.In)
			for i := range x.Data {
				x.Data[i] = value
			}
			labels := make([]uint16, n)
			var dy Tensor
			for step := range 3 {
				loss := CrossEntropy{}.Eval(&dy, m.Forward(x, Pass{Train: true, Step: step}), labels)
				m.Backward(&dy)
				if math.IsNaN(loss) || math.IsInf(loss, 0) || !finite(m.grads) {
					t.Fatalf("%d images of %v: loss %v, finite gradients %v", n, value, loss, finite(m.grads))
				}
			}
			if y := m.Forward(x, Pass{}); !finite(y.Data) {
				t.Errorf("%d images of %v: evaluation gives %v", n, value, y.Data)
			}
		}
	}
}

// A single value a channel is refused, wherever the normalization stands; two
// are enough, and evaluation takes what comes.
func TestBatchNormOfOneValue(t *testing.T) {
	for name, c := range map[string]struct {
		in     Shape
		layers []Layer
		least  int // examples
		want   string
	}{
		"of a vector":          {Vec(3), []Layer{Linear{Out: 4}, BatchNorm{}}, 2, "nn: layer 1 (batchnorm, input 4): a training batch of 1 gives it 1 value a channel, want at least 2"},
		"of images of 1×1":     {CHW(2, 3, 3), []Layer{Conv2D{Filters: 4, Kernel: 3}, BatchNorm{}}, 2, "layer 1 (batchnorm, input 4)"},
		"behind a global mean": {CHW(2, 3, 3), []Layer{GlobalAvgPool{}, BatchNorm{}}, 2, "layer 1 (batchnorm, input 2)"},
		"of images of 1×2":     {CHW(2, 1, 2), []Layer{BatchNorm{}}, 1, ""},
		"in a body":            {Vec(3), []Layer{ReLU{}, Residual{Body: []Layer{Linear{Out: 3}, BatchNorm{}}}}, 2, "layer 1 (residual, input 3): body: layer 1 (batchnorm, input 3): a training batch of 1"},
		"in a shortcut":        {Vec(3), []Layer{Residual{Body: []Layer{ReLU{}}, Shortcut: []Layer{BatchNorm{}}}}, 2, "layer 0 (residual, input 3): shortcut: layer 0 (batchnorm, input 3)"},
		"deeper":               {Vec(3), []Layer{Residual{Body: []Layer{Residual{Body: []Layer{BatchNorm{}}}}}}, 2, "body: layer 0 (residual, input 3): body: layer 0 (batchnorm"},
		"in a bottleneck":      {CHW(2, 1, 1), []Layer{Bottleneck{Mid: 1, Out: 2}}, 2, "layer 0 (bottleneck, input 2): body: layer 1 (batchnorm, input 1)"},
		"there is none":        {Vec(3), []Layer{Linear{Out: 4}}, 1, ""},
	} {
		m := build(t, 1, c.in, c.layers...)
		for n := 1; n < 4; n++ {
			x := noise(newRand(1), n, c.in)
			err := m.CheckBatch(n)
			if n >= c.least {
				if err != nil {
					t.Errorf("%s, %d examples: %v", name, n, err)
				}
				m.Forward(x, Pass{Train: true})
				continue
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s, %d examples: %v, want %q", name, n, err, c.want)
			}
			if msg := panics(func() { m.Forward(x, Pass{Train: true}) }); !strings.Contains(msg, "nn: batchnorm: a training batch of 1 gives it 1 value") {
				t.Errorf("%s: a training pass of one example panics with %q", name, msg)
			}
		}
		if y := m.Forward(noise(newRand(1), 1, c.in), Pass{}); !finite(y.Data) {
			t.Errorf("%s: evaluation of one example gives %v", name, y.Data)
		}
	}
}
