package lab

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"inkling/pkg/internal/nearest"
	"inkling/pkg/internal/printable"
)

// Line reads the flags of a %% line or of a command. It is package flag's
// grammar with nothing dropped: a word that is no flag is an error, and where
// it can be known what was meant, the error shows the whole line as it should
// be. Nothing is set unless every word is right.
type Line struct {
	Start string // what stands before the flags: "%%", "inkling train"
	Flags *flag.FlagSet
	Words bool // words that are no flags are allowed, as names of files are
	Cell  bool // a %% line: a comment may follow, and GoNB has split the words
}

// given is one flag with its value.
type given struct {
	flag  *flag.Flag
	value string
}

// Parse sets the flags that args give and returns the words that are none. It
// is flag.ErrHelp if help is asked for.
func (l Line) Parse(args []string) (rest []string, err error) {
	r := &reader{Line: l, words: l.tidy(args)}
	if err := r.read(); err != nil {
		return nil, err
	}
	if r.problem != "" {
		return nil, r.wrong()
	}
	if err := idle(l.Flags, r.given); err != nil {
		return nil, err
	}
	for _, g := range r.given {
		if err := l.Flags.Set(g.flag.Name, g.value); err != nil {
			text := fmt.Sprintf("--%s %.40q", g.flag.Name, printable.Text(g.value))
			switch why := err.Error(); {
			case strings.HasPrefix(why, "want "): // a flag that says what is allowed need not be told twice
				return nil, fmt.Errorf("%s, %w", text, err)
			case strings.Contains(why, "want "):
				return nil, fmt.Errorf("%s: %w", text, err)
			}
			return nil, fmt.Errorf("%s: %w: %s", text, err, g.flag.Usage)
		}
	}
	return r.rest, nil
}

// reader walks over the words of a line.
type reader struct {
	Line
	words   []string
	given   []given
	rest    []string
	problem string // the first thing that is wrong
	unsure  bool   // and the line that was meant cannot be known
}

// complain keeps the first problem.
func (r *reader) complain(format string, args ...any) {
	if r.problem == "" {
		r.problem = fmt.Sprintf(format, args...)
	}
}

// wrong is the problem, with the line as it should be where that is known.
func (r *reader) wrong() error {
	if r.unsure || len(r.given) == 0 {
		return errors.New(r.problem)
	}
	return fmt.Errorf("%s; write: %s", r.problem, r.line())
}

// line is the line as read.
func (r *reader) line() string {
	parts := []string{r.Start}
	for _, g := range r.given {
		value := g.value
		if strings.ContainsAny(value, " \t\"'$`\\*?[]{}()<>|&;#!~") || value == "" {
			value = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
		}
		parts = append(parts, "--"+g.flag.Name+"="+value)
	}
	return strings.Join(parts, " ")
}

// next takes the next word; ok is false at the end.
func (r *reader) next() (word string, ok bool) {
	if len(r.words) == 0 {
		return "", false
	}
	word, r.words = r.words[0], r.words[1:]
	return word, true
}

// peek is the next word that could be a value: none where a comment or a flag
// follows.
func (r *reader) peek() (word string, ok bool) {
	if len(r.words) == 0 || r.Cell && comment(r.words[0]) {
		return "", false
	}
	word = r.words[0]
	if dashes, body := cutDashes(word); dashes != "" && !numeric.MatchString("-"+body) {
		if name, _, _ := cutValue(body); r.lookup(name) != nil || dashes == "--" {
			return "", false
		}
	}
	return word, true
}

var numeric = regexp.MustCompile(`^[-+]?[0-9.,][0-9.,_eE+%-]*$`)

// comment reports whether a comment begins with the word.
func comment(word string) bool {
	return strings.HasPrefix(word, "//") || strings.HasPrefix(word, "#") || strings.HasPrefix(word, "/*")
}

func (r *reader) read() error {
	for {
		word, ok := r.next()
		switch {
		case !ok || r.Cell && comment(word):
			return nil
		case word == "":
			continue
		case word == "--" && r.Words:
			r.rest = append(r.rest, r.words...)
			return nil
		}
		dashes, body := cutDashes(word)
		switch {
		case dashes != "" && body == "":
			if len(r.words) > 0 {
				r.complain("%q stands alone, want --name=value", word)
			}
		case dashes == "-" || dashes == "--":
			if body == "help" || body == "h" {
				return flag.ErrHelp
			}
			r.flag(word, body, "")
		case dashes != "":
			r.complain("%q begins with %s instead of --", word, dashes)
			r.flag(word, body, "")
		case r.Words:
			r.rest = append(r.rest, word)
		default:
			r.flag(word, body, fmt.Sprintf("%q is no flag, want --name=value", word))
		}
	}
}

// flag reads one flag, of which body is the first word without its dashes. bare
// is what to say where the dashes are missing.
func (r *reader) flag(word, body, bare string) {
	name, value, has := cutValue(body)
	f := r.lookup(name)
	if f == nil {
		if bare != "" {
			r.complain("%s", bare)
			r.unsure = true
			return
		}
		r.complain("%s", r.unknown(name))
		if f = r.near(name); f == nil {
			r.unsure = true
			if _, ok := r.peek(); ok && !has {
				r.next()
			}
			return
		}
	}
	switch {
	case bare != "":
		r.complain("%s", bare)
	case f.Name != name:
		r.complain("--%s is written --%s", name, f.Name)
	case has && !strings.HasPrefix(body[len(name):], "="):
		r.complain("%q, want = between name and value", word)
	}
	value, ok := r.value(f, value, has)
	if !ok {
		return
	}
	for _, g := range r.given {
		if g.flag == f && g.value != value {
			r.complain("--%s is given twice, as %s and as %s", f.Name, g.value, value)
			r.unsure = true
		}
	}
	r.given = append(r.given, given{f, value})
}

// value reads what belongs to f, of which has says that a part came with =.
func (r *reader) value(f *flag.Flag, value string, has bool) (string, bool) {
	kind := kindOf(f)
	next, more := r.peek()
	switch {
	case has && value != "" || has && !more:
	case has: // --lr= 0.1
		r.complain("--%s= is followed by a space", f.Name)
		value, _ = r.next()
	case more && strings.HasPrefix(next, "="): // --lr = 0.1, --lr =0.1
		r.complain("--%s is followed by a space before =", f.Name)
		r.next()
		if value = next[1:]; value == "" {
			if value, more = r.next(); !more {
				return r.without(f)
			}
		}
	case kind == "true or false":
		if !more || next != "true" && next != "false" {
			return "true", true
		}
		r.complain("--%s %s, want --%s=%s", f.Name, next, f.Name, next)
		value, _ = r.next()
	case !more:
		return r.without(f)
	default:
		value, _ = r.next()
	}
	value = r.list(f, kind, value)
	fixed, ok := asNumber(kind, value)
	switch {
	case !ok:
		if v, err := strconv.ParseFloat(value, 64); math.Abs(v) > 1<<53 && (err == nil || errors.Is(err, strconv.ErrRange)) {
			kind += " that is not as large"
		}
		r.complain("--%s %.40q, want %s: %s", f.Name, value, kind, f.Usage)
		r.unsure = true
	case fixed != value:
		r.complain("--%s %.40q, want %s", f.Name, value, kind)
	}
	return fixed, true
}

func (r *reader) without(f *flag.Flag) (string, bool) {
	r.complain("--%s needs a value: %s", f.Name, f.Usage)
	r.unsure = true
	return "", false
}

var numbers = regexp.MustCompile(`^[0-9][0-9.,]*$`)

// list joins a value with the words behind it that belong to it: 512, 256 or
// 512 256 of a list, 50 % of a number.
func (r *reader) list(f *flag.Flag, kind, value string) string {
	for {
		next, more := r.peek()
		part := strings.Trim(next, ",;")
		switch {
		case !more:
		case kind == "text" && numbers.MatchString(value) && (next == "," || numbers.MatchString(part)):
			r.complain("--%s %s %s, want the list without spaces", f.Name, value, next)
			value = strings.TrimRight(value, ",") + "," + part
			r.next()
			continue
		case kind != "text" && next == "%":
			value += next
			r.next()
			continue
		}
		if trimmed := strings.TrimRight(value, ",;"); trimmed != value && (kind != "text" || numbers.MatchString(trimmed)) {
			r.complain("--%s %.40q, want no %q behind the value", f.Name, value, value[len(trimmed):])
			value = trimmed
		}
		return value
	}
}

// lookup finds a flag by its name, in capitals or by another common name too.
func (r *reader) lookup(name string) *flag.Flag {
	if name == cellFlag {
		return nil
	}
	if f := r.Flags.Lookup(name); f != nil {
		return f
	}
	lower := strings.ReplaceAll(strings.ToLower(name), "_", "-")
	if f := r.Flags.Lookup(lower); f != nil {
		return f
	}
	if other, ok := aliases[strings.ReplaceAll(lower, "-", "")]; ok {
		return r.Flags.Lookup(other)
	}
	return nil
}

// aliases are what other libraries call our flags.
var aliases = map[string]string{
	"learningrate": "lr", "batchsize": "batch", "weightdecay": "decay", "wd": "decay", "labelsmoothing": "smoothing", "epoch": "epochs",
	"numepochs": "epochs", "opt": "optimizer", "optim": "optimizer", "scheduler": "schedule", "hiddenlayers": "hidden", "rotation": "rotate",
	"randomstate": "seed", "earlystopping": "patience", "runs": "budget", "trials": "budget", "ntrials": "budget",
}

func (r *reader) known() (list []string) {
	r.Flags.VisitAll(func(f *flag.Flag) {
		if f.Name != cellFlag && !strings.HasPrefix(f.Name, "test.") {
			list = append(list, "--"+f.Name)
		}
	})
	return list
}

// near is the flag that a misspelt name most likely means, if there is one.
func (r *reader) near(name string) *flag.Flag {
	if DidYouMean("--"+name, r.known()) == "" {
		return nil
	}
	return r.Flags.Lookup(nearest.To("--"+name, r.known())[2:])
}

func (r *reader) unknown(name string) string {
	known := r.known()
	if len(known) == 0 {
		return fmt.Sprintf("unknown flag --%.40s; there are none here", printable.Text(name))
	}
	if s := DidYouMean("--"+name, known); s != "" {
		return fmt.Sprintf("unknown flag --%.40s%s", printable.Text(name), s)
	}
	return fmt.Sprintf("unknown flag --%.40s; known: %s", printable.Text(name), strings.Join(known, " "))
}

// cutDashes cuts what looks like dashes off the beginning of a word.
func cutDashes(word string) (dashes, body string) {
	body = strings.TrimLeft(word, "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d")
	return word[:len(word)-len(body)], body
}

// cutValue cuts a word without dashes at the first = or, where a name and no
// file stands before it, at the first colon.
func cutValue(body string) (name, value string, has bool) {
	i := strings.IndexAny(body, "=:")
	if i < 0 {
		return body, "", false
	}
	return body[:i], body[i+1:], true
}

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

// tidy undoes what is not the writer's: GoNB's reading of bytes as characters,
// and the quotes, spaces and invisible signs of word processors and web pages.
func (l Line) tidy(args []string) []string {
	var words []string
	closing := "" // ends the quotation that the last word began
	for _, arg := range args {
		if l.Cell {
			arg = undoLatin1(arg)
		}
		arg = strings.Map(plainSign, arg)
		if closing != "" {
			words[len(words)-1], closing = unquote(words[len(words)-1] + " " + arg)
			continue
		}
		for _, word := range splitFlags(arg) {
			word, closing = unquote(word)
			words = append(words, word)
		}
	}
	return words
}

// plainSign is c without what only looks different: signs of full width, spaces
// that do not break, and what has no width at all.
func plainSign(c rune) rune {
	switch c {
	case 0xa0, 0x2007, 0x202f, 0x3000:
		return ' '
	case 0xad, 0x200b, 0x200c, 0x200d, 0x2060, 0xfeff:
		return -1
	}
	if c >= 0xff01 && c <= 0xff5e {
		return c - 0xff01 + '!'
	}
	return c
}

// splitFlags cuts a word where a space that does not break held two flags
// together.
func splitFlags(word string) (words []string) {
	for {
		i := strings.LastIndex(word, " --")
		if i < 0 || strings.ContainsAny(word[:i], `"'[{`) {
			return append([]string{strings.TrimSpace(word)}, words...)
		}
		words = append([]string{strings.TrimSpace(word[i:])}, words...)
		word = word[:i]
	}
}

// quotes are pairs that enclose a value, by their beginning. GoNB and shells
// take straight double quotes away; single ones only shells.
var quotes = map[string]string{"“": "”", "„": "“”", "‘": "’", "‚": "‘’", "”": "”", "’": "’", "«": "»", "»": "«", "'": "'", "\"": "\""}

// unquote takes the quotes off a word or off the value in it; closing is what
// would end a quotation that does not end in the word.
func unquote(word string) (plain, closing string) {
	i := strings.Index(word, "=") + 1
	if dashes, _ := cutDashes(word); i == 0 && dashes != "" {
		return word, ""
	}
	value := word[i:]
	_, size := utf8.DecodeRuneInString(value)
	ends, ok := quotes[value[:size]]
	if !ok {
		return word, ""
	}
	inner := value[size:]
	last, lastSize := utf8.DecodeLastRuneInString(inner)
	if inner != "" && strings.ContainsRune(ends, last) {
		return word[:i] + inner[:len(inner)-lastSize], ""
	}
	return word, ends
}

// undoLatin1 is s as it was written, if its bytes were taken for characters one
// by one, which is what GoNB does to the words of a %% line.
func undoLatin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, c := range s {
		if c > 0xff {
			return s
		}
		b = append(b, byte(c))
	}
	if !utf8.Valid(b) {
		return s
	}
	return string(b)
}
