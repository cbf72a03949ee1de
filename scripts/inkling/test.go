package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

func testCommand(args []string) (int, error) {
	rest, err := parse(newFlags(), args)
	switch {
	case errors.Is(err, errHelp):
		fmt.Println("usage: go run ./scripts/inkling test FILE|QUESTION…\n" +
			"  FILE      a saved model, best.safetensors of a run, or the folder of a run\n" +
			"  QUESTION  the best model of a question: " + strings.Join(questions(), ", "))
		return 0, nil
	case err != nil:
		return 0, err
	case len(rest) == 0:
		return 0, errors.New("nothing to test, want FILE or QUESTION" + havingRuns())
	}
	// Files that are no models are told before the data is loaded.
	for _, arg := range rest {
		if path, ok := modelFile(arg); ok {
			if _, _, err := nn.Load(path); err != nil {
				return 0, err
			}
		} else if !slices.Contains(questions(), arg) {
			return 0, fmt.Errorf("%.60q is neither a file nor a question that has runs%s%s", arg, train.DidYouMean(arg, questions()), havingRuns())
		}
	}
	for i, arg := range rest {
		if i > 0 {
			fmt.Println()
		}
		if err := test(arg); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// modelFile is the file that arg names, if it names one.
func modelFile(arg string) (path string, ok bool) {
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return filepath.Join(arg, "best.safetensors"), true
	case err == nil:
		return arg, true
	}
	return arg, strings.ContainsAny(arg, `/\`) || filepath.Ext(arg) == ".safetensors" || !errors.Is(err, fs.ErrNotExist)
}

// questions are those that have runs.
func questions() []string {
	runs, _ := train.StoredRuns("") // a damaged run is not what was asked about
	var list []string
	for _, r := range runs {
		list = append(list, r.Question)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func havingRuns() string {
	if q := questions(); len(q) > 0 {
		return "; questions with runs: " + strings.Join(q, ", ")
	}
	return "; the run store is empty"
}

// test prints how the model that arg names does on the test set.
func test(arg string) error {
	path, file := modelFile(arg)
	question := arg
	if file {
		question = "command" // its part of the run store is not used
	}
	lab, err := train.Open(context.Background(), question)
	if err != nil {
		return err
	}
	if !file {
		path = lab.BestPath(question)
	}
	var m *nn.Model
	var meta map[string]string
	if file {
		m, meta, err = lab.LoadModel(path)
	} else {
		m, meta, err = lab.BestModel(question)
	}
	if err != nil {
		return err
	}
	fmt.Printf("%v\n", lab.Digits)
	fmt.Printf("model: %s\n", path)
	if meta["name"] != "" {
		fmt.Printf("  %s; question %s, run %s\n  trained on %s; dev accuracy %s at step %s\n",
			meta["name"], meta["question"], meta["run"], meta["data"], meta["dev_accuracy"], meta["step"])
	}
	p := train.Judge(m, lab.Digits.Test)
	right := int(p.Accuracy()*float64(len(p.Labels)) + 0.5)
	fmt.Printf("\n%v\naccuracy %.2f %% (%d of %d wrong), top-2 %.2f %%, NLL %.4f, ECE %.4f\n\n",
		m, 100*p.Accuracy(), len(p.Labels)-right, len(p.Labels), 100*p.TopK(2), p.NLL(), p.Calibration(15).ECE)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "digit\timages\tprecision %\trecall %\tF1 %\t")
	for _, c := range p.Classes() {
		fmt.Fprintf(w, "%d\t%d\t%.2f\t%.2f\t%.2f\t\n", c.Class, c.N, 100*c.Precision, 100*c.Recall, 100*c.F1)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	var worst []string
	for _, k := range p.MostConfused(5) {
		worst = append(worst, fmt.Sprintf("%d as %d (%d)", k.Label, k.Predicted, k.Count))
	}
	if len(worst) > 0 {
		fmt.Println("most often taken:", strings.Join(worst, ", "))
	}
	return nil
}
