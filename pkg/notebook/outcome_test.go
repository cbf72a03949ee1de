package notebook

import (
	"fmt"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// A row says what its runs came to, and on other data nothing of the original report.
func TestOutcome(t *testing.T) {
	d := &data.Dataset{Name: "digits", Train: data.Synthetic("train", 1, 0, 60), Test: data.Synthetic("test", 1, 60, 10)}
	l := lab.New("q", d, t.TempDir(), false)
	l.Quiet = true
	runs, err := l.Fit(train.Config{
		Layers: nn.MLP([]int{4}, nn.ReLU{}, l.Out(), 0), Optimizer: optim.SGD{}, Schedule: optim.Constant(0.1),
		Batch: 20, Epochs: 1, Seed: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	dev, test := runs.DevAccuracy().String(), Must(runs.TestAccuracy()).String()
	end := "; 1 epoch, 1 seed, digits\nruns: " + runs[0].ID() + "\n"
	for _, c := range []struct {
		o    Outcome
		want string
	}{
		{Outcome{What: "MLP", Runs: runs, Dev: runs.DevAccuracy(), Original: Original.CNN, OriginalLoss: OriginalLoss.Dropout}, "dev " + dev + " | test – | original – | MLP"},
		{Outcome{What: "MLP", Runs: runs, Test: Must(runs.TestAccuracy())}, "dev – | test " + test + " | original – | MLP"},
	} {
		if got := c.o.line(l); got != "result: "+c.want+end {
			t.Errorf("%q, want %q", got, "result: "+c.want+end)
		}
	}
	real, err := data.Open(t.Context(), "mnist")
	if err != nil {
		t.Skip(err)
	}
	l = lab.New("q", real, t.TempDir(), true)
	got := Outcome{What: "MLP", Runs: runs, Original: Original.CNN, OriginalLoss: OriginalLoss.Dropout}.line(l)
	if want := fmt.Sprintf(" | original 11.59 | loss %.3f | original loss 2.527 | MLP;", runs[0].Best.Loss); !strings.Contains(got, want) {
		t.Errorf("%q, want %q in it", got, want)
	}
}
