package lab

import (
	"fmt"
	"strings"

	"inkling/pkg/internal/printable"
)

// Made says what was done in runs, from their records: "5 epochs, 3 seeds". Runs
// of several lengths are "1 to 5 epochs".
func (rs Runs) Made() string {
	if len(rs) == 0 {
		return "no runs"
	}
	return rs.epochs() + ", " + printable.Count(len(rs.seeds()), "seed")
}

// Means is Made for what shows a mean of every row of seeds: "5 epochs, mean ± sd
// of 3 seeds", and "2 epochs, seed 1" where there is no mean to speak of.
func (rs Runs) Means() string {
	if len(rs) == 0 {
		return "no runs"
	}
	if of := rs.seeds(); len(of) > 1 {
		return rs.epochs() + ", mean ± sd of " + printable.Count(len(of), "seed")
	}
	return fmt.Sprint(rs.epochs(), ", seed ", rs[0].Seed)
}

func (rs Runs) epochs() string {
	least, most := rs[0].Epochs, rs[0].Epochs
	for _, r := range rs {
		least, most = min(least, r.Epochs), max(most, r.Epochs)
	}
	if least == most {
		return printable.Count(most, "epoch")
	}
	return fmt.Sprint(least, " to ", printable.Count(most, "epoch"))
}

func (rs Runs) seeds() map[uint64]bool {
	all := map[uint64]bool{}
	for _, r := range rs {
		all[r.Seed] = true
	}
	return all
}

// Headline prints the result of a report; see Runs.Headline.
func (l *Lab) Headline(runs Runs, format string, args ...any) {
	fmt.Print(runs.Headline(fmt.Sprintf(format, args...)))
}

// Headline is the result of a report in a line that the report's index shows; see Told.
func (rs Runs) Headline(text string) string { return rs.Told("headline", text) }

// Told is a line that the report finds by its first word: the text, what was done in
// the runs that it speaks of, and on what. The next line names these runs as their
// folders end, so that it can be checked.
func (rs Runs) Told(word, text string) string {
	var ids []string
	data, departs := "no data", ""
	for _, r := range rs {
		ids = append(ids, r.ID())
		if r.lab != nil {
			data, departs = r.lab.Data.Name, r.lab.Departs()
		}
	}
	if departs != "" {
		text += " (" + departs + ")"
	}
	return fmt.Sprintf("%s: %s; %s, %s\nruns: %s\n", word, printable.Text(text), rs.Made(), data, strings.Join(ids, " "))
}
