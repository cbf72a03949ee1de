package search

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text string
		kind kind
		want string // the value, or the dimension as a word
	}{
		{"0.1", real, "0.1"},
		{"0.01..1:log", real, "--x=0.01..1:log"},
		{" 1e-4..1e-2 ", real, "--x=0.0001..0.01"},
		{"-1..1:lin", real, "--x=-1..1"},
		{"0.01..1:log:7", real, "--x=0.01..1:log:7"},
		{"0.01..1:7:log", real, "--x=0.01..1:log:7"},
		{"1..9:int", real, "--x=1..9:int"},
		{"16..256:log", whole, "--x=16..256:log:int"},
		{"16..256:int", whole, "--x=16..256:int"},
		{"0,0.2, 0.5", real, "--x=0,0.2,0.5"},
		{"0/0.2", real, "--x=0,0.2"},
		{"16,64", whole, "--x=16,64"},
		{"sgd,adam", words, "--x=sgd,adam"},
		{"sgd", words, "sgd"},
		{"512,256", list, "512,256"},
		{"512,256/none/64", list, "--hidden=512,256/none/64"},
		{"16..64", list, "--hidden=16..64:int"},
		{"", list, ""},
		{"", words, ""},
		{"true,false", truths, "--x=true,false"},
		{`[{"relu":{}}]`, list, `[{"relu":{}}]`},
	} {
		one, many, err := parse(map[bool]string{true: "hidden", false: "x"}[c.kind == list], c.text, c.kind)
		got := one
		if many != nil {
			got = many.String()
		}
		if err != nil || got != c.want {
			t.Errorf("%q as %v: %q, %v; want %q", c.text, c.kind, got, err, c.want)
		}
	}
	for _, c := range []struct {
		text string
		kind kind
		want string // in the error
	}{
		{"", real, "no value"},
		{"abc", real, "want --x=0.1"},
		{"nan", real, "want --x=0.1"},
		{"0.1,,0.2", real, `"" is not a number`},
		{"0.1,0.1", real, "twice"},
		{"1..", real, `"" is not a number`},
		{"..1", real, `"" is not a number`},
		{"1..2..3", real, "not a number"},
		{"1..0.1", real, "a range that rises"},
		{"1..1", real, "a range that rises"},
		{"0..1:log", real, "above 0"},
		{"0.1..1:logs", real, "want log, lin, int or how many"},
		{"0.1..1:log:lin", real, "said twice"},
		{"0.1..1:3:4", real, "said twice"},
		{"0.1..1:1", real, "want 2 to 1000"},
		{"0.1..1:100000", real, "want 2 to 1000"},
		{"0.1..1,2", real, "a range stands alone"},
		{"0..1e999", real, "not a number"},
		{"16,64.5", whole, "not a whole number"},
		{"064", whole, "want --x=16"},
		{"0.2..0.8", whole, "a whole number in it"},
		{"sgd..adam", words, "no range of words"},
		{"sgd,", words, "an empty value"},
		{"yes,no", truths, "neither true nor false"},
		{"512//256", list, "an empty value"},
	} {
		_, _, err := parse("x", c.text, c.kind)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "want ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q as %v: error %v, want one line with %q and what is allowed", c.text, c.kind, err, c.want)
		}
	}
}

// Whatever is written: it is refused in one line, or it is read as a dimension whose
// values all lie in it and which is read again as itself.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"0.1", "0.01..1:log", "16..256:int:5", "0,0.2", "sgd,adam", "512,256/none", "-1..1", "1..2..3", ":..:", "1e308..2e308", "0..1e-320:log:3", "٣..5", "1_0..2_0", "0x10..0x20", "..", "/,/"} {
		for k := range 5 {
			f.Add(text, k)
		}
	}
	f.Fuzz(func(t *testing.T, text string, k int) {
		kind := kind(((k % 5) + 5) % 5)
		name := "x"
		if kind == list {
			name = "hidden"
		}
		one, many, err := parse(name, text, kind)
		if err != nil {
			if len(err.Error()) > 500 || strings.Contains(err.Error(), "\n") {
				t.Fatalf("error %q, want one line", err)
			}
			return
		}
		if many == nil {
			if strings.TrimSpace(text) != one {
				t.Fatalf("%q is the value %q", text, one)
			}
			return
		}
		if err := many.check(); err != nil {
			t.Fatalf("%q was read as %v: %v", text, many, err)
		}
		word := strings.TrimPrefix(many.String(), "--"+name+"=")
		_, again, err := parse(name, word, kind)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(many) {
			t.Fatalf("%q is %v, which is read as %v, %v", text, many, again, err)
		}
		for i := range 20 {
			v := many.draw(1, uint64(i))
			if many.Values != nil {
				continue
			}
			x, err := strconv.ParseFloat(v, 64)
			if err != nil || x < many.Low || x > many.High || many.Whole && x != math.Trunc(x) {
				t.Fatalf("%q draws %q", text, v)
			}
		}
		if many.Count > 0 && len(many.values()) == 0 {
			t.Fatalf("%q has no values", text)
		}
	})
}
