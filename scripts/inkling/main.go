// Command inkling trains and tests networks from the command line, on the
// data and in the run store of the notebooks.
//
//	go run ./scripts/inkling train --hidden=512,256 --lr=0.1
//	go run ./scripts/inkling search --lr=0.01..1:log --optimizer=sgd,adam --budget=30runs
//	go run ./scripts/inkling test q1
//	go run ./scripts/inkling predict photo.jpg
//	go run ./scripts/inkling runs
//	go run ./scripts/inkling watch
//	go run ./scripts/inkling compare "lr 0.1" "lr 0.2"
//	go run ./scripts/inkling export q1 digits.onnx
//	go run ./scripts/inkling import digits.onnx digits.safetensors
//	go run ./scripts/inkling import --from=keras --layers=linear:out=128,relu,linear:out=10 keras.npz digits.safetensors
//	go run ./scripts/inkling notebook q1 >runs/q1/main.go
//	go run ./scripts/inkling notebook --new mine
//	go run ./scripts/inkling data
//	go run ./scripts/inkling version
//
// What goes wrong is told in one line on stderr. The exit code is 0 if all went
// well, 1 if a run diverged, 2 for a mistake in what was given or found, and 128
// with the number of the signal if one ended it: 130 for SIGINT, 143 for SIGTERM,
// 129 for SIGHUP (what was at work is saved). The command is a thin layer:
// the work is package train's.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	_ "inkling/pkg/data/download" // the data command fetches MNIST
	"inkling/pkg/lab"
)

// Exit codes.
const (
	exitDiverged = 1
	exitMistake  = 2
)

var commands = []struct {
	name, args, help string
	run              func(args []string) (code int, err error)
}{
	{"train", "[--flags]", "train a network; --help lists the flags", trainCommand},
	{"search", "[--flags]", "try hyperparameters: any flag of train with several values or a range", searchCommand},
	{"test", "FILE|QUESTION|RUN…", "accuracy of saved models on the test set", testCommand},
	{"predict", "PICTURE…", "what a network reads in pictures of your own", predictCommand},
	{"runs", "[show|rename|rm|prune]", "the runs in the run store: list, look, rename, remove", runsCommand},
	{"watch", "[RUN…]", "runs that other processes train, while they do", watchCommand},
	{"compare", "RUN RUN…", "what changed between runs, and did it help?", compareCommand},
	{"export", "MODEL OUT", "a model as ONNX, Go, JSON, PyTorch; histories as CSV, JSON, for TensorBoard", exportCommand},
	{"import", "MODEL OUT", "an ONNX model, or weights of PyTorch, Keras, … as a saved one", importCommand},
	{"notebook", "[--new] NAME|FILE", "a notebook as a Go program, on standard output; --new writes one to begin with", notebookCommand},
	{"data", "", "which data is used; fetches and verifies MNIST if need be", dataCommand},
	{"version", "", "which inkling this is, its compiler and kernels", versionCommand},
	{"completion", "bash|zsh", "what a shell completes lines from", completionCommand},
}

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "inkling:", lab.OneLine(err))
		code = max(code, exitMistake)
	}
	os.Exit(code)
}

func run(args []string) (int, error) {
	if len(args) == 0 {
		return 0, errors.New("no command; " + commandList())
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return helpCommand(args[1:])
	case "__complete":
		completeWords(args[1:])
		return 0, nil
	case "work": // not for people
		return workCommand(args[1:])
	}
	var names []string
	for _, c := range commands {
		if c.name == args[0] {
			return c.run(args[1:])
		}
		names = append(names, c.name)
	}
	return 0, fmt.Errorf("unknown command %.40q%s; %s", args[0], lab.DidYouMean(args[0], names), commandList())
}

// topics are what help tells of beside the commands.
var topics = []struct {
	name, help string
	show       func(w io.Writer) error
}{
	{"layers", "the kinds of layers with an example each", layersHelp},
	{"cluster", "runs on more than one machine", clusterHelp},
}

// helpCommand is for those who write help before the name of what they ask about: a
// command, one of its actions or flags, or a topic.
func helpCommand(args []string) (int, error) {
	if len(args) == 0 {
		usage(os.Stdout)
		return 0, nil
	}
	var names []string
	for _, t := range topics {
		switch names = append(names, t.name); {
		case t.name != args[0]:
		case len(args) > 1:
			return 0, fmt.Errorf("help %s is all there is, want no %.40q behind it", t.name, args[1])
		default:
			return 0, t.show(os.Stdout)
		}
	}
	for _, c := range commands {
		switch names = append(names, c.name); {
		case c.name != args[0]:
		case len(args) == 1:
			return c.run([]string{"--help"})
		case c.name == "runs" && len(args) == 2 && slices.Contains(runsActions, args[1]):
			return c.run([]string{args[1], "--help"})
		default:
			return 0, flagsHelp(c.name, args[1:])
		}
	}
	return 0, fmt.Errorf("no help on %.40q%s, want one of: %s", args[0], lab.DidYouMean(args[0], names), strings.Join(names, ", "))
}

// flagsHelp tells of some flags of a command.
func flagsHelp(command string, names []string) error {
	all, known := newFlags(), []string{}
	add := func(words ...string) {
		flagsOf(words).VisitAll(func(f *flag.Flag) {
			if all.Lookup(f.Name) == nil {
				all.Var(f.Value, f.Name, f.Usage)
				known = append(known, f.Name)
			}
		})
	}
	add(command)
	if command == "runs" {
		for _, action := range runsActions {
			add(command, action)
		}
		known = append(known, runsActions...)
	}
	some := newFlags()
	for _, name := range names {
		name, _, _ = strings.Cut(strings.TrimLeft(name, "-"), "=")
		f := all.Lookup(name)
		switch {
		case f == nil && len(known) == 0:
			return fmt.Errorf("help %s is all there is, want no %.40q behind it", command, name)
		case f == nil:
			return fmt.Errorf("no help on %s %.40q%s, want one of: %s", command, name, lab.DidYouMean(name, known), strings.Join(known, ", "))
		case some.Lookup(name) == nil:
			some.Var(f.Value, f.Name, f.Usage)
		}
	}
	lab.FlagHelp(os.Stdout, some)
	return nil
}

func commandList() string {
	var names []string
	for _, c := range commands {
		names = append(names, c.name)
	}
	return "known: " + strings.Join(names, ", ")
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: go run ./scripts/inkling COMMAND")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-22s %s\n", c.name+" "+c.args, c.help)
	}
	fmt.Fprintf(w, "  %-22s %s\n", "help [COMMAND [FLAG…]]", "this, a command, or some of its flags; runs show and its like")
	for _, t := range topics {
		fmt.Fprintf(w, "  %-22s %s\n", "help "+t.name, t.help)
	}
	fmt.Fprintln(w, "environment: MNIST_DIR, INKLING_DATA=auto|mnist|synthetic|PATH[,options], INKLING_RUNS, INKLING_QUICK=1")
}
