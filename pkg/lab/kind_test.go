package lab

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// lights are images of 3×6×5 in three classes that are told apart by their colour.
func lights(n int) *data.Dataset {
	part := func(name string) *data.Set {
		s := &data.Set{Name: name, C: 3, H: 6, W: 5, Classes: []string{"stop", "wait", "go"}, Pixels: make([]uint8, 90*n), Labels: make([]uint16, n)}
		for i := range n {
			c := i % 3
			s.Labels[i] = uint16(c)
			for j := range 30 {
				s.Pixels[90*i+30*c+j] = uint8(100 + (7*i+j)%156)
			}
		}
		return s
	}
	return &data.Dataset{Name: "traffic lights", Source: "made here", Train: part("train"), Test: part("test")}
}

func lightsLab(t *testing.T) *Lab {
	t.Helper()
	l := New("lights", lights(60), t.TempDir(), false)
	l.Log, l.Quiet = new(strings.Builder), true
	return l
}

// colourful is a small CNN for the lab's data.
func colourful(l *Lab) train.Config {
	return train.Config{
		Layers:    []nn.Layer{nn.Conv2D{Filters: 4, Kernel: 3}, nn.BatchNorm{}, nn.ReLU{}, nn.MaxPool2D{Kernel: 2}, nn.Linear{Out: l.Out(), Init: nn.LeCun}},
		Optimizer: optim.SGD{Momentum: 0.9}, Schedule: optim.Constant(0.05), Batch: 10, Epochs: 6, Seed: 1,
		Augment: data.Augment{Shift: 1, Rotate: 5, Noise: 0.05},
	}
}

// Images in colour and in classes with names go the whole way: trained with
// augmentation, judged, saved with their kind, loaded again.
func TestColourAndNamedClasses(t *testing.T) {
	l := lightsLab(t)
	if l.In() != nn.CHW(3, 6, 5) || l.Out() != 3 {
		t.Fatalf("from %v to %d", l.In(), l.Out())
	}
	runs, err := l.Fit(colourful(l))
	if err != nil {
		t.Fatal(err)
	}
	if s := must(runs[0].Test()); s.Accuracy < 0.9 {
		t.Errorf("test: %v", s)
	}
	m, meta, err := l.BestModel("lights")
	if err != nil {
		t.Fatal(err)
	}
	kind := must(Kind(m, meta))
	if kind.Like(l.Train) != nil || kind.Prepared != "" || !slices.Equal(kind.Classes, []string{"stop", "wait", "go"}) {
		t.Errorf("the model reads %v of %q, prepared %q", kind, kind.Classes, kind.Prepared)
	}
	if again := must(l.Fit(colourful(l))); !again[0].Stored {
		t.Error("the run is not found again")
	}
	if runs[0].Name != "conv4-pool-3 sgd lr 0.05 momentum 0.9 seed 1" {
		t.Errorf("named %q", runs[0].Name)
	}

	wide := Hyper{Hidden: "7", Activation: "relu", Optimizer: "sgd", LR: 0.1, Schedule: "constant", Batch: 10, Epochs: 1}
	if c := must(wide.Config(l)); c.Name != "90-7-3 sgd lr 0.1 seed 0" {
		t.Errorf("an MLP is named %q", c.Name)
	}
	digits := New("digits", tiny(60), t.TempDir(), false)
	if c := must(wide.Config(digits)); c.Name != "784-7-10 sgd lr 0.1 seed 0" {
		t.Errorf("an MLP on digits is named %q", c.Name)
	}
}

// A model meets data of another kind: one line that says both.
func TestModelsOfAnotherKind(t *testing.T) {
	l := lightsLab(t)
	runs, err := l.Fit(colourful(l))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(runs[0].Dir, bestFile)
	renamed := lights(60)
	for _, s := range []*data.Set{renamed.Train, renamed.Test} {
		s.Classes = []string{"stop", "wait", "drive"}
	}
	more := lights(60)
	for _, s := range []*data.Set{more.Train, more.Test} {
		s.Classes = append(slices.Clone(s.Classes), "off")
	}
	for want, d := range map[string]*data.Dataset{
		"a model of images of 3×6×5, tiny digits has those of 28×28":                              tiny(60),
		"a model of 3 classes, stop, wait, go; traffic lights has 3 classes, stop, wait, drive":   renamed,
		"a model of 3 classes, stop, wait, go; traffic lights has 4 classes, stop, wait, go, off": more,
	} {
		_, _, err := New("lights", d, t.TempDir(), false).LoadModel(path)
		if err == nil || err.Error() != path+": "+want {
			t.Errorf("%v\nwant %s", err, want)
		}
	}

	// A file from before models told of classes is one of numbered classes.
	digits := New("digits", tiny(60), t.TempDir(), false)
	old := filepath.Join(t.TempDir(), "old.safetensors")
	m := must(nn.New(1, digits.In(), nn.Linear{Out: 10}))
	if err := m.Save(old, map[string]string{"name": "old"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := digits.LoadModel(old); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		`["a","b"]`: "a model with an output of 10 for 2 classes",
		`[1]`:       "classes \"[1]\" of the model: ",
		`["a","b","c","d","e","f","g","h","a","j"]`: `classes 0 and 8 are both called "a"`,
	} {
		if _, err := Kind(m, map[string]string{classesKey: text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
