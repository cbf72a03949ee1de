package weights

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/internal/npy"
	"inkling/pkg/internal/printable"
	"inkling/pkg/nn/safetensors"
)

// An array is one of a file. Its values are opened when they are wanted.
type array struct {
	name, dtype string
	dims        []int
	fortran     bool // the first index moves fastest
	open        func() (values, io.Closer, error)
}

// A source is an open file of arrays.
type source struct {
	meta    map[string]string
	arrays  []array
	ordered bool // they stand in the order in which they were given
	file    io.Closer
}

// maxArrays bounds those of an .npz, as safetensors bounds its own.
const maxArrays = 4096

// open opens a safetensors or an .npz file, by its first bytes.
func open(path string) (*source, error) {
	f, err := atomicfile.Open(path, safetensors.MaxFile)
	if err != nil {
		return nil, err
	}
	magic := make([]byte, 4)
	if n, _ := f.ReadAt(magic, 0); n == 4 && slices.Contains([]string{"PK\x03\x04", "PK\x05\x06"}, string(magic)) {
		s, err := openNPZ(f)
		if err == nil {
			return s, nil
		}
		f.Close()
		if what := safetensors.Looks(path); what == "" || strings.Contains(what, "NumPy") || strings.Contains(what, "zip") {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	} else {
		f.Close()
	}
	r, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	s := &source{meta: r.Meta, file: r}
	for _, a := range r.Arrays {
		s.arrays = append(s.arrays, array{name: a.Name, dtype: a.DType, dims: a.Dims, open: func() (values, io.Closer, error) {
			v, err := r.Values(a)
			return v, io.NopCloser(nil), err
		}})
	}
	return s, nil
}

func openNPZ(f *os.File) (*source, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are not paths here
		return nil, err
	}
	s, err := readNPZ(z)
	if err != nil {
		return nil, err
	}
	s.file = f
	return s, nil
}

// readNPZ reads the headers of the arrays in an archive.
func readNPZ(z *zip.Reader) (*source, error) {
	if len(z.File) > maxArrays {
		return nil, fmt.Errorf("%d arrays, want at most %d", len(z.File), maxArrays)
	}
	s := &source{ordered: true}
	seen := map[string]bool{}
	for _, m := range z.File {
		name, ok := strings.CutSuffix(m.Name, ".npy")
		switch {
		case !ok:
			return nil, fmt.Errorf("holds %.60q, want arrays of numpy (.npy) only", m.Name)
		case len(name) > 256 || printable.Text(name) != name:
			return nil, fmt.Errorf("holds %.60q, want names of at most 256 printable signs", m.Name)
		case seen[name]:
			return nil, fmt.Errorf("holds %.60q twice", m.Name)
		}
		seen[name] = true
		in, err := m.Open()
		if err != nil {
			return nil, fmt.Errorf("%.60q: %w", name, err)
		}
		h, err := npy.Read(in)
		in.Close()
		if err != nil {
			return nil, fmt.Errorf("%.60q: %w", name, err)
		}
		dtype := dtypeOf(h)
		s.arrays = append(s.arrays, array{name: name, dtype: dtype, dims: h.Dims, fortran: h.Fortran && len(h.Dims) > 1,
			open: func() (values, io.Closer, error) { return openMember(m, h, dtype) }})
	}
	return s, nil
}

// dtypeOf is the type of numbers as safetensors calls it.
func dtypeOf(h npy.Header) string {
	if h.Kind == 'b' {
		return "BOOL"
	}
	return fmt.Sprint(strings.ToUpper(string(h.Kind)), 8*h.Width)
}

// openMember opens an array of an archive behind its header.
func openMember(m *zip.File, h npy.Header, dtype string) (values, io.Closer, error) {
	in, err := m.Open()
	if err != nil {
		return nil, nil, err
	}
	if _, err := npy.Read(in); err != nil {
		in.Close()
		return nil, nil, err
	}
	var from io.Reader = in
	if h.Width > 1 && h.Order.String() == "BigEndian" {
		from = &swapped{from: in, width: h.Width}
	}
	v, err := safetensors.NewValues(from, dtype)
	if err != nil {
		in.Close()
		return nil, nil, err
	}
	return v, atEnd{in}, nil
}

// atEnd closes an array that was read: an archive compares its checksum where an
// array ends.
type atEnd struct{ io.ReadCloser }

func (a atEnd) Close() error {
	var b [1]byte
	_, err := io.ReadFull(a.ReadCloser, b[:])
	closed := a.ReadCloser.Close()
	switch {
	case err == nil:
		return errors.New("more numbers than its header says")
	case err != io.EOF:
		return err
	}
	return closed
}

// swapped turns the bytes of each number.
type swapped struct {
	from  io.Reader
	width int
}

// Read is asked for whole numbers, as Values asks.
func (s *swapped) Read(b []byte) (int, error) {
	n, err := io.ReadFull(s.from, b[:len(b)/s.width*s.width])
	for i := 0; i+s.width <= n; i += s.width {
		slices.Reverse(b[i : i+s.width])
	}
	return n, err
}
