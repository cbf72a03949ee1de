package notebook

import (
	"math"
	"strings"
	"testing"
)

func TestFill(t *testing.T) {
	for _, c := range []struct {
		text   string
		values Values
		want   string // or what the error says
	}{
		{"plain, 100 %\n", nil, "plain, 100 %\n"},
		{"{a} and {a|%.1f}, {n} of {name}", Values{"a": 1.234, "n": 3, "name": "MNIST"}, "1.23 and 1.2, 3 of MNIST"},
		{"{a}, {a|%+.1f}", Values{"a": math.NaN()}, "–, –"},
		{"{list|%v}", Values{"list": []int{1, 2}}, "[1 2]"},
		{"{b}", Values{"a": 1.0, "c": 2}, "no value for {b}; given: a, c"},
		{"nothing", Values{"a": 1}, "no {a}"},
		{"open {a", Values{"a": 1}, "no } after {a"},
		{"{a|%d}", Values{"a": 1.5}, "for a float64"},
		{"{a|%.2f}", Values{"a": "x"}, "for a string"},
		{"{a|%d %d}", Values{"a": 1}, "for a int"},
	} {
		got, err := fill(c.text, c.values)
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}
