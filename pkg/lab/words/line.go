package words

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

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

	// Check judges the flags of the line together, before any is set; it may be nil.
	Check func(line []Given) error
}

// Given is a flag of a line with its value there.
type Given struct {
	Flag  *flag.Flag
	Value string
}

// Parse sets the flags that args give and returns the words that are none. It
// is flag.ErrHelp if help is asked for.
func (l Line) Parse(args []string) (rest []string, err error) {
	r, err := l.read(args)
	if err != nil {
		return nil, err
	}
	if l.Check != nil {
		if err := l.Check(r.given); err != nil {
			return nil, err
		}
	}
	for _, g := range r.given {
		if err := l.Flags.Set(g.Flag.Name, g.Value); err != nil {
			text := fmt.Sprintf("--%s %.40q", g.Flag.Name, printable.Text(g.Value))
			switch why := err.Error(); {
			case strings.HasPrefix(why, "want "): // a flag that says what is allowed need not be told twice
				return nil, fmt.Errorf("%s, %w", text, err)
			case strings.Contains(why, "want "):
				return nil, fmt.Errorf("%s: %w", text, err)
			}
			return nil, fmt.Errorf("%s: %w: %s", text, err, g.Flag.Usage)
		}
	}
	return r.rest, nil
}

// Wrong reports what is wrong with args and sets nothing; nil if help is asked for.
func (l Line) Wrong(args []string) error {
	if _, err := l.read(args); !errors.Is(err, flag.ErrHelp) {
		return err
	}
	return nil
}

func (l Line) read(args []string) (*reader, error) {
	r := &reader{Line: l, words: l.tidy(args)}
	if err := r.read(); err != nil {
		return nil, err
	}
	if r.problem != "" {
		return nil, r.wrong()
	}
	return r, nil
}

// reader walks over the words of a line.
type reader struct {
	Line
	words   []string
	given   []Given
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
		value := g.Value
		if strings.ContainsAny(value, " \t\"'$`\\*?[]{}()<>|&;#!~") || value == "" {
			value = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
		}
		parts = append(parts, "--"+g.Flag.Name+"="+value)
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
		if g.Flag == f && g.Value != value {
			r.complain("--%s is given twice, as %s and as %s", f.Name, cmp.Or(g.Value, `""`), cmp.Or(value, `""`))
			r.unsure = true
		}
	}
	r.given = append(r.given, Given{f, value})
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
	if strings.HasPrefix(name, lineFlag) {
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

// lineFlag begins the name of a flag that stands for a whole line, which nobody writes.
const lineFlag = "%"

// Hidden reports whether a flag is in no list: one that stands for a whole line, and those
// of go test, which may be written.
func Hidden(name string) bool {
	return strings.HasPrefix(name, lineFlag) || strings.HasPrefix(name, "test.")
}

func (r *reader) known() (list []string) {
	r.Flags.VisitAll(func(f *flag.Flag) {
		if !Hidden(f.Name) {
			list = append(list, "--"+f.Name)
		}
	})
	return list
}

// near is the flag that a misspelt name most likely means, if there is one.
func (r *reader) near(name string) *flag.Flag {
	if best := nearest.Near("--"+name, r.known()); best != "" {
		return r.Flags.Lookup(best[2:])
	}
	return nil
}

func (r *reader) unknown(name string) string {
	known := r.known()
	if len(known) == 0 {
		return fmt.Sprintf("unknown flag --%.40s; there are none here", printable.Text(name))
	}
	if best := nearest.Near("--"+name, known); best != "" {
		return fmt.Sprintf("unknown flag --%.40s, did you mean %s?", printable.Text(name), best)
	}
	return fmt.Sprintf("unknown flag --%.40s; known: %s", printable.Text(name), strings.Join(known, " "))
}

// MeansFlag reports whether a word is meant as one of these flags.
func MeansFlag(word string, fs *flag.FlagSet) bool {
	dashes, body := cutDashes(word)
	name, _, has := cutValue(body)
	return (dashes != "" || has) && fs.Lookup(name) != nil
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
