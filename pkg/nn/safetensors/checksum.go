package safetensors

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strings"
)

// Metadata entries of the checksum: contentKey holds the SHA-256 of what the
// file says, checksumKey names that entry. A file has both or, coming from
// elsewhere, neither: a damaged name must not pass for a missing one.
const (
	contentKey  = "content_sha256"
	checksumKey = "checksum"
)

// Earlier files have a SHA-256 of their data section and one of their header,
// for which its own 64 digits count as noHash. Both depend on the order of what
// a JSON object holds, which other programs do not keep.
const (
	dataHashKey   = "data_sha256"
	headerHashKey = "header_sha256"
)

var noHash = strings.Repeat("0", 2*sha256.Size)

func forgetSums(meta map[string]string) {
	for _, key := range []string{contentKey, checksumKey, dataHashKey, headerHashKey} {
		delete(meta, key)
	}
}

// A contentHash is the SHA-256 of the tensors, by name, type, shape and bytes, and
// of the metadata, both in the order of their names. Every string and list goes
// with its length, so nothing can pass for something else.
type contentHash struct{ h hash.Hash }

func byName(a, b Array) int { return strings.Compare(a.Name, b.Name) }

// newContentHash is that of so many tensors.
func newContentHash(tensors int) *contentHash {
	c := &contentHash{sha256.New()}
	c.number(tensors)
	return c
}

func (c *contentHash) number(n int) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	c.h.Write(b[:])
}

func (c *contentHash) text(s string) {
	c.number(len(s))
	io.WriteString(c.h, s)
}

// begin takes what is said of the next tensor by name, and gives what its bytes
// are written to.
func (c *contentHash) begin(a Array) io.Writer {
	c.text(a.Name)
	c.text(a.DType)
	c.number(len(a.Dims))
	for _, d := range a.Dims {
		c.number(d)
	}
	c.number(int(a.end - a.begin))
	return c.h
}

// sum is the hash, of the tensors before and of meta.
func (c *contentHash) sum(meta map[string]string) string {
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		if key != contentKey && key != checksumKey {
			c.text(key)
			c.text(meta[key])
		}
	}
	return hex.EncodeToString(c.h.Sum(nil))
}

// contentSum begins the hash of what r holds, if its metadata hold one to compare
// it with; nil if not.
func (r *Reader) contentSum() (*contentHash, error) {
	_, one := r.Meta[contentKey]
	named, other := r.Meta[checksumKey]
	switch {
	case !one && !other:
		return nil, nil
	case !one || !other || named != contentKey:
		return nil, fmt.Errorf("the metadata holds one of %s and %s, want both or none: the file is damaged", contentKey, checksumKey)
	}
	return newContentHash(len(r.Arrays)), nil
}

// check compares the hash with what meta says.
func (c *contentHash) check(meta map[string]string) error {
	want := meta[contentKey]
	if got := c.sum(meta); got != want {
		return fmt.Errorf("SHA-256 of the contents %.12s…, the metadata says %.12q…: changed on purpose with %s and %s left in its metadata, or the file is damaged",
			got, want, contentKey, checksumKey)
	}
	return nil
}

// checkOrdered compares the two hashes of an earlier file, if it has them.
func (r *Reader) checkOrdered() error {
	wantData, one := r.Meta[dataHashKey]
	wantHeader, other := r.Meta[headerHashKey]
	if !one && !other {
		return nil
	}
	if !one || !other {
		return fmt.Errorf("the metadata holds one of %s and %s, want both or none: the file is damaged", dataHashKey, headerHashKey)
	}
	data := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{data}, io.NewSectionReader(r.r, r.start, r.size), r.buf); err != nil {
		return cut(err)
	}
	if got := hex.EncodeToString(data.Sum(nil)); got != wantData {
		return fmt.Errorf("data SHA-256 %.12s…, the header says %.12q…: the file is damaged", got, wantData)
	}
	blank := slices.Clone(r.header)
	copy(headerHash(blank, wantHeader), noHash)
	if got := hashOf(blank); got != wantHeader {
		return fmt.Errorf("header SHA-256 %.12s…, the header says %.12q…: the file is damaged", got, wantHeader)
	}
	return nil
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// headerHash returns the place of the header's hash, now digits, within the
// header; nil if it is not there. No value can look like it, for a quote within
// a value has a backslash before it.
func headerHash(header []byte, digits string) []byte {
	before, _, found := bytes.Cut(header, fmt.Appendf(nil, "%q:%q", headerHashKey, digits))
	if !found || len(digits) != len(noHash) {
		return nil
	}
	at := len(before) + len(headerHashKey) + len(`"":"`)
	return header[at : at+len(digits)]
}
