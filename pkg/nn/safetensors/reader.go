package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Reader is an open file, whose arrays are read when they are asked for: one that
// another program wrote may hold more than is wanted, or in another order.
type Reader struct {
	Meta   map[string]string
	Arrays []Array // in the order of their data

	r      io.ReaderAt
	header []byte
	start  int64 // of the data
	size   int64 // of the data
	file   *os.File
	buf    []byte
}

// Array is what a file says of one of its arrays. DType is as the format calls it:
// F32, F16, BF16, I64 and so on.
type Array struct {
	Name, DType string
	Dims        []int

	begin, end int64 // of its data
}

// Open opens the file at path, a regular one of at most MaxFile bytes, and reads
// what it says of itself. Checksums are left to Load.
func Open(path string) (*Reader, error) {
	f, _, size, err := open(path)
	if err != nil {
		return nil, err
	}
	r, err := newReader(f, size)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	forgetSums(r.Meta)
	r.file = f
	return r, nil
}

// Close closes the file.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// newReader reads the header of what is size bytes long.
func newReader(from io.ReaderAt, size int64) (*Reader, error) {
	if size < 8 {
		return nil, fmt.Errorf("safetensors: %d bytes, want at least 8", size)
	}
	var length [8]byte
	if err := readAt(from, length[:], 0); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || n > uint64(size-8) {
		return nil, fmt.Errorf("safetensors: header of %d bytes in a file of %d, at most %d: cut short?", n, size, maxHeader)
	}
	r := &Reader{r: from, header: make([]byte, n), start: 8 + int64(n), size: size - 8 - int64(n)}
	if err := readAt(from, r.header, 8); err != nil {
		return nil, err
	}
	meta, names, entries, err := parseHeader(r.header)
	if err == nil {
		sortByOffset(names, entries)
		err = fits(names, entries, uint64(r.size))
	}
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	r.Meta = meta
	for i, e := range entries {
		a := Array{Name: names[i], DType: e.DType, Dims: make([]int, len(e.Shape)), begin: int64(e.Offsets[0]), end: int64(e.Offsets[1])}
		for j, d := range e.Shape {
			a.Dims[j] = int(d)
		}
		r.Arrays = append(r.Arrays, a)
	}
	return r, nil
}

func readAt(r io.ReaderAt, b []byte, at int64) error {
	if n, err := r.ReadAt(b, at); n < len(b) {
		return fmt.Errorf("safetensors: while it was read: %w", cut(err))
	}
	return nil
}

// cut is err of a file that has become shorter.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Values are those of an array of r, of which one at a time is read.
func (r *Reader) Values(a Array) (*Values, error) {
	v, err := r.values(a, io.NewSectionReader(r.r, r.start+a.begin, a.end-a.begin))
	if err != nil {
		return nil, fmt.Errorf("safetensors: tensor %q: %w", a.Name, err)
	}
	return v, nil
}

func (r *Reader) values(a Array, from io.Reader) (*Values, error) {
	v, err := NewValues(from, a.DType)
	if err == nil {
		if r.buf == nil {
			r.buf = make([]byte, min(r.size, chunk))
		}
		v.buf = r.buf
	}
	return v, err
}

// chunk is how many bytes are converted at a time; any number of any type fits.
const chunk = 128 << 10

// Values are the numbers of an array, converted to float32 as they are read.
type Values struct {
	from io.Reader
	kind dtype
	buf  []byte
}

// NewValues reads little-endian numbers of a type that the format has.
func NewValues(from io.Reader, dtype string) (*Values, error) {
	kind, err := readable(dtype)
	return &Values{from: from, kind: kind}, err
}

// Read fills dst with the next values.
func (v *Values) Read(dst []float32) error {
	width := int(v.kind.bits / 8)
	if len(v.buf) < width && len(dst) > 0 {
		v.buf = make([]byte, chunk)
	}
	for len(dst) > 0 {
		n := min(len(dst), len(v.buf)/width)
		if _, err := io.ReadFull(v.from, v.buf[:n*width]); err != nil {
			return cut(err)
		}
		v.kind.convert(dst[:n], v.buf)
		dst = dst[n:]
	}
	return nil
}

// all reads every array, and compares the checksums that the metadata hold.
func (r *Reader) all() (*File, error) {
	f := &File{Meta: r.Meta}
	order := make([]int, len(r.Arrays))
	for i := range order {
		order[i] = i
	}
	sum, err := r.contentSum() // nil without a checksum: it goes by name
	if err != nil {
		return nil, err
	}
	if sum != nil {
		slices.SortFunc(order, func(i, j int) int { return byName(r.Arrays[i], r.Arrays[j]) })
	}
	if len(order) > 0 {
		f.Tensors = make([]Tensor, len(order))
	}
	for _, i := range order {
		a := r.Arrays[i]
		var from io.Reader = io.NewSectionReader(r.r, r.start+a.begin, a.end-a.begin)
		if sum != nil {
			from = io.TeeReader(from, sum.begin(a))
		}
		v, err := r.values(a, from)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", a.Name, err)
		}
		n := 1
		for _, d := range a.Dims {
			n *= d
		}
		t := Tensor{Name: a.Name, Dims: a.Dims, Data: make([]float32, n)}
		if err := v.Read(t.Data); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", a.Name, err)
		}
		f.Tensors[i] = t
		if a.DType != "F32" {
			if f.Converted == nil {
				f.Converted = map[string]string{}
			}
			f.Converted[a.Name] = a.DType
		}
	}
	if sum != nil {
		err = sum.check(r.Meta)
	} else {
		err = r.checkOrdered()
	}
	if err != nil {
		return nil, err
	}
	forgetSums(f.Meta)
	return f, nil
}
