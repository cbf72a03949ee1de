package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"inkling/pkg/nn/train"
)

// errHelp is returned by parse if help was asked for.
var errHelp = errors.New("help")

// parse sets the flags of fs from args and returns what is no flag. It is
// package flag's grammar, with errors that say what was given and what is
// allowed, and flags allowed after other arguments.
func parse(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return append(rest, args...), nil
		case len(arg) < 2 || arg[0] != '-':
			rest = append(rest, arg)
			continue
		}
		name, value, given := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		if name == "help" || name == "h" {
			return nil, errHelp
		}
		f := fs.Lookup(name)
		if f == nil {
			return nil, unknownFlag(fs, name)
		}
		if !given {
			if len(args) == 0 {
				return nil, fmt.Errorf("--%s needs a value: %s", name, f.Usage)
			}
			value, args = args[0], args[1:]
		}
		if err := f.Value.Set(value); err != nil {
			return nil, fmt.Errorf("--%s %.40q, want %s: %s", name, value, wanted(f, err), f.Usage)
		}
	}
	return rest, nil
}

func unknownFlag(fs *flag.FlagSet, name string) error {
	var known []string
	fs.VisitAll(func(f *flag.Flag) { known = append(known, "--"+f.Name) })
	if len(known) == 0 {
		return fmt.Errorf("unknown flag --%.40s; this command has none", name)
	}
	if s := train.DidYouMean("--"+name, known); s != "" {
		return fmt.Errorf("unknown flag --%.40s%s", name, s)
	}
	return fmt.Errorf("unknown flag --%.40s; known: %s", name, strings.Join(known, " "))
}

// wanted says which values a flag takes.
func wanted(f *flag.Flag, err error) string {
	what := "text"
	if g, ok := f.Value.(flag.Getter); ok {
		switch g.Get().(type) {
		case int:
			what = "a whole number"
		case float64:
			what = "a number"
		}
	}
	if errors.Is(err, strconv.ErrRange) || strings.Contains(err.Error(), "out of range") {
		what += " that is not as large"
	}
	return what
}

// flagHelp lists the flags of fs with their defaults.
func flagHelp(w io.Writer, fs *flag.FlagSet) {
	fs.VisitAll(func(f *flag.Flag) {
		def := ""
		if f.DefValue != "" && f.DefValue != "0" {
			def = " (" + f.DefValue + ")"
		}
		fmt.Fprintf(w, "  --%-11s %s%s\n", f.Name, f.Usage, def)
	})
}
