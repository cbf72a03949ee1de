package viz_test

import "inkling/pkg/viz"

// Loss and accuracy of two runs side by side, one legend for both.
func Example() {
	epochs := []float64{1, 2, 3, 4, 5}
	loss := viz.Curves{Title: "Loss", X: "epoch", Y: "cross-entropy", LogY: true, Series: []viz.Series{
		{Group: "784-600-10", Name: "train", Dashed: true, X: epochs, Y: []float64{.31, .14, .09, .06, .04}},
		{Group: "784-600-10", Name: "dev", X: epochs, Y: []float64{.17, .12, .1, .09, .09}, Best: viz.Min},
	}}
	accuracy := viz.Curves{Title: "Accuracy", X: "epoch", Y: "accuracy", Series: []viz.Series{
		{Group: "784-600-10", Name: "dev", X: epochs, Y: []float64{.951, .965, .971, .974, .974}, Best: viz.Max},
	}}
	viz.Show(viz.Panels{
		Title:   "Question 1",
		Figures: []viz.Figure{loss, accuracy},
		Note:    "MNIST, 50,000 train and 10,000 dev images, seed 1.",
	})
}

// Outside a notebook a table is printed as text.
func ExampleTable() {
	viz.Show(viz.Table{
		Columns: []string{"structure", "weights", "dev", "seconds"},
		Rows: [][]any{
			{"784-600-10", 4770, 0.9712, 12.3},
			{"784-512-256-10", 5358, 0.9801, nil},
		},
	})
	// Output:
	// structure       weights     dev  seconds
	// ──────────────  ───────  ──────  ───────
	// 784-600-10         4770  0.9712     12.3
	// 784-512-256-10     5358  0.9801
}

// A live view for a training loop; defer shows what there is after an interrupt.
func ExampleLive() {
	live := viz.NewLive("784-600-10", viz.Curves{Title: "Loss", X: "step", Y: "cross-entropy", Series: []viz.Series{{Name: "train"}}})
	defer live.Finish("interrupted")
	const steps = 100
	for step := range steps {
		live.Add("Loss", "train", float64(step), 1/float64(step+1))
		live.Update(step+1, steps, "dev .97")
	}
	live.Finish("best dev .97")
}
