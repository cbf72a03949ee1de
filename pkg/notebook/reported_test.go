package notebook

import (
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
)

// A report's number stands beside MNIST, and not beside what calls itself so.
func TestReported(t *testing.T) {
	d := &data.Dataset{Name: "MNIST", Train: data.Synthetic("train", 1, 0, 60), Test: data.Synthetic("test", 1, 60, 10)}
	l := lab.New("q", d, t.TempDir(), false)
	if OnMNIST(l) || Reported(l, 88.56) != nil {
		t.Error("any data called MNIST are taken for it")
	}
	real, err := data.Open(t.Context(), "mnist")
	if err != nil {
		t.Skip(err)
	}
	l = lab.New("q", real, t.TempDir(), true)
	if !OnMNIST(l) || Reported(l, 88.56) != 88.56 {
		t.Errorf("MNIST is not known: %v", l)
	}
}
