package lab_test

import (
	"fmt"
	"io"
	"os"

	"inkling/pkg/lab"
	"inkling/pkg/nn/optim"
)

// A run goes on from another after its second epoch, with a tenth of the learning
// rate; and, to see that nothing else makes a difference, once with nothing changed.
func ExampleResult_At() {
	store, err := os.MkdirTemp("", "store")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(store)
	l := lab.New("example", few(), store, false)
	l.Log = io.Discard
	cfg := mlp(0.05)
	runs, err := l.Fit(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	parent := runs[0]

	same := cfg
	same.Fork = parent.At(2)
	slower := same
	slower.Schedule = optim.Constant(0.005)
	forks, err := l.Fit(same, slower)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("with nothing changed, the same loss:", forks[0].Last.Loss == parent.Last.Loss)
	fmt.Println("slower, another:", forks[1].Last.Loss != parent.Last.Loss, "from epoch", forks[1].Fork.Epoch, "on")
	steps, _ := forks[1].Points("dev", "loss")
	fmt.Println("its curve:", steps)
	// Output:
	// with nothing changed, the same loss: true
	// slower, another: true from epoch 2 on
	// its curve: [10 15 20]
}
