package lab

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"inkling/pkg/data"
	"inkling/pkg/internal/printable"
	"inkling/pkg/lab/words"
	"inkling/pkg/nn/optim"
)

// cellFlag is the name of the flag that stands for the whole %% line of a cell.
// Nobody can write it there.
const cellFlag = "%%"

// A cell of GoNB begins with flag.Parse, which drops what follows the first
// word that is no flag. So that nothing is dropped, the words of a cell are
// given to flag.Parse as the value of one flag, which reads them all. A program
// that a cell starts has the same environment but another main package.
func init() {
	if info, ok := debug.ReadBuildInfo(); ok && inCell() && strings.HasPrefix(info.Main.Path, "gonb_") && len(os.Args) > 1 {
		flag.CommandLine.Var(cellLine(os.Args), cellFlag, "the words of the cell's %% line")
		os.Args = []string{os.Args[0], "-" + cellFlag + "="}
	}
}

func inCell() bool { return os.Getenv("GONB_PIPE") != "" }

// cellLine is the arguments of a cell, read when flag.Parse sets it: by then all
// flags are there.
type cellLine []string

func (cellLine) String() string { return "" }

func (c cellLine) Set(string) error {
	os.Args = c
	l := Line("%%", flag.CommandLine)
	l.Cell = true
	_, err := l.Parse(c[1:])
	if err == nil {
		err = takeGiven(flag.CommandLine)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Println("flags of this cell, as in %% --name=value --name=value:")
		FlagHelp(os.Stdout, flag.CommandLine)
		os.Exit(0)
	case err != nil:
		fmt.Fprintln(os.Stderr, "error:", OneLine(err))
		os.Exit(2)
	}
	return nil
}

// usage is flag.Usage of a program that calls Flags: the cause in one line, or
// the list of flags if that was asked for.
func usage(fs *flag.FlagSet, args []string) (code int) {
	_, err := Line("…", fs).Parse(args)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		FlagHelp(os.Stdout, fs)
		return 0
	}
	fmt.Fprintln(os.Stderr, "error:", OneLine(err))
	return 2
}

// leftOver reports what flag.Parse has left of the command line, if a flag is among
// it: a flag behind a word that is none would be dropped. In a cell any word
// would be.
func leftOver() error {
	if !flag.Parsed() {
		return nil
	}
	rest := flag.Args()
	if !inCell() && !slices.ContainsFunc(rest, func(word string) bool { return words.MeansFlag(word, flag.CommandLine) }) {
		return nil
	}
	l := Line("…", flag.CommandLine)
	if inCell() {
		l.Start, l.Cell = "%%", true
	}
	return l.Wrong(os.Args[1:])
}

// single reports a flag of the command line that was given several values, for a
// search that does not ask for them: the run would not be what the line says.
func single() (err error) {
	flag.VisitAll(func(f *flag.Flag) {
		if v, ok := f.Value.(interface{ Several() bool }); ok && v.Several() {
			err = fmt.Errorf("lab: --%s=%.40s: several values are for a search, want one here", f.Name, printable.Text(f.Value.String()))
		}
	})
	return err
}

// Line is a line of words in which the flags of a [Hyper] may stand, for commands:
// what has no effect beside the others is an error.
func Line(start string, fs *flag.FlagSet) words.Line {
	return words.Line{Start: start, Flags: fs, Check: func(line []words.Given) error { return idle(fs, line) }}
}

// groups are the headings of FlagHelp, and which flags stand under them.
var groups = []struct {
	title string
	names []string
}{
	{"network", []string{"hidden", "activation", "dropout", "layers"}},
	{"optimizer", []string{"optimizer", "lr", "momentum", "decay", "ema"}},
	{"learning rate", []string{"schedule", "milestones", "gamma", "warmup"}},
	{"training", []string{"batch", "epochs", "size", "smoothing", "patience", "seed", "seeds"}},
	{"augmentation", []string{"shift", "rotate", "scale", "shear", "alpha", "sigma", "thick", "erase", "noise", "keep"}},
	{"search", []string{"method", "budget", "confirm", "eta", "min-epochs", "draw"}},
	{"run", []string{"name", "question", "fork"}},
}

// FlagHelp lists the flags of fs with their defaults, those of one matter
// together. A whole number may be written as 1_000, a share as 0.5 only.
func FlagHelp(w io.Writer, fs *flag.FlagSet) {
	told := map[string]bool{}
	tell := func(title string, list []*flag.Flag) {
		if len(list) == 0 {
			return
		}
		fmt.Fprintf(w, "%s\n", title)
		for _, f := range list {
			told[f.Name] = true
			def := ""
			if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "false" {
				def = " (" + printable.Text(f.DefValue) + ")"
			}
			fmt.Fprintf(w, "  --%-11s %s%s\n", f.Name, strings.TrimPrefix(f.Usage, title+": "), def)
		}
	}
	for _, g := range groups {
		var list []*flag.Flag
		for _, name := range g.names {
			if f := fs.Lookup(name); f != nil {
				list = append(list, f)
			}
		}
		tell(g.title, list)
	}
	var own []*flag.Flag
	fs.VisitAll(func(f *flag.Flag) {
		if !told[f.Name] && !words.Hidden(f.Name) {
			own = append(own, f)
		}
	})
	tell("other", own)
}

// idle reports a flag of a line that has no effect beside the others, such as
// --gamma with a constant learning rate: whoever writes it expects one.
func idle(fs *flag.FlagSet, line []words.Given) error {
	now := func(name string) string {
		for _, g := range line {
			if g.Flag.Name == name {
				return g.Value
			}
		}
		if f := fs.Lookup(name); f != nil {
			return f.Value.String()
		}
		return ""
	}
	ours := func(name string) bool {
		f := fs.Lookup(name)
		if f == nil {
			return false
		}
		_, ok := f.Value.(*hyperFlag)
		return ok
	}
	if f := fs.Lookup("fork"); f != nil && now("fork") != "" {
		return nil // what is not given is that run's
	}
	for _, g := range line {
		name := g.Flag.Name
		if zero(g.Value) {
			continue
		}
		with := "" // what makes it idle
		switch name {
		case "momentum", "decay":
			if o := now("optimizer"); ours(name) && slices.Contains(optim.Ignored(o), name) {
				with = "the optimizer " + o + onlyWith(names(optim.Optimizers()), optim.Ignored, name)
			}
		case "gamma", "milestones":
			if s := now("schedule"); ours(name) && slices.Contains(optim.IgnoredBySchedule(s), name) {
				with = "the schedule " + s + onlyWith(names(optim.Schedules()), optim.IgnoredBySchedule, name)
			}
		case "activation", "dropout":
			if ours(name) && strings.TrimSpace(now("hidden")) == "none" {
				with = "--hidden=none"
			}
		case "sigma":
			if fs.Lookup("alpha") != nil && zero(now("alpha")) {
				with = "no --alpha"
			}
		case "keep":
			if fs.Lookup("shift") != nil && !slices.ContainsFunc(amounts(), func(n string) bool { return !zero(now(n)) }) {
				with = "no other augmentation"
			}
		}
		if name == "hidden" || name == "activation" || name == "dropout" {
			if ours(name) && now("layers") != "" {
				with = "--layers"
			}
		}
		if with != "" {
			return fmt.Errorf("--%s=%s has no effect with %s", name, printable.Text(g.Value), with)
		}
	}
	return nil
}

// Idle reports whether a flag of a run, of a set in which [Hyper.Register] and the
// like have put it, has no effect beside the others as they are.
func Idle(fs *flag.FlagSet, name string) bool {
	f := fs.Lookup(name)
	return f != nil && idle(fs, []words.Given{{Flag: f, Value: "1"}}) != nil
}

// zero reports whether the value of a flag stands for nothing.
func zero(value string) bool { return strings.Trim(value, "0.") == "" }

// onlyWith are those of some names that do not ignore a knob.
func onlyWith(all []string, ignored func(string) []string, knob string) string {
	all = slices.DeleteFunc(all, func(name string) bool { return slices.Contains(ignored(name), knob) })
	if len(all) == 0 {
		return ""
	}
	return ", only with " + strings.Join(all, ", ")
}

// amounts are the flags of an augmentation that change an image.
func amounts() (list []string) {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	new(data.Augment).Register(fs)
	fs.VisitAll(func(f *flag.Flag) {
		if f.Name != "sigma" && f.Name != "keep" {
			list = append(list, f.Name)
		}
	})
	return list
}

// hyperFlag is a flag of a Hyper, which remembers that it was given.
type hyperFlag struct {
	flag.Value
	h    *Hyper
	name string
}

func (f *hyperFlag) String() string {
	if f.Value == nil { // package flag makes one to learn of the zero value
		return ""
	}
	return f.Value.String()
}

func (f *hyperFlag) Set(s string) error {
	if err := f.Value.Set(s); err != nil {
		return err
	}
	set := maps.Clone(f.h.set) // a copy of h has its own
	if set == nil {
		set = map[string]bool{}
	}
	set[f.name] = true
	f.h.set = set
	if i := slices.Index(mlpFlags[:], f.name); i >= 0 && !zero(s) {
		f.h.given[i] = true
	}
	return nil
}

func (f *hyperFlag) Get() any { return f.Value.(flag.Getter).Get() }

// mlpFlags have no effect where the layers are given.
var mlpFlags = [...]string{"hidden", "activation", "dropout"}
