package search

import (
	"fmt"
	"testing"

	"inkling/pkg/lab"
)

// A run that somebody else makes stops no search: the others are made, and it is
// taken from the store, or made, when it is free.
func TestBusy(t *testing.T) {
	root := t.TempDir()
	l, other := testLab(t, root), testLab(t, root)
	var tasks []Task
	for _, rate := range []float64{0.1, 0.2, 0.3} {
		tasks = append(tasks, Task{Part: lab.Part{Config: mlp(rate, 6, 1)}})
	}
	taken := must(other.Away(tasks[0].Part, tasks[1].Part))
	for _, a := range taken {
		if r, err := a.Take(); r != nil || err != nil {
			t.Fatal(r, err)
		}
	}
	var order []int
	err := Here{Lab: l}.Run(t.Context(), tasks, func(i int, err error) {
		if err != nil {
			t.Errorf("run %d: %v", i, err)
		}
		if order = append(order, i); len(order) == 1 {
			for _, a := range taken {
				a.GiveUp()
			}
		}
	})
	if err != nil || fmt.Sprint(order) != "[2 0 1]" {
		t.Errorf("ended in the order %v: %v", order, err)
	}
	if _, done, err := l.Saved(tasks[0].Part, tasks[1].Part, tasks[2].Part); err != nil || fmt.Sprint(done) != "[true true true]" {
		t.Errorf("stored: %v, %v", done, err)
	}
}
