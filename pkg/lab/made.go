package lab

import (
	"fmt"
	"io"
	"os"
	"strings"

	"inkling/pkg/internal/printable"
)

// Made says what was done in runs, from their records: "5 epochs, 3 seeds". Runs
// of several lengths are "1 to 5 epochs".
func Made(runs []*Result) string {
	if len(runs) == 0 {
		return "no runs"
	}
	return epochs(runs) + ", " + printable.Count(len(seeds(runs)), "seed")
}

// Means is Made for what shows a mean of every row of seeds: "5 epochs, mean ± sd
// of 3 seeds", and "2 epochs, seed 1" where there is no mean to speak of.
func Means(runs []*Result) string {
	if len(runs) == 0 {
		return "no runs"
	}
	if of := seeds(runs); len(of) > 1 {
		return epochs(runs) + ", mean ± sd of " + printable.Count(len(of), "seed")
	}
	return fmt.Sprint(epochs(runs), ", seed ", runs[0].Seed)
}

func epochs(runs []*Result) string {
	least, most := runs[0].Epochs, runs[0].Epochs
	for _, r := range runs {
		least, most = min(least, r.Epochs), max(most, r.Epochs)
	}
	if least == most {
		return printable.Count(most, "epoch")
	}
	return fmt.Sprint(least, " to ", printable.Count(most, "epoch"))
}

func seeds(runs []*Result) map[uint64]bool {
	all := map[uint64]bool{}
	for _, r := range runs {
		all[r.Seed] = true
	}
	return all
}

// Headline prints the result of a report in a line that the report's index
// shows: the text, what was done in the runs that it speaks of, and on what. The
// next line names these runs as their folders end, so that it can be checked.
func (l *Lab) Headline(runs []*Result, format string, args ...any) {
	l.headline(os.Stdout, runs, fmt.Sprintf(format, args...))
}

func (l *Lab) headline(w io.Writer, runs []*Result, text string) {
	var ids []string
	for _, r := range runs {
		ids = append(ids, r.Dir[strings.LastIndexByte(r.Dir, '-')+1:])
	}
	fmt.Fprintf(w, "headline: %s; %s, %s\nruns: %s\n", printable.Text(text), Made(runs), l.Digits.Name, strings.Join(ids, " "))
}
