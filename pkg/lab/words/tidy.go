package words

import (
	"strings"
	"unicode/utf8"
)

// tidy undoes what is not the writer's: GoNB's reading of bytes as characters,
// and the quotes, spaces and invisible signs of word processors and web pages.
func (l Line) tidy(args []string) []string {
	var words []string
	closing := "" // ends the quotation that the last word began
	for _, arg := range args {
		if l.asGiven(arg) && closing == "" {
			words = append(words, arg)
			continue
		}
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

// asGiven reports whether a word is taken as a shell gives it: it names a file or a run,
// and files are called what they are called, with the narrow space of a screenshot's
// time, the joiner in a family, or bytes that are no text.
func (l Line) asGiven(arg string) bool {
	dashes, _ := cutDashes(arg)
	first, size := utf8.DecodeRuneInString(arg)
	_, quoted := quotes[arg[:size]]
	return l.Words && !l.Cell && arg != "" && dashes == "" && (!quoted || first < utf8.RuneSelf)
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
