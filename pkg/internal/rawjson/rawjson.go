// Package rawjson reads objects in JSON field by field, several times as fast as
// package json: a list of ten thousand runs reads as many records. What is not plain it
// leaves to package json, which decides then: whatever is accepted here means the same
// there.
package rawjson

import (
	"bytes"
	"unicode/utf8"
)

// Fields calls field for every field of an object, in order, with its value as it is
// written, until one is not ok. It is ok if b is such an object, the names in it have no
// escapes and no two are the same, and all fields were.
func Fields(b []byte, field func(name string, value []byte) (ok bool)) bool {
	s := scanner{b: b}
	if !s.object(field) {
		return false
	}
	s.space()
	return s.at == len(b)
}

// Text is the text that a value is, ok if it is one of valid UTF-8 whose escapes stand
// for single signs.
func Text(value []byte) (text string, ok bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	inner := value[1 : len(value)-1]
	if !utf8.Valid(inner) {
		return "", false
	}
	at := bytes.IndexByte(inner, '\\')
	if at < 0 {
		return string(inner), true
	}
	out := append(make([]byte, 0, len(inner)), inner[:at]...)
	for at < len(inner) {
		if inner[at] != '\\' {
			more := bytes.IndexByte(inner[at:], '\\')
			if more < 0 {
				more = len(inner) - at
			}
			out = append(out, inner[at:at+more]...)
			at += more
			continue
		}
		at += 2
		switch c := inner[at-1]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			sign := rune(0)
			for _, h := range inner[at : at+4] {
				sign = sign<<4 | rune(hex(h))
			}
			if sign >= 0xd800 && sign < 0xe000 { // one half of a sign
				return "", false
			}
			out = utf8.AppendRune(out, sign)
			at += 4
		default:
			out = append(out, c)
		}
	}
	return string(out), true
}

// Squeezed is a value without the spaces between its parts.
func Squeezed(value []byte) []byte {
	out := make([]byte, 0, len(value))
	for at := 0; at < len(value); at++ {
		switch c := value[at]; c {
		case ' ', '\n', '\t', '\r':
		case '"':
			s := scanner{b: value, at: at}
			s.text()
			out = append(out, value[at:s.at]...)
			at = s.at - 1
		default:
			out = append(out, c)
		}
	}
	return out
}

type scanner struct {
	b    []byte
	at   int
	deep int
}

// deepest is how far values may lie within each other.
const deepest = 100

// next is the sign that is read next, 0 at the end.
func (s *scanner) next() byte {
	if s.at == len(s.b) {
		return 0
	}
	return s.b[s.at]
}

func (s *scanner) space() {
	for s.at < len(s.b) && (s.b[s.at] == ' ' || s.b[s.at] == '\n' || s.b[s.at] == '\t' || s.b[s.at] == '\r') {
		s.at++
	}
}

// take reads a sign between spaces.
func (s *scanner) take(c byte) bool {
	s.space()
	if s.next() != c {
		return false
	}
	s.at++
	s.space()
	return true
}

// object reads an object; field is nil for one within another, of which nobody asks.
func (s *scanner) object(field func(name string, value []byte) bool) bool {
	var names []string
	return s.list('{', '}', func() bool {
		name := s.at
		if s.next() != '"' || !s.text() {
			return false
		}
		end := s.at
		if !s.take(':') {
			return false
		}
		from := s.at
		switch {
		case !s.value():
			return false
		case field == nil:
			return true
		}
		called, ok := Text(s.b[name:end])
		for _, other := range names {
			ok = ok && other != called
		}
		names = append(names, called)
		return ok && bytes.IndexByte(s.b[name:end], '\\') < 0 && field(called, s.b[from:s.at])
	})
}

// list reads items between two brackets, with commas between them.
func (s *scanner) list(open, end byte, item func() bool) bool {
	if s.deep++; s.deep > deepest {
		return false
	}
	defer func() { s.deep-- }()
	if !s.take(open) {
		return false
	}
	for first := true; ; first = false {
		switch {
		case first && s.next() == end:
		case !item():
			return false
		default:
			s.space()
			if s.next() == ',' {
				s.at++
				s.space()
				continue
			}
		}
		if s.next() != end {
			return false
		}
		s.at++
		return true
	}
}

// value reads any value.
func (s *scanner) value() bool {
	switch c := s.next(); {
	case c == '"':
		return s.text()
	case c == '{':
		return s.object(nil)
	case c == '[':
		return s.list('[', ']', s.value)
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(s.b[s.at:], []byte(word)) {
			s.at += len(word)
			return true
		}
	}
	return false
}

// text reads a text with its quotes.
func (s *scanner) text() bool {
	for s.at++; s.at < len(s.b); s.at++ {
		switch c := s.b[s.at]; {
		case c == '"':
			s.at++
			return true
		case c < ' ':
			return false
		case c == '\\':
			if s.at++; s.at == len(s.b) || bytes.IndexByte([]byte(`"\/bfnrtu`), s.b[s.at]) < 0 {
				return false
			}
			if s.b[s.at] == 'u' {
				for range 4 {
					if s.at++; s.at == len(s.b) || hex(s.b[s.at]) < 0 {
						return false
					}
				}
			}
		}
	}
	return false
}

// number reads a number.
func (s *scanner) number() bool {
	digits := func() bool {
		from := s.at
		for s.at < len(s.b) && s.b[s.at] >= '0' && s.b[s.at] <= '9' {
			s.at++
		}
		return s.at > from
	}
	if s.next() == '-' {
		s.at++
	}
	if s.next() == '0' {
		s.at++
	} else if !digits() {
		return false
	}
	if s.next() == '.' {
		if s.at++; !digits() {
			return false
		}
	}
	if c := s.next(); c == 'e' || c == 'E' {
		s.at++
		if c := s.next(); c == '+' || c == '-' {
			s.at++
		}
		return digits()
	}
	return true
}

// hex is the value of a hexadecimal digit, -1 of what is none.
func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
