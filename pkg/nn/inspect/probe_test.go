package inspect

import (
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn"
)

// TestProbeIsTheNetwork: a probe gives the logits of an evaluation, whatever
// else is in the batch, and leaves the model as it was.
func TestProbeIsTheNetwork(t *testing.T) {
	m := everything(t)
	x := noise(6, m.In, 40)
	var logits []float32
	m.ForwardTo(x, func(name string, y *nn.Tensor) {
		if strings.HasPrefix(name, "13.") {
			logits = slices.Clone(y.Data)
		}
	})
	before := m.Clone()
	p := probe(t, m)
	got := p.Forward(x)
	for i, v := range got.Data {
		if !near(float64(v), float64(logits[i]), 2e-5) {
			t.Fatalf("logit %d is %g, the network says %g", i, v, logits[i])
		}
	}
	p.Backward(slicedOnes(got))
	for i, q := range m.Params() {
		if !slices.Equal(q.Data, before.Params()[i].Data) {
			t.Errorf("%s has changed", q.Name)
		}
	}
	for i, s := range m.States() {
		if !slices.Equal(s.Data, before.States()[i].Data) {
			t.Errorf("%s has changed", s.Name)
		}
	}
	if p.Layers() != 14 || p.Name(-1) != "13.linear" || p.Penultimate() != 12 || p.Shape(0) != nn.CHW(4, 7, 6) {
		t.Errorf("%d layers, the last %s, penultimate %d, shape of the first %v", p.Layers(), p.Name(-1), p.Penultimate(), p.Shape(0))
	}
}

func slicedOnes(like *nn.Tensor) *nn.Tensor {
	dy := nn.NewTensor(like.N, like.Shape)
	for i := range dy.Data {
		dy.Data[i] = 1
	}
	return dy
}

// TestSaliency compares with central differences of the evaluated network,
// which has kinks only where the bottlenecks have.
func TestSaliency(t *testing.T) {
	m := everything(t)
	p := probe(t, m)
	x := noise(3, m.In, 41)
	classes := []uint16{4, 0, 2}
	g := p.Saliency(x, classes)
	logit := func(n int) float64 { return float64(p.Forward(x).Example(n)[classes[n]]) }
	bad := 0
	for i := range x.Data {
		const h = 5e-3
		n, old := i/m.In.Size(), x.Data[i]
		x.Data[i] = old + h
		up := logit(n)
		x.Data[i] = old - h
		down := logit(n)
		x.Data[i] = old
		if want := (up - down) / (2 * h); !near(float64(g.Data[i]), want, 2e-3+0.02*math.Abs(want)) {
			bad++
		}
	}
	if most := len(x.Data) / 25; bad > most {
		t.Errorf("%d of %d derivatives differ, want at most %d for the kinks", bad, len(x.Data), most)
	}
}

// TestGradients: in a linear network the gradient at a layer is a product of
// weights.
func TestGradients(t *testing.T) {
	m := build(t, nn.Vec(3), nn.Linear{Out: 4}, nn.Linear{Out: 2})
	p := probe(t, m)
	p.Saliency(noise(1, m.In, 1), []uint16{1})
	if got, want := p.Gradient(0).Data, m.Param("1.linear.W").Data[4:]; !slices.Equal(got, want) {
		t.Errorf("gradient at the hidden layer %v, want row 1 of the weights above, %v", got, want)
	}
	if got := p.Gradient(1).Data; !slices.Equal(got, []float32{0, 1}) {
		t.Errorf("gradient at the logits %v", got)
	}
	// A ReLU works in place on the way back: behind it the gradient is whole.
	m = build(t, nn.Vec(3), nn.Linear{Out: 6}, nn.ReLU{}, nn.Linear{Out: 2})
	p = probe(t, m)
	p.Saliency(noise(1, m.In, 1), []uint16{1})
	w := m.Param("2.linear.W").Data[6:]
	masked := slices.Clone(w)
	for i, v := range p.Output(0).Data {
		if v <= 0 {
			masked[i] = 0
		}
	}
	if got := p.Gradient(1).Data; !slices.Equal(got, w) {
		t.Errorf("gradient behind the ReLU %v, want %v", got, w)
	}
	if got := p.Gradient(0).Data; !slices.Equal(got, masked) || slices.Equal(masked, w) {
		t.Errorf("gradient before the ReLU %v, want %v", got, masked)
	}
	m = build(t, nn.Vec(3), nn.Linear{Out: 4}, nn.Linear{Out: 2})
	p = probe(t, m)
	p.Forward(noise(1, m.In, 2))
	mustPanic(t, "inspect: Gradient before Backward", func() { p.Gradient(0) })
	mustPanic(t, "inspect: layer 2 of 2", func() { p.Output(2) })
	mustPanic(t, "inspect: Output before Forward", func() { probe(t, m).Output(0) })
}

func TestActivations(t *testing.T) {
	m := build(t, nn.CHW(1, 6, 6), nn.Conv2D{Filters: 3, Kernel: 3}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2}, nn.Linear{Out: 4})
	p := probe(t, m)
	x := noise(2*chunk+7, m.In, 5) // more than two passes
	relu := p.Activations(x, 1)
	negative := false
	for i, v := range p.Activations(x, 0).Data { // before the ReLU
		negative = negative || v < 0
		if relu.Data[i] != max(v, 0) {
			t.Fatalf("value %d: %g behind a ReLU, %g before", i, relu.Data[i], v)
		}
	}
	if !negative {
		t.Error("the layer before a ReLU is seen as the ReLU")
	}
	y := m.Forward(x, nn.Pass{})
	for i, v := range p.Activations(x, -1).Data {
		if !near(float64(v), float64(y.Data[i]), 1e-5) {
			t.Fatalf("logit %d is %g, want %g", i, v, y.Data[i])
		}
	}
	outs := p.Outputs(x, 300)
	if len(outs) != 4 || outs[2].Layer != "2.maxpool2d" || outs[2].Shape != nn.CHW(3, 2, 2) || !slices.Equal(outs[1].Data, relu.Example(300)) {
		t.Errorf("outputs of one example: %d layers, %+v", len(outs), outs[2])
	}
}

func TestSilence(t *testing.T) {
	m := build(t, nn.CHW(1, 6, 6), nn.Conv2D{Filters: 3, Kernel: 3}, nn.ReLU{}, nn.Linear{Out: 4})
	cut := m.Clone()
	for i := range cut.Param("2.linear.W").Data { // nobody listens to channel 1
		if k := i % 48; k >= 16 && k < 32 {
			cut.Param("2.linear.W").Data[i] = 0
		}
	}
	x := noise(30, m.In, 6)
	p := probe(t, m)
	p.Silence(1, 1)
	want := cut.Forward(x, nn.Pass{})
	labels := make([]uint16, x.N)
	for i, v := range p.Forward(x).Data {
		if !near(float64(v), float64(want.Data[i]), 1e-5) {
			t.Fatalf("logit %d is %g, want %g", i, v, want.Data[i])
		}
	}
	for i := range labels {
		labels[i] = uint16(want.Argmax(i))
	}
	labels[0] = (labels[0] + 1) % 4
	if a := p.Accuracy(x, labels); !near(a, 29./30, 1e-9) {
		t.Errorf("accuracy %g, want 29 of 30", a)
	}
	if all := p.Without(x, labels, 1); len(all) != 3 || !near(all[1], 29./30, 1e-9) || all[0] == all[1] {
		t.Errorf("accuracy without each kernel %v", all)
	}
	p.Saliency(x, labels)
	if g := p.Gradient(1).Example(0)[16:32]; norm(g) != 0 {
		t.Errorf("a silent unit gets the gradient %v", g)
	}
	p.Silence(1)
	if !near(float64(p.Forward(x).Data[0]), float64(m.Forward(x, nn.Pass{}).Data[0]), 1e-5) {
		t.Error("silent for ever")
	}
	mustPanic(t, "inspect: silence: unit 3 of 3 in 1.relu", func() { p.Silence(1, 3) })
}

func TestRandomized(t *testing.T) {
	m := everything(t)
	fresh, err := nn.New(77, m.In, m.Layers...)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range Fresh(m).Params() {
		if !slices.Equal(q.Data, build(t, m.In, m.Layers...).Params()[i].Data) || slices.Equal(q.Data, m.Params()[i].Data) {
			t.Errorf("%s is not as it was before training", q.Name)
		}
	}
	names := weighted(m)
	if got := strings.Join(names, " "); got != "0 1 4 5 6 9 10 13" {
		t.Fatalf("layers with parameters: %s", got)
	}
	for n := 0; n <= len(names); n++ {
		c := Randomized(m, n, 77)
		for i, q := range c.Params() {
			k := slices.Index(names, layerOf(q.Name))
			want := m
			if k >= len(names)-n {
				want = fresh
			}
			if !slices.Equal(q.Data, want.Params()[i].Data) {
				t.Errorf("%d layers drawn anew: %s is not what it should be", n, q.Name)
			}
		}
		for i, s := range c.States() {
			drawn := slices.Index(names, layerOf(s.Name)) >= len(names)-n
			if same := slices.Equal(s.Data, m.States()[i].Data); same == drawn {
				t.Errorf("%d layers drawn anew: %s kept: %v", n, s.Name, same)
			}
		}
	}
}
