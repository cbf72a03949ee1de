// Command given reads values for a whole notebook, lr=0.05 epochs=10, by the parser of
// the flags, for ./scripts/report --set: it prints them as they are understood, one a
// line and in order, or says in one line what is wrong and what is known.
package main

import (
	"fmt"
	"maps"
	"os"
	"slices"

	"inkling/pkg/lab"
)

func main() {
	values, err := lab.ParseGiven(os.Args[1:]...)
	if err != nil {
		fmt.Fprintln(os.Stderr, lab.OneLine(err))
		os.Exit(2)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Printf("%s=%v\n", name, values[name])
	}
}
