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
	"fmt"
	"io"
	"os"
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

// helpCommand is for those who write help before the name of what they ask about.
func helpCommand(args []string) (int, error) {
	names := []string{"layers"}
	for _, c := range commands {
		names = append(names, c.name)
	}
	switch {
	case len(args) == 0:
		usage(os.Stdout)
		return 0, nil
	case len(args) > 1:
		return 0, fmt.Errorf("help on %d things, want one of: %s", len(args), strings.Join(names, ", "))
	case args[0] == "layers":
		return 0, layersHelp(os.Stdout)
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.run([]string{"--help"})
		}
	}
	return 0, fmt.Errorf("no help on %.40q%s, want one of: %s", args[0], lab.DidYouMean(args[0], names), strings.Join(names, ", "))
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
	fmt.Fprintf(w, "  %-22s %s\n", "help [COMMAND|layers]", "this, the flags of a command, or the kinds of layers with an example each")
	fmt.Fprintln(w, "environment: MNIST_DIR, INKLING_DATA=auto|mnist|synthetic|PATH[,options], INKLING_RUNS, INKLING_QUICK=1")
}
