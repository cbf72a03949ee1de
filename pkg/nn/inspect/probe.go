package inspect

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"inkling/pkg/nn"
)

// Probe is a copy of a model with a watch behind every layer. Layers count from
// 0 as in the names of the model's parameters, "0.conv2d.W"; a negative number
// counts from the end. A layer that the model does not have is a caller's bug.
// A softmax at the end of the model is left out: a probe ends in logits.
//
// A Probe is not safe for use by several goroutines at once.
type Probe struct {
	model  *nn.Model // watched: layer i stands at place 2i, its watch behind it
	source *nn.Model
	taps   []*tap
}

// New makes a probe of m as it is now: later changes of m do not reach it.
func New(m *nn.Model) (*Probe, error) {
	layers := m.Layers
	if m.EndsInSoftmax() && len(layers) > 1 {
		layers = layers[:len(layers)-1]
	}
	p := &Probe{source: m}
	var watched []nn.Layer
	for i, l := range layers {
		name := fmt.Sprintf("%d.%s", i, kindOf(l))
		p.taps = append(p.taps, &tap{name: name})
		watched = append(watched, l, watch{p.taps[i]})
	}
	var err error
	if p.model, err = nn.Blank(m.In, watched...); err != nil { // drawn weights would be overwritten
		return nil, fmt.Errorf("inspect: %w", err)
	}
	p.model.Seed = m.Seed
	// A watch has no arrays, and neither has a softmax at the end.
	for i, q := range m.Params() {
		copy(p.model.Params()[i].Data, q.Data)
	}
	for i, s := range m.States() {
		copy(p.model.States()[i].Data, s.Data)
	}
	return p, nil
}

// Layers is the number of layers that are watched.
func (p *Probe) Layers() int { return len(p.taps) }

// Name is that of a layer in the model, "0.conv2d".
func (p *Probe) Name(layer int) string { return p.at(layer).name }

// Shape is the shape of a layer's output for one example.
func (p *Probe) Shape(layer int) nn.Shape { return p.at(layer).shape }

// Penultimate is the layer whose output the last layer that joins all places by
// weights, a Linear, maps to classes: the network's own description of an image.
// It is -1 if that is the input itself.
func (p *Probe) Penultimate() int {
	weights := func(layer string) bool {
		return slices.ContainsFunc(p.source.Params(), func(q *nn.Param) bool { return strings.HasPrefix(q.Name, layer+".") })
	}
	for i := len(p.taps) - 1; i >= 0; i-- {
		if r, ok := p.source.Layers[i].(nn.Receptive); ok && r.Receptive() == (nn.Field{}) && weights(p.Name(i)) {
			return i - 1
		}
	}
	return len(p.taps) - 1
}

func (p *Probe) at(layer int) *tap {
	i := layer
	if i < 0 {
		i += len(p.taps)
	}
	if i < 0 || i >= len(p.taps) {
		panic(fmt.Sprintf("inspect: layer %d of %d", layer, len(p.taps)))
	}
	return p.taps[i]
}

// Forward evaluates the network and returns its logits, valid until the next
// pass of the probe.
func (p *Probe) Forward(x *nn.Tensor) *nn.Tensor {
	for _, t := range p.taps {
		t.dy.N = 0
	}
	return p.model.Forward(x, nn.Pass{})
}

// Backward takes the gradient of anything with respect to the logits of the
// last Forward and returns it with respect to the input, valid until the next
// pass. It may overwrite dy.
func (p *Probe) Backward(dy *nn.Tensor) *nn.Tensor { return p.model.InputGrad(dy) }

// Output is what a layer put out in the last Forward, valid until the next.
func (p *Probe) Output(layer int) *nn.Tensor {
	t := p.at(layer)
	if t.y == nil {
		panic("inspect: Output before Forward")
	}
	return t.y
}

// Gradient is the gradient of the last Backward with respect to the output of a
// layer, valid until the next pass.
func (p *Probe) Gradient(layer int) *nn.Tensor {
	t := p.at(layer)
	if t.dy.N == 0 {
		panic("inspect: Gradient before Backward")
	}
	return &t.dy
}

// Silence makes the given units of a layer put out 0 from now on, instead of
// those named before: what does the network lose without them? Units are values
// of a vector or channels of an image.
func (p *Probe) Silence(layer int, units ...int) {
	t := p.at(layer)
	for _, c := range units {
		if c < 0 || c >= t.shape.C {
			panic(fmt.Sprintf("inspect: silence: unit %d of %d in %s", c, t.shape.C, t.name))
		}
	}
	t.silent = slices.Clone(units)
}

// Accuracy is the share of the examples whose largest logit is at their label.
func (p *Probe) Accuracy(x *nn.Tensor, labels []uint16) float64 {
	return float64(nn.Correct(p.Activations(x, -1), labels)) / float64(x.N)
}

// Without is the accuracy on x with each unit of a layer silenced in turn.
func (p *Probe) Without(x *nn.Tensor, labels []uint16, layer int) []float64 {
	defer p.Silence(layer, p.at(layer).silent...)
	accuracies := make([]float64, p.Shape(layer).C)
	for unit := range accuracies {
		p.Silence(layer, unit)
		accuracies[unit] = p.Accuracy(x, labels)
	}
	return accuracies
}

// watch is a layer that changes nothing and remembers what passes.
type watch struct{ *tap }

func (w watch) Build(in nn.Shape, _ *rand.Rand) (nn.Module, nn.Shape, error) {
	w.shape = in
	return w.tap, in, nil
}

type tap struct {
	name   string
	shape  nn.Shape
	silent []int // units whose output is taken for 0
	y      *nn.Tensor
	dy     nn.Tensor // a copy: the layer before may work in place
	own    nn.Tensor // of y where units are silent
}

func (t *tap) Forward(x *nn.Tensor, _ nn.Pass) *nn.Tensor {
	t.y = x
	if len(t.silent) > 0 {
		t.own.Resize(x.N, x.Shape)
		copy(t.own.Data, x.Data)
		t.silence(&t.own)
		t.y = &t.own
	}
	return t.y
}

func (t *tap) Backward(dy *nn.Tensor, _ bool) *nn.Tensor {
	t.silence(dy)
	t.dy.Resize(dy.N, dy.Shape)
	copy(t.dy.Data, dy.Data)
	return dy
}

func (t *tap) silence(x *nn.Tensor) {
	hw := t.shape.H * t.shape.W
	for n := range x.N {
		for _, c := range t.silent {
			clear(x.Example(n)[c*hw : (c+1)*hw])
		}
	}
}

func (t *tap) Params() []*nn.Param { return nil }

// chunk is the number of examples of a pass: large enough for the kernels to
// run at full speed, small enough for what a CNN puts out to stay in cache.
const chunk = 250

// chunks calls f for pieces of x, which must be of the model's input shape.
func (p *Probe) chunks(x *nn.Tensor, f func(from int, part *nn.Tensor)) {
	size := x.Shape.Size()
	for from := 0; from < x.N; from += chunk {
		to := min(from+chunk, x.N)
		f(from, &nn.Tensor{N: to - from, Shape: x.Shape, Data: x.Data[from*size : to*size]})
	}
}

// Activations returns the output of a layer for every example of x, one after
// the other.
func (p *Probe) Activations(x *nn.Tensor, layer int) *nn.Tensor {
	out := nn.NewTensor(x.N, p.Shape(layer))
	p.chunks(x, func(from int, part *nn.Tensor) {
		p.Forward(part)
		copy(out.Data[from*out.Shape.Size():], p.Output(layer).Data)
	})
	return out
}

// Outputs is what one layer put out for one example.
type Outputs struct {
	Layer string
	Shape nn.Shape
	Data  []float32
}

// Outputs returns what every layer puts out for example i of x, in order:
// feature maps, then vectors.
func (p *Probe) Outputs(x *nn.Tensor, i int) (all []Outputs) {
	p.Forward(&nn.Tensor{N: 1, Shape: x.Shape, Data: x.Example(i)})
	for _, t := range p.taps {
		all = append(all, Outputs{t.name, t.shape, append([]float32(nil), t.y.Data...)})
	}
	return all
}

// Fresh returns m as it was before its training: its initial weights are a
// function of its seed.
func Fresh(m *nn.Model) *nn.Model {
	f, err := nn.New(m.Seed, m.In, m.Layers...)
	if err != nil {
		panic(err) // these layers have been built before
	}
	return f
}

// Randomized returns a copy of m in which the last n of the layers that have
// parameters are drawn anew from seed: for the sanity check of Adebayo et al.
// (2018), by which a picture that claims to explain a network must change with
// its weights.
func Randomized(m *nn.Model, n int, seed uint64) *nn.Model {
	c := m.Clone()
	fresh := Fresh(&nn.Model{Seed: seed, In: m.In, Layers: m.Layers})
	keep := len(weighted(m)) - n
	place := map[string]int{}
	for k, name := range weighted(m) {
		place[name] = k
	}
	for i, q := range c.Params() {
		if place[layerOf(q.Name)] >= keep {
			copy(q.Data, fresh.Params()[i].Data)
		}
	}
	for i, s := range c.States() {
		if place[layerOf(s.Name)] >= keep {
			copy(s.Data, fresh.States()[i].Data)
		}
	}
	return c
}
