package lab_test

import (
	"fmt"
	"os"

	"inkling/pkg/lab"
)

// Told is where a lab tells of its runs, in one's own program.
type Told struct {
	ended  string
	points map[string]int // by split and metric
	lines  int
	shown  bool
}

// Update says how far the runs are, in steps.
func (*Told) Update(done, total int, text string) {}

// Finish says that they are done, or why not.
func (b *Told) Finish(text string) { b.ended = text }

// Point is one value of a curve.
func (b *Told) Point(run, split, metric string, step, value float64) { b.points[split+" "+metric]++ }

// Write is the log of what happens.
func (b *Told) Write(text []byte) (int, error) {
	b.lines++
	return len(text), nil
}

// Flush is called when a Fit has told all.
func (b *Told) Flush() error {
	b.shown = true
	return nil
}

// A lab tells its log and its bar what happens. A bar that has Point draws the
// runs while they last, a log that has Flush shows at the end what it was told.
func ExampleBar() {
	store, err := os.MkdirTemp("", "store")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(store)
	l := lab.New("example", few(), store, false)
	told := &Told{points: map[string]int{}}
	l.Log = told
	l.Progress = func(string) lab.Bar { return told }
	if _, err := l.Fit(mlp(0.05)); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ended:", told.ended != "", "written:", told.lines > 0, "shown:", told.shown)
	fmt.Println("evaluations:", told.points["dev loss"])
	// Output:
	// ended: true written: true shown: true
	// evaluations: 4
}
