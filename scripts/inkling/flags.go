package main

import (
	"flag"
	"fmt"
	"io"
	"os"
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
	_, err := lab.Line{Start: "inkling " + command, Flags: fs}.Parse(args)
	return err
}

// parseWords is parse for a command that takes other words too, which it returns.
func parseWords(command string, fs *flag.FlagSet, args []string) ([]string, error) {
	return lab.Line{Start: "inkling " + command, Flags: fs, Words: true}.Parse(args)
}

// help prints how a command is used, and its flags.
func help(usage string, fs *flag.FlagSet) {
	fmt.Println("usage: go run ./scripts/inkling " + usage)
	lab.FlagHelp(os.Stdout, fs)
}
