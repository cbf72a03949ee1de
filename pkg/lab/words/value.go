package words

import (
	"flag"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// kindOf says which values a flag takes.
func kindOf(f *flag.Flag) string {
	if g, ok := f.Value.(flag.Getter); ok {
		switch g.Get().(type) {
		case bool:
			return "true or false"
		case int, int64, uint, uint64:
			return "a whole number"
		case float64:
			return "a number"
		case time.Duration:
			return "a time as 1m30s"
		}
	}
	if b, ok := f.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
		return "true or false"
	}
	return "text"
}

var (
	whole        = regexp.MustCompile(`^[+-]?(0|[1-9][0-9]*(_[0-9]+)*)$`)
	decimalComma = regexp.MustCompile(`^[+-]?[0-9]+,[0-9]+$`)
	thousandsOf  = regexp.MustCompile(`^[+-]?[0-9]{1,3}([,_'][0-9]{3})+$`)
)

// asNumber reads a value of that kind: ok with the value as it is if it is right,
// ok with another text if it is clear what was meant. A whole number is decimal:
// package flag would read 064 as 52.
func asNumber(kind, value string) (fixed string, ok bool) {
	switch kind {
	case "true or false":
		_, err := strconv.ParseBool(value)
		return value, err == nil
	case "a time as 1m30s":
		_, err := time.ParseDuration(value)
		return value, err == nil
	case "a whole number":
		if whole.MatchString(value) {
			_, err := strconv.ParseInt(strings.ReplaceAll(value, "_", ""), 10, 64)
			return value, err == nil
		}
		text := value
		if thousandsOf.MatchString(value) {
			text = strings.NewReplacer(",", "", "_", "", "'", "").Replace(value)
		}
		v, err := strconv.ParseFloat(plainMinus(text), 64)
		if n, hex := strconv.ParseInt(text, 0, 64); hex == nil && strings.HasPrefix(strings.ToLower(text), "0x") {
			v, err = float64(n), nil
		}
		if err != nil || v != math.Trunc(v) || math.Abs(v) > 1<<53 {
			return value, false
		}
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case "a number":
		if _, err := strconv.ParseFloat(value, 64); err == nil {
			return value, true
		}
		text := plainMinus(value)
		if decimalComma.MatchString(text) {
			text = strings.Replace(text, ",", ".", 1)
		}
		text, percent := strings.CutSuffix(text, "%")
		text = strings.TrimSpace(text)
		v, err := strconv.ParseFloat(text, 64)
		switch {
		case err != nil:
			return value, false
		case percent:
			return strconv.FormatFloat(v/100, 'g', -1, 64), true
		}
		return text, true
	}
	return value, true
}

func plainMinus(s string) string {
	if dashes, body := cutDashes(s); utf8.RuneCountInString(dashes) == 1 {
		return "-" + body
	}
	return s
}
