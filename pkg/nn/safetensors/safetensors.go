package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"inkling/pkg/internal/atomicfile"
)

// Limits of what Decode accepts.
const (
	maxHeader  = 1 << 20
	maxTensors = 4096 // and entries of metadata
	maxName    = 256
	maxRank    = 8
)

// Tensor is a named array, row-major: Data has as many values as the product of
// Dims, one if there are none.
type Tensor struct {
	Name string
	Dims []int
	Data []float32
}

// File is the contents of a safetensors file. Meta is its __metadata__. Converted
// are the types of the tensors that were not F32 in the file that was read, by name.
type File struct {
	Meta      map[string]string
	Tensors   []Tensor
	Converted map[string]string
}

const metaKey = "__metadata__"

type entry struct {
	DType   string   `json:"dtype"`
	Shape   []uint64 `json:"shape"`
	Offsets []uint64 `json:"data_offsets"`
}

// Tensor returns the array of that name, or nil.
func (f *File) Tensor(name string) *Tensor {
	for i := range f.Tensors {
		if f.Tensors[i].Name == name {
			return &f.Tensors[i]
		}
	}
	return nil
}

// Save writes f to path so that path holds the old contents or the new.
func (f *File) Save(path string) error {
	b, err := f.Encode()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// Load reads the file at path, a regular one of at most MaxFile bytes.
func Load(path string) (*File, error) {
	from, _, size, err := open(path)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	f, err := decode(from, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Encode returns the bytes of f. A name that comes twice or is no UTF-8, values that
// do not fit Dims, and what Decode would not accept are errors.
func (f *File) Encode() ([]byte, error) {
	size := 0
	for _, t := range f.Tensors {
		size += 4 * len(t.Data)
	}
	data := make([]byte, 0, size)
	var header bytes.Buffer
	seen := map[string]bool{}
	var arrays []Array
	for i, t := range f.Tensors {
		e := entry{DType: "F32", Shape: make([]uint64, len(t.Dims))}
		for i, d := range t.Dims {
			if d < 0 {
				return nil, fmt.Errorf("safetensors: tensor %q has shape %v", t.Name, t.Dims)
			}
			e.Shape[i] = uint64(d)
		}
		if n, err := e.size(); err != nil {
			return nil, fmt.Errorf("safetensors: tensor %q: %w", t.Name, err)
		} else if n != 4*uint64(len(t.Data)) {
			return nil, fmt.Errorf("safetensors: tensor %q has %d values, its shape %v holds %d", t.Name, len(t.Data), t.Dims, n/4)
		}
		if err := checkName(t.Name); err != nil {
			return nil, err
		}
		if seen[t.Name] {
			return nil, fmt.Errorf("safetensors: tensor %q twice", t.Name)
		}
		seen[t.Name] = true
		begin := len(data)
		for _, v := range t.Data {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
		e.Offsets = []uint64{uint64(begin), uint64(len(data))}
		j, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			header.WriteByte(',')
		}
		name, err := plainJSON(t.Name)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&header, "%s:%s", name, j)
		arrays = append(arrays, Array{t.Name, "F32", t.Dims, int64(begin), int64(len(data))})
	}
	meta := map[string]string{}
	for k, v := range f.Meta {
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			return nil, fmt.Errorf("safetensors: metadata %.40q: %.40q is not UTF-8", k, v)
		}
		meta[k] = v
	}
	forgetSums(meta)
	sum := newContentHash(len(arrays))
	slices.SortFunc(arrays, byName)
	for _, a := range arrays {
		sum.begin(a).Write(data[a.begin:a.end])
	}
	meta[contentKey], meta[checksumKey] = sum.sum(meta), contentKey
	m, err := plainJSON(meta)
	if err != nil {
		return nil, err
	}
	head := fmt.Appendf(nil, "{%q:%s", metaKey, m)
	if header.Len() > 0 {
		head = append(head, ',')
	}
	head = append(append(head, header.Bytes()...), '}')
	for len(head)%8 != 0 {
		head = append(head, ' ')
	}
	if len(head) > maxHeader || len(f.Tensors) > maxTensors || len(meta) > maxTensors {
		return nil, fmt.Errorf("safetensors: header of %d bytes, %d tensors and %d entries of metadata, at most %d, %d and %d",
			len(head), len(f.Tensors), len(meta), maxHeader, maxTensors, maxTensors)
	}
	out := make([]byte, 0, 8+len(head)+len(data))
	out = binary.LittleEndian.AppendUint64(out, uint64(len(head)))
	out = append(out, head...)
	return append(out, data...), nil
}

// plainJSON is v without escapes that JSON does not need: \u003c and \u003C are the
// same letter, and hide a changed bit.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	plain := json.NewEncoder(&b)
	plain.SetEscapeHTML(false)
	err := plain.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// Decode parses the bytes of a file. The error says in one line what was found and
// what is allowed: types that are no numbers, arrays that overlap, leave gaps or end
// beyond the file, a checksum that does not fit.
func Decode(b []byte) (*File, error) { return decode(bytes.NewReader(b), int64(len(b))) }

func decode(from io.ReaderAt, size int64) (*File, error) {
	r, err := newReader(from, size)
	if err != nil {
		return nil, err
	}
	f, err := r.all()
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	return f, nil
}

// fits reports arrays, in the order of their data, that are not the size bytes
// of it: each begins where the one before ends.
func fits(names []string, entries []entry, size uint64) error {
	var at uint64
	for i, e := range entries {
		n, err := e.size()
		if err != nil {
			return fmt.Errorf("tensor %q: %w", names[i], err)
		}
		if e.Offsets[0] != at || e.Offsets[1] < at || e.Offsets[1]-at != n {
			return fmt.Errorf("tensor %q at bytes %d to %d, want %d to %d", names[i], e.Offsets[0], e.Offsets[1], at, at+n)
		}
		at += n
		if at > size {
			return fmt.Errorf("tensor %q ends at byte %d, the file holds %d: cut short?", names[i], at, size)
		}
	}
	if at != size {
		return fmt.Errorf("%d bytes of data, the header describes %d", size, at)
	}
	return nil
}

// size is the number of bytes the entry's shape asks for.
func (e entry) size() (uint64, error) {
	d, err := dtypeNamed(e.DType)
	if err != nil {
		return 0, err
	}
	if len(e.Shape) > maxRank {
		return 0, fmt.Errorf("rank %d, want at most %d", len(e.Shape), maxRank)
	}
	size := d.bits
	for _, n := range e.Shape {
		hi, lo := bits.Mul64(size, n)
		if hi != 0 || lo > math.MaxInt64/2 {
			return 0, fmt.Errorf("shape %v is too large", e.Shape)
		}
		size = lo
	}
	if size%8 != 0 {
		return 0, fmt.Errorf("shape %v of %s ends within a byte", e.Shape, e.DType)
	}
	return size / 8, nil
}

// sortByOffset puts entries in the order of their data, which is all that the
// format asks for: the names of a JSON object have no order.
func sortByOffset(names []string, entries []entry) {
	order := make([]int, len(entries))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return slices.Compare(entries[i].Offsets, entries[j].Offsets) })
	oldNames, oldEntries := slices.Clone(names), slices.Clone(entries)
	for to, from := range order {
		names[to], entries[to] = oldNames[from], oldEntries[from]
	}
}

// parseHeader reads the header. Entries come back in its order.
func parseHeader(h []byte) (meta map[string]string, names []string, entries []entry, err error) {
	if len(h) == 0 || h[0] != '{' || !utf8.Valid(h) {
		return nil, nil, nil, errors.New("the header is not a JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(h))
	dec.UseNumber()
	err = object(dec, func(name string) error {
		if name == metaKey {
			meta = map[string]string{}
			return objectOrNull(dec, func(key string) error {
				if len(meta) == maxTensors {
					return fmt.Errorf("more than %d entries of metadata", maxTensors)
				}
				s, err := text(dec)
				if err != nil {
					return fmt.Errorf("metadata %.40q: %w", key, err)
				}
				meta[key] = s
				return nil
			})
		}
		if err := checkName(name); err != nil {
			return err
		}
		if len(entries) == maxTensors {
			return fmt.Errorf("more than %d tensors", maxTensors)
		}
		e, err := readEntry(dec)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		names, entries = append(names, name), append(entries, e)
		return nil
	})
	if err != nil {
		return nil, nil, nil, fmt.Errorf("header: %w", err)
	}
	if rest := bytes.TrimRight(h[dec.InputOffset():], " "); len(rest) > 0 {
		return nil, nil, nil, fmt.Errorf("header: %d bytes after its end", len(rest))
	}
	return meta, names, entries, nil
}

// object reads a JSON object and calls value at each key, to read what follows.
// It goes token by token because encoding/json takes keys in any case and keeps
// the last of two equal ones without a word.
func object(dec *json.Decoder, value func(key string) error) error {
	if err := delim(dec, '{'); err != nil {
		return err
	}
	return members(dec, value)
}

// objectOrNull is object that takes null for {}.
func objectOrNull(dec *json.Decoder, value func(key string) error) error {
	switch t, err := dec.Token(); {
	case err != nil || t == nil:
		return err
	case t != json.Delim('{'):
		return fmt.Errorf("%.40q where { or null belongs", fmt.Sprint(t))
	}
	return members(dec, value)
}

// members reads an object after its brace.
func members(dec *json.Decoder, value func(key string) error) error {
	seen := map[string]bool{}
	for dec.More() {
		key, err := text(dec)
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%.40q twice", key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	return delim(dec, '}')
}

func text(dec *json.Decoder) (string, error) {
	t, err := dec.Token()
	s, ok := t.(string)
	if err == nil && !ok {
		err = fmt.Errorf("%.40q where a string belongs", fmt.Sprint(t))
	}
	return s, err
}

func delim(dec *json.Decoder, want json.Delim) error {
	t, err := dec.Token()
	if err == nil && t != want {
		return fmt.Errorf("%.40q where %v belongs", fmt.Sprint(t), want)
	}
	return err
}

func readEntry(dec *json.Decoder) (e entry, err error) {
	fields := 0
	err = object(dec, func(key string) (err error) {
		fields++
		switch key {
		case "dtype":
			e.DType, err = text(dec)
		case "shape":
			e.Shape, err = integers(dec, maxRank)
		case "data_offsets":
			e.Offsets, err = integers(dec, 2)
		default:
			err = fmt.Errorf("unknown field %.40q", key)
		}
		return err
	})
	if err == nil && (fields != 3 || len(e.Offsets) != 2) {
		err = errors.New("want dtype, shape and two data_offsets")
	}
	return e, err
}

// integers reads a JSON array of at most so many whole numbers.
func integers(dec *json.Decoder, most int) ([]uint64, error) {
	if err := delim(dec, '['); err != nil {
		return nil, err
	}
	list := []uint64{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, err
		}
		text, _ := t.(json.Number)
		v, err := strconv.ParseUint(string(text), 10, 63)
		if err != nil {
			return nil, fmt.Errorf("%.40q where a whole number belongs", fmt.Sprint(t))
		}
		if len(list) == most {
			return nil, fmt.Errorf("more than %d numbers in a list", most)
		}
		list = append(list, v)
	}
	return list, delim(dec, ']')
}

func checkName(s string) error {
	if s == metaKey {
		return fmt.Errorf("tensor name %s, which is the metadata's", s)
	}
	if s == "" || len(s) > maxName {
		return fmt.Errorf("tensor name of %d bytes, want 1 to %d", len(s), maxName)
	}
	// Not only ours: Keras has "dense/kernel:0", and people have spaces. What a
	// terminal or a page would not show as a sign stays out.
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) {
		return fmt.Errorf("tensor name %.40q, want printable signs only", s)
	}
	return nil
}
