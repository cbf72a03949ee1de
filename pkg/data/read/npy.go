package read

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"

	"inkling/pkg/data/internal/idx"
	"inkling/pkg/internal/half"
	"inkling/pkg/internal/npy"
)

// npyHeader is the header of an array, checked to be one of images or labels.
type npyHeader struct {
	dims    []int
	fortran bool
	order   binary.ByteOrder
	kind    byte // u, i, f or b
	width   int  // bytes of a number
}

func readNPY(r io.Reader) (npyHeader, error) {
	all, err := npy.Read(r)
	if err != nil {
		return npyHeader{}, err
	}
	h := npyHeader{all.Dims, all.Fortran, all.Order, all.Kind, all.Width}
	if len(h.dims) < 1 || len(h.dims) > 5 || slices.Min(h.dims) < 1 {
		return npyHeader{}, fmt.Errorf("an array of shape %v, allowed are 1 to 5 dimensions of 1 or more", h.dims)
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
		return float64(half.Float(uint16(u)))
	}
	return float64(u)
}

// cut words an error of a file that ended early; any other is kept.
func cut(err error, where string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("truncated: %s", where)
	}
	return err
}
