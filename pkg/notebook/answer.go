package notebook

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"inkling/pkg/lab"
)

// Values are what a text speaks of, by name.
type Values map[string]any

// Answer prints a text with a value in the place of each {name}: words follow
// numbers, and a number in a text has a name instead of a position. {name|%.1f}
// says how a value is written; without it a float64 has two decimals and
// anything else is written as fmt writes it; NaN, such as the spread of a single seed,
// is "–". A text may begin on a line of its
// own. A name without a value, and a value that the text does not name, are
// mistakes that end the cell.
//
//	notebook.Answer("The best rate is {rate|%g}: {error} % wrong on dev.", notebook.Values{
//		"rate": tuned.Rate, "error": runs.DevError(),
//	})
func Answer(text string, values Values) { write(os.Stdout, text, values) }

// Headline is an Answer in one line, which the report shows on its first page
// with what was done in the runs that it speaks of; a second line names these.
func Headline(runs lab.Runs, text string, values Values) {
	fmt.Print(runs.Headline(strings.TrimSpace(Must(fill(text, values)))))
}

func write(w io.Writer, text string, values Values) {
	s, err := fill(text, values)
	if err != nil {
		stop(err)
	}
	fmt.Fprint(w, s)
}

// fill puts the values into their places. Not package text/template: its calls
// by name make the linker keep every method of every type, in every cell.
func fill(text string, values Values) (string, error) {
	var b strings.Builder
	unused := map[string]bool{}
	for name := range values {
		unused[name] = true
	}
	rest := strings.TrimPrefix(text, "\n")
	for {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			break
		}
		place, after, found := strings.Cut(after, "}")
		if !found {
			return "", fmt.Errorf("answer: no } after {%.40s", place)
		}
		rest = after
		name, verb, given := strings.Cut(place, "|")
		v, ok := values[name]
		if !ok {
			return "", fmt.Errorf("answer: no value for {%.40s}; given: %s", name, strings.Join(names(values), ", "))
		}
		delete(unused, name)
		f, isFloat := v.(float64)
		if !given {
			if verb = "%v"; isFloat {
				verb = "%.2f"
			}
		}
		if isFloat && math.IsNaN(f) {
			verb, v = "%v", "–"
		}
		if s := fmt.Sprintf(verb, v); strings.Contains(s, "%!") {
			return "", fmt.Errorf("answer: {%.40s} gives %.60s for a %T", place, s, v)
		} else {
			b.WriteString(s)
		}
	}
	for _, name := range names(values) {
		if unused[name] {
			return "", fmt.Errorf("answer: the text has no {%s}", name)
		}
	}
	return b.String(), nil
}

func names(values Values) (list []string) {
	for name := range values {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// If chooses the words that the numbers bear out.
func If(holds bool, then, otherwise string) string {
	if holds {
		return then
	}
	return otherwise
}
