package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"inkling/pkg/lab"
	"inkling/pkg/lab/curves"
)

// histories are where those of runs go.
type histories struct{ csv, jsonl, tensorboard string }

// export writes the histories of the runs and questions that refs name.
func (h histories) export(refs []string) error {
	if len(refs) == 0 {
		return errors.New("no histories to export, want RUN or QUESTION: inkling runs lists the runs" + havingRuns())
	}
	for _, f := range []struct{ flag, path, ending string }{{"csv", h.csv, ".csv"}, {"jsonl", h.jsonl, ".jsonl"}} {
		if f.path != "" && f.path != "-" && filepath.Ext(f.path) != f.ending {
			return fmt.Errorf("--%s %.60q, want a name that ends in %s, or - for the screen", f.flag, f.path, f.ending)
		}
	}
	stored, damaged := lab.StoredRuns("")
	var runs []*lab.Result
	for _, ref := range refs {
		found := slices.DeleteFunc(slices.Clone(stored), func(r *lab.Result) bool { return r.Question != ref })
		if len(found) == 0 {
			seeds, err := lab.FindSeeds(stored, ref)
			if err != nil {
				return errors.Join(err, damaged)
			}
			found = seeds
		}
		for _, r := range found {
			if !slices.Contains(runs, r) {
				runs = append(runs, r)
			}
		}
	}
	var files []string
	if h.csv == "-" {
		if err := curves.CSV(os.Stdout, runs...); err != nil {
			return err
		}
	} else if h.csv != "" {
		if err := curves.Save(h.csv, curves.CSV, runs...); err != nil {
			return err
		}
		files = append(files, h.csv)
	}
	if h.jsonl == "-" {
		if err := curves.JSON(os.Stdout, runs...); err != nil {
			return err
		}
	} else if h.jsonl != "" {
		if err := curves.Save(h.jsonl, curves.JSON, runs...); err != nil {
			return err
		}
		files = append(files, h.jsonl)
	}
	if h.tensorboard != "" {
		written, err := curves.TensorBoard(h.tensorboard, runs...)
		if err != nil {
			return err
		}
		files = append(files, written...)
	}
	if h.csv != "-" && h.jsonl != "-" {
		fmt.Println(strings.Join(files, "\n"))
		if h.tensorboard != "" {
			fmt.Printf("look: tensorboard --logdir=%s\n", shellWord(h.tensorboard))
		}
	}
	return nil
}
