package lab_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// rising ends a run whose dev loss has risen so many times in a row: early stopping
// by the loss, where Config.Patience goes by the score. What it goes by is a field, so
// the run's key knows it; what it has seen it finds in Past.
type rising struct{ Times int }

func (r rising) Each(m train.Moment) error {
	if m.Kind != train.Dev {
		return nil
	}
	rose, last := 0, m.Loss
	for i := len(m.Past) - 1; i >= 0; i-- {
		if e := m.Past[i]; e.Kind == train.Dev {
			if e.Loss >= last {
				break
			}
			rose, last = rose+1, e.Loss
		}
	}
	if rose >= r.Times {
		return fmt.Errorf("the dev loss has risen %d times in a row: %w", rose, train.Stop)
	}
	return nil
}

// A run with early stopping of one's own, a number printed that no event holds, and
// weights kept on the way.
func ExampleLab_Fit_each() {
	store, err := os.MkdirTemp("", "store")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(store)
	l := lab.New("example", few(), store, false)
	l.Log = io.Discard

	fit := func(rate float64, each train.Callback) *lab.Result {
		cfg := mlp(rate)
		cfg.Epochs, cfg.Each = 12, each
		runs, err := l.Fit(cfg)
		if err != nil {
			panic(err)
		}
		return runs[0]
	}
	r := fit(0.9, rising{Times: 2})
	fmt.Println(r.Status, "before its last epoch:", r.Steps < 12*l.Steps(40))

	fit(0.05, train.CallbackFunc(func(m train.Moment) error {
		if m.Kind == train.Dev && m.Epoch == 11 { // one class alone
			nines, misread := 0, 0
			for b := range m.Dev(0) {
				y := m.Model.Forward(&nn.Tensor{N: b.Len(), Shape: m.Model.In, Data: b.X}, nn.Pass{})
				for i, label := range b.Labels {
					if label == 9 {
						nines++
						misread += min(1, 9-y.Argmax(i))
					}
				}
			}
			fmt.Println(nines, "nines on dev, all of them misread:", misread == nines)
		}
		return nil
	}))

	fit(0.05, every{20, store})
	kept, err := filepath.Glob(filepath.Join(store, "step-*.safetensors"))
	fmt.Println(len(kept), "snapshots", err)
	// Output:
	// finished before its last epoch: true
	// 2 nines on dev, all of them misread: false
	// 3 snapshots <nil>
}

// every keeps the weights of every so many steps.
type every struct {
	Steps  int
	Folder string
}

func (e every) Each(m train.Moment) error {
	if m.Kind != train.Step || m.Step%e.Steps != 0 {
		return nil
	}
	return m.Model.Save(filepath.Join(e.Folder, fmt.Sprintf("step-%04d.safetensors", m.Step)), nil)
}

// A run that keeps its weights on the way, for a look at how they came about.
func ExampleResult_Snapshots() {
	store, err := os.MkdirTemp("", "store")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(store)
	l := lab.New("example", few(), store, false)
	l.Log = io.Discard
	cfg := mlp(0.05)
	cfg.Epochs, cfg.Each = 3, lab.Snapshots{}
	runs, err := l.Fit(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	kept, err := runs[0].Snapshots()
	if err != nil {
		fmt.Println(err)
		return
	}
	last := kept[len(kept)-1]
	for _, s := range kept {
		same := s.Model.Param("0.linear.b").Data[0] == last.Model.Param("0.linear.b").Data[0]
		fmt.Printf("after %.1f epochs, step %d, the last one: %v\n", s.Epochs, s.Step, same)
	}
	// Output:
	// after 0.0 epochs, step 0, the last one: false
	// after 0.2 epochs, step 1, the last one: false
	// after 0.4 epochs, step 2, the last one: false
	// after 1.0 epochs, step 5, the last one: false
	// after 2.0 epochs, step 10, the last one: false
	// after 3.0 epochs, step 15, the last one: true
}
