package read

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Spec parts what a user wrote, PATH or PATH,option,option=value, into the path
// and the options. A path may have commas in it: the longest beginning that
// exists counts.
func Spec(s string) (path string, options []string) {
	fields := strings.Split(s, ",")
	for n := len(fields); n > 1; n-- {
		path := strings.Join(fields[:n], ",")
		if _, err := os.Stat(path); err == nil {
			return path, fields[n:]
		}
	}
	return fields[0], fields[1:]
}

// general are the options of every format.
var general = []string{"format=NAME", "size=HxW", "gray", "rgb", "invert", "test=SHARE", "seed=N"}

// options are those of a place: what was given, and what its reader asked for.
type options struct {
	given map[string]string
	order []string
}

func newOptions(words []string) (*options, error) {
	o := &options{given: map[string]string{}}
	for _, w := range words {
		key, value, _ := strings.Cut(strings.TrimSpace(w), "=")
		if _, twice := o.given[key]; twice {
			return nil, fmt.Errorf("option %q comes twice", key)
		}
		o.given[key] = value
		o.order = append(o.order, key)
	}
	return o, nil
}

func (o *options) get(key string) string { return o.given[key] }

func (o *options) has(key string) bool {
	_, ok := o.given[key]
	return ok
}

// check refuses what f does not know.
func (o *options) check(f Format) error {
	allowed := slices.Concat(f.Options, general)
	for _, key := range o.order {
		at := slices.IndexFunc(allowed, func(a string) bool { name, _, _ := strings.Cut(a, "="); return name == key })
		if at < 0 {
			return fmt.Errorf("option %.60q, %s allows %s", key, f.Name, strings.Join(allowed, ", "))
		}
		_, what, takes := strings.Cut(allowed[at], "=")
		value := o.given[key]
		choices := strings.Split(what, "|")
		switch {
		case !takes && value != "":
			return fmt.Errorf("option %s=%.60q, allowed %s alone", key, value, key)
		case what == "yes|no" && value == "":
		case takes && value == "", takes && len(choices) > 1 && !slices.Contains(choices, value):
			return fmt.Errorf("option %s=%.60q, allowed %s", key, value, allowed[at])
		}
	}
	if o.has("gray") && o.has("rgb") {
		return fmt.Errorf("options gray and rgb, allowed is one of them")
	}
	return nil
}

// text is the options as they were given, in a fixed order.
func (o *options) text() string {
	var all []string
	for _, key := range slices.Sorted(slices.Values(o.order)) {
		all = append(all, key+"="+o.given[key])
	}
	return strings.Join(all, ",")
}

// dims reads numbers with an x between them, each from 1 to most.
func (o *options) dims(key string, ranks ...int) ([]int, error) {
	value := o.get(key)
	if value == "" {
		return nil, nil
	}
	var dims []int
	for word := range strings.SplitSeq(strings.ReplaceAll(value, "×", "x"), "x") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 || n > maxSide {
			dims = nil
			break
		}
		dims = append(dims, n)
	}
	if !slices.Contains(ranks, len(dims)) {
		forms := []string{"N", "H", "HxW", "CxHxW"}
		var allowed []string
		for _, r := range ranks {
			allowed = append(allowed, forms[r])
		}
		return nil, fmt.Errorf("option %s=%.60q, allowed %s with numbers of 1 to %d", key, value, strings.Join(allowed, " or "), maxSide)
	}
	return dims, nil
}

// number reads an option between two bounds.
func (o *options) number(key string, without, low, high float64) (float64, error) {
	value := o.get(key)
	if value == "" {
		return without, nil
	}
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || !(v >= low && v <= high) {
		return 0, fmt.Errorf("option %s=%.60q, allowed %v to %v", key, value, low, high)
	}
	return v, nil
}
