// Package idx reads and writes IDX, the format of MNIST: 00 00, the type, the
// rank, one big-endian uint32 for each dimension, then the data and nothing after
// it. Source: http://yann.lecun.com/exdb/mnist/
package idx

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
)

// Array is a block of bytes with dimensions, the last one running fastest:
// what an IDX file of type 08 (unsigned byte) holds.
type Array struct {
	Dims []int
	Data []uint8
}

// Max is the most data, in bytes, that is read. The largest file of MNIST holds
// 47 MB, all 814,255 images of EMNIST ByClass 638 MB.
const Max = 640 << 20

const (
	maxRank   = 4
	typeByte  = 0x08
	typeInt32 = 0x0c
	infoWidth = 8       // numbers in a row of QMNIST's labels
	growth    = 1 << 20 // what a header may have allocated before any data came
)

// Read reads one IDX array of bytes from r, plain or gzip, to the end of r. Dims
// may be known beforehand: then other ones are refused, and these are allocated at
// once. Otherwise dims is nil.
//
// It is strict: the type must be 08, the rank 1 to 4, the product of the
// dimensions at most Max and exactly what follows. It never allocates more
// than 1 MiB plus four times what it has read, whatever the header claims, so
// a small bomb stays small; but if r has a method Size() int64, as much as that.
func Read(r io.Reader, dims []int) (Array, error) {
	known := int64(0)
	if s, ok := r.(interface{ Size() int64 }); ok {
		known = s.Size()
	}
	r, err := unpacked(r)
	if err != nil {
		return Array{}, err
	}
	head, err := readHeader(r, false)
	if err != nil {
		return Array{}, err
	}
	if dims != nil && !slices.Equal(head.dims, dims) {
		return Array{}, fmt.Errorf("holds %s bytes, want %s", Times(head.dims), Times(dims))
	}
	first := growth
	if dims != nil || int64(head.size) <= known {
		first = head.size
	}
	data, err := ReadExactly(r, head.size, first)
	if err != nil {
		return Array{}, short(err, "%d bytes of data, its header %s needs %d", len(data), Times(head.dims), head.size)
	}
	return Array{head.dims, data}, head.end(r)
}

// ReadLabels reads labels from r, plain or gzip, to its end: bytes, or big-endian
// int32, one in each row or QMNIST's eight, of which the first is the label. It is
// as strict as Read.
func ReadLabels(r io.Reader) ([]int32, error) {
	r, err := unpacked(r)
	if err != nil {
		return nil, err
	}
	head, err := readHeader(r, true)
	if err != nil {
		return nil, err
	}
	var labels []int32
	row := head.size / head.dims[0]
	buf := make([]byte, row)
	for i := range head.dims[0] {
		if got, err := io.ReadFull(r, buf); err != nil {
			return nil, short(err, "%d bytes of data, its header %s needs %d", i*row+got, Times(head.dims), head.size)
		}
		y := int32(buf[0])
		if row > 1 {
			y = int32(binary.BigEndian.Uint32(buf))
		}
		labels = append(labels, y)
	}
	return labels, head.end(r)
}

// unpacked reads r, through gzip if that is what it holds.
func unpacked(r io.Reader) (io.Reader, error) {
	br := bufio.NewReaderSize(r, 1<<16)
	if head, err := br.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", unexpected(err))
		}
		return bufio.NewReaderSize(z, 1<<15), nil
	}
	return br, nil
}

type header struct {
	dims []int
	size int // bytes of data
}

func readHeader(r io.Reader, labels bool) (header, error) {
	var word [4]byte
	if n, err := io.ReadFull(r, word[:]); err != nil {
		return header{}, short(err, "%d bytes, no header", n)
	}
	isBytes := word[2] == typeByte && word[3] >= 1 && word[3] <= maxRank && !(labels && word[3] > 1)
	isInt32 := labels && word[2] == typeInt32 && (word[3] == 1 || word[3] == 2)
	switch {
	case word[0] == 0 && word[1] == 0 && (isBytes || isInt32):
	case labels:
		return header{}, fmt.Errorf("magic %08x is not IDX of labels, allowed 00000801 (bytes), 00000c01 or 00000c02 (int32)", word)
	default:
		return header{}, fmt.Errorf("magic %08x is not IDX of bytes, allowed 00000801 (labels) to 0000080%d; images have 00000803", word, maxRank)
	}
	dims := make([]int, word[3])
	size := uint64(1)
	if isInt32 {
		size = 4
	}
	for i := range dims {
		if _, err := io.ReadFull(r, word[:]); err != nil {
			return header{}, short(err, "the header ends within its %d dimensions", len(dims))
		}
		d := binary.BigEndian.Uint32(word[:])
		if d == 0 { // it would undo a product beyond the limit, too
			return header{}, fmt.Errorf("dimension %d of %d is 0, allowed 1 or more", i+1, len(dims))
		}
		dims[i] = int(d)
		if hi, lo := bits.Mul64(size, uint64(d)); hi == 0 && size < math.MaxUint64 {
			size = lo
		} else {
			size = math.MaxUint64 // and stays there
		}
	}
	if size > Max {
		return header{}, fmt.Errorf("its header %s means %s bytes of data, allowed %d", Times(dims), atLeast(size), Max)
	}
	if isInt32 && len(dims) == 2 && dims[1] != 1 && dims[1] != infoWidth {
		return header{}, fmt.Errorf("its header %s means rows of %d int32, allowed 1 or %d (the first is the label)", Times(dims), dims[1], infoWidth)
	}
	return header{dims, int(size)}, nil
}

// end reports what follows the data.
func (h header) end(r io.Reader) error {
	var b [1]byte
	switch _, err := io.ReadFull(r, b[:]); {
	case err == nil:
		return fmt.Errorf("more than the %d bytes of data that its header %s needs", h.size, Times(h.dims))
	case err != io.EOF:
		return fmt.Errorf("after the data: %w", unexpected(err))
	}
	return nil
}

// ReadExactly reads n bytes into a buffer that starts at first bytes and grows
// fourfold, and only once it is full. With an error it returns what came.
func ReadExactly(r io.Reader, n, first int) ([]byte, error) {
	var buf []byte
	for len(buf) < n {
		grown := make([]byte, min(n, max(first, 4*len(buf))))
		have := copy(grown, buf)
		got, err := io.ReadFull(r, grown[have:])
		buf = grown[:have+got]
		if err != nil {
			return buf, err
		}
	}
	return buf, nil
}

// atLeast writes a size that may be too large for a number of 64 bits.
func atLeast(size uint64) string {
	if size == math.MaxUint64 {
		return "2⁶⁴ or more"
	}
	return fmt.Sprint(size)
}

// short words an error for a file that ended early; any other error is kept.
func short(err error, format string, args ...any) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("truncated: "+format, args...)
	}
	return unexpected(err)
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Write writes a to w in one IDX file, without compression.
func Write(w io.Writer, a Array) error {
	head, err := writeHeader(a)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err = w.Write(a.Data)
	return err
}

func writeHeader(a Array) ([]byte, error) {
	if len(a.Dims) < 1 || len(a.Dims) > maxRank {
		return nil, fmt.Errorf("idx: %d dimensions, allowed 1 to %d", len(a.Dims), maxRank)
	}
	head := []byte{0, 0, typeByte, byte(len(a.Dims))}
	size := uint64(1)
	for _, d := range a.Dims {
		hi, lo := bits.Mul64(size, uint64(d))
		if d < 1 || hi != 0 || lo > Max {
			return nil, fmt.Errorf("idx: dimensions %s, allowed 1 or more each and at most %d bytes in all", Times(a.Dims), Max)
		}
		size = lo
		head = binary.BigEndian.AppendUint32(head, uint32(d))
	}
	if size != uint64(len(a.Data)) {
		return nil, fmt.Errorf("idx: %d bytes of data, dimensions %s need %d", len(a.Data), Times(a.Dims), size)
	}
	return head, nil
}

// Times writes dimensions as 60000×28×28.
func Times(dims []int) string {
	var b bytes.Buffer
	for i, d := range dims {
		if i > 0 {
			b.WriteString("×")
		}
		fmt.Fprint(&b, d)
	}
	return b.String()
}
