package metric_test

import (
	"fmt"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/metric"
)

// sure are logits of three classes for four examples, far too sure of
// themselves: the last is wrong.
func sure() (logits *nn.Tensor, labels []uint16) {
	return &nn.Tensor{N: 4, Shape: nn.Vec(3), Data: []float32{
		9, 0, 0,
		0, 9, 0,
		0, 0, 9,
		9, 0, 0,
	}}, []uint16{0, 1, 2, 1}
}

// What predictions are worth: outputs of a network before its softmax, beside
// the labels.
func ExampleLogits() {
	p := metric.Logits(sure())
	fmt.Println("right:", p.Accuracy(), "in the first two:", p.TopK(2))
	for _, m := range p.MostConfused(1) {
		fmt.Printf("label %d taken for %d: %d time\n", m.Label, m.Predicted, m.Count)
	}
	for _, j := range p.Worst(1) {
		fmt.Printf("example %d is said to be %d, by %.1f %%\n", j.Index, j.Predicted, 100*j.Probability)
	}
	// Output:
	// right: 0.75 in the first two: 1
	// label 1 taken for 0: 1 time
	// example 3 is said to be 0, by 100.0 %
}

// Probabilities of another program are judged like those of a network.
func ExampleProbabilities() {
	p := metric.Probabilities(&nn.Tensor{N: 2, Shape: nn.Vec(2), Data: []float32{
		0.8, 0.2,
		0.6, 0.4,
	}}, []uint16{0, 1})
	fmt.Printf("accuracy %.1f, NLL %.3f\n", p.Accuracy(), p.NLL())
	// Output:
	// accuracy 0.5, NLL 0.570
}

// A network that is right in three of four cases and says 100 % is brought to
// say 75 %: one number for all logits, no prediction changes.
func ExampleTemperature() {
	logits, labels := sure()
	t := metric.Temperature(logits, labels)
	then := metric.Logits(metric.AtTemperature(logits, t), labels)
	raw := metric.Logits(logits, labels)
	fmt.Printf("temperature %.1f\n", t)
	fmt.Printf("sure by %.2f, then by %.2f, right %.2f\n", raw.At(0).Probability, then.At(0).Probability, then.Accuracy())
	fmt.Printf("ECE %.2f, then %.2f\n", raw.Calibration(15).ECE, then.Calibration(15).ECE)
	// Output:
	// temperature 5.0
	// sure by 1.00, then by 0.75, right 0.75
	// ECE 0.25, then 0.00
}

// A network is asked about a set of images: by one look at each, and by several.
func ExampleJudge() {
	digits := data.Synthetic("digits", 1, 0, 50)
	model, err := nn.New(1, nn.CHW(1, digits.H, digits.W), nn.Linear{Out: len(digits.Classes)})
	if err != nil {
		fmt.Println(err)
		return
	}
	p := metric.Judge(model, digits)
	again := metric.Logits(metric.BeforeSoftmax(model, digits), digits.Labels)
	fmt.Println("the same by its logits:", p.NLL() == again.NLL())
	views := metric.JudgeViews(model, digits, metric.Shifts(1)...)
	fmt.Println("rows of probabilities:", p.P.N, views.P.N)
	// Output:
	// the same by its logits: true
	// rows of probabilities: 50 50
}
