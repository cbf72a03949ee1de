package data

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
//
// IDX is the format of MNIST: 00 00, the type, the rank, one big-endian uint32
// for each dimension, then the data and nothing after it.
// Source: http://yann.lecun.com/exdb/mnist/
type Array struct {
	Dims []int
	Data []uint8
}

// maxIDX is the most data, in bytes, that ReadIDX accepts. The largest file of
// MNIST holds 47 MB, all 814,255 images of EMNIST ByClass 638 MB.
const maxIDX = 640 << 20

const (
	maxRank   = 4
	idxByte   = 0x08
	idxInt32  = 0x0c
	infoWidth = 8       // numbers in a row of QMNIST's labels
	idxGrowth = 1 << 20 // what a header may have allocated before any data came
)

// ReadIDX reads one IDX array of bytes from r, plain or gzip, to the end of r.
//
// It is strict: the type must be 08, the rank 1 to 4, the product of the
// dimensions at most maxIDX and exactly what follows. Labels may be of type 0C,
// big-endian int32: one in each row, or QMNIST's eight, of which the first is the
// label; they come back as bytes. It never allocates more
// than 1 MiB plus four times what it has read, whatever the header claims, so
// a small bomb stays small.
func ReadIDX(r io.Reader) (Array, error) { return readIDX(r, nil) }

// readIDX is ReadIDX for a reader that may know the dimensions beforehand:
// other ones are refused, and these are allocated at once.
func readIDX(r io.Reader, want []int) (Array, error) {
	br := bufio.NewReaderSize(r, 1<<16)
	if head, err := br.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(br)
		if err != nil {
			return Array{}, fmt.Errorf("gzip: %w", unexpected(err))
		}
		return readPlain(z, want)
	}
	return readPlain(br, want)
}

func readPlain(r io.Reader, want []int) (Array, error) {
	var word [4]byte
	if n, err := io.ReadFull(r, word[:]); err != nil {
		return Array{}, short(err, "%d bytes, no header", n)
	}
	labels := word[2] == idxInt32 && word[3] <= 2
	if word[0] != 0 || word[1] != 0 || word[2] != idxByte && !labels || word[3] < 1 || word[3] > maxRank {
		return Array{}, fmt.Errorf("magic %08x is not IDX of bytes, allowed 00000801 (labels) to 0000080%d; images have 00000803, labels as int32 00000c01 or 00000c02",
			word, maxRank)
	}
	dims := make([]int, word[3])
	size := uint64(1)
	if labels {
		size = 4
	}
	for i := range dims {
		if _, err := io.ReadFull(r, word[:]); err != nil {
			return Array{}, short(err, "the header ends within its %d dimensions", len(dims))
		}
		d := binary.BigEndian.Uint32(word[:])
		if d == 0 { // it would undo a product beyond the limit, too
			return Array{}, fmt.Errorf("dimension %d of %d is 0, allowed 1 or more", i+1, len(dims))
		}
		dims[i] = int(d)
		if hi, lo := bits.Mul64(size, uint64(d)); hi == 0 && size < math.MaxUint64 {
			size = lo
		} else {
			size = math.MaxUint64 // and stays there
		}
	}
	if size > maxIDX {
		return Array{}, fmt.Errorf("its header %s means %s bytes of data, allowed %d", times(dims), atLeast(size), maxIDX)
	}
	if labels {
		if len(dims) == 2 && dims[1] != infoWidth {
			return Array{}, fmt.Errorf("its header %s means rows of %d int32, allowed 1 or %d (the first is the label)", times(dims), dims[1], infoWidth)
		}
		dims = dims[:1]
	}
	if want != nil && !slices.Equal(dims, want) {
		return Array{}, fmt.Errorf("holds %s bytes, want %s", times(dims), times(want))
	}

	var data []uint8
	var err error
	if labels {
		data, err = readLabels(r, dims[0], int(size)/dims[0])
	} else {
		first := idxGrowth
		if want != nil {
			first = int(size)
		}
		if data, err = readExactly(r, int(size), first); err != nil {
			err = short(err, "%d bytes of data, its header %s needs %d", len(data), times(dims), size)
		}
	}
	if err != nil {
		return Array{}, err
	}
	switch _, err := io.ReadFull(r, word[:1]); {
	case err == nil:
		return Array{}, fmt.Errorf("more than the %d bytes of data that its header %s needs", size, times(dims))
	case err != io.EOF:
		return Array{}, fmt.Errorf("after the data: %w", unexpected(err))
	}
	return Array{dims, data}, nil
}

// readExactly reads n bytes into a buffer that starts at first bytes and grows
// fourfold, and only once it is full. With an error it returns what came.
func readExactly(r io.Reader, n, first int) ([]byte, error) {
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

// readLabels reads n rows of int32 and keeps the first of each, as a byte.
func readLabels(r io.Reader, n, row int) ([]uint8, error) {
	var labels []uint8
	buf := make([]byte, row)
	for i := range n {
		if got, err := io.ReadFull(r, buf); err != nil {
			return nil, short(err, "%d bytes of data, its header needs %d", i*row+got, n*row)
		}
		v := int32(binary.BigEndian.Uint32(buf))
		if v < 0 || v > math.MaxUint8 {
			return nil, fmt.Errorf("label %d at index %d, allowed 0 to %d", v, i, math.MaxUint8)
		}
		labels = append(labels, uint8(v))
	}
	return labels, nil
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

// WriteIDX writes a to w in one IDX file, without compression.
func WriteIDX(w io.Writer, a Array) error {
	head, err := idxHeader(a)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err = w.Write(a.Data)
	return err
}

func idxHeader(a Array) ([]byte, error) {
	if len(a.Dims) < 1 || len(a.Dims) > maxRank {
		return nil, fmt.Errorf("idx: %d dimensions, allowed 1 to %d", len(a.Dims), maxRank)
	}
	head := []byte{0, 0, idxByte, byte(len(a.Dims))}
	size := uint64(1)
	for _, d := range a.Dims {
		hi, lo := bits.Mul64(size, uint64(d))
		if d < 1 || hi != 0 || lo > maxIDX {
			return nil, fmt.Errorf("idx: dimensions %s, allowed 1 or more each and at most %d bytes in all", times(a.Dims), maxIDX)
		}
		size = lo
		head = binary.BigEndian.AppendUint32(head, uint32(d))
	}
	if size != uint64(len(a.Data)) {
		return nil, fmt.Errorf("idx: %d bytes of data, dimensions %s need %d", len(a.Data), times(a.Dims), size)
	}
	return head, nil
}

// times writes dimensions as 60000×28×28.
func times(dims []int) string {
	var b bytes.Buffer
	for i, d := range dims {
		if i > 0 {
			b.WriteString("×")
		}
		fmt.Fprint(&b, d)
	}
	return b.String()
}
