package metric

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"inkling/pkg/data"
	"inkling/pkg/nn"
)

// Predictions are what a model says about every example of a set, beside the
// truth: what all metrics but those in training are computed from.
//
// An example whose outputs name no class, since one of them is NaN or the
// largest is infinite, has no answer. It is wrong in every score, its class is
// [NoAnswer], its probabilities and its loss are NaN.
type Predictions struct {
	P      *nn.Tensor // probabilities, a row of one value a class for every example
	Labels []uint16

	y    *nn.Tensor // what classes are ranked by, P or logits: rounding makes equals of what is not
	loss nn.Loss    // the cross-entropy that goes with y
}

// NoAnswer stands for the class of an example that has none.
const NoAnswer = -1

// Judge asks m about every example of s. The outputs of a model that ends in a
// softmax are taken as they are, those of any other as logits.
func Judge(m *nn.Model, s *data.Set) *Predictions {
	y := outputs(m, s, false)
	if !m.EndsInSoftmax() {
		return Logits(y, s.Labels)
	}
	return Probabilities(y, s.Labels)
}

// Probabilities makes predictions of a row of probabilities for each example,
// which become P.
func Probabilities(p *nn.Tensor, labels []uint16) *Predictions {
	check("probabilities", p, labels)
	return &Predictions{P: p, Labels: labels, y: p, loss: nn.ProbabilityCrossEntropy{}}
}

// Logits makes predictions of a model's outputs before the softmax, as
// [BeforeSoftmax] returns them.
func Logits(y *nn.Tensor, labels []uint16) *Predictions {
	check("logits", y, labels)
	p := &Predictions{P: nn.NewTensor(y.N, y.Shape), Labels: labels, y: y, loss: nn.CrossEntropy{}}
	for i := range labels {
		z, top := y.Example(i), math.NaN()
		if c := y.Argmax(i); c >= 0 {
			top = float64(z[c])
		}
		var sum float64
		for _, v := range z {
			sum += math.Exp(float64(v) - top)
		}
		for c, v := range z {
			p.P.Example(i)[c] = float32(math.Exp(float64(v)-top) / sum)
		}
	}
	return p
}

// ranked are the values by which classes are ranked.
func (p *Predictions) ranked() *nn.Tensor {
	if p.y == nil {
		return p.P
	}
	return p.y
}

// lossAt is the cross-entropy of example i.
func (p *Predictions) lossAt(i int) float64 {
	loss := p.loss
	if loss == nil {
		loss = nn.ProbabilityCrossEntropy{}
	}
	y := p.ranked()
	if y.Argmax(i) < 0 {
		return math.NaN()
	}
	return loss.Eval(nil, &nn.Tensor{N: 1, Shape: y.Shape, Data: y.Example(i)}, p.Labels[i:i+1])
}

func check(what string, y *nn.Tensor, labels []uint16) {
	if y.N != len(labels) || y.N == 0 {
		panic(fmt.Sprintf("metric: %s: %d labels for %d examples", what, len(labels), y.N))
	}
	for i, l := range labels {
		if int(l) >= y.Shape.Size() {
			panic(fmt.Sprintf("metric: %s: label %d of example %d, there are %d classes", what, l, i, y.Shape.Size()))
		}
	}
}

// Accuracy is the share of examples whose most probable class is the label.
func (p *Predictions) Accuracy() float64 { return p.TopK(1) }

// TopK is the share of examples whose label is among the k most probable
// classes. Of classes as probable as the label the lower numbers come first,
// as in Argmax.
func (p *Predictions) TopK(k int) float64 {
	n, y := 0, p.ranked()
	for i, label := range p.Labels {
		if y.Argmax(i) < 0 {
			continue
		}
		row := y.Example(i)
		before := 0
		for c, v := range row {
			if v > row[label] || v == row[label] && c < int(label) {
				before++
			}
		}
		if before < k {
			n++
		}
	}
	return float64(n) / float64(len(p.Labels))
}

// NLL is the mean negative log-likelihood, in nats: −log of the probability
// of the label. It is the loss that evaluations tell, with the clipping of
// [nn.ProbabilityCrossEntropy] where a model ends in a softmax; see [LossOf].
func (p *Predictions) NLL() float64 {
	var sum float64
	for i := range p.Labels {
		sum += p.lossAt(i)
	}
	return sum / float64(len(p.Labels))
}

// Confusion counts examples by label and by prediction: counts[label][predicted].
// If any have no answer, every row has one column more, the last, for these: a
// row always sums to the examples of its class, and the diagonal to those that
// are right.
func (p *Predictions) Confusion() [][]int {
	classes, y := p.P.Shape.Size(), p.ranked()
	columns := classes
	for i := range p.Labels {
		if y.Argmax(i) < 0 {
			columns = classes + 1
		}
	}
	counts := make([][]int, classes)
	for c := range counts {
		counts[c] = make([]int, columns)
	}
	for i, label := range p.Labels {
		predicted := y.Argmax(i)
		if predicted < 0 {
			predicted = classes
		}
		counts[label][predicted]++
	}
	return counts
}

// ClassScore is how well a model does on one class. What has no value, such as
// the precision of a class that is never predicted, is NaN.
type ClassScore struct {
	Class     int
	N         int     // examples of the class
	Predicted int     // examples said to be of it
	Precision float64 // share right of those said to be of it
	Recall    float64 // share found of those that are of it
	F1        float64 // 2·right / (N + Predicted): the harmonic mean of both
}

// Classes scores every class.
func (p *Predictions) Classes() []ClassScore {
	counts := p.Confusion()
	scores := make([]ClassScore, len(counts))
	for c := range scores {
		s := &scores[c]
		s.Class = c
		for other := range counts {
			s.Predicted += counts[other][c]
		}
		for _, n := range counts[c] {
			s.N += n
		}
		right := float64(counts[c][c])
		s.Precision = right / float64(s.Predicted)
		s.Recall = right / float64(s.N)
		s.F1 = 2 * right / float64(s.N+s.Predicted)
	}
	return scores
}

// Mistake is one way to be wrong: so many examples of a label are taken for
// another class, or for none (NoAnswer).
type Mistake struct{ Label, Predicted, Count int }

// MostConfused returns the n most frequent mistakes, the most frequent first.
func (p *Predictions) MostConfused(n int) []Mistake {
	var all []Mistake
	counts := p.Confusion()
	for label, row := range counts {
		for predicted, count := range row {
			if predicted == len(counts) {
				predicted = NoAnswer
			}
			if label != predicted && count > 0 {
				all = append(all, Mistake{label, predicted, count})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Mistake) int { return b.Count - a.Count })
	return all[:min(n, len(all))]
}

// Judged is what a model says about one example.
type Judged struct {
	Index            int // in the set
	Label, Predicted int
	Probability      float64 // of Predicted; NaN if that is NoAnswer
	OfLabel          float64 // probability of Label
}

// Right reports whether the prediction is the label.
func (j Judged) Right() bool { return j.Label == j.Predicted }

// At is what the model says about example i.
func (p *Predictions) At(i int) Judged {
	j := Judged{i, int(p.Labels[i]), p.ranked().Argmax(i), math.NaN(), math.NaN()}
	if row := p.P.Example(i); j.Predicted != NoAnswer {
		j.Probability, j.OfLabel = float64(row[j.Predicted]), float64(row[j.Label])
	}
	return j
}

// Worst returns the n examples with the largest loss, the largest first: those
// without an answer, then the mistakes the model is surest of, and then what it
// barely gets right.
func (p *Predictions) Worst(n int) []Judged {
	order := make([]int, len(p.Labels))
	for i := range order {
		order[i] = i
	}
	losses := make([]float64, len(order))
	for i := range losses {
		losses[i] = -p.lossAt(i) // cmp puts NaN before all numbers
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(losses[a], losses[b]) })
	var worst []Judged
	for _, i := range order[:min(n, len(order))] {
		worst = append(worst, p.At(i))
	}
	return worst
}

// Bin is the examples about whose prediction a model is about equally sure.
type Bin struct {
	Low, High  float64 // of the probability of the predicted class
	N          int
	Confidence float64 // mean of that probability; NaN for no examples
	Accuracy   float64 // share right; likewise
}

// Calibration says whether a model is right as often as it says.
type Calibration struct {
	Bins []Bin // of equal width in [0, 1]
	// ECE, the expected calibration error, is the mean distance between
	// confidence and accuracy of a bin, weighted by its examples (Guo et al.
	// 2017, eq. 3); MCE is the largest distance. Both are NaN if an example has no
	// answer: what is not said is neither too sure nor too modest.
	ECE, MCE float64
}

// Calibration sorts the predictions into bins of equal width; 15 is usual. A
// probability on a border belongs to the upper bin, 1 to the last. An example
// without an answer is in no bin.
func (p *Predictions) Calibration(bins int) Calibration {
	if bins < 1 {
		panic(fmt.Sprintf("metric: calibration: %d bins, want at least 1", bins))
	}
	c := Calibration{Bins: make([]Bin, bins)}
	for i := range p.Labels {
		j := p.At(i)
		if j.Predicted == NoAnswer {
			c.ECE, c.MCE = math.NaN(), math.NaN()
			continue
		}
		if !(j.Probability >= 0 && j.Probability <= 1) {
			panic(fmt.Sprintf("metric: calibration: probability %v of example %d", j.Probability, i))
		}
		b := &c.Bins[min(int(j.Probability*float64(bins)), bins-1)]
		b.N++
		b.Confidence += j.Probability
		if j.Right() {
			b.Accuracy++
		}
	}
	for i := range c.Bins {
		b := &c.Bins[i]
		b.Low, b.High = float64(i)/float64(bins), float64(i+1)/float64(bins)
		b.Confidence /= float64(b.N)
		b.Accuracy /= float64(b.N)
		if b.N > 0 {
			gap := math.Abs(b.Confidence - b.Accuracy)
			c.ECE += gap * float64(b.N) / float64(len(p.Labels))
			c.MCE = max(c.MCE, gap)
		}
	}
	return c
}

// Confidence returns, for every example, the probability of the predicted
// class and whether that is the label: what a reliability diagram is drawn
// from. Without an answer the probability is NaN.
func (p *Predictions) Confidence() (probability []float64, right []bool) {
	for i := range p.Labels {
		j := p.At(i)
		probability, right = append(probability, j.Probability), append(right, j.Right())
	}
	return probability, right
}
