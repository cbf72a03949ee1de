// Package npy reads what stands before the numbers of an array of numpy.
//
// Of the readers for Go, sbinet/npyio (v0.6.0) makes room for whatever a header
// claims and panics on one that is cut short; the header is three fields, read here.
package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Header is what stands before the numbers of an .npy: 93 "NUMPY", the version
// (two bytes), the length of a text (two bytes little-endian, four from version 2
// on), and the text, a dict of Python:
//
//	{'descr': '<u1', 'fortran_order': False, 'shape': (60000, 28, 28), }
//
// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
type Header struct {
	Dims    []int
	Fortran bool // the first index moves fastest
	Order   binary.ByteOrder
	Kind    byte // u, i, f or b
	Width   int  // bytes of a number
}

const (
	maxHeader = 64 << 10
	maxRank   = 8
)

// Read reads a header. Whether its dimensions are true is left to the caller: any
// may be 0, and their product may be more than a machine counts.
func Read(r io.Reader) (Header, error) {
	var start [8]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		return Header{}, cut(err)
	}
	if string(start[:6]) != "\x93NUMPY" || start[6] < 1 || start[6] > 3 {
		return Header{}, fmt.Errorf("begins with %q, want numpy's array, version 1 to 3", start)
	}
	size := make([]byte, 2)
	if start[6] > 1 {
		size = make([]byte, 4)
	}
	if _, err := io.ReadFull(r, size); err != nil {
		return Header{}, cut(err)
	}
	n := uint32(binary.LittleEndian.Uint16(size))
	if len(size) == 4 {
		n = binary.LittleEndian.Uint32(size)
	}
	if n > maxHeader {
		return Header{}, fmt.Errorf("a header of %d bytes, allowed %d", n, maxHeader)
	}
	text, err := io.ReadAll(io.LimitReader(r, int64(n)))
	if err == nil && len(text) < int(n) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return Header{}, cut(err)
	}
	return parse(string(text))
}

// parse reads the dict strictly: three keys, in any order, each once.
func parse(text string) (h Header, err error) {
	wrong := func(what string) (Header, error) {
		return Header{}, fmt.Errorf("header %.100q: %s", strings.TrimSpace(text), what)
	}
	rest := strings.TrimSpace(text)
	if !strings.HasPrefix(rest, "{") || !strings.HasSuffix(rest, "}") {
		return wrong("want a dict of descr, fortran_order and shape")
	}
	rest = strings.TrimSpace(rest[1 : len(rest)-1])
	seen := map[string]bool{}
	for rest != "" {
		var key, value string
		var ok bool
		if key, rest, ok = quoted(rest); !ok || !strings.HasPrefix(rest, ":") || seen[key] {
			return wrong("want the keys descr, fortran_order and shape, each once")
		}
		seen[key] = true
		rest = strings.TrimSpace(rest[1:])
		switch key {
		case "descr":
			if value, rest, ok = quoted(rest); !ok {
				return wrong("its numbers are records, allowed are whole numbers and floats")
			}
			if h.Order, h.Kind, h.Width, err = dtype(value); err != nil {
				return Header{}, err
			}
		case "fortran_order":
			word := rest[:len(rest)-len(strings.TrimLeft(rest, "TrueFals"))]
			if word != "True" && word != "False" {
				return wrong("fortran_order, want True or False")
			}
			h.Fortran, rest = word == "True", rest[len(word):]
		case "shape":
			end := strings.IndexByte(rest, ')')
			if !strings.HasPrefix(rest, "(") || end < 0 {
				return wrong("shape, want (…)")
			}
			for word := range strings.SplitSeq(rest[1:end], ",") {
				if word = strings.TrimSpace(word); word == "" {
					continue
				}
				d, err := strconv.ParseUint(strings.TrimSuffix(word, "L"), 10, 62) // L: Python 2
				if err != nil || len(h.Dims) == maxRank {
					return wrong("shape, allowed are whole numbers, 8 at most")
				}
				h.Dims = append(h.Dims, int(d))
			}
			rest = rest[end+1:]
		default:
			return wrong("want the keys descr, fortran_order and shape, each once")
		}
		rest = strings.TrimSpace(rest)
		if rest != "" && rest[0] != ',' {
			return wrong("want a comma after " + key)
		}
		rest = strings.TrimSpace(strings.TrimPrefix(rest, ","))
	}
	if len(seen) != 3 {
		return wrong("want the keys descr, fortran_order and shape, each once")
	}
	return h, nil
}

// quoted reads a string of Python without escapes.
func quoted(s string) (word, rest string, ok bool) {
	if s == "" || s[0] != '\'' && s[0] != '"' {
		return "", s, false
	}
	end := strings.IndexByte(s[1:], s[0])
	if end < 0 {
		return "", s, false
	}
	return s[1 : 1+end], strings.TrimSpace(s[2+end:]), true
}

// dtype reads the type of numbers, such as <i8: the order, the kind, the bytes.
func dtype(s string) (order binary.ByteOrder, kind byte, width int, err error) {
	order = binary.LittleEndian
	if len(s) == 3 {
		kind, width = s[1], int(s[2]-'0')
		if s[0] == '>' {
			order = binary.BigEndian
		}
	}
	switch {
	case len(s) == 3 && strings.IndexByte("<>|=", s[0]) < 0:
	case kind == 'u' || kind == 'i':
		if width == 1 || width == 2 || width == 4 || width == 8 {
			return order, kind, width, nil
		}
	case kind == 'f':
		if width == 2 || width == 4 || width == 8 {
			return order, kind, width, nil
		}
	case kind == 'b' && width == 1:
		return order, kind, width, nil
	}
	if strings.HasSuffix(s, "O") {
		return nil, 0, 0, errors.New("pickled objects of Python, which may run programs, allowed are whole numbers and floats")
	}
	return nil, 0, 0, fmt.Errorf("numbers of type %.20q, allowed are u1 to u8, i1 to i8, f2 to f8 and b1", s)
}

// cut words an error of a file that ended early; any other is kept.
func cut(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("truncated: the header")
	}
	return err
}
