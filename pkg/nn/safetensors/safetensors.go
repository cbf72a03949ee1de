// Package safetensors reads and writes named float32 arrays in the
// safetensors format, version 0.3: an 8-byte little-endian header length, a
// JSON header {"name": {"dtype", "shape", "data_offsets": [begin, end]}}, and
// the arrays one after the other, row-major and little-endian. Any Python user
// opens such a file with safetensors.numpy.load_file.
//
// The reader is strict: it believes nothing that the header says before it
// has checked it against the length of the file, and allocates nothing larger
// than the file itself.
package safetensors

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"

	"inkling/pkg/nn/internal/atomicfile"
)

// Limits of what Decode accepts.
const (
	MaxHeader  = 1 << 20
	MaxTensors = 4096
	MaxName    = 256
	MaxRank    = 8
)

// Tensor is a named array, row-major.
type Tensor struct {
	Name string
	Dims []int
	Data []float32
}

// File is the contents of a safetensors file. Meta is its __metadata__.
type File struct {
	Meta    map[string]string
	Tensors []Tensor
}

// hashKey is the metadata entry that holds the SHA-256 of the data section, so
// that a changed bit in the weights is noticed. Files without it are accepted.
const hashKey = "data_sha256"

const metaKey = "__metadata__"

type entry struct {
	DType   string    `json:"dtype"`
	Shape   []int     `json:"shape"`
	Offsets [2]uint64 `json:"data_offsets"`
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

// Load reads the file at path.
func Load(path string) (*File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := Decode(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Encode returns the bytes of f.
func (f *File) Encode() ([]byte, error) {
	size := 0
	for _, t := range f.Tensors {
		size += 4 * len(t.Data)
	}
	data := make([]byte, 0, size)
	var header bytes.Buffer
	seen := map[string]bool{}
	for i, t := range f.Tensors {
		n := 1
		for _, d := range t.Dims {
			n *= d
		}
		if n != len(t.Data) {
			return nil, fmt.Errorf("safetensors: tensor %q has %d values, its shape %v holds %d", t.Name, len(t.Data), t.Dims, n)
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
		dims := t.Dims
		if dims == nil {
			dims = []int{}
		}
		e, err := json.Marshal(entry{"F32", dims, [2]uint64{uint64(begin), uint64(len(data))}})
		if err != nil {
			return nil, err
		}
		if i > 0 {
			header.WriteByte(',')
		}
		fmt.Fprintf(&header, "%q:%s", t.Name, e)
	}
	meta := map[string]string{}
	for k, v := range f.Meta {
		meta[k] = v
	}
	sum := sha256.Sum256(data)
	meta[hashKey] = hex.EncodeToString(sum[:])
	m, err := json.Marshal(meta)
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf("{%q:%s", metaKey, m)
	if header.Len() > 0 {
		head += ","
	}
	head += header.String() + "}"
	for len(head)%8 != 0 {
		head += " "
	}
	if len(head) > MaxHeader || len(f.Tensors) > MaxTensors {
		return nil, fmt.Errorf("safetensors: header of %d bytes and %d tensors, at most %d and %d", len(head), len(f.Tensors), MaxHeader, MaxTensors)
	}
	out := make([]byte, 0, 8+len(head)+len(data))
	out = binary.LittleEndian.AppendUint64(out, uint64(len(head)))
	out = append(out, head...)
	return append(out, data...), nil
}

// Decode parses the bytes of a file.
func Decode(b []byte) (*File, error) {
	if len(b) < 8 {
		return nil, fmt.Errorf("safetensors: %d bytes, want at least 8", len(b))
	}
	n := binary.LittleEndian.Uint64(b)
	if n > MaxHeader || n > uint64(len(b)-8) {
		return nil, fmt.Errorf("safetensors: header of %d bytes in a file of %d, at most %d", n, len(b), MaxHeader)
	}
	meta, names, entries, err := parseHeader(b[8 : 8+n])
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	data := b[8+n:]
	f := &File{Meta: meta}
	var at uint64
	for i, e := range entries {
		size, err := e.size()
		if err != nil {
			return nil, fmt.Errorf("safetensors: tensor %q: %w", names[i], err)
		}
		if e.Offsets[0] != at || e.Offsets[1] < at || e.Offsets[1]-at != size {
			return nil, fmt.Errorf("safetensors: tensor %q at bytes %d to %d, want %d to %d", names[i], e.Offsets[0], e.Offsets[1], at, at+size)
		}
		at += size
		if at > uint64(len(data)) {
			return nil, fmt.Errorf("safetensors: tensor %q ends at byte %d, the file holds %d: cut short?", names[i], at, len(data))
		}
		t := Tensor{Name: names[i], Dims: e.Shape, Data: make([]float32, size/4)}
		for j := range t.Data {
			t.Data[j] = math.Float32frombits(binary.LittleEndian.Uint32(data[e.Offsets[0]+4*uint64(j):]))
		}
		f.Tensors = append(f.Tensors, t)
	}
	if at != uint64(len(data)) {
		return nil, fmt.Errorf("safetensors: %d bytes of data, the header describes %d", len(data), at)
	}
	if want, ok := meta[hashKey]; ok {
		sum := sha256.Sum256(data)
		if got := hex.EncodeToString(sum[:]); got != want {
			return nil, fmt.Errorf("safetensors: data SHA-256 %.12s…, the header says %.12s…: the file is damaged", got, want)
		}
		delete(meta, hashKey)
	}
	return f, nil
}

// size is the number of bytes the entry's shape asks for.
func (e entry) size() (uint64, error) {
	if e.DType != "F32" {
		return 0, fmt.Errorf("dtype %q, want F32", e.DType)
	}
	if len(e.Shape) > MaxRank {
		return 0, fmt.Errorf("rank %d, want at most %d", len(e.Shape), MaxRank)
	}
	size := uint64(4)
	for _, d := range e.Shape {
		if d < 0 {
			return 0, fmt.Errorf("dimension %d", d)
		}
		hi, lo := bits.Mul64(size, uint64(d))
		if hi != 0 || lo > math.MaxInt64/2 {
			return 0, fmt.Errorf("shape %v is too large", e.Shape)
		}
		size = lo
	}
	return size, nil
}

// parseHeader reads the header token by token, because encoding/json keeps
// the last of two equal names without a word. Entries come back in the order
// of the header, which must be that of the data.
func parseHeader(h []byte) (meta map[string]string, names []string, entries []entry, err error) {
	dec := json.NewDecoder(bytes.NewReader(h))
	dec.DisallowUnknownFields()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, nil, errors.New("the header is not a JSON object")
	}
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, nil, nil, fmt.Errorf("header: %w", err)
		}
		name := t.(string) // the decoder allows nothing else here
		if seen[name] {
			return nil, nil, nil, fmt.Errorf("header: %q twice", name)
		}
		seen[name] = true
		if name == metaKey {
			if err := dec.Decode(&meta); err != nil {
				return nil, nil, nil, fmt.Errorf("header: metadata: %w", err)
			}
			continue
		}
		if err := checkName(name); err != nil {
			return nil, nil, nil, err
		}
		if len(entries) == MaxTensors {
			return nil, nil, nil, fmt.Errorf("header: more than %d tensors", MaxTensors)
		}
		var e entry
		if err := dec.Decode(&e); err != nil {
			return nil, nil, nil, fmt.Errorf("header: tensor %q: %w", name, err)
		}
		names, entries = append(names, name), append(entries, e)
	}
	if _, err := dec.Token(); err != nil {
		return nil, nil, nil, fmt.Errorf("header: %w", err)
	}
	if rest := bytes.TrimRight(h[dec.InputOffset():], " "); len(rest) > 0 {
		return nil, nil, nil, fmt.Errorf("header: %d bytes after its end", len(rest))
	}
	return meta, names, entries, nil
}

func checkName(s string) error {
	if s == "" || len(s) > MaxName {
		return fmt.Errorf("tensor name of %d bytes, want 1 to %d", len(s), MaxName)
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-', r == '/':
		default:
			return fmt.Errorf("tensor name %.40q, want letters, digits and . _ - / only", s)
		}
	}
	return nil
}
