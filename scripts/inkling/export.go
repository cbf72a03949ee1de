package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/export"
	"inkling/pkg/nn/onnx"
	"inkling/pkg/nn/safetensors"
	"inkling/pkg/nn/train"
)

// forms are what a network is exported as: a flag, and what writes it.
var forms = []struct {
	flag, ending, help string
	write              func(path, pkg string, s export.Subject) (files []string, err error)
}{
	{"onnx", ".onnx", "an ONNX file, for other runtimes", exportONNX},
	{"go", ".go", "a Go file that classifies with the standard library alone", exportGo},
	{"json", ".json", "a JSON document of the network and its weights", exportJSON},
	{"pytorch", ".py", "a PyTorch program, with its weights beside it", exportPyTorch},
	{"safetensors", ".safetensors", "the weights as they are saved here", exportWeights},
}

// pytorchForm is the one that writes a file as models are saved in.
const pytorchForm = 3

// weightsForm is the one that writes a model as it is saved here.
const weightsForm = 4

func exportCommand(args []string) (int, error) {
	fs := newFlags()
	of := dataFlag(fs)
	paths := make([]string, len(forms))
	for i, f := range forms {
		fs.StringVar(&paths[i], f.flag, "", f.help+" (…"+f.ending+")")
	}
	pkg := fs.String("package", "digits", "name of the Go package")
	licence := fs.String("licence", "", "under what the network may be used, for its card")
	var h histories
	fs.StringVar(&h.csv, "csv", "", "the histories of runs as a table (….csv, - for the screen)")
	fs.StringVar(&h.jsonl, "jsonl", "", "the histories of runs as lines of JSON, with the names of watch --json (….jsonl, - for the screen)")
	fs.StringVar(&h.tensorboard, "tensorboard", "", "the histories of runs for TensorBoard, in a folder for each below this one")
	rest, err := parseWords("export", fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help("export [--go=FILE.go …] FILE|QUESTION|RUN [MODEL.onnx]        the network\n"+
			"       go run ./scripts/inkling export --csv=FILE.csv|--jsonl=FILE.jsonl|--tensorboard=FOLDER QUESTION|RUN…   the histories\n"+
			"  FILE      a saved model, best.safetensors of a run, or the folder of a run\n"+
			"  QUESTION  the best model of a question, or the histories of all its runs: "+strings.Join(lab.Questions(), ", ")+"\n"+
			"  RUN       a run by its id, name or label; for histories, a name that runs share which differ in their seeds is all of them\n"+
			"A card, FILE.md, says beside each file what the network is.", fs)
		return 0, nil
	case err != nil:
		return 0, err
	}
	if h != (histories{}) {
		for i, f := range forms {
			if paths[i] != "" {
				return 0, fmt.Errorf("--%s is of networks, --csv, --jsonl and --tensorboard of histories: want one kind", f.flag)
			}
		}
		return 0, h.export(rest)
	}
	if len(rest) == 2 && filepath.Ext(rest[1]) == ".onnx" && paths[0] == "" {
		paths[0], rest = rest[1], rest[:1]
	}
	switch {
	case len(rest) == 0:
		return 0, errors.New("nothing to export, want FILE, QUESTION or RUN" + havingRuns())
	case len(rest) > 1:
		return 0, fmt.Errorf("unexpected argument %.60q, want one model, and a MODEL.onnx", rest[1])
	case !slices.ContainsFunc(paths, func(p string) bool { return p != "" }):
		return 0, fmt.Errorf("nowhere to export to: write: inkling export %s MODEL.onnx, or --go=FILE.go, --json=FILE.json, --pytorch=FILE.py, --safetensors=FILE.safetensors; of histories --csv, --jsonl, --tensorboard", shellWord(rest[0]))
	}
	for i, f := range forms {
		if paths[i] != "" && filepath.Ext(paths[i]) != f.ending {
			return 0, fmt.Errorf("--%s %.60q, want a name that ends in %s", f.flag, paths[i], f.ending)
		}
	}
	if twin := paths[pytorchForm]; twin != "" {
		weights := strings.TrimSuffix(twin, ".py") + ".safetensors"
		if ours := paths[weightsForm]; ours != "" && filepath.Clean(ours) == filepath.Clean(weights) {
			return 0, fmt.Errorf("--safetensors %.60q is where --pytorch %.60q has its weights, as PyTorch lays them out: want another name", ours, twin)
		}
		if model, file := modelFile(rest[0]); file && sameFile(model, weights) {
			return 0, fmt.Errorf("--pytorch %.60q has its weights in %.60q, which is the model itself: want another name", twin, weights)
		}
	}
	s, err := subject(rest[0], *of)
	if err != nil {
		return 0, err
	}
	told := map[string][]string{} // files of a card
	for i, f := range forms {
		if paths[i] == "" {
			continue
		}
		files, err := f.write(paths[i], *pkg, s)
		if err != nil {
			return 0, err
		}
		card := strings.TrimSuffix(paths[i], f.ending) + ".md"
		told[card] = append(told[card], files...)
		if err := s.Card(card, export.Card{Title: title(s), Licence: *licence, Scores: testScores(s.Meta), Files: told[card]}); err != nil {
			return 0, err
		}
		fmt.Println(strings.Join(append(files, card), "\n"))
	}
	return 0, nil
}

// subject is the model that arg names, as a file, as a question that has runs on
// the data of, or as a run.
func subject(arg, of string) (s export.Subject, err error) {
	path, file := modelFile(arg)
	switch {
	case file:
		if s.Model, s.Meta, err = nn.Load(path); err == nil && train.IsState(s.Meta) {
			err = fmt.Errorf("%s: the state of an unfinished run, not a model: want best.safetensors beside it", path)
		}
	case slices.Contains(lab.Questions(), arg):
		var l *lab.Lab
		if l, err = lab.Open(context.Background(), arg, of); err == nil {
			s.Model, s.Meta, err = l.BestModel(arg)
		}
	default:
		var r *lab.Result
		if r, err = runNamed(arg); err == nil {
			if s.Model, err = r.Model(); err == nil {
				s.Meta, err = safetensors.Meta(filepath.Join(r.Dir, "best.safetensors"))
			}
		}
	}
	if err != nil {
		return s, err
	}
	kind, err := lab.Kind(s.Model, s.Meta)
	switch {
	case err == nil:
		s.Classes, s.Prepared = kind.Classes, kind.Prepared
	case s.Meta["classes"] == "": // no classifier, or one that nobody named the classes of
		err = nil
	default: // or one of something else than images
		s.Classes, err = classesOf(s.Model, s.Meta)
	}
	return s, err
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// title is what the card is called.
func title(s export.Subject) string {
	if name := s.Meta["name"]; name != "" {
		return name
	}
	return nn.Outline(s.Model.Layers)
}

// testScores are those that the run of a model has.
func testScores(meta map[string]string) []export.Score {
	runs, _ := lab.StoredRuns(meta["question"])
	for _, r := range runs {
		if meta["run"] != "" && filepath.Base(r.Dir) == meta["run"] && r.Record.Test != nil {
			return []export.Score{{Name: "test accuracy", Value: fmt.Sprintf("%.2f %%", 100*r.Record.Test.Accuracy)}}
		}
	}
	return nil
}

func exportONNX(path, _ string, s export.Subject) ([]string, error) {
	return []string{path}, onnx.Save(path, s.Model, s.Meta)
}

func exportWeights(path, _ string, s export.Subject) ([]string, error) {
	return []string{path}, s.Model.Save(path, s.Meta)
}

func exportGo(path, pkg string, s export.Subject) ([]string, error) { return s.Go(path, pkg) }

func exportJSON(path, _ string, s export.Subject) ([]string, error) {
	return []string{path}, s.JSON(path)
}

func exportPyTorch(path, _ string, s export.Subject) ([]string, error) { return s.PyTorch(path) }
