package idx

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"reflect"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
)

// idx returns the bytes of an IDX file, right or wrong.
func file(magic uint32, dims []uint32, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, magic)
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, data...)
}

func zip(b []byte) []byte {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	z.Write(b)
	z.Close()
	return buf.Bytes()
}

func TestRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, dims := range [][]int{{1}, {7}, {3, 5}, {4, 28, 28}, {2, 3, 4, 5}, {1100, 1031}} {
		n := 1
		for _, d := range dims {
			n *= d
		}
		want := Array{dims, make([]uint8, n)}
		for i := range want.Data {
			want.Data[i] = uint8(rng.Uint32())
		}
		var file bytes.Buffer
		if err := Write(&file, want); err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string][]byte{"plain": file.Bytes(), "gzip": zip(file.Bytes())} {
			// One byte at a time shows any read that takes what it is given
			// for what it asked for.
			for _, r := range []io.Reader{bytes.NewReader(b), &dribble{b}} {
				if got, err := Read(r, nil); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%v %s: came back different, error %v", dims, name, err)
				}
			}
			if got, err := Read(bytes.NewReader(b), dims); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%v %s, dimensions known: came back different, error %v", dims, name, err)
			}
		}
	}
}

// Labels are bytes, int32, or QMNIST's rows of eight int32, of which the first counts.
func TestLabels(t *testing.T) {
	want := []int32{7, 0, 1 << 20, -1}
	var rows, single []byte
	for i, y := range want {
		single = binary.BigEndian.AppendUint32(single, uint32(y))
		for _, v := range []uint32{uint32(y), 1, 2049, uint32(i), 1 << 31, 77, 0, 1<<32 - 1} {
			rows = binary.BigEndian.AppendUint32(rows, v)
		}
	}
	for name, c := range map[string]struct {
		file []byte
		want []int32
	}{
		"rows of eight": {file(0xc02, []uint32{4, 8}, rows), want},
		"rows of one":   {file(0xc02, []uint32{4, 1}, single), want},
		"single":        {file(0xc01, []uint32{4}, single), want},
		"bytes":         {file(0x801, []uint32{3}, []byte{7, 0, 255}), []int32{7, 0, 255}},
	} {
		for _, b := range [][]byte{c.file, zip(c.file)} {
			if got, err := ReadLabels(&dribble{b}); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
	}
	const magic = " is not IDX of labels, allowed 00000801 (bytes), 00000c01 or 00000c02 (int32)"
	for _, c := range []struct {
		file []byte
		want string
	}{
		{file(0x803, []uint32{1, 1, 1}, []byte{0}), "magic 00000803" + magic},
		{file(0xc03, []uint32{1, 1, 1}, make([]byte, 4)), "magic 00000c03" + magic},
		{file(0xc00, nil, nil), "magic 00000c00" + magic},
		{file(0xc02, []uint32{2, 7}, make([]byte, 56)), "its header 2×7 means rows of 7 int32, allowed 1 or 8 (the first is the label)"},
		{file(0xc02, []uint32{2, 8}, make([]byte, 63)), "truncated: 63 bytes of data, its header 2×8 needs 64"},
		{file(0xc01, []uint32{2}, make([]byte, 9)), "more than the 8 bytes of data that its header 2 needs"},
		{file(0xc01, []uint32{1 << 28}, nil), "its header 268435456 means 1073741824 bytes of data, allowed 671088640"},
		{file(0x801, []uint32{3}, []byte{1, 2}), "truncated: 2 bytes of data, its header 3 needs 3"},
	} {
		if _, err := ReadLabels(bytes.NewReader(c.file)); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// dribble reads one byte at a time.
type dribble struct{ b []byte }

func (d *dribble) Read(p []byte) (int, error) {
	if len(d.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(1, len(p))], d.b)
	d.b = d.b[n:]
	return n, nil
}

func TestReadRefuses(t *testing.T) {
	good := file(0x803, []uint32{2, 3, 3}, make([]byte, 18))
	flipped := zip(good)
	flipped[len(flipped)-6]++
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"nothing", nil, "truncated: 0 bytes, no header"},
		{"three bytes", good[:3], "truncated: 3 bytes, no header"},
		{"half a header", good[:10], "truncated: the header ends within its 3 dimensions"},
		{"no data", good[:16], "truncated: 0 bytes of data, its header 2×3×3 needs 18"},
		{"one byte short", good[:33], "truncated: 17 bytes of data, its header 2×3×3 needs 18"},
		{"one byte more", append(good[:34:34], 0), "more than the 18 bytes of data that its header 2×3×3 needs"},
		{"floats", file(0xd03, []uint32{1, 1, 1}, make([]byte, 4)), "magic 00000d03 is not IDX of bytes, allowed 00000801 (labels) to 00000804; images have 00000803"},
		{"little-endian", file(0x03080000, []uint32{1, 1, 1}, []byte{0}), "magic 03080000 is not IDX of bytes, allowed 00000801 (labels) to 00000804; images have 00000803"},
		{"rank 0", file(0x800, nil, nil), "magic 00000800 is not IDX of bytes, allowed 00000801 (labels) to 00000804; images have 00000803"},
		{"rank 5", file(0x805, []uint32{1, 1, 1, 1, 1}, []byte{0}), "magic 00000805 is not IDX of bytes, allowed 00000801 (labels) to 00000804; images have 00000803"},
		{"PNG", []byte("\x89PNG\r\n\x1a\n"), "magic 89504e47 is not IDX of bytes, allowed 00000801 (labels) to 00000804; images have 00000803"},
		{"no images", file(0x803, []uint32{0, 28, 28}, nil), "dimension 1 of 3 is 0, allowed 1 or more"},
		{"huge", file(0x803, []uint32{1 << 31, 1 << 31, 4}, nil), "its header 2147483648×2147483648×4 means 2⁶⁴ or more bytes of data, allowed 671088640"},
		{"product wraps to zero", file(0x804, []uint32{1 << 16, 1 << 16, 1 << 16, 1 << 16}, nil), "its header 65536×65536×65536×65536 means 2⁶⁴ or more bytes of data, allowed 671088640"},
		{"one image beyond the limit", file(0x803, []uint32{855981, 28, 28}, nil), "its header 855981×28×28 means 671089104 bytes of data, allowed 671088640"},
		{"a wrap that ends small", file(0x804, []uint32{1 << 31, 1 << 31, 1 << 2, 1}, nil), "its header 2147483648×2147483648×4×1 means 2⁶⁴ or more bytes of data, allowed 671088640"},
		{"int32 images", file(0xc03, []uint32{1, 1, 1}, make([]byte, 4)), "magic 00000c03 is not IDX of bytes, allowed 00000801 (labels) to 00000804; images have 00000803"},
		{"zero after a wrap", file(0x803, []uint32{1 << 26, 1 << 26, 0}, nil), "dimension 3 of 3 is 0, allowed 1 or more"},
		{"gzip cut in its data", zip(good)[:20], "truncated: the header ends within its 3 dimensions"},
		{"gzip cut in its header", zip(good)[:5], "gzip: unexpected EOF"},
		{"gzip without its trailer", zip(good)[:len(zip(good))-3], "after the data: unexpected EOF"},
		{"gzip with a wrong checksum", flipped, "after the data: gzip: invalid checksum"},
		{"gzip with a tail", append(zip(good), "a tail of text"...), "after the data: gzip: invalid header"},
		{"gzip in gzip", zip(zip(good)), "magic 1f8b0800 is not IDX of bytes, allowed 00000801 (labels) to 00000804; images have 00000803"},
	} {
		if _, err := Read(bytes.NewReader(c.file), nil); err == nil || err.Error() != c.want {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
		}
	}
}

func TestReadEveryTruncation(t *testing.T) {
	plain := file(0x803, []uint32{3, 5, 4}, bytes.Repeat([]byte{7, 200, 9}, 20))
	for name, file := range map[string][]byte{"plain": plain, "gzip": zip(plain)} {
		for n := range file {
			if _, err := Read(bytes.NewReader(file[:n]), nil); err == nil {
				t.Errorf("%s: %d of %d bytes accepted", name, n, len(file))
			}
		}
	}
}

func TestReadOtherDims(t *testing.T) {
	for _, c := range []struct {
		file []byte
		want string
	}{
		{file(0x803, []uint32{2, 28, 27}, make([]byte, 2*28*27)), "holds 2×28×27 bytes, want 2×28×28"},
		{file(0x803, []uint32{1, 28, 28}, make([]byte, 28*28)), "holds 1×28×28 bytes, want 2×28×28"},
		{file(0x801, []uint32{2}, make([]byte, 2)), "holds 2 bytes, want 2×28×28"},
	} {
		if _, err := Read(bytes.NewReader(c.file), []int{2, 28, 28}); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	for _, c := range []struct {
		a    Array
		want string
	}{
		{Array{nil, nil}, "idx: 0 dimensions, allowed 1 to 4"},
		{Array{[]int{1, 1, 1, 1, 1}, make([]byte, 1)}, "idx: 5 dimensions, allowed 1 to 4"},
		{Array{[]int{2, 0}, nil}, "idx: dimensions 2×0, allowed 1 or more each and at most 671088640 bytes in all"},
		{Array{[]int{-1}, nil}, "idx: dimensions -1, allowed 1 or more each and at most 671088640 bytes in all"},
		{Array{[]int{1 << 40, 1 << 40}, nil}, "idx: dimensions 1099511627776×1099511627776, allowed 1 or more each and at most 671088640 bytes in all"},
		{Array{[]int{2, 3}, make([]byte, 5)}, "idx: 5 bytes of data, dimensions 2×3 need 6"},
	} {
		var file bytes.Buffer
		if err := Write(&file, c.a); err == nil || err.Error() != c.want || file.Len() > 0 {
			t.Errorf("%v: got %v and %d bytes, want %s", c.a.Dims, err, file.Len(), c.want)
		}
	}
}

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	total := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(total)
	before := total[0].Value.Uint64()
	f()
	metrics.Read(total)
	return total[0].Value.Uint64() - before
}

// A header may claim what it likes, and a small file may unpack to a large one:
// memory follows the bytes that come, up to Max.
func TestReadBombs(t *testing.T) {
	claim := file(0x803, []uint32{1 << 16, 28, 28}, make([]byte, 100))
	if got := allocated(func() {
		if _, err := Read(bytes.NewReader(claim), nil); err == nil {
			t.Error("a header without its data was accepted")
		}
	}); got > 2<<20 {
		t.Errorf("a header that claims 51 MB with 100 bytes behind it had %d bytes allocated", got)
	}

	bomb := new(bytes.Buffer)
	z := gzip.NewWriter(bomb)
	z.Write(file(0x803, []uint32{1 << 20, 8, 8}, nil)) // 64 MiB announced
	zeros := make([]byte, 1<<20)
	for range 80 {
		z.Write(zeros)
	}
	z.Close()
	if got := allocated(func() {
		_, err := Read(bytes.NewReader(bomb.Bytes()), nil)
		if want := "more than the 67108864 bytes of data that its header 1048576×8×8 needs"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}); got > 96<<20 {
		t.Errorf("%d bytes that unpack to 80 MiB had %d bytes allocated", bomb.Len(), got)
	}
}

// checkIDX is the property that a decoder of untrusted bytes must have: it does
// not panic, allocates in proportion to what it read, and accepts only what it
// would have written.
func checkIDX(t *testing.T, file []byte) {
	if len(file) > 1<<16 {
		return
	}
	unpacked := len(file)
	var a Array
	var err error
	read := func() { a, err = Read(bytes.NewReader(file), nil) }
	got := allocated(read)
	if bytes.HasPrefix(file, []byte{0x1f, 0x8b}) {
		if z, err := gzip.NewReader(bytes.NewReader(file)); err == nil {
			n, _ := io.Copy(io.Discard, io.LimitReader(z, Max))
			unpacked += int(n)
		}
	}
	// 64 KiB of buffer and 40 KiB of gzip's state are in the megabyte too.
	// What goroutines of earlier tests allocate meanwhile is counted as well: only
	// what is seen every time is the reader's.
	limit := 6*unpacked + 3<<19
	for again := 0; again < 4 && got > uint64(limit); again++ {
		got = min(got, allocated(read))
	}
	if got > uint64(limit) {
		t.Errorf("%d bytes (%d unpacked) had %d bytes allocated, allowed %d", len(file), unpacked, got, limit)
	}
	if err != nil {
		if s := err.Error(); s == "" || strings.ContainsRune(s, '\n') {
			t.Errorf("error %q is not one line", s)
		}
		return
	}
	var again bytes.Buffer
	if err := Write(&again, a); err != nil {
		t.Fatalf("accepted %s, but cannot write it: %v", Times(a.Dims), err)
	}
	b, err := Read(bytes.NewReader(again.Bytes()), nil)
	if err != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("accepted %s, which came back different: %v", Times(a.Dims), err)
	}
	plain := !bytes.HasPrefix(file, []byte{0x1f, 0x8b})
	if plain && file[2] == typeByte && !bytes.Equal(file, again.Bytes()) {
		t.Errorf("accepted bytes that it would write otherwise: %x", file)
	}
}

// FuzzLabels: labels in, or one line; never more memory than the bytes that came.
func FuzzLabels(f *testing.F) {
	f.Add(file(0x801, []uint32{3}, []byte{0, 9, 1}))
	f.Add(file(0xc02, []uint32{1, 8}, make([]byte, 32)))
	f.Add(file(0xc01, []uint32{1 << 27}, make([]byte, 40)))
	f.Fuzz(func(t *testing.T, b []byte) {
		labels, err := ReadLabels(bytes.NewReader(b))
		if err == nil && !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) && len(labels) > len(b) {
			t.Errorf("%d labels of %d bytes", len(labels), len(b))
		}
		if err != nil && strings.ContainsRune(err.Error(), '\n') {
			t.Errorf("error %q is not one line", err)
		}
	})
}

func FuzzIDX(f *testing.F) {
	f.Add(file(0x801, []uint32{3}, []byte{0, 9, 1}))
	f.Add(file(0x803, []uint32{1, 2, 2}, []byte{0, 1, 2, 255}))
	f.Fuzz(checkIDX)
}

// FuzzGzippedIDX compresses what it is given, since a fuzzer seldom guesses a
// checksum; FuzzIDX finds the broken gzip files by itself.
func FuzzGzippedIDX(f *testing.F) {
	f.Add(file(0x803, []uint32{1, 2, 2}, []byte{0, 1, 2, 255}), 1000, 0)
	f.Add(file(0x801, []uint32{3}, []byte{0, 9, 1}), 30, 1)
	f.Fuzz(func(t *testing.T, plain []byte, keep, flip int) {
		file := zip(plain)
		if keep >= 0 && keep < len(file) {
			file = file[:keep]
		}
		if flip > 0 && flip < len(file) {
			file[flip] ^= 1 << (flip % 8)
		}
		checkIDX(t, file)
	})
}

// known is a reader of a file of that many bytes.
type known struct {
	io.Reader
	size int64
}

func (k known) Size() int64 { return k.size }

// What a file has is allocated once; what its header claims beyond that is not.
func TestReadOfKnownSize(t *testing.T) {
	var file bytes.Buffer
	if err := Write(&file, Array{Dims: []int{8 << 20}, Data: make([]byte, 8<<20)}); err != nil {
		t.Fatal(err)
	}
	allocated := func(b []byte, size int64) (mb uint64, err error) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = Read(known{bytes.NewReader(b), size}, nil)
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) >> 20, err
	}
	if mb, err := allocated(file.Bytes(), int64(file.Len())); mb > 8 || err != nil {
		t.Errorf("8 MB of a file of that size: %d MB allocated, %v", mb, err)
	}
	if mb, err := allocated(file.Bytes()[:1000], 1000); mb > 1 || err == nil {
		t.Errorf("a file of 1,000 bytes that claims 8 MB: %d MB allocated, %v", mb, err)
	}
}
