package notebook

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"inkling/pkg/lab"
)

// Value is a value of a notebook that somebody may choose for all of it: standard, or
// what was given by that name, one of the flags of lab.Hyper,
//
//	Schedule: optim.Cosine{Base: notebook.Value("lr", 0.1)},
//
// by ./scripts/report --set lr=0.05, or by papermill through [Given]. What compares
// values, or has chosen one, does not ask. Of a flag that takes a list, as hidden does, a
// notebook may have a number: then one is wanted.
func Value[T int | float64 | string](name string, standard T) T {
	given := Must(lab.Given(name))
	if text, ok := given.(string); ok {
		if _, number := any(standard).(int); number {
			n, err := strconv.Atoi(text)
			if err != nil {
				stop(fmt.Errorf("value: %s is %q, the notebook wants one whole number", name, text))
			}
			given = n
		}
	}
	switch v := given.(type) {
	case nil:
		return standard
	case T:
		return v
	default:
		stop(fmt.Errorf("value: %s is %v, of type %T, the notebook has %T", name, v, v, standard))
		return standard
	}
}

// Given gives values to all cells, those that are not nil: it stands in the cell
// tagged parameters, after variables that papermill declares anew,
//
//	var lr, epochs any
//	var given = notebook.Given(notebook.Values{"lr": lr, "epochs": epochs})
//
// The flags of a cell to try take them as well. A parameter of another name is an error;
// see unasked.
func Given(values Values) (said string) {
	if name := unasked(); name != "" {
		known := names(values)
		stop(fmt.Errorf("parameter %s: the notebook has none of that name%s; known: %s", name, lab.DidYouMean(name, known), strings.Join(known, ", ")))
	}
	var words []string
	for name, value := range values {
		if value != nil {
			words = append(words, fmt.Sprintf("%s=%v", name, value))
		}
	}
	sort.Strings(words)
	if err := lab.Give(words...); err != nil {
		stop(err)
	}
	return lab.Variant()
}
