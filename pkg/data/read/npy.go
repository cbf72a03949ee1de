package read

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"inkling/pkg/data/internal/idx"
)

// npyHeader is what stands before the numbers of an .npy: 93 "NUMPY", the version
// (two bytes), the length of a text (two bytes little-endian, four from version 2
// on), and the text, a dict of Python:
//
//	{'descr': '<u1', 'fortran_order': False, 'shape': (60000, 28, 28), }
//
// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
type npyHeader struct {
	dims    []int
	fortran bool
	order   binary.ByteOrder
	kind    byte // u, i, f or b
	width   int  // bytes of a number
}

const maxNPYHeader = 64 << 10

func readNPY(r io.Reader) (npyHeader, error) {
	var start [8]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		return npyHeader{}, cut(err, "the header")
	}
	if string(start[:6]) != "\x93NUMPY" || start[6] < 1 || start[6] > 3 {
		return npyHeader{}, fmt.Errorf("begins with %q, want numpy's array, version 1 to 3", start)
	}
	size := make([]byte, 2)
	if start[6] > 1 {
		size = make([]byte, 4)
	}
	if _, err := io.ReadFull(r, size); err != nil {
		return npyHeader{}, cut(err, "the header")
	}
	n := uint32(binary.LittleEndian.Uint16(size))
	if len(size) == 4 {
		n = binary.LittleEndian.Uint32(size)
	}
	if n > maxNPYHeader {
		return npyHeader{}, fmt.Errorf("a header of %d bytes, allowed %d", n, maxNPYHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return npyHeader{}, cut(err, "the header")
	}
	return parseNPY(string(text))
}

// parseNPY reads the dict strictly: three keys, in any order, each once.
func parseNPY(text string) (h npyHeader, err error) {
	wrong := func(what string) (npyHeader, error) {
		return npyHeader{}, fmt.Errorf("header %.100q: %s", strings.TrimSpace(text), what)
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
			if h.order, h.kind, h.width, err = dtype(value); err != nil {
				return npyHeader{}, err
			}
		case "fortran_order":
			word := rest[:len(rest)-len(strings.TrimLeft(rest, "TrueFals"))]
			if word != "True" && word != "False" {
				return wrong("fortran_order, want True or False")
			}
			h.fortran, rest = word == "True", rest[len(word):]
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
				if err != nil || d < 1 || len(h.dims) == 5 {
					return wrong("shape, allowed are 1 to 5 dimensions of 1 or more")
				}
				h.dims = append(h.dims, int(d))
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
	if len(seen) != 3 || len(h.dims) == 0 {
		return wrong("want the keys descr, fortran_order and shape, each once, and 1 dimension or more")
	}
	size := uint64(h.width)
	for _, d := range h.dims {
		hi, lo := bits.Mul64(size, uint64(d))
		if hi != 0 || lo > 8*maxPixels {
			return npyHeader{}, fmt.Errorf("%s numbers of %d bytes, allowed %d bytes in all", idx.Times(h.dims), h.width, int64(8*maxPixels))
		}
		size = lo
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

func (h npyHeader) isByte() bool { return h.kind == 'u' && h.width == 1 }

func (h npyHeader) len() int {
	n := 1
	for _, d := range h.dims {
		n *= d
	}
	return n
}

// images says how the numbers lie; beside what layout knows, N rows of pixels of a
// square or of a shape.
func (h npyHeader) images(shape []int) (c, height, width int, last bool, err error) {
	if len(h.dims) == 2 {
		return square(h.dims[1], shape)
	}
	if c, height, width, last, err = layout(h.dims); err != nil {
		err = fmt.Errorf("holds %s numbers, %w", idx.Times(h.dims), err)
	}
	return c, height, width, last, err
}

// bytes reads all numbers as pixels: bytes as they are where most is 0, else as a
// share of most.
func (h npyHeader) bytes(r io.Reader, most float64) ([]uint8, error) {
	n := h.len()
	if h.isByte() && most == 0 {
		pixels, err := idx.ReadExactly(r, n, 1<<20)
		if err != nil {
			return nil, cut(err, fmt.Sprintf("%d of %d numbers", len(pixels), n))
		}
		return pixels, h.end(r)
	}
	var pixels []uint8
	err := h.values(r, func(i int, v float64) error {
		if !(v >= 0 && v <= most) {
			return fmt.Errorf("pixel %v at index %d, allowed 0 to %v", v, i, most)
		}
		pixels = append(pixels, uint8(math.Round(v/most*255)))
		return nil
	})
	return pixels, err
}

// values calls do with every number, in the order of the file.
func (h npyHeader) values(r io.Reader, do func(i int, v float64) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	n := h.len()
	buf := make([]byte, h.width)
	for i := range n {
		if _, err := io.ReadFull(in, buf); err != nil {
			return cut(err, fmt.Sprintf("%d of %d numbers", i, n))
		}
		if err := do(i, h.value(buf)); err != nil {
			return err
		}
	}
	return h.end(in)
}

// end reports what follows the numbers. At its end a zip file compares checksums.
func (h npyHeader) end(r io.Reader) error {
	var b [1]byte
	switch _, err := io.ReadFull(r, b[:]); {
	case err == nil:
		return fmt.Errorf("more than the %d numbers of its header %s", h.len(), idx.Times(h.dims))
	case err != io.EOF:
		return fmt.Errorf("after the numbers: %w", err)
	}
	return nil
}

func (h npyHeader) value(b []byte) float64 {
	var u uint64
	switch h.width {
	case 1:
		u = uint64(b[0])
	case 2:
		u = uint64(h.order.Uint16(b))
	case 4:
		u = uint64(h.order.Uint32(b))
	case 8:
		u = h.order.Uint64(b)
	}
	shift := 64 - 8*h.width
	switch {
	case h.kind == 'i':
		return float64(int64(u<<shift) >> shift)
	case h.kind == 'f' && h.width == 8:
		return math.Float64frombits(u)
	case h.kind == 'f' && h.width == 4:
		return float64(math.Float32frombits(uint32(u)))
	case h.kind == 'f':
		return half(uint16(u))
	}
	return float64(u)
}

// half is a float of 16 bits: sign, 5 bits of exponent, 10 of fraction.
func half(u uint16) float64 {
	sign, e, f := 1-2*float64(u>>15), int(u>>10&31), float64(u&1023)
	switch e {
	case 0:
		return sign * math.Ldexp(f, -24)
	case 31:
		if f != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+f, e-25)
}

// cut words an error of a file that ended early; any other is kept.
func cut(err error, where string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("truncated: %s", where)
	}
	return err
}
