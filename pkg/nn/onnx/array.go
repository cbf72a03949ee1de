package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/internal/half"
)

// array is a TensorProto: an initializer or a constant. Its values are taken out
// of the file when they are asked for.
type array struct {
	name    string
	dims    []int
	element uint64
	raw     []byte
	hasRaw  bool
	floats  []float32 // float_data, double_data
	ints    []int64   // int64_data, int32_data
	outside *outside  // the values lie in a file of their own
}

// outside says where.
type outside struct {
	file           string
	offset, length int64 // length −1: not said
	taken          bool  // it was read before: layers may share an array
}

// isWhole reports whether it is a shape, axes or the like.
func (a *array) isWhole() bool { return a.element == int64s || a.element == int32s }

// size is the number of values, which the dimensions were checked for.
func (a *array) size() int {
	n := 1
	for _, d := range a.dims {
		n *= d
	}
	return n
}

// elementSizes are those of the types that are read.
var elementSizes = map[uint64]int{float32s: 4, float64s: 8, float16s: 2, bfloat16s: 2, int32s: 4, int64s: 8}

func parseArray(b []byte) (*array, error) {
	a := &array{}
	var location uint64
	var where outside
	where.length = -1
	err := eachField(b, func(field protowire.Number, kind protowire.Type, v uint64, b []byte) (err error) {
		switch field {
		case tensorDims:
			var dims []int64
			dims, err = appendVarints(nil, kind, v, b, maxRank)
			for _, d := range dims {
				if d < 0 || d > math.MaxInt32 {
					return fmt.Errorf("a dimension of %d", d)
				}
				a.dims = append(a.dims, int(d))
			}
			if len(a.dims) > maxRank {
				return fmt.Errorf("more than %d dimensions", maxRank)
			}
		case tensorType:
			a.element = v
		case tensorName:
			a.name, err = text(kind, b)
		case tensorRaw:
			a.raw, a.hasRaw, err = b, true, message(kind)
		case tensorFloats:
			a.floats, err = appendFloats(a.floats, kind, v, b)
		case tensorDoubles:
			switch {
			case kind == protowire.Fixed64Type:
				a.floats = append(a.floats, float32(math.Float64frombits(v)))
			case kind == protowire.BytesType && len(b)%8 == 0:
				a.floats = appendRaw(a.floats, float64s, b)
			default:
				err = errors.New("doubles that are none")
			}
		case tensorInt32s, tensorInt64s:
			a.ints, err = appendVarints(a.ints, kind, v, b, math.MaxInt32)
		case tensorExternal:
			var key, value string
			if err = message(kind); err != nil {
				break
			}
			if key, value, err = parseEntry(b); err != nil {
				break
			}
			switch key {
			case "location":
				where.file, err = text(protowire.BytesType, []byte(value))
			case "offset":
				where.offset, err = strconv.ParseInt(value, 10, 64)
			case "length":
				where.length, err = strconv.ParseInt(value, 10, 64)
			}
		case tensorLocation:
			location = v
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	n := 1
	for _, d := range a.dims {
		if d > 0 && n > maxMessage/d {
			return nil, fmt.Errorf("%.80q has dimensions %v, want at most %d values", a.name, a.dims, maxMessage)
		}
		n *= d
	}
	if location == 1 {
		a.outside = &where
	}
	return a, nil
}

// store gives the values that lie outside of the model's file, and bounds what is
// made of a file by the bytes that it has.
type store struct {
	budget int64  // numbers that may still be made
	folder string // "": there is none
	files  map[string]*os.File
	left   map[string]int64 // bytes of each file that no array has taken
}

func newStore(file []byte, folder string) *store {
	return &store{int64(len(file)) + spare, folder, map[string]*os.File{}, map[string]int64{}}
}

// spare is what a network may have beyond what is in its file: the weights of
// batch normalizations for what was a product with one number.
const spare = 1 << 20

// spend counts n numbers. A file that uses one array over and over, or asks for
// constants of great size, is refused.
func (s *store) spend(n int) error {
	if s.budget -= int64(n); s.budget < 0 {
		return errors.New("more numbers than the file has bytes")
	}
	return nil
}

func (s *store) close() {
	for _, f := range s.files {
		f.Close()
	}
}

// maxOutside is the largest file of weights that is read.
const maxOutside = 8 << 30

// read reads n bytes that w points at. Two arrays that lie in the same bytes more
// often than the file has them are refused: memory is bounded by the files.
func (s *store) read(w *outside, n int64) ([]byte, error) {
	if s.folder == "" {
		return nil, fmt.Errorf("its values are in the file %.80q, and the model was not read from a folder", w.file)
	}
	f := s.files[w.file]
	if f == nil {
		var err error
		if f, err = atomicfile.OpenIn(s.folder, w.file, maxOutside); err != nil {
			return nil, fmt.Errorf("its values are in another file: %w", err)
		}
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		s.files[w.file], s.left[w.file] = f, info.Size()
		s.budget += info.Size()
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	switch {
	case w.length >= 0 && w.length != n:
		return nil, fmt.Errorf("%d bytes of %.80q, its dimensions want %d", w.length, w.file, n)
	case w.offset < 0 || w.offset > info.Size()-n:
		return nil, fmt.Errorf("bytes %d to %d of %.80q, which has %d: cut short?", w.offset, w.offset+n, w.file, info.Size())
	}
	if !w.taken {
		if s.left[w.file] -= n; s.left[w.file] < 0 {
			return nil, fmt.Errorf("its values and those of others overlap in %.80q", w.file)
		}
		w.taken = true
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(f, w.offset, n), b); err != nil {
		return nil, fmt.Errorf("%.80q: while it was read: %w", w.file, err)
	}
	return b, nil
}

// bytes are the raw values, if the array has them in that form.
func (a *array) bytes(s *store) (raw []byte, ok bool, err error) {
	size, known := elementSizes[a.element]
	if !known {
		return nil, false, fmt.Errorf("is of element type %d, want float, double, float16, bfloat16, int32 or int64", a.element)
	}
	n := int64(size) * int64(a.size())
	switch {
	case a.outside != nil:
		raw, err = s.read(a.outside, n)
		return raw, true, err
	case a.hasRaw:
		if int64(len(a.raw)) != n {
			return nil, false, fmt.Errorf("has %d bytes, its dimensions %v want %d", len(a.raw), a.dims, n)
		}
		return a.raw, true, nil
	}
	return nil, false, nil
}

// values are the array's numbers as float32.
func (a *array) values(s *store) ([]float32, error) {
	raw, ok, err := a.bytes(s)
	if err != nil {
		return nil, fmt.Errorf("array %.80q: %w", a.name, err)
	}
	if err := s.spend(max(a.size(), len(a.ints))); err != nil {
		return nil, fmt.Errorf("array %.80q: %w", a.name, err)
	}
	if ok {
		return appendRaw(make([]float32, 0, a.size()), a.element, raw), nil
	}
	out := a.floats
	if len(a.ints) > 0 {
		out = make([]float32, len(a.ints))
		for i, v := range a.ints {
			switch a.element {
			case float16s:
				out[i] = half.Float(uint16(v))
			case bfloat16s:
				out[i] = math.Float32frombits(uint32(uint16(v)) << 16)
			default:
				out[i] = float32(v)
			}
		}
	}
	if len(out) != a.size() {
		return nil, fmt.Errorf("array %.80q: has %d values, its dimensions %v want %d", a.name, len(out), a.dims, a.size())
	}
	return out, nil
}

// whole are the array's numbers if they are whole ones: a shape, axes.
func (a *array) whole(s *store) ([]int64, error) {
	if !a.isWhole() || a.size() > maxInts {
		return nil, fmt.Errorf("array %.80q: %d values of element type %d, want at most %d whole numbers", a.name, a.size(), a.element, maxInts)
	}
	raw, ok, err := a.bytes(s)
	if err != nil {
		return nil, fmt.Errorf("array %.80q: %w", a.name, err)
	}
	out := a.ints
	if ok {
		out = make([]int64, a.size())
		for i := range out {
			if a.element == int64s {
				out[i] = int64(binary.LittleEndian.Uint64(raw[8*i:]))
			} else {
				out[i] = int64(int32(binary.LittleEndian.Uint32(raw[4*i:])))
			}
		}
	}
	if len(out) != a.size() {
		return nil, fmt.Errorf("array %.80q: has %d values, its dimensions %v want %d", a.name, len(out), a.dims, a.size())
	}
	return out, nil
}

// appendRaw adds the values of b, little-endian as the standard wants them.
func appendRaw(to []float32, element uint64, b []byte) []float32 {
	size := elementSizes[element]
	for ; len(b) >= size; b = b[size:] {
		var v float32
		switch element {
		case float32s:
			v = math.Float32frombits(binary.LittleEndian.Uint32(b))
		case float64s:
			v = float32(math.Float64frombits(binary.LittleEndian.Uint64(b)))
		case float16s:
			v = half.Float(binary.LittleEndian.Uint16(b))
		case bfloat16s:
			v = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
		case int32s:
			v = float32(int32(binary.LittleEndian.Uint32(b)))
		case int64s:
			v = float32(int64(binary.LittleEndian.Uint64(b)))
		}
		to = append(to, v)
	}
	return to
}
