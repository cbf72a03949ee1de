package notebook

import (
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// A cell's own pictures and its files get the same answers, and a bad one is told.
func TestPredict(t *testing.T) {
	t.Setenv("INKLING_FIGURES", t.TempDir())
	l := lab.New("predict", &data.Dataset{Name: "few digits", Train: data.Synthetic("train", 1, 0, 120), Test: data.Synthetic("test", 1, 120, 10)}, t.TempDir(), false)
	l.Quiet = true
	runs := Must(l.Fit(train.Config{
		Layers: nn.MLP([]int{8}, nn.ReLU{}, 10, 0), Optimizer: optim.SGD{}, Schedule: optim.Constant(0.1), Batch: 20, Epochs: 2, Seed: 1,
	}))
	picture := data.Synthetic("digits", 3, 0, 1).Scatter(0, 1)
	path := filepath.Join(t.TempDir(), "seven.png")
	f := Must(os.Create(path))
	if err := png.Encode(f, picture); err != nil {
		t.Fatal(err)
	}
	f.Close()
	said(t, func() {
		drawn := Predict(runs[0], picture)
		text := said(t, func() {
			read := Predict(runs[0], path, path+".gone")
			if len(drawn) != 1 || len(read) != 2 || drawn[0].Err != nil || read[0].Err != nil || drawn[0].First != read[0].First || read[1].Err == nil {
				t.Errorf("drawn %+v, read %+v", drawn, read)
			}
		})
		if !strings.Contains(text, "prepared as those of MNIST") || !strings.Contains(text, "probability") || !strings.Contains(text, path+".gone: ") {
			t.Errorf("said %s", text)
		}
	})
}
