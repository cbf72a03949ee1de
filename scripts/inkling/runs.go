package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"inkling/pkg/lab"
)

const runsUsage = `runs [--json] [QUESTION]           list runs, each with what it differs in from the others of its question
       go run ./scripts/inkling runs show RUN                  all that the store knows of a run
       go run ./scripts/inkling runs rename RUN NAME           give a run a name, for lists and legends
       go run ./scripts/inkling runs rm [--question=Q] RUN…    remove runs
       go run ./scripts/inkling runs rm [--question=Q] --old   remove the runs of older code
  RUN   the id of a run or its beginning, or its name; several that fit are listed
runs that are in training are left alone`

func runsCommand(args []string) (int, error) {
	var question string
	var old, asJSON bool
	fs := newFlags()
	fs.BoolVar(&asJSON, "json", false, "print the records, hyperparameters and all, as lines of JSON")
	fs.StringVar(&question, "question", "", "look among the runs of this question only")
	fs.BoolVar(&old, "old", false, "rm: every run of older code than this program's")
	rest, err := parseWords("runs", fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(runsUsage, fs)
		return 0, nil
	case err != nil:
		return 0, err
	}
	// What is set and has no effect is a mistake.
	action := "list"
	if len(rest) > 0 && slices.Contains([]string{"show", "rename", "rm"}, rest[0]) {
		action, rest = rest[0], rest[1:]
	}
	switch {
	case old && action != "rm":
		return 0, errors.New("--old is for runs rm")
	case asJSON && action != "list":
		return 0, errors.New("--json is for the list of runs")
	}
	if action == "list" {
		if len(rest) > 1 {
			return 0, fmt.Errorf("%d questions, want one or none; actions are show, rename and rm%s", len(rest), lab.DidYouMean(rest[0], []string{"show", "rename", "rm"}))
		}
		if len(rest) == 1 {
			question = rest[0]
		}
	}
	if q := questions(); question != "" && !slices.Contains(q, question) {
		return 0, fmt.Errorf("no runs of question %.40q%s%s", question, lab.DidYouMean(question, q), havingRuns())
	}
	// The runs that can be read are shown beside the error on those that cannot.
	runs, damaged := lab.StoredRuns(question)
	switch action {
	case "show":
		return 0, errors.Join(showRun(runs, rest), damaged)
	case "rename":
		return 0, renameRun(runs, rest)
	case "rm":
		return 0, removeRuns(runs, rest, old)
	}
	switch {
	case asJSON:
		enc := json.NewEncoder(os.Stdout)
		for _, r := range runs {
			if err := enc.Encode(r.Record); err != nil {
				return 0, err
			}
		}
		return 0, damaged
	case len(runs) == 0 && damaged == nil:
		fmt.Println("the run store is empty")
		return 0, nil
	}
	return 0, errors.Join(lab.List(os.Stdout, runs), damaged)
}

func showRun(runs []*lab.Result, refs []string) error {
	if len(refs) != 1 {
		return fmt.Errorf("runs show takes one run, not %d", len(refs))
	}
	r, err := lab.Find(runs, refs[0])
	if err != nil {
		return err
	}
	return r.Describe(os.Stdout)
}

func renameRun(runs []*lab.Result, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("runs rename takes a run and its new name, not %d words; a name with spaces stands in quotes", len(args))
	}
	r, err := lab.Find(runs, args[0])
	if err != nil {
		return err
	}
	before := r.Name
	if err := r.Rename(args[1]); err != nil {
		return err
	}
	fmt.Printf("%s (%s) is now called %s\n", before, r.ID(), r.Name)
	return nil
}

// removeRuns removes the runs that are named, or those of older code. Nothing is
// removed if one of them is not found.
func removeRuns(runs []*lab.Result, refs []string, old bool) error {
	var list []*lab.Result
	switch {
	case old && len(refs) > 0:
		return fmt.Errorf("--old and %.40q, want one of them", refs[0])
	case old:
		for _, r := range runs {
			if r.Old() {
				list = append(list, r)
			}
		}
		if len(list) == 0 {
			fmt.Println("no runs of older code")
			return nil
		}
	case len(refs) == 0:
		return errors.New("nothing to remove, want RUN or --old: inkling runs lists the runs")
	}
	for _, ref := range refs {
		r, err := lab.Find(runs, ref)
		if err != nil {
			return err
		}
		if !slices.Contains(list, r) {
			list = append(list, r)
		}
	}
	var freed int64
	var failed []string
	for _, r := range list {
		n, err := r.Remove()
		if err != nil {
			failed = append(failed, lab.OneLine(err))
			continue
		}
		fmt.Printf("removed %s (%s, %s), %s\n", r.Name, r.ID(), r.Where(), lab.Bytes(n))
		freed += n
	}
	if len(list) > 1 {
		fmt.Println("freed", lab.Bytes(freed), "in all")
	}
	if failed != nil {
		return errors.New(strings.Join(failed, "; "))
	}
	return nil
}
