package main

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"

	"inkling/pkg/data/ink"
	"inkling/pkg/nn"
	"inkling/pkg/nn/inspect"
)

// side is that of the images of MNIST, which a drawing is made into.
const side = 28

// A network is a trained model that can be asked about one drawing at a time.
type network struct {
	model  *nn.Model
	probe  *inspect.Probe // a copy of it that can be watched
	stages []int          // layers of the probe: see newNetwork
}

func newNetwork(m *nn.Model) (*network, error) {
	if m.In != nn.CHW(1, side, side) {
		return nil, fmt.Errorf("a network for %v, want one for 1×%d×%d", m.In, side, side)
	}
	p, err := inspect.New(m)
	if err != nil {
		return nil, err
	}
	n := &network{model: m, probe: p}
	// A stage is what one layer with weights hands on to the next, with the maximum
	// and the activation in between done. The last one's are the logits.
	weighs := func(i int) bool {
		// A batch norm rescales what the layer before it has found.
		return !strings.HasSuffix(p.Name(i), "batchnorm") &&
			slices.ContainsFunc(m.Params(), func(q *nn.Param) bool { return strings.HasPrefix(q.Name, p.Name(i)+".") })
	}
	for i := 1; i < p.Layers(); i++ {
		if weighs(i) {
			n.stages = append(n.stages, i-1)
		}
	}
	if len(n.stages) > 0 && !weighs(0) && p.Shape(n.stages[0]) == m.In {
		n.stages = n.stages[1:] // the image itself
	}
	return n, nil
}

// fit makes a drawing of w×h bytes, ink 255, into an image as MNIST's are.
func fit(pixels []uint8, w, h int) (image28 []uint8, ok bool) {
	m, ok := ink.Fitted(&image.Gray{Pix: pixels, Stride: w, Rect: image.Rect(0, 0, w, h)})
	if !ok {
		return nil, false
	}
	return m.Pix, true
}

// tensor is images of 28×28 bytes as the network takes them.
func tensor(images []uint8) *nn.Tensor {
	x := nn.NewTensor(len(images)/(side*side), nn.CHW(1, side, side))
	for i, v := range images {
		x.Data[i] = float32(v) / 255
	}
	return x
}

// logits are those of images of 28×28 bytes, one image at a time, as the page asks.
func (n *network) logits(images []uint8) (all []float32) {
	x := tensor(images)
	for i := range x.N {
		y := n.model.Forward(&nn.Tensor{N: 1, Shape: x.Shape, Data: x.Example(i)}, nn.Pass{})
		all = append(all, y.Data...)
	}
	return all
}

// answer is what the page shows of one image: logits (those of a probe are the
// model's, bit for bit), probabilities, the stages, and the saliency of the first class.
func (n *network) answer(image []uint8) []float32 {
	y := n.probe.Forward(tensor(image))
	out := slices.Clone(y.Data)
	out = append(out, probabilities(out)...)
	for _, s := range n.stages {
		out = append(out, n.probe.Output(s).Data...)
	}
	dy := nn.NewTensor(1, y.Shape)
	dy.Data[y.Argmax(0)] = 1
	return append(out, n.probe.Backward(dy).Data...) // Probe.Saliency, of the pass that was made
}

// probabilities are the softmax of logits. They are looked at and not compared: the
// last bits of math.Exp differ from machine to machine.
func probabilities(logits []float32) []float32 {
	most, sum := slices.Max(logits), 0.0
	p := make([]float32, len(logits))
	for _, v := range logits {
		sum += math.Exp(float64(v - most))
	}
	for i, v := range logits {
		p[i] = float32(math.Exp(float64(v-most)) / sum)
	}
	return p
}

// bytesOf are the bits of values, little-endian.
func bytesOf(values []float32) []byte {
	b := make([]byte, 0, 4*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}
