package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"

	"inkling/pkg/lab"
	"inkling/pkg/lab/compare"
	"inkling/pkg/viz"
)

const compareUsage = `compare [--test] [--figure=FILE] [--json] RUN RUN…
  RUN   the id of a run or its beginning, its name or its label, as inkling runs lists them; a name that
        runs share which differ in nothing but their seeds stands for all of them
what changed between runs, and did it help? the first is what the others are compared with`

func compareCommand(args []string) (int, error) {
	var question, figure string
	var onTest, asJSON bool
	fs := newFlags()
	of := dataFlag(fs)
	fs.StringVar(&question, "question", "", "look among the runs of this question only")
	fs.StringVar(&figure, "figure", "", "draw errors and flipped images into this file, .png, .svg or .pdf")
	fs.BoolVar(&onTest, "test", false, "compare on the test set instead of dev: at the end, once")
	fs.BoolVar(&asJSON, "json", false, "print all of it as JSON")
	rest, err := parseWords("compare", fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(compareUsage, fs)
		return 0, nil
	case err != nil:
		return 0, err
	case len(rest) < 2:
		return 0, fmt.Errorf("%s to compare, want two at least: inkling runs lists the runs", count(len(rest), "run"))
	case checkFigure("figure", figure) != nil:
		return 0, checkFigure("figure", figure)
	}
	if q := lab.Questions(); question != "" && !slices.Contains(q, question) {
		return 0, fmt.Errorf("no runs of question %.40q%s%s", question, lab.DidYouMean(question, q), havingRuns())
	}
	stored, damaged := lab.StoredRuns(question)
	runs, err := lab.FindSeeds(stored, rest...)
	if err != nil {
		return 0, errors.Join(err, damaged) // perhaps it is what was asked about
	}
	l, err := lab.Open(context.Background(), cmp.Or(question, runs[0].Question), *of)
	if err != nil {
		return 0, err
	}
	over := compare.Runs
	if onTest {
		over = compare.OnTest
	}
	c, err := over(l, runs...)
	if err != nil {
		return 0, err
	}
	if asJSON {
		err = printJSON(c)
	} else {
		fmt.Println(c)
		fmt.Println()
		viz.Show(c.Table(), viz.Text(""), c.PairTable())
	}
	if err == nil && figure != "" {
		err = viz.Save(figure, viz.Panels{Columns: 1, Figures: c.Figures()})
	}
	return 0, err
}
