package safetensors

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
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

// A section is a tensor with its bytes as they lie in the file.
type section struct {
	name string
	dims []int
	data []byte
}

// sections cuts the data section of f, whose tensors lie one after the other.
func (f *File) sections(data []byte) []section {
	all := make([]section, len(f.Tensors))
	for i, t := range f.Tensors {
		n := 4 * len(t.Data)
		all[i] = section{t.Name, t.Dims, data[:n]}
		data = data[n:]
	}
	return all
}

// contentSum is the SHA-256 of the tensors, by name, type, shape and bytes, and
// of the metadata, both in the order of their names. Every string and list goes
// with its length, so nothing can pass for something else.
func contentSum(meta map[string]string, tensors []section) string {
	h := sha256.New()
	number := func(n int) { binary.Write(h, binary.LittleEndian, uint64(n)) }
	text := func(s string) {
		number(len(s))
		io.WriteString(h, s)
	}
	tensors = slices.Clone(tensors)
	slices.SortFunc(tensors, func(a, b section) int { return strings.Compare(a.name, b.name) })
	number(len(tensors))
	for _, t := range tensors {
		text(t.name)
		text("F32")
		number(len(t.dims))
		for _, d := range t.dims {
			number(d)
		}
		number(len(t.data))
		h.Write(t.data)
	}
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		if key != contentKey && key != checksumKey {
			text(key)
			text(meta[key])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// checkSums compares the checksums that meta holds with the file.
func checkSums(meta map[string]string, tensors []section, header, data []byte) error {
	want, one := meta[contentKey]
	named, other := meta[checksumKey]
	switch {
	case !one && !other:
		return checkOrdered(meta, header, data)
	case !one || !other || named != contentKey:
		return fmt.Errorf("the metadata holds one of %s and %s, want both or none: the file is damaged", contentKey, checksumKey)
	}
	if got := contentSum(meta, tensors); got != want {
		return fmt.Errorf("SHA-256 of the contents %.12s…, the metadata says %.12q…: changed on purpose with %s and %s left in its metadata, or the file is damaged",
			got, want, contentKey, checksumKey)
	}
	return nil
}

// checkOrdered compares the two hashes of an earlier file, if it has them.
func checkOrdered(meta map[string]string, header, data []byte) error {
	wantData, one := meta[dataHashKey]
	wantHeader, other := meta[headerHashKey]
	if !one && !other {
		return nil
	}
	if !one || !other {
		return fmt.Errorf("the metadata holds one of %s and %s, want both or none: the file is damaged", dataHashKey, headerHashKey)
	}
	if got := hash(data); got != wantData {
		return fmt.Errorf("data SHA-256 %.12s…, the header says %.12q…: the file is damaged", got, wantData)
	}
	blank := slices.Clone(header)
	copy(headerHash(blank, wantHeader), noHash)
	if got := hash(blank); got != wantHeader {
		return fmt.Errorf("header SHA-256 %.12s…, the header says %.12q…: the file is damaged", got, wantHeader)
	}
	return nil
}

func hash(b []byte) string {
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
