package optim_test

import (
	"fmt"

	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
)

// A rule with its hyperparameters is a value; New gives it the parameters and
// memory of its own.
func Example() {
	model, err := nn.New(1, nn.Vec(2), nn.Linear{Out: 1, NoBias: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := model.Param("0.linear.W")
	copy(w.Data, []float32{1, 1})

	rule, err := optim.SGD{Momentum: 0.5}.New(model.Params())
	if err != nil {
		fmt.Println(err)
		return
	}
	for step := range 2 {
		copy(w.Grad, []float32{1, -2}) // what Backward sets
		rule.Step(step, 0.1)
		fmt.Printf("%.2f\n", w.Data)
	}
	// Output:
	// [0.90 1.20]
	// [0.75 1.50]
}

// Gradients with a norm of at most 1, and the norm that they had.
func ExampleClipGradNorm() {
	w := &nn.Param{Name: "w", Data: make([]float32, 2), Grad: []float32{3, 4}}
	before := optim.ClipGradNorm([]*nn.Param{w}, 1)
	fmt.Printf("%.0f, now %.1f\n", before, w.Grad)
	// Output:
	// 5, now [0.6 0.8]
}

// A schedule is a function of the step. Its length may be left to the run.
func ExampleBind() {
	s := optim.Bind(optim.OneCycle{Max: 0.1}, 100)
	for _, step := range []int{0, 30, 99} {
		fmt.Printf("%.4f\n", s.LR(step))
	}
	fmt.Println(optim.CheckSchedule(optim.Cosine{Base: 0.1, Steps: 50}, 100))
	// Output:
	// 0.0040
	// 0.0999
	// 0.0000
	// optim: Cosine: 50 steps, the run has 100: the last 50 would train at 0; leave Steps 0 for the whole run, or say what follows with Joined
}

// One schedule after the other: rise for ten steps, then fall for the rest.
func ExampleJoined() {
	s := optim.Bind(optim.Joined{
		Parts: []optim.Schedule{optim.LinearLR{From: 0.01, To: 0.1}, optim.Cosine{Base: 0.1}},
		Until: []int{10},
	}, 100)
	for _, step := range []int{0, 5, 10, 55, 99} {
		fmt.Printf("%.4f\n", s.LR(step))
	}
	// Output:
	// 0.0100
	// 0.0550
	// 0.1000
	// 0.0500
	// 0.0000
}

// A rate that falls by the same factor at every step.
func ExampleExponentialLR() {
	s := optim.ExponentialLR{Base: 0.1, Gamma: 0.5}
	fmt.Println(s.LR(0), s.LR(1), s.LR(2))
	// Output:
	// 0.1 0.05 0.025
}

// The first step of every rule from w = 1 with the gradients 0.5 and −2. Those
// that divide by the size of the gradient go equally far for both.
func ExampleStepper() {
	for _, o := range []optim.Optimizer{
		optim.SGD{}, optim.AdaGrad{}, optim.RMSProp{}, optim.Adam{}, optim.AdamW{Decay: 0.1}, optim.Lion{},
	} {
		w := &nn.Param{Name: "w", Data: []float32{1, 1}, Grad: []float32{0.5, -2}}
		rule, err := o.New([]*nn.Param{w})
		if err != nil {
			fmt.Println(err)
			return
		}
		rule.Step(0, 0.01)
		fmt.Printf("%-14T %.3f\n", o, w.Data)
	}
	// Output:
	// optim.SGD      [0.995 1.020]
	// optim.AdaGrad  [0.990 1.010]
	// optim.RMSProp  [0.900 1.100]
	// optim.Adam     [0.990 1.010]
	// optim.AdamW    [0.989 1.009]
	// optim.Lion     [0.990 1.010]
}

// Rates that fall in steps: at fixed places, at equal distances, or when the dev
// loss has stopped falling.
func ExampleAdaptive() {
	fixed := optim.MultiStepLR{Base: 0.1, Gamma: 0.1, Milestones: []int{30, 60}}
	equal := optim.StepLR{Base: 0.1, Gamma: 0.5, Every: 25}
	for _, step := range []int{0, 30, 60} {
		fmt.Printf("%.3f %.3f\n", fixed.LR(step), equal.LR(step))
	}
	var plateau optim.Adaptive = optim.ReduceOnPlateau{Base: 0.1, Patience: 1}
	fmt.Printf("%.3f\n", plateau.LRAfter(60, []float64{0.5, 0.4, 0.4, 0.41}))
	// Output:
	// 0.100 0.100
	// 0.010 0.050
	// 0.001 0.025
	// 0.010
}
