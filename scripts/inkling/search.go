package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"inkling/pkg/lab"
	"inkling/pkg/lab/search"
	"inkling/pkg/viz"
)

const searchUsage = `search --lr=0.01..1:log --optimizer=sgd,adam [--name=value …]
  any flag of train may have several values, 0.01,0.1, or a range:
    0..0.5         numbers between, both ends among them; whole ones where the flag takes such
    0.001..1:log   even on a logarithmic axis: learning rates, weight decay, widths
    0.001..1:log:7 seven of them, for a grid
  values that hold commas themselves stand between slashes: --hidden=512,256/512/none
runs are chosen by the dev split and kept in the run store: the same search again goes on where it was stopped`

func searchCommand(args []string) (int, error) {
	space := search.Space{Hyper: defaults, Decode: parseLayers}
	var question, figure string
	var asJSON bool
	fs := newFlags()
	of := dataFlag(fs)
	space.Register(fs)
	fs.StringVar(&question, "question", "command", "part of the run store to keep the runs in")
	fs.StringVar(&figure, "figure", "", "draw what was tried into this file, .png, .svg or .pdf")
	fs.BoolVar(&asJSON, "json", false, "print all of it as JSON")
	dask := fs.String("dask", "", daskUsage)
	printed := fs.Bool("print", false, printUsage)
	switch err := parse("search", fs, args); {
	case errors.Is(err, flag.ErrHelp):
		help(searchUsage, fs)
		return 0, nil
	case err != nil:
		return 0, err
	case checkFigure("figure", figure) != nil:
		return 0, checkFigure("figure", figure)
	}
	s, err := space.Search(nil)
	switch { // mistakes that need no data to be seen
	case err != nil:
		return 0, err
	case *printed && (*dask != "" || asJSON || figure != ""):
		return 0, errors.New("--print makes no run: want no --dask, --json or --figure beside it")
	case *printed && (s.Method == search.Halving || s.Confirm > 0):
		return 0, errors.New("--print: what --method=halving and --confirm make depends on the runs before; want a grid or random draws")
	}
	if err := cmp.Or(checkDask(*dask), withoutEffect(fs, s.Method)); err != nil {
		return 0, err
	}
	l, err := lab.Open(context.Background(), question, *of)
	if err != nil {
		return 0, err
	}
	if s, err = space.Search(l); err != nil {
		return 0, err
	}
	if *printed {
		return 0, printSearch(s, l, *of, question)
	}
	l.Log = os.Stderr
	price, err := s.Price(l)
	if err != nil {
		return 0, err
	}
	if !asJSON {
		fmt.Printf("%v\n%s\n", l, price.Plan())
	}
	if *dask != "" {
		c := &cluster{lab: l, address: *dask, say: os.Stderr}
		defer c.Close()
		s.Runner = c
	}
	board := viz.NewBoard(os.Stderr)
	s.Watch = func(f *search.Found) { board.Update(viz.Text(f.Progress()), f.Table(10)) }
	ctx, stop := lab.UntilSignal(context.Background(), syscall.SIGPIPE)
	defer stop()
	found, err := s.RunContext(ctx, l)
	cut := errors.As(err, new(lab.Unfinished))
	if err != nil && !cut {
		return 0, err
	}
	board.Finish(viz.Text(found.Progress()))
	switch {
	case asJSON:
		if err := printJSON(found); err != nil {
			return 0, err
		}
	default:
		viz.Show(found.Table(20), viz.Text(""), viz.Text(found.String()))
		if best := found.Best(); best != nil && best.Whole {
			fmt.Printf("the best run is %s; by itself: %s train%s\n", best.Runs[0].ID(), ourselves(), alone(s.Words(best.Point), of, question))
		}
	}
	if figure != "" {
		if err := viz.Save(figure, viz.Panels{Columns: 1, Figures: found.Figures()}); err != nil {
			return 0, err
		}
	}
	switch {
	case cut:
		fmt.Fprintln(os.Stderr, "cut short; the same command goes on from here")
		var by lab.Stopped
		errors.As(context.Cause(ctx), &by)
		return by.ExitCode(), nil
	case found.Best() == nil:
		return exitDiverged, nil
	}
	return 0, nil
}

// withoutEffect reports a flag that was given and says nothing to a method.
func withoutEffect(fs *flag.FlagSet, m search.Method) (err error) {
	fs.Visit(func(f *flag.Flag) {
		switch {
		case m != search.Halving && (f.Name == "eta" || f.Name == "min-epochs"):
			err = fmt.Errorf("--%s=%s has no effect with the method %s, only with halving", f.Name, f.Value, m)
		case m == search.Grid && f.Name == "draw":
			err = fmt.Errorf("--%s=%s has no effect with the method %s, only with halving, random", f.Name, f.Value, m)
		}
	})
	return err
}

// alone are the words that make a run by itself, without those that say nothing new.
func alone(words []string, of *string, question string) (line string) {
	plain, err := (&search.Space{Hyper: defaults, Decode: parseLayers}).Search(nil)
	_ = err // nothing varies
	fork := slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, "--fork=") })
	for _, w := range words {
		if fork || !slices.Contains(plain.Words(nil), w) {
			line += " " + shellWord(w)
		}
	}
	if *of != "" {
		line += " --data=" + shellWord(*of)
	}
	if question != "command" {
		line += " --question=" + shellWord(question)
	}
	return line
}
