package notebook

import (
	"io"
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

// said is what f prints.
func said(t *testing.T, f func()) string {
	t.Helper()
	old := os.Stdout
	defer func() { os.Stdout = old }()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	os.Stdout = w
	text := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		text <- string(b)
	}()
	f()
	w.Close()
	return <-text
}

// A second run lies over the first one, and the lab is as it was.
func TestTry(t *testing.T) {
	figures := t.TempDir()
	t.Setenv("INKLING_FIGURES", figures)
	l := lab.New("try", &data.Dataset{Name: "few digits", Train: data.Synthetic("train", 1, 0, 120), Test: data.Synthetic("test", 1, 120, 10)}, t.TempDir(), false)
	l.Quiet = true
	cfg := train.Config{
		Layers: nn.MLP([]int{8}, nn.ReLU{}, 10, 0), Optimizer: optim.SGD{}, Schedule: optim.Constant(0.1), Batch: 20, Epochs: 2, Seed: 1,
	}
	for n := 1; n <= 2; n++ {
		cfg.Schedule = optim.Constant(0.1 * float64(n))
		var r *lab.Result
		text := said(t, func() { r = Try(l, cfg) })
		if r.Status != lab.Finished || r.Stored || !strings.Contains(text, "linear") || !strings.Contains(text, "[Dev] loss") {
			t.Errorf("run %d: %+v, said\n%s", n, r.Record, text)
		}
		// The second is told beside the first, as what one seed tells.
		if told := strings.Contains(text, "“lr 0.1”") && strings.Contains(text, "“lr 0.2”") && strings.Contains(text, "One seed does not cover"); told != (n == 2) {
			t.Errorf("run %d: compared: %v, said\n%s", n, told, text)
		}
		for _, want := range []string{"difference in points", "processor seconds"} {
			if strings.Contains(text, want) != (n == 2) {
				t.Errorf("run %d: %q, said\n%s", n, want, text)
			}
		}
		if runs, err := l.Runs(); len(runs) != n || err != nil {
			t.Errorf("%d runs in the store after %d, %v", len(runs), n, err)
		}
	}
	if drawn, _ := filepath.Glob(filepath.Join(figures, "*few*.png")); len(drawn) == 0 {
		t.Error("no figure of the cell's runs")
	}
	for _, drawn := range []string{"what-changed*.png", "the-pairs-of-seeds*.png"} {
		if found, _ := filepath.Glob(filepath.Join(figures, drawn)); len(found) != 1 {
			t.Errorf("figures %s: %q", drawn, found)
		}
	}
	if !l.Quiet || l.Progress != nil {
		t.Error("the lab has been changed")
	}
}
