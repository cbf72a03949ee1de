package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"inkling/pkg/internal/printable"
	"inkling/pkg/lab"
)

// A Task is a run that a search asks for, or the first epochs of one.
type Task struct {
	lab.Part
	// Words are those of `inkling train` that make the run, "--lr=0.1": nil where
	// its configuration is not made of flags alone.
	Words []string
}

// A Runner makes runs. Run returns when all tasks have ended or ctx has, and until
// then calls each once for every task that ended, from one goroutine at a time: the
// run is then in the store of the search's lab, as far as the task asks for, or
// there is an error. What is in the store already costs nothing. A run that diverged
// is a result and no error.
//
// A Runner that cannot set a run aside at Until may make all of it: the search looks
// at its history up to there. It returns an error if it cannot go on; that ctx has
// ended is none.
type Runner interface {
	Run(ctx context.Context, tasks []Task, each func(i int, err error)) error
}

// Here makes the runs in this process, as many side by side as the lab says. What
// another process makes, another search perhaps, is waited for when the rest is done.
type Here struct{ Lab *lab.Lab }

// Run implements Runner.
func (h Here) Run(ctx context.Context, tasks []Task, each func(i int, err error)) error {
	left := make([]int, len(tasks))
	for i := range left {
		left[i] = i
	}
	for first := true; ; first = false {
		var parts []lab.Part
		for _, i := range left {
			parts = append(parts, tasks[i].Part)
		}
		var busy []int
		var elsewhere, failed error
		_, err := h.Lab.FitParts(ctx, parts, func(k int, _ *lab.Result, err error) {
			switch {
			case errors.As(err, new(lab.Unfinished)):
			case lab.InUse(err):
				busy, elsewhere = append(busy, left[k]), err
			default:
				failed = cmp.Or(failed, err)
				each(left[k], err)
			}
		})
		switch {
		case errors.As(err, new(lab.Unfinished)):
			return nil
		case len(busy) == 0 || failed != nil:
			return err
		}
		if first {
			fmt.Fprintf(h.Lab.Log, "%s left to whoever makes them: %s\n", printable.Count(len(busy), "run"), strings.TrimSuffix(lab.OneLine(elsewhere), ": wait for it or stop it"))
		}
		slices.Sort(busy)
		left = busy
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(again):
		}
	}
}

// again is how long runs that another process makes are left alone.
const again = 500 * time.Millisecond
