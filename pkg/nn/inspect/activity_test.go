package inspect

import (
	"math"
	"slices"
	"testing"

	"inkling/pkg/nn"
)

func TestActivities(t *testing.T) {
	m := build(t, nn.CHW(1, 6, 6), nn.Conv2D{Filters: 4, Kernel: 3}, nn.ReLU{}, nn.Linear{Out: 6}, nn.ReLU{}, nn.Linear{Out: 3})
	m.Param("0.conv2d.b").Data[2] = -1e3 // a dead kernel
	m.Param("2.linear.b").Data[5] = -1e3 // and a dead unit
	p := probe(t, m)
	x := noise(chunk+60, m.In, 7)
	labels := make([]uint16, x.N)
	for i := range labels {
		labels[i] = uint16(i % 3)
	}
	all := p.Activities(x, labels, nn.CrossEntropy{})
	if len(all) != 5 {
		t.Fatalf("%d layers", len(all))
	}
	for i, want := range [][]int{nil, {2}, nil, {5}, nil} {
		if !slices.Equal(all[i].Dead, want) {
			t.Errorf("%s: dead %v, want %v", all[i].Layer, all[i].Dead, want)
		}
	}
	if s := all[1].DeadShare(); s != 0.25 {
		t.Errorf("share of dead kernels %g, want a quarter", s)
	}
	if logs := (Activity{Gradients: []float32{0.01, 0, -100}}).LogGradients(); len(logs) != 2 || !near(float64(logs[0]), -2, 1e-6) || logs[1] != 2 {
		t.Errorf("logarithms %v, want −2 and 2", logs)
	}
	relu := p.Activations(x, 1)
	for c := range 4 {
		n := 0
		for i := range x.N {
			if slices.Max(relu.Example(i)[c*16:(c+1)*16]) > 0 {
				n++
			}
		}
		if got := all[1].Active[c]; !near(got, float64(n)/float64(x.N), 1e-12) {
			t.Errorf("kernel %d is active in %g of the examples, want %d of %d", c, got, n, x.N)
		}
	}
	// Of 310×64 outputs and of 310×3 logits all are kept. The gradient at the
	// logits of one example is p − onehot: it sums to 0.
	if len(all[1].Outputs) != x.N*64 || !slices.Equal(all[1].Outputs, relu.Data) {
		t.Errorf("%d outputs kept", len(all[1].Outputs))
	}
	logits := all[4]
	if len(logits.Gradients) != x.N*3 {
		t.Fatalf("%d gradients kept", len(logits.Gradients))
	}
	for i := range x.N {
		g, z := logits.Gradients[3*i:3*i+3], logits.Outputs[3*i:3*i+3]
		own, sum := math.Exp(float64(z[labels[i]])), 0.0
		for _, v := range z {
			sum += math.Exp(float64(v))
		}
		if want := own/sum - 1; !near(float64(g[labels[i]]), want, 1e-5) {
			t.Fatalf("gradient at the logit of example %d: %g, want p − 1 = %g", i, g[labels[i]], want)
		}
		if !near(float64(g[0]+g[1]+g[2]), 0, 1e-5) || g[labels[i]] > 0 {
			t.Fatalf("gradient at the logits of example %d: %v", i, g)
		}
	}
}

// TestActivitySample: of many values about 20,000 are kept, evenly over all
// passes.
func TestActivitySample(t *testing.T) {
	m := build(t, nn.Vec(50), nn.Linear{Out: 400}, nn.Linear{Out: 2})
	p := probe(t, m)
	x := noise(3*chunk+50, m.In, 9)
	a := p.Activities(x, make([]uint16, x.N), nn.CrossEntropy{})[0]
	if n := len(a.Outputs); n < sampleSize*3/4 || n > sampleSize*5/4 || len(a.Gradients) != n {
		t.Errorf("%d outputs and %d gradients kept", n, len(a.Gradients))
	}
	every := max(x.N*400/sampleSize, 1) | 1
	all := p.Activations(x, 0).Data
	for k, v := range a.Outputs {
		if v != all[k*every] {
			t.Fatalf("sample %d is %g, want value %d, %g", k, v, k*every, all[k*every])
		}
	}
}

func TestActivitiesOfNothing(t *testing.T) {
	m := build(t, nn.Vec(2), nn.Linear{Out: 2})
	mustPanic(t, "inspect: activities: 1 labels for 2 images", func() {
		probe(t, m).Activities(noise(2, m.In, 1), []uint16{1}, nn.CrossEntropy{})
	})
}
