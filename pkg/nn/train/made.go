package train

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// Made says what was done in runs, from their records: "5 epochs, 3 seeds". Runs
// of several lengths are "1 to 5 epochs".
func Made(runs []*Result) string {
	if len(runs) == 0 {
		return "no runs"
	}
	least, most, seeds := runs[0].Epochs, runs[0].Epochs, map[uint64]bool{}
	for _, r := range runs {
		least, most = min(least, r.Epochs), max(most, r.Epochs)
		seeds[r.Seed] = true
	}
	epochs := Count(most, "epoch")
	if least != most {
		epochs = fmt.Sprint(least, " to ", epochs)
	}
	return epochs + ", " + Count(len(seeds), "seed")
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
	fmt.Fprintf(w, "headline: %s (%s, %s)\nruns: %s\n", text, Made(runs), l.Digits.Name, strings.Join(ids, " "))
}
