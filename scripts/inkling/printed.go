package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"inkling/pkg/data/read"
	"inkling/pkg/lab"
	"inkling/pkg/lab/search"
)

// printUsage is how --print is told.
const printUsage = "make no run, print a command for each instead, one a line, that works from any folder: for Slurm arrays, other machines, | tr '\\n' '\\0' | xargs -0 -n 1 -P 4 sh -c"

// commandOf is the command that makes the run of some words of train, from any folder
// of this machine, or of one that has the same store: in one line that a shell takes.
func commandOf(words []string) (string, error) {
	store, err := lab.StoreDir()
	if err != nil {
		return "", err
	}
	line := "env " + shellWord("INKLING_RUNS="+store)
	for _, name := range []string{"INKLING_QUICK", "INKLING_BUDGET", "INKLING_DATA", "MNIST_DIR", "INKLING_KERNELS"} {
		switch v := os.Getenv(name); {
		case v == "":
		case name == "INKLING_DATA":
			line += " " + shellWord(name+"="+anywhere(v))
		case name == "MNIST_DIR":
			line += " " + shellWord(name+"="+absolute(v))
		default:
			line += " " + shellWord(name+"="+v)
		}
	}
	line += " " + fromAnywhere() + " train"
	for _, w := range words {
		if of, ok := strings.CutPrefix(w, "--data="); ok {
			w = "--data=" + anywhere(of)
		}
		line += " " + shellWord(w)
	}
	return line, nil
}

// anywhere is what --data says, in words that mean the same in any folder.
func anywhere(of string) string {
	if slices.Contains(dataWords, of) {
		return of
	}
	path, options := read.Spec(of)
	return strings.Join(append([]string{absolute(path)}, options...), ",")
}

// absolute is a path of data in any folder: as package data looks for it, in this one
// and then in the module's.
func absolute(path string) string {
	if _, err := os.Stat(path); err != nil && !filepath.IsAbs(path) {
		path = filepath.Join(lab.ModuleRoot(), path)
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// dataWords are the values of --data that are no paths.
var dataWords = []string{"auto", "mnist", "synthetic"}

// ourselves is how this program is called from a shell.
func ourselves() string {
	if path := built(); path != "" {
		return shellWord(path)
	}
	return "go run ./scripts/inkling"
}

// fromAnywhere is ourselves for a shell in any folder.
func fromAnywhere() string {
	if path := built(); path != "" {
		return shellWord(path)
	}
	return "go -C " + shellWord(cmp.Or(lab.ModuleRoot(), ".")) + " run ./scripts/inkling"
}

// built is the file of this program, "" if that is one of go run, and gone soon.
func built() string {
	path, err := os.Executable()
	if err != nil || strings.Contains(path, string(filepath.Separator)+"go-build") {
		return ""
	}
	return path
}

// printSearch prints the commands of the runs that a search would make.
func printSearch(s search.Search, l *lab.Lab, of, question string) error {
	p := &listing{}
	if of != "" {
		p.more = append(p.more, "--data="+of)
	}
	if question != "command" {
		p.more = append(p.more, "--question="+question)
	}
	s.Runner = p
	if _, err := s.Run(l); err != nil && !errors.Is(err, errListed) {
		return err
	}
	return nil
}

// listing prints the commands of runs in place of making them.
type listing struct{ more []string }

// errListed ends a search whose runs have been printed.
var errListed = errors.New("printed")

// Run implements search.Runner.
func (p *listing) Run(_ context.Context, tasks []search.Task, _ func(int, error)) error {
	for _, t := range tasks {
		line, err := commandOf(append(slices.Clone(t.Words), p.more...))
		if err != nil {
			return err
		}
		fmt.Println(line)
	}
	return errListed
}
