package data

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"

	"inkling/pkg/data/internal/idx"
	"inkling/pkg/internal/atomicfile"
)

// Unpacking MNIST takes a quarter of a second, ten times as long as reading it
// unpacked, and every cell of a notebook is a process of its own. So a
// compressed file is unpacked once into the cache, under a name that its bytes
// decide: a file that was changed is not found there. The copy is verified as
// the file itself would be.

// maxPacked is the largest compressed file that is worth a copy, in bytes.
const maxPacked = 1 << 25

// readPacked reads a gzip'd IDX file, or its unpacked copy in the folder copies,
// which it makes if need be. Where that folder cannot be used ("" or not
// writable), nothing is lost but time, and nothing is said.
func (f idxFile) readPacked(r *os.File, copies string) (idx.Array, error) {
	info, err := r.Stat()
	if err != nil {
		return idx.Array{}, err
	}
	if copies == "" || len(f.dims) == 1 || info.Size() > maxPacked {
		return f.readFrom(r)
	}
	key, err := digestOf(r)
	if err != nil {
		return idx.Array{}, err
	}
	name := f.name + "-" + key[:16]
	if c, err := atomicfile.Open(filepath.Join(copies, name), maxFile); err == nil {
		a, err := f.readFrom(c)
		c.Close()
		if err == nil {
			return a, nil
		}
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return idx.Array{}, err
	}
	a, err := f.readFrom(r)
	if err != nil {
		return idx.Array{}, err
	}
	// A file that was written to meanwhile has no copy under the old name.
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return a, nil
	}
	if now, err := digestOf(r); err != nil || now != key {
		return a, nil
	}
	if writeAtomic(filepath.Join(copies, name), func(w io.Writer) error { return idx.Write(w, a) }) == nil {
		sweep(copies, func(other string) bool {
			return other == name || !strings.HasPrefix(other, f.name)
		})
	}
	return a, nil
}

// digestOf is the SHA-256 of what is left of r, in hexadecimal. Whole in memory, a
// compressed MNIST would lie there beside the images.
func digestOf(r io.Reader) (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, io.LimitReader(r, maxPacked))
	return hex.EncodeToString(h.Sum(nil)), err
}

// readFrom reads the file's content from r, plain or gzip'd, and verifies it.
func (f idxFile) readFrom(r io.Reader) (idx.Array, error) {
	a, err := idx.Read(r, f.dims)
	if err != nil {
		return idx.Array{}, err
	}
	return a, f.verify(a)
}
