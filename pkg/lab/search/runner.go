package search

import (
	"context"
	"errors"

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

// Here makes the runs in this process, as many side by side as the lab says.
type Here struct{ Lab *lab.Lab }

// Run implements Runner.
func (h Here) Run(ctx context.Context, tasks []Task, each func(i int, err error)) error {
	var parts []lab.Part
	for _, t := range tasks {
		parts = append(parts, t.Part)
	}
	_, err := h.Lab.FitParts(ctx, parts, func(i int, _ *lab.Result, err error) {
		if !errors.As(err, new(lab.Unfinished)) {
			each(i, err)
		}
	})
	if errors.As(err, new(lab.Unfinished)) {
		return nil
	}
	return err
}
