package inspect

import (
	"fmt"
	"math"

	"inkling/pkg/nn"
)

// Activity is what the units of a layer do over a set of images. A unit is a
// value of a vector, or a channel of an image with all of its places.
type Activity struct {
	Layer string
	Shape nn.Shape
	// Outputs and Gradients are of the same places, every k-th of all, so that
	// there are not many more than 20,000: enough for a histogram. A gradient is
	// that of the loss of one example.
	Outputs, Gradients []float32
	// Active is, by unit, the share of the examples for which it is above 0
	// somewhere.
	Active []float64
	// Dead lists the units that put out one and the same value at every place of
	// every example: they tell nothing, and behind a ReLU they learn nothing.
	Dead []int
}

// DeadShare is the share of the units that are dead, 0 to 1.
func (a Activity) DeadShare() float64 { return float64(len(a.Dead)) / float64(a.Shape.C) }

// LogGradients are the decimal logarithms of the magnitudes of the gradients,
// those that are 0 left out: most are tiny, a few are large, and only so does a
// histogram show both.
func (a Activity) LogGradients() []float32 {
	var logs []float32
	for _, g := range a.Gradients {
		if g != 0 {
			logs = append(logs, float32(math.Log10(math.Abs(float64(g)))))
		}
	}
	return logs
}

// sampleSize is about how many outputs of a layer an Activity keeps.
const sampleSize = 20_000

// Activities runs all of x through the network and back, with the loss of its
// labels, and tells of every layer.
func (p *Probe) Activities(x *nn.Tensor, labels []uint16, loss nn.Loss) []Activity {
	if x.N != len(labels) || x.N == 0 {
		panic(fmt.Sprintf("inspect: activities: %d labels for %d images", len(labels), x.N))
	}
	all := make([]Activity, len(p.taps))
	units := make([][]unit, len(p.taps))
	for i, t := range p.taps {
		all[i] = Activity{Layer: t.name, Shape: t.shape}
		units[i] = make([]unit, t.shape.C)
	}
	var dy nn.Tensor
	p.chunks(x, func(from int, part *nn.Tensor) {
		y := p.Forward(part)
		loss.Eval(&dy, y, labels[from:from+part.N])
		p.Backward(&dy)
		for i, t := range p.taps {
			all[i].sample(t, from, x.N)
			count(units[i], t.y, from == 0)
		}
	})
	for i := range all {
		for c, u := range units[i] {
			all[i].Active = append(all[i].Active, float64(u.active)/float64(x.N))
			if u.low == u.high {
				all[i].Dead = append(all[i].Dead, c)
			}
		}
	}
	return all
}

// sample keeps every k-th value of a layer. The loss is a mean over the part,
// so its gradient is multiplied by the number of examples.
func (a *Activity) sample(t *tap, from, n int) {
	size := t.shape.Size()
	every := max(n*size/sampleSize, 1) | 1 // odd, so that it does not walk along one column
	for i := (every - from*size%every) % every; i < len(t.y.Data); i += every {
		a.Outputs = append(a.Outputs, t.y.Data[i])
		a.Gradients = append(a.Gradients, t.dy.Data[i]*float32(t.y.N))
	}
}

// unit is what has been seen of a unit.
type unit struct {
	low, high float32
	active    int // examples
}

func count(units []unit, y *nn.Tensor, first bool) {
	hw := y.Shape.H * y.Shape.W
	for n := range y.N {
		row := y.Example(n)
		for c := range units {
			u, places := &units[c], row[c*hw:(c+1)*hw]
			if first && n == 0 {
				u.low, u.high = places[0], places[0]
			}
			above := false
			for _, v := range places {
				u.low, u.high = min(u.low, v), max(u.high, v)
				above = above || v > 0
			}
			if above {
				u.active++
			}
		}
	}
}
