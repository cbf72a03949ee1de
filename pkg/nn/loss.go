package nn

import (
	"fmt"
	"math"

	"inkling/pkg/nn/internal/oracle"
)

// Loss compares the output y of a model with the labels of its batch. Eval
// returns the mean loss of an example and, if dy is not nil, makes dy the
// gradient of that mean with respect to y. A label is an index into the
// values of an example. What is not a number in y makes the loss NaN or +Inf. One
// with a Check() error is asked by it, before a run, what is wrong with its fields.
type Loss interface {
	Eval(dy, y *Tensor, labels []uint16) float64
}

// CrossEntropy is −log softmax(y)[label], with the softmax inside: the
// gradient is (p − onehot)/N and nothing overflows. With Smoothing ε the
// target is 1−ε on the label plus ε/classes everywhere (Szegedy et al. 2016).
type CrossEntropy struct {
	Smoothing float64 `json:"smoothing,omitempty"`
}

// Check reports a smoothing that leaves the label no weight.
func (l CrossEntropy) Check() error {
	if !(l.Smoothing >= 0 && l.Smoothing < 1) {
		return fmt.Errorf("nn: smoothing %v, want 0 ≤ smoothing < 1", l.Smoothing)
	}
	return nil
}

// ProbabilityCrossEntropy is −log y[label] for outputs that are probabilities
// already, of a model that ends in Softmax. Probabilities are clipped to at
// least 1e-10; the gradient of a clipped one is 0, which is why CrossEntropy
// is the better choice.
type ProbabilityCrossEntropy struct{}

// MSE is the mean of (y − onehot)² over all values of the batch.
type MSE struct{}

func (l CrossEntropy) Eval(dy, y *Tensor, labels []uint16) float64 {
	classes := prepare("cross-entropy", dy, y, labels)
	inv, smooth := 1/float64(y.N), l.Smoothing/float64(classes)
	var total float64
	for n, label := range labels {
		z := y.Example(n)
		top := math.Inf(-1)
		for _, v := range z {
			top = max(top, float64(v))
		}
		// All is relative to the largest value: log Σ e^z itself would swallow the
		// logarithm of the sum where z is large. dy holds e^z until the sum is known.
		var d []float32
		if dy != nil {
			d = dy.Example(n)
		}
		var sum, below, right float64
		for c, v := range z {
			e := math.Exp(float64(v) - top)
			sum += e
			below += float64(v) - top
			if d != nil {
				d[c] = float32(e)
			}
			if c == int(label) {
				right = e
			}
		}
		total += math.Log(sum) - (1-l.Smoothing)*(float64(z[label])-top)
		if l.Smoothing > 0 {
			total -= smooth * below
		}
		if d == nil {
			continue
		}
		for c, e := range d {
			d[c] = float32(inv * (float64(e)/sum - smooth))
		}
		// Not from the rounded e: p − 1 of a label that is nearly certain would be noise.
		d[label] = float32(inv * (right/sum - smooth - (1 - l.Smoothing)))
	}
	return total * inv
}

func (ProbabilityCrossEntropy) Eval(dy, y *Tensor, labels []uint16) float64 {
	prepare("probability cross-entropy", dy, y, labels)
	const least = 1e-10
	inv := 1 / float64(y.N)
	if dy != nil {
		clear(dy.Data)
	}
	var total float64
	for n, label := range labels {
		p := float64(y.Example(n)[label])
		if y.Argmax(n) < 0 {
			p = math.NaN() // though it may be another value that is none
		}
		total -= math.Log(max(p, least))
		if dy != nil && p > least {
			dy.Example(n)[label] = float32(-inv / p)
		}
	}
	return total * inv
}

func (MSE) Eval(dy, y *Tensor, labels []uint16) float64 {
	classes := prepare("mse", dy, y, labels)
	inv := 1 / float64(y.N*classes)
	var total float64
	for n, label := range labels {
		for c, v := range y.Example(n) {
			e := float64(v)
			if c == int(label) {
				e--
			}
			total += e * e
			if dy != nil {
				dy.Example(n)[c] = float32(2 * inv * e)
			}
		}
	}
	return total * inv
}

func (l CrossEntropy) oracle(of Loss) oracle.Loss {
	if of != Loss(l) {
		return nil
	}
	return oracle.CrossEntropy(l.Smoothing)
}

func (l ProbabilityCrossEntropy) oracle(of Loss) oracle.Loss {
	if of != Loss(l) {
		return nil
	}
	return oracle.NegativeLog
}

func (l MSE) oracle(of Loss) oracle.Loss {
	if of != Loss(l) {
		return nil
	}
	return oracle.MSE
}

// prepare checks the arguments of Eval, sizes dy, and returns the number of classes.
func prepare(kind string, dy, y *Tensor, labels []uint16) int {
	classes := y.Shape.Size()
	if len(labels) != y.N || y.N == 0 {
		panic(fmt.Sprintf("nn: %s: %d labels for a batch of %d", kind, len(labels), y.N))
	}
	for i, l := range labels {
		if int(l) >= classes {
			panic(fmt.Sprintf("nn: %s: label %d of example %d, the model has %d outputs", kind, l, i, classes))
		}
	}
	if dy != nil {
		dy.Resize(y.N, y.Shape)
	}
	return classes
}

// Correct counts the examples whose largest output is at their label: the
// first of equals, and none of those in which [Tensor.Argmax] finds no class.
func Correct(y *Tensor, labels []uint16) int {
	n := 0
	for i, l := range labels {
		if y.Argmax(i) == int(l) {
			n++
		}
	}
	return n
}

// Penalty is a term added to the loss for every parameter that weight decay
// touches: L1·Σ|w| + L2/2·Σw². With plain SGD, L2 is the same as weight decay
// of that size; with adaptive optimizers it is not (Loshchilov & Hutter 2019).
type Penalty struct{ L1, L2 float64 }

// Add adds the gradient of the penalty to that of each parameter and returns
// the penalty.
func (p Penalty) Add(params []*Param) float64 {
	if p == (Penalty{}) {
		return 0
	}
	var l1, l2 float64
	for _, q := range params {
		if q.NoDecay {
			continue
		}
		for i, w := range q.Data {
			g := p.L2 * float64(w)
			l2 += float64(w) * float64(w)
			switch {
			case w > 0:
				g += p.L1
				l1 += float64(w)
			case w < 0:
				g -= p.L1
				l1 -= float64(w)
			}
			q.Grad[i] += float32(g)
		}
	}
	return p.L1*l1 + p.L2/2*l2
}
