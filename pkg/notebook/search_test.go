package notebook

import (
	"path/filepath"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/lab/search"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// One call in a cell says what it costs, what was found and what that is worth, and
// draws all that was tried.
func TestSearch(t *testing.T) {
	figures := t.TempDir()
	t.Setenv("INKLING_FIGURES", figures)
	l := lab.New("try", &data.Dataset{Name: "few digits", Train: data.Synthetic("train", 1, 0, 300), Test: data.Synthetic("test", 1, 300, 10)}, t.TempDir(), false)
	s := search.Search{
		Dims: []search.Dim{search.LogUniform("rate", 1e-3, 0.2), search.Choice("hidden", 8, 16)},
		Build: func(p search.Point) (train.Config, error) {
			return train.Config{
				Layers: nn.MLP([]int{p.Int("hidden")}, nn.ReLU{}, 10, 0), Optimizer: optim.SGD{Momentum: 0.9},
				Schedule: optim.Cosine{Base: p.Float("rate")}, Batch: 10, Epochs: 3, Seed: 1,
			}, nil
		},
		Method: search.Halving, Budget: search.Budget{Runs: 6}, Confirm: 2,
	}
	var found *search.Found
	text := said(t, func() { found = Search(l, s) })
	for _, want := range []string{
		"halving search of 6 configurations, 6, 2 of them to 1, 3 epochs: 10 epochs together\n", "best of 6: " + found.Best().Point.String(),
		"set aside", "With 2 other seeds that did not choose it", "figure: ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if drawn, _ := filepath.Glob(filepath.Join(figures, "*.png")); len(drawn) != 2 {
		t.Errorf("figures %q, want sensitivity and parallel coordinates", drawn)
	}
	for _, r := range append(found.Best().Runs, found.Confirmed.Runs...) {
		if r.Record.Test != nil {
			t.Errorf("%s was judged on the test set", r.Name)
		}
	}
	again := said(t, func() { found = Search(l, s) })
	if !strings.Contains(again, "10 epochs together, all stored\n") || found.Made != 0 {
		t.Errorf("again: %d made\n%s", found.Made, again)
	}
}
