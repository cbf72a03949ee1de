package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"inkling/pkg/lab"
	"inkling/pkg/lab/predict"
	"inkling/pkg/nn"
	"inkling/pkg/nn/metric"
	"inkling/pkg/nn/safetensors"
)

func testCommand(args []string) (int, error) {
	var shifts, scatter int
	fs := newFlags()
	of := dataFlag(fs)
	fs.IntVar(&scatter, "scatter", 0, "also so many test images scattered, each drawn anywhere on a large canvas, found there and prepared anew")
	fs.IntVar(&shifts, "shifts", 0, "also the mean of the views moved by up to so many pixels, 0 to 3")
	rest, err := parseWords("test", fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help("test [--data=WHAT] [--shifts=N] [--scatter=N] FILE|QUESTION|RUN…\n"+
			"  FILE      a saved model, best.safetensors of a run, or the folder of a run\n"+
			"  QUESTION  the best model of a question: "+strings.Join(lab.Questions(), ", ")+"\n"+
			"  RUN       the best model of a run, by its id, name or label", fs)
		return 0, nil
	case err != nil:
		return 0, err
	case shifts < 0 || shifts > 3:
		return 0, fmt.Errorf("--shifts %d, want 0 to 3: %s", shifts, fs.Lookup("shifts").Usage)
	case scatter < 0 || scatter > 100000:
		return 0, fmt.Errorf("--scatter %d, want 0 to 100000: %s", scatter, fs.Lookup("scatter").Usage)
	case len(rest) == 0:
		return 0, errors.New("nothing to test, want FILE, QUESTION or RUN" + havingRuns())
	}
	// Files that are no models are told before the data is loaded.
	for i, arg := range rest {
		if path, ok := modelFile(arg); ok {
			if _, _, err := nn.Load(path); err != nil {
				return 0, err
			}
		} else if !slices.Contains(lab.Questions(), arg) {
			r, err := runNamed(arg)
			if err != nil {
				return 0, err
			}
			if _, err := r.Model(); err != nil {
				return 0, err
			}
			rest[i] = r.Dir
		}
	}
	for i, arg := range rest {
		if i > 0 {
			fmt.Println()
		}
		if err := test(arg, *of, shifts, scatter); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// share is a share in %, "–" if there is none, as the precision of a class that
// is never named.
func share(v float64) string { return lab.StatOf([]float64{100 * v}).String() }

// percent is the share that a model's file tells as "99.12 %", or what else it tells.
func percent(share string) string {
	f, err := strconv.ParseFloat(share, 64)
	if err != nil {
		return share
	}
	return fmt.Sprintf("%.2f %%", 100*f)
}

// accuracy is "99.12 % (88 of 10000 wrong)".
func accuracy(p *metric.Predictions) string {
	right := int(p.Accuracy()*float64(len(p.Labels)) + 0.5)
	return fmt.Sprintf("%.2f %% (%d of %d wrong)", 100*p.Accuracy(), len(p.Labels)-right, len(p.Labels))
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

// runNamed is the run that a word names which is no file and no question.
func runNamed(ref string) (*lab.Result, error) {
	runs, damaged := lab.StoredRuns("")
	r, err := lab.Find(runs, ref)
	if err != nil && strings.HasPrefix(err.Error(), "lab: no run ") {
		err = fmt.Errorf("%.60q is neither a file nor a question that has runs, nor a run%s%s", ref, lab.DidYouMean(ref, lab.Questions()), havingRuns())
		return nil, errors.Join(err, damaged)
	}
	return r, err
}

func havingRuns() string {
	if q := lab.Questions(); len(q) > 0 {
		return "; questions with runs: " + strings.Join(q, ", ")
	}
	return "; the run store is empty"
}

// trainedOn says what a model's file tells of the data it was trained on.
func trainedOn(path string) string {
	meta, err := safetensors.Meta(path)
	name, _, _ := strings.Cut(meta["data"], ", ")
	if err != nil || name == "" {
		return ""
	}
	switch name {
	case "MNIST":
		return ", --data=mnist those that it was trained on"
	case "synthetic digits":
		return ", --data=synthetic those that it was trained on"
	}
	return fmt.Sprintf(", as it was trained on %.60s", name)
}

// test prints how the model that arg names does on the test set; with shifts also
// how the mean of its views does, and with scatter how it does on pictures of so many
// test images.
func test(arg, of string, shifts, scatter int) error {
	path, file := modelFile(arg)
	question := arg
	if file {
		question = "command" // its part of the run store is not used
	}
	l, err := lab.Open(context.Background(), question, of)
	if err != nil {
		return err
	}
	if !file {
		path = l.BestPath(question)
	}
	var m *nn.Model
	var meta map[string]string
	if file {
		if m, meta, err = l.LoadModel(path); err != nil && strings.Contains(err.Error(), "a model of ") {
			err = fmt.Errorf("%w: --data says on which images to test it%s", err, trainedOn(path))
		}
	} else {
		m, meta, err = l.BestModel(question)
	}
	if err != nil {
		return err
	}
	fmt.Printf("%v\n", l.Data)
	fmt.Printf("model: %s\n", path)
	if meta["name"] != "" {
		fmt.Printf("  %s; question %s, run %s\n  trained on %s; dev accuracy %s at step %s\n",
			meta["name"], meta["question"], meta["run"], meta["data"], percent(meta["dev_accuracy"]), meta["step"])
	}
	p := metric.Judge(m, l.Data.Test)
	fmt.Printf("\n%v\naccuracy %s, top-2 %.2f %%, NLL %.4f, ECE %.4f\n",
		m, accuracy(p), 100*p.TopK(2), p.NLL(), p.Calibration(15).ECE)
	if views := metric.Shifts(shifts); shifts > 0 {
		fmt.Printf("mean of %d views moved by up to %d px: accuracy %s\n", len(views), shifts,
			accuracy(metric.JudgeViews(m, l.Data.Test, views...)))
	}
	if scatter > 0 {
		some := l.Data.Test.First(scatter)
		reader := &predict.Reader{Model: m, Kind: l.Data.Test}
		again, err := reader.Transfer(some, 1)
		if err != nil {
			return err
		}
		fmt.Printf("the first %d scattered and prepared anew: accuracy %s; as they are: %s\n", some.Len(), accuracy(again), accuracy(metric.Judge(m, some)))
	}
	fmt.Println()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', tabwriter.AlignRight)
	names := l.Data.Test.Classes
	fmt.Fprintln(w, "class\timages\tprecision %\trecall %\tF1 %\t")
	for _, c := range p.Classes() {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t\n", names[c.Class], c.N, share(c.Precision), share(c.Recall), share(c.F1))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	var worst []string
	for _, k := range p.MostConfused(5) {
		as := "nothing"
		if k.Predicted != metric.NoAnswer {
			as = names[k.Predicted]
		}
		worst = append(worst, fmt.Sprintf("%s as %s (%d)", names[k.Label], as, k.Count))
	}
	if len(worst) > 0 {
		fmt.Println("most often taken:", strings.Join(worst, ", "))
	}
	return nil
}
