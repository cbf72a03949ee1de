package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/lab/search"
	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// defaults are the hyperparameters of a run of which nothing is said.
var defaults = lab.Hyper{
	Hidden: "512,256", Activation: "relu", Optimizer: "sgd", LR: 0.1, Momentum: 0.9, Decay: 5e-4,
	Schedule: "cosine", Batch: 64, Epochs: 5, Seed: 1,
}

// wanted is what the words of train ask for.
type wanted struct {
	hyper            lab.Hyper
	augment          data.Augment
	question, layers string
	data             *string
	given            *flag.FlagSet
}

// register adds the flags of train to fs.
func (w *wanted) register(fs *flag.FlagSet) {
	w.hyper = defaults
	w.given = fs
	w.data = dataFlag(fs)
	w.hyper.Register(fs)
	w.augment.Register(fs)
	fs.StringVar(&w.question, "question", "command", "part of the run store to keep the run in")
	fs.StringVar(&w.layers, "layers", "", "layers instead of --hidden, --activation and --dropout: conv2d:filters=8:kernel=3,relu,linear:out=10, or in JSON; inkling help layers has all kinds")
}

// config is the configuration on the data of l; a nil lab does for the mistakes
// that need no data to be seen.
func (w *wanted) config(l *lab.Lab) (c train.Config, err error) {
	if w.layers != "" {
		list, bad := parseLayers(w.layers)
		if bad != nil {
			return c, fmt.Errorf("--layers: %w", bad)
		}
		c, err = w.hyper.With(l, list...)
	} else {
		c, err = w.hyper.Config(l)
	}
	if err == nil {
		err = w.augment.Check()
	}
	if err != nil || w.hyper.Fork == "" || l == nil {
		c.Augment = w.augment
		return c, err
	}
	// What is not given is that of the run that this one goes on from.
	theirs := newFlags()
	c.Augment.Register(theirs)
	w.given.Visit(func(f *flag.Flag) {
		if g := theirs.Lookup(f.Name); g != nil {
			err = errors.Join(err, g.Value.Set(f.Value.String()))
		}
	})
	return c, err
}

// beside makes the question of a branch, unless one is given, that of the run which
// it grows from: one on the same data, as nothing goes on with others.
func (w *wanted) beside(l *lab.Lab) error {
	if w.hyper.Fork == "" || slices.ContainsFunc(wordsOf(w.given), func(word string) bool { return strings.HasPrefix(word, "--question=") }) {
		return nil
	}
	ref := w.hyper.Fork
	if at := strings.LastIndex(ref, "@"); at >= 0 {
		ref = ref[:at]
	}
	all, damaged := lab.StoredRuns("")
	place := l.Place() + "/"
	runs := slices.DeleteFunc(slices.Clone(all), func(r *lab.Result) bool { return !strings.HasPrefix(r.Where(), place) })
	r, err := lab.Find(runs, ref)
	if err != nil {
		if other, bad := lab.Find(all, ref); bad == nil && !slices.Contains(runs, other) {
			return fmt.Errorf("run %.60q is one of %s, and the data here are %s: --data chooses them", ref, other.Where(), l.Place())
		}
		return errors.Join(err, damaged)
	}
	w.question, l.Question = r.Question, r.Question
	return nil
}

func trainCommand(args []string) (int, error) {
	var w wanted
	fs := newFlags()
	w.register(fs)
	seeds := fs.Int("seeds", 1, "so many runs, with --seed and the seeds after it")
	dask := fs.String("dask", "", daskUsage)
	printed := fs.Bool("print", false, printUsage)
	switch err := parse("train", fs, args); {
	case errors.Is(err, flag.ErrHelp):
		help("train [--name=value …]", fs)
		return 0, nil
	case err != nil:
		return 0, err
	}
	if _, err := w.config(nil); err != nil { // mistakes that need no data to be seen
		return 0, err
	}
	switch err := checkDask(*dask); {
	case *printed && *dask != "":
		return 0, errors.New("--print and --dask, want one of them")
	case err != nil:
		return 0, err
	case *seeds < 1 || *seeds > maxSeeds:
		return 0, fmt.Errorf("seeds %d, want 1 to %d", *seeds, maxSeeds)
	}
	l, err := lab.Open(context.Background(), w.question, *w.data)
	if err != nil {
		return 0, err
	}
	if err := w.beside(l); err != nil {
		return 0, err
	}
	cfg, err := w.config(l)
	if err != nil {
		return 0, err
	}
	if *printed || *dask != "" || *seeds > 1 {
		return trainAll(l, w.seeded(fs, cfg, *seeds), *dask, *printed)
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
	question := w.question
	if *w.data != "" {
		question = "--data=" + shellWord(*w.data) + " " + question
	}
	fmt.Printf("test it once, last: %s test %s\n", ourselves(), question)
	return 0, nil
}

// maxSeeds is more than anybody needs.
const maxSeeds = 10000

// seeded are runs of cfg, which the flags fs ask for, with n seeds.
func (w *wanted) seeded(fs *flag.FlagSet, cfg train.Config, n int) (tasks []search.Task) {
	words := wordsOf(fs, "seed", "seeds", "dask", "print")
	first := cfg.Seed
	for i := range uint64(n) {
		cfg.Seed = first + i
		if w.hyper.Name == "" {
			cfg.Name = "" // which tells the seed
		}
		tasks = append(tasks, search.Task{Part: lab.Part{Config: cfg}, Words: append(slices.Clone(words), fmt.Sprintf("--seed=%d", cfg.Seed))})
	}
	return tasks
}

// wordsOf are the flags that were given, but for some, each as one word.
func wordsOf(fs *flag.FlagSet, but ...string) (words []string) {
	fs.Visit(func(f *flag.Flag) {
		if !slices.Contains(but, f.Name) {
			words = append(words, "--"+f.Name+"="+f.Value.String())
		}
	})
	return words
}

// trainAll makes several runs, here or on a cluster, or prints their commands.
func trainAll(l *lab.Lab, tasks []search.Task, dask string, printed bool) (int, error) {
	if printed {
		for _, t := range tasks {
			if _, err := l.Check(t.Config); err != nil {
				return 0, err
			}
			line, err := commandOf(t.Words)
			if err != nil {
				return 0, err
			}
			fmt.Println(line)
		}
		return 0, nil
	}
	fmt.Printf("%v\nkernels: %s\n\n", l, nn.Kernels())
	l.Progress = progress()
	l.Log = logWriter()
	ctx, stop := lab.UntilSignal(context.Background(), syscall.SIGPIPE)
	defer stop()
	var runner search.Runner = search.Here{Lab: l}
	if dask != "" {
		c := &cluster{lab: l, address: dask, say: l.Log}
		defer c.Close()
		runner = c
	}
	code := 0
	var failed []error
	if err := runner.Run(ctx, tasks, func(i int, err error) {
		if err == nil {
			var r lab.Runs
			if r, _, err = l.Saved(tasks[i].Part); err == nil {
				fmt.Fprintln(l.Log, r[0])
				if r[0].Status == lab.Diverged {
					code = exitDiverged
				}
			}
		}
		if err != nil {
			failed = append(failed, err)
		}
	}); err != nil {
		return 0, err
	}
	var by lab.Stopped
	if errors.As(context.Cause(ctx), &by) {
		return by.ExitCode(), errors.Join(failed...)
	}
	return code, errors.Join(failed...)
}
