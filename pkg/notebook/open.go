package notebook

import (
	"context"
	"fmt"
	"os"

	"inkling/pkg/lab"
	"inkling/pkg/viz"
)

// Open is the lab of a question such as "q1": it shows a bar while it trains, two
// runs at a time, and tells only of what goes wrong. The data are those that
// INKLING_DATA asks for, or the cell in the same words:
//
//	notebook.Open("mine", "scans,size=28x28")
//
// See lab.Open.
func Open(question string, of ...string) *lab.Lab {
	l := Must(lab.Open(context.Background(), question, of...))
	l.Progress = func(label string) lab.Bar { return viz.NewProgress(label) }
	l.Quiet, l.SideBySide = true, 2
	viz.Mark(l.DepartsSoFar)
	return l
}

// Must is v, unless there is an error: that ends the cell with one line.
func Must[T any](v T, err error) T {
	if err != nil {
		stop(err)
	}
	return v
}

// stop ends the cell.
func stop(err error) {
	fmt.Println("error:", lab.OneLine(err))
	os.Exit(2)
}
