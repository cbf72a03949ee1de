package lab

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"inkling/pkg/internal/printable"
)

// oneRun are the flags of a Hyper that belong to a single run: nobody gives them to a
// whole notebook.
var oneRun = []string{"name", "fork"}

// chosen are the values that somebody has chosen for a whole notebook, in the place of
// its own: see Give.
var chosen = struct {
	sync.Mutex
	read   bool // INKLING_SET
	values map[string]any
	err    error
}{values: map[string]any{}}

// ParseGiven reads values for a whole notebook, each as lr=0.05: it is the words of a
// %% line without their dashes, and what is wrong is told in the same words. The
// values are as the flags hold them, a float64 for lr, an int for epochs.
func ParseGiven(words ...string) (map[string]any, error) {
	// Values that let those be judged alone that need others.
	h := Hyper{Hidden: "1", Activation: "relu", Optimizer: "sgd", LR: 0.1, Schedule: "multistep", Milestones: "1", Batch: 1, Epochs: 1}
	fs := newFlagSet()
	fs.SetOutput(io.Discard)
	h.Register(fs)
	known := slices.DeleteFunc(flagNames(fs), func(name string) bool { return slices.Contains(oneRun, name) })
	var line []string
	for _, word := range words {
		name, value, ok := strings.Cut(strings.TrimLeft(word, "-"), "=")
		switch {
		case !ok:
			return nil, fmt.Errorf("%.40q, want NAME=VALUE with one of %s", printable.Text(word), strings.Join(known, ", "))
		case !slices.Contains(known, name):
			return nil, fmt.Errorf("unknown value %.40q%s; known: %s", printable.Text(name), DidYouMean(name, known), strings.Join(known, ", "))
		}
		line = append(line, "--"+name+"="+value)
	}
	if _, err := Line("", fs).Parse(line); err != nil {
		return nil, err
	}
	if err := h.Check(); err != nil {
		return nil, err
	}
	values := map[string]any{}
	for name := range h.set {
		values[name] = fs.Lookup(name).Value.(flag.Getter).Get()
	}
	return values, nil
}

func flagNames(fs *flag.FlagSet) (names []string) {
	fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return names
}

// Give gives values to all that ask for them in this process: the flags that Flags
// registers, whatever a cell's %% line says, and whoever calls Given.
func Give(words ...string) error {
	values, err := ParseGiven(words...)
	if err != nil {
		return err
	}
	chosen.Lock()
	defer chosen.Unlock()
	for name, value := range values {
		chosen.values[name] = value
	}
	return nil
}

// Given is the value of that name that somebody has chosen for the whole notebook, by
// Give or in the environment as INKLING_SET="lr=0.05 epochs=10", which has the last
// word; nil if nobody has.
func Given(name string) (any, error) {
	chosen.Lock()
	defer chosen.Unlock()
	if !chosen.read {
		chosen.read = true
		values, err := ParseGiven(strings.Fields(os.Getenv("INKLING_SET"))...)
		if err != nil {
			chosen.err = fmt.Errorf("INKLING_SET: %w", err)
		}
		for name, value := range values {
			chosen.values[name] = value
		}
	}
	return chosen.values[name], chosen.err
}

// Variant says what the whole notebook was given in the place of its own values,
// "epochs=10, lr=0.05"; "" for nothing.
func Variant() string {
	Given("")
	chosen.Lock()
	defer chosen.Unlock()
	var words []string
	for _, name := range names(chosen.values) {
		words = append(words, fmt.Sprintf("%s=%v", name, chosen.values[name]))
	}
	return strings.Join(words, ", ")
}

// takeGiven sets the flags of fs that a Hyper has registered to what was given.
func takeGiven(fs *flag.FlagSet) error {
	var errs []error
	fs.VisitAll(func(f *flag.Flag) {
		if _, ours := f.Value.(*hyperFlag); !ours || slices.Contains(oneRun, f.Name) {
			return
		}
		value, err := Given(f.Name)
		if err == nil && value != nil {
			err = fs.Set(f.Name, fmt.Sprint(value))
		}
		errs = append(errs, err)
	})
	return errors.Join(errs...)
}

// takeGiven is for a cell without a %% line, whose flags nobody parses.
func (h *Hyper) takeGiven() error {
	if !h.cell {
		return nil
	}
	var errs []error
	set := func(name, _ string) {
		value, err := Given(name)
		if err == nil && value != nil && !slices.Contains(oneRun, name) {
			fs := newFlagSet()
			h.register(fs)
			err = fs.Set(name, fmt.Sprint(value))
		}
		errs = append(errs, err)
	}
	h.each(set)
	return errors.Join(errs...)
}
