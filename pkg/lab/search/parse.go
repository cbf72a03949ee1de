package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// kind is what a flag takes.
type kind int

const (
	words  kind = iota // a word, such as an optimizer
	list               // text in which commas stand, such as widths of layers
	whole              // a whole number
	real               // a number
	truths             // true or false
)

func (k kind) String() string {
	return [...]string{"a word", "a list", "a whole number", "a number", "true or false"}[k]
}

// allowed says how several values of such a flag are written.
func (k kind) allowed(name string) string {
	switch k {
	case whole:
		return fmt.Sprintf("want --%s=16, several values 16,64,256 or a range 16..256, 16..256:log", name)
	case real:
		return fmt.Sprintf("want --%s=0.1, several values 0.01,0.1 or a range 0..0.5, 0.001..1:log", name)
	case list:
		return fmt.Sprintf("want --%s=512,256, several values with / between them, 512/512,256/none, or a range 16..256:log", name)
	case truths:
		return fmt.Sprintf("want --%s=true, or true,false", name)
	}
	return fmt.Sprintf("want --%s=one or several, one,other", name)
}

// parse reads what a flag is given: one value, or the dimension of a search:
//
//	0.1                    one value
//	0.01,0.1   512/512,256   several; the slash is for flags whose values hold commas
//	0.001..1               a range, both ends in it
//	0.001..1:log           even on a logarithmic axis
//	16..256:int            of whole numbers, which flags that take such need not say
//	0.001..1:log:7         seven values of it, at equal distances
func parse(name, text string, k kind) (one string, many *Dim, err error) {
	// Whoever tells of it says which flag was given what.
	wrong := func(problem string) (string, *Dim, error) {
		switch {
		case problem == "":
			problem = k.allowed(name)
		case !strings.Contains(problem, "want "):
			problem += "; " + k.allowed(name)
		}
		return "", nil, errors.New(problem)
	}
	text = strings.TrimSpace(text)
	separator := "/"
	if k != list && !strings.Contains(text, "/") {
		separator = ","
	}
	switch ranges := rangeLike.MatchString(text); {
	case text == "" && k != list && k != words:
		return wrong("no value")
	case ranges && (k == words || k == truths):
		return wrong("no range of words")
	case ranges && strings.ContainsAny(text, ",/"):
		return wrong("a range stands alone")
	case ranges:
		d, problem := parseRange(name, text, k)
		if problem == "" {
			if err := d.check(); err != nil {
				problem = d.without(err)
			}
		}
		if problem != "" {
			return wrong(problem)
		}
		return "", &d, nil
	case strings.Contains(text, separator):
		parts := strings.Split(text, separator)
		if strings.HasPrefix(text, "[") && !allJSON(parts) { // one value, which holds what it wants
			return text, nil, nil
		}
		d := Dim{Name: name, Values: []string{}}
		for _, v := range parts {
			v = strings.TrimSpace(v)
			if problem := k.problem(v); problem != "" {
				return wrong(problem)
			}
			d.Values = append(d.Values, v)
		}
		if err := d.check(); err != nil {
			return wrong(d.without(err))
		}
		return "", &d, nil
	}
	if problem := k.problem(text); problem != "" && text != "" {
		return wrong("") // which has been said
	}
	return text, nil, nil
}

// without is what is wrong with d where its name was said before.
func (d Dim) without(err error) string {
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "search: "), d.Name+" ")
}

func allJSON(parts []string) bool {
	return !slices.ContainsFunc(parts, func(s string) bool { return !json.Valid([]byte(s)) })
}

// rangeLike tells a range from a value; dots also stand in layers written as JSON.
var rangeLike = regexp.MustCompile(`^[^\[{]*\.\.`)

// problem says why a value is none.
func (k kind) problem(v string) string {
	switch k {
	case whole:
		if !digits.MatchString(v) {
			return fmt.Sprintf("%.20q is not a whole number", v)
		}
	case real:
		if f, err := strconv.ParseFloat(v, 64); err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Sprintf("%.20q is not a number", v)
		}
	case truths:
		if _, err := strconv.ParseBool(v); err != nil {
			return fmt.Sprintf("%.20q is neither true nor false", v)
		}
	}
	if v == "" {
		return "an empty value"
	}
	return ""
}

// digits is a decimal number: package flag would read 064 as 52.
var digits = regexp.MustCompile(`^[+-]?(0|[1-9][0-9]*(_[0-9]+)*)$`)

func parseRange(name, text string, k kind) (d Dim, problem string) {
	low, rest, _ := strings.Cut(text, "..")
	parts := strings.Split(rest, ":")
	d = Dim{Name: name, Whole: k == whole || k == list}
	for _, end := range []struct {
		text string
		at   *float64
	}{{low, &d.Low}, {parts[0], &d.High}} {
		v, err := strconv.ParseFloat(strings.TrimSpace(end.text), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return d, fmt.Sprintf("%.20q is not a number", end.text)
		}
		*end.at = v
	}
	seen := map[string]bool{}
	for _, option := range parts[1:] {
		option = strings.TrimSpace(option)
		kind := option
		n, err := strconv.Atoi(option)
		switch {
		case option == "log":
			d.Log, kind = true, "axis"
		case option == "lin":
			kind = "axis"
		case option == "int":
			d.Whole = true
		case err == nil && digits.MatchString(option) && n >= 2 && n <= mostValues:
			d.Count, kind = n, "count"
		case err == nil:
			return d, fmt.Sprintf("%d values of a range, want 2 to %d", n, mostValues)
		default:
			return d, fmt.Sprintf("%.20q behind a range, want log, lin, int or how many values", option)
		}
		if seen[kind] {
			return d, fmt.Sprintf("%.20q behind a range: said twice", option)
		}
		seen[kind] = true
	}
	return d, ""
}
