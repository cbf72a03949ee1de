package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"syscall"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// defaults are the hyperparameters of a run of which nothing is said.
var defaults = lab.Hyper{
	Hidden: "512,256", Activation: "relu", Optimizer: "sgd", LR: 0.1, Momentum: 0.9, Decay: 5e-4,
	Schedule: "cosine", Batch: 64, Epochs: 5, Seed: 1,
}

func trainCommand(args []string) (int, error) {
	h := defaults
	var question, layers string
	fs := newFlags()
	of := dataFlag(fs)
	h.Register(fs)
	var augment data.Augment
	augment.Register(fs)
	fs.StringVar(&question, "question", "command", "part of the run store to keep the run in")
	fs.StringVar(&layers, "layers", "", `layers as JSON instead of --hidden, --activation and --dropout: [{"conv2d":{"filters":8,"kernel":3}},{"relu":{}},{"linear":{"out":10}}]`)
	switch err := parse("train", fs, args); {
	case errors.Is(err, flag.ErrHelp):
		help("train [--name=value …]", fs)
		return 0, nil
	case err != nil:
		return 0, err
	}
	config := h.Config
	if layers != "" {
		list, err := nn.DecodeLayers([]byte(layers))
		if err != nil {
			return 0, fmt.Errorf("--layers: %w", err)
		}
		config = func(l *lab.Lab) (train.Config, error) { return h.With(l, list...) }
	}
	if _, err := config(nil); err != nil { // mistakes that need no data to be seen
		return 0, err
	}
	if err := augment.Check(); err != nil {
		return 0, err
	}
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if h.Fork != "" && !given["question"] { // a branch lies beside what it grows from
		ref, _, _ := strings.Cut(h.Fork, "@")
		runs, _ := lab.StoredRuns("")
		r, err := lab.Find(runs, ref)
		if err != nil {
			return 0, err
		}
		question = r.Question
	}
	l, err := lab.Open(context.Background(), question, *of)
	if err != nil {
		return 0, err
	}
	cfg, err := config(l)
	if err != nil {
		return 0, err
	}
	if h.Fork == "" {
		cfg.Augment = augment
	} else { // what is not given is that run's
		theirs := newFlags()
		cfg.Augment.Register(theirs)
		fs.Visit(func(f *flag.Flag) {
			if g := theirs.Lookup(f.Name); g != nil {
				err = errors.Join(err, g.Value.Set(f.Value.String()))
			}
		})
		if err != nil {
			return 0, err
		}
	}
	model, err := l.Check(cfg)
	if err != nil {
		return 0, err
	}
	fmt.Printf("%v\nkernels: %s\n\n%v\n", l, nn.Kernels(), model)
	l.Progress = progress()
	l.Log = logWriter()
	// SIGPIPE too: a closed terminal ends what the log is piped into as well.
	ctx, stop := lab.UntilSignal(context.Background(), syscall.SIGPIPE)
	defer stop()
	results, err := l.FitContext(ctx, cfg)
	if err != nil && !errors.As(err, new(lab.Unfinished)) {
		return 0, err
	}
	switch r := results[0]; r.Status {
	case lab.Interrupted:
		var by lab.Stopped
		errors.As(context.Cause(ctx), &by)
		return by.ExitCode(), nil
	case lab.Diverged:
		fmt.Fprintln(os.Stderr, "inkling:", lab.OneLine(errors.New(r.Error)))
		return exitDiverged, nil
	}
	if *of != "" {
		question = "--data=" + shellWord(*of) + " " + question
	}
	fmt.Printf("test it once, last: go run ./scripts/inkling test %s\n", question)
	return 0, nil
}
