package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"inkling/pkg/lab"
)

// newFlags makes a flag set that prints nothing by itself.
func newFlags() *flag.FlagSet {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return fs
}

// dataFlag adds --data to fs: which data a command uses, for lab.Open.
func dataFlag(fs *flag.FlagSet) *string {
	return fs.String("data", "", "mnist, synthetic, or PATH[,options] of labelled images; else what INKLING_DATA says")
}

// shellWord is a word as a shell takes it for one.
func shellWord(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,/:@%") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// parse sets the flags of fs from args, of a command that takes nothing else, in
// the words of package train: errors say what was given and what is allowed, and
// show the line as it should be. It is flag.ErrHelp if help is asked for.
func parse(command string, fs *flag.FlagSet, args []string) error {
	_, err := lab.Line("inkling "+command, fs).Parse(args)
	return cmp.Or(err, unsaid(fs))
}

// parseWords is parse for a command that takes other words too, which it returns.
func parseWords(command string, fs *flag.FlagSet, args []string) ([]string, error) {
	l := lab.Line("inkling "+command, fs)
	l.Words = true
	rest, err := l.Parse(args)
	return rest, cmp.Or(err, unsaid(fs))
}

// unsaid refuses an empty value of a flag that asks for something by being there:
// --fork=$RUN of a shell that knows no RUN would train another network, on other data
// perhaps.
func unsaid(fs *flag.FlagSet) (err error) {
	fs.Visit(func(f *flag.Flag) {
		if f.Value.String() == "" && slices.Contains([]string{"data", "dask", "fork", "layers"}, f.Name) {
			err = cmp.Or(err, fmt.Errorf("--%s is empty: %s", f.Name, f.Usage))
		}
	})
	return err
}

// checkFigure reports why no figure can be drawn into the file that a flag names.
func checkFigure(flag, path string) error {
	if path == "" || slices.Contains([]string{".png", ".svg", ".pdf"}, strings.ToLower(filepath.Ext(path))) {
		return nil
	}
	return fmt.Errorf("--%s %.60q, want a name that ends in .png, .svg or .pdf", flag, path)
}

// help prints how a command is used, and its flags.
func help(usage string, fs *flag.FlagSet) {
	if asked != nil {
		asked(fs)
		return
	}
	fmt.Println("usage: go run ./scripts/inkling " + usage)
	lab.FlagHelp(os.Stdout, fs)
}

// asked takes the flags of a command whose help is asked for, instead of the screen:
// for completion, which so knows every flag that there is.
var asked func(fs *flag.FlagSet)

// printJSON prints a value for programs.
func printJSON(v any) error {
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// count is a number and what it counts, "1 run" or "3 runs".
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprint(n, " ", what)
}
