package metric

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// odd are the values that scores go wrong with.
var odd = []float32{
	float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, float32(math.Copysign(0, -1)),
	1, -1, 1e-9, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, 88.73, -104,
}

// named is the rule in other words: the class of the first largest value, if all
// values are numbers and that one is finite.
func named(row []float32) int {
	for _, v := range row {
		if v != v {
			return NoAnswer
		}
	}
	top := slices.Max(row)
	if math.IsInf(float64(top), 0) {
		return NoAnswer
	}
	return slices.Index(row, top)
}

// checkScores demands that all scores of one table of outputs agree.
func checkScores(t *testing.T, y *nn.Tensor, labels []uint16) {
	t.Helper()
	classes, want, answers := y.Shape.Size(), 0, 0
	for i, l := range labels {
		switch c := named(y.Example(i)); c {
		case NoAnswer:
		case int(l):
			want++
			answers++
		default:
			answers++
		}
	}
	if got := nn.Correct(y, labels); got != want {
		t.Fatalf("%v, labels %v: %d correct, want %d", y.Data, labels, got, want)
	}
	share := float64(want) / float64(len(labels))
	for name, p := range map[string]*Predictions{"logits": Logits(y, labels), "probabilities": Probabilities(y, labels), "fields": {P: y, Labels: labels}} {
		if got := p.Accuracy(); got != share {
			t.Fatalf("%s %v, labels %v: accuracy %v, want %v", name, y.Data, labels, got, share)
		}
		if got := p.TopK(classes); got != float64(answers)/float64(len(labels)) {
			t.Fatalf("%s %v: top %d is %v, with %d answers to %d", name, y.Data, classes, got, answers, len(labels))
		}
		trace := 0
		scores := p.Classes()
		for c, row := range p.Confusion() {
			trace += row[c]
			n, of := 0, 0
			for _, k := range row {
				n += k
			}
			for _, l := range labels {
				if int(l) == c {
					of++
				}
			}
			if n != of || scores[c].N != of {
				t.Fatalf("%s %v, labels %v: row %d sums to %d, its score counts %d, there are %d", name, y.Data, labels, c, n, scores[c].N, of)
			}
			if scores[c].Recall*float64(of) > float64(row[c])+1e-9 {
				t.Fatalf("%s: recall %v of class %d with %d right", name, scores[c].Recall, c, row[c])
			}
		}
		if trace != want {
			t.Fatalf("%s %v: a trace of %d, want %d", name, y.Data, trace, want)
		}
		right, wrong := 0, 0
		_, marks := p.Confidence()
		for i := range labels {
			if p.At(i).Right() != marks[i] {
				t.Fatalf("%s: example %d is right and wrong", name, i)
			}
			if marks[i] {
				right++
			}
		}
		for _, m := range p.MostConfused(1 << 20) {
			wrong += m.Count
		}
		if right != want || wrong != len(labels)-want {
			t.Fatalf("%s %v: %d right and %d wrong of %d, want %d right", name, y.Data, right, wrong, len(labels), want)
		}
		worst := p.Worst(len(labels) - answers)
		for _, j := range worst {
			if j.Predicted != NoAnswer {
				t.Fatalf("%s %v: %+v is among the worst before one without an answer", name, y.Data, j)
			}
		}
		if answers < len(labels) && !math.IsNaN(p.NLL()) {
			t.Fatalf("%s %v: NLL %v", name, y.Data, p.NLL())
		}
		if name != "logits" {
			continue // the others need not lie between 0 and 1
		}
		c, n, hits := p.Calibration(5), 0, 0.0
		for _, b := range c.Bins {
			n += b.N
			if b.N > 0 {
				hits += b.Accuracy * float64(b.N)
			}
		}
		if n != answers || math.Abs(hits-float64(want)) > 1e-6 || math.IsNaN(c.ECE) != (answers < len(labels)) {
			t.Fatalf("%v: bins of %d examples with %v right, ECE %v; %d have an answer, %d are right", y.Data, n, hits, c.ECE, answers, want)
		}
	}
}

func TestWhatIsNoNumberIsNeverRight(t *testing.T) {
	for _, v := range odd[:2] {
		y := &nn.Tensor{N: 3, Shape: nn.Vec(3), Data: []float32{v, 0, 0, 0, v, 0, 0, 0, v}}
		for _, labels := range [][]uint16{{0, 1, 2}, {0, 0, 0}, {2, 2, 2}} {
			checkScores(t, y, labels)
			if p := Logits(y, labels); p.Accuracy() != 0 || p.TopK(3) != 0 || nn.Correct(y, labels) != 0 {
				t.Errorf("%v in each row: accuracy %v, top 3 %v", v, p.Accuracy(), p.TopK(3))
			}
		}
	}
	// Every row of three odd values, with every label.
	for _, a := range odd {
		for _, b := range odd {
			y := &nn.Tensor{N: 0, Shape: nn.Vec(3)}
			var labels []uint16
			for _, c := range odd {
				for l := range uint16(3) {
					y.Data, labels = append(y.Data, a, b, c), append(labels, l)
				}
			}
			y.N = len(labels)
			checkScores(t, y, labels)
		}
	}
}

// Logits that differ by less than their probabilities can tell are no equals.
func TestRankingIsThatOfTheLogits(t *testing.T) {
	y := &nn.Tensor{N: 1, Shape: nn.Vec(2), Data: []float32{0, 1e-9}}
	if p := Logits(y, []uint16{1}); p.P.Data[0] != p.P.Data[1] || p.Accuracy() != 1 {
		t.Errorf("probabilities %v, accuracy %v, want equal ones and 1", p.P.Data, p.Accuracy())
	}
}

func FuzzScores(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
	f.Add([]byte{2, 0, 0, 0xc0, 0x7f, 1, 0, 0, 0x80, 0x7f, 9, 9, 9, 9, 9, 9, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 2 {
			return
		}
		y, labels := &nn.Tensor{Shape: nn.Vec(1 + int(b[0])%5)}, []uint16(nil)
		classes := y.Shape.Size()
		for b = b[1:]; len(b) > 4*classes && y.N < 64; b = b[4*classes+1:] {
			for c := range classes {
				bits := b[1+4*c:]
				v := math.Float32frombits(binary.LittleEndian.Uint32(bits))
				if bits[0]%3 > 0 {
					v = odd[int(bits[1])%len(odd)]
				}
				y.Data = append(y.Data, v)
			}
			labels = append(labels, uint16(b[0])%uint16(classes))
			y.N++
		}
		if y.N > 0 {
			checkScores(t, y, labels)
		}
	})
}

// poisoned is a trained-looking model one of whose output biases is no number.
func poisoned(t *testing.T, v float32, end ...nn.Layer) *nn.Model {
	t.Helper()
	layers := append(nn.MLP([]int{9}, nn.Tanh{}, 10, 0), end...)
	m := must(nn.New(3, nn.CHW(1, 28, 28), layers...))
	m.Param("2.linear.b").Data[4] = v
	return m
}

func TestPoisonedModelIsWrongEverywhere(t *testing.T) {
	_, dev := sets()
	for _, v := range odd[:2] {
		for _, end := range [][]nn.Layer{nil, {nn.Softmax{}}} {
			m := poisoned(t, v, end...)
			s := must(train.Evaluate(context.Background(), m, train.LossOf(m), train.InOrder(dev)))
			p, views := Judge(m, dev), JudgeViews(m, dev, Shifts(1)...)
			for name, accuracy := range map[string]float64{"Evaluate": s.Accuracy, "Judge": p.Accuracy(), "JudgeViews": views.Accuracy()} {
				if accuracy != 0 || s.Wrong != dev.Len() {
					t.Errorf("%v, ends in %v: %s says %v, %d wrong", v, end, name, accuracy, s.Wrong)
				}
			}
			if !math.IsNaN(s.Loss) || !math.IsNaN(p.NLL()) {
				t.Errorf("%v, ends in %v: loss %v, NLL %v", v, end, s.Loss, p.NLL())
			}
			T, raw, atT := Calibrate(BeforeSoftmax(m, dev), dev.Labels)
			if !math.IsNaN(T) || raw.Accuracy() != 0 || atT.Accuracy() != 0 {
				t.Errorf("%v, ends in %v: temperature %v, accuracies %v and %v", v, end, T, raw.Accuracy(), atT.Accuracy())
			}
		}
	}
}

// A few examples without an answer do not change what the others tell.
func TestTemperatureSkipsWhatIsNoNumber(t *testing.T) {
	y := &nn.Tensor{N: 3, Shape: nn.Vec(2), Data: []float32{4, 0, 4, 0, 0, 4}}
	labels := []uint16{0, 1, 1}
	want := Temperature(y, labels)
	more := &nn.Tensor{N: 4, Shape: nn.Vec(2), Data: append(slices.Clone(y.Data), odd[0], 0)}
	if got := Temperature(more, append(labels, 1)); got != want {
		t.Errorf("temperature %v, without the last example %v", got, want)
	}
	if got := Temperature(&nn.Tensor{N: 1, Shape: nn.Vec(2), Data: []float32{1, odd[2]}}, labels[:1]); math.IsNaN(got) {
		t.Error("a logit of −Inf: no temperature")
	}
}
