package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"inkling/pkg/nn/train"
)

func runsCommand(args []string) (int, error) {
	rest, err := parseWords("runs", newFlags(), args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Println("usage: go run ./scripts/inkling runs [QUESTION]")
		return 0, nil
	case err != nil:
		return 0, err
	case len(rest) > 1:
		return 0, fmt.Errorf("%d questions, want one or none", len(rest))
	}
	question := ""
	if len(rest) == 1 {
		question = rest[0]
	}
	if q := questions(); question != "" && !slices.Contains(q, question) {
		return 0, fmt.Errorf("no runs of question %.40q%s%s", question, train.DidYouMean(question, q), havingRuns())
	}
	// The runs that can be read are shown beside the error on those that cannot.
	runs, damaged := train.StoredRuns(question)
	if len(runs) == 0 && damaged == nil {
		fmt.Println("the run store is empty")
		return 0, nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "question\tdata\trun\tstatus\tdev %\tat\tsteps\tseconds\ttest %\tweights\tstarted\tfolder")
	for _, r := range runs {
		dev, test := "–", ""
		if r.Judged() {
			dev = fmt.Sprintf("%.2f", 100*r.Best.Score)
		}
		if r.Record.Test != nil {
			test = fmt.Sprintf("%.2f", 100*r.Record.Test.Accuracy)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%.1f\t%s\t%d\t%s\t%s\n",
			r.Question, filepath.Base(filepath.Dir(filepath.Dir(r.Dir))), r.Name, r.Status, dev, r.Best.Step, r.Steps,
			r.Seconds, test, r.Weights, r.Started.Format("2006-01-02 15:04"), filepath.Base(r.Dir))
	}
	return 0, errors.Join(w.Flush(), damaged)
}
