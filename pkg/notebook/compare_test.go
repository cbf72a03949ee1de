package notebook

import (
	"path/filepath"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/lab/compare"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// One call in a cell says the sentence and shows tables and figures.
func TestCompare(t *testing.T) {
	figures := t.TempDir()
	t.Setenv("INKLING_FIGURES", figures)
	l := lab.New("try", &data.Dataset{Name: "few digits", Train: data.Synthetic("train", 1, 0, 300), Test: data.Synthetic("test", 1, 300, 10)}, t.TempDir(), false)
	l.Log = t.Output()
	var cfgs []train.Config
	for _, rate := range []float64{1e-6, 0.05} {
		for seed := range 3 {
			cfgs = append(cfgs, train.Config{
				Layers: nn.MLP([]int{16}, nn.ReLU{}, 10, 0), Optimizer: optim.SGD{Momentum: 0.9}, Schedule: optim.Constant(rate), Batch: 10, Epochs: 4, Seed: uint64(seed + 1),
			})
		}
	}
	runs := Must(l.Fit(cfgs...))
	var c *compare.Comparison
	text := said(t, func() { c = Compare(l, runs...) })
	if c.Changes[0].Verdict != compare.Helps {
		t.Errorf("learning: %+v", c.Changes[0])
	}
	for _, want := range []string{"“lr 0.05” helps against “lr 1e-06”: dev error ", "images won, of a pair", "McNemar's p", "figure: "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if drawn, _ := filepath.Glob(filepath.Join(figures, "*.png")); len(drawn) != 2 {
		t.Errorf("figures %q, want the errors and what flipped", drawn)
	}
}
