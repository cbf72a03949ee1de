package data

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"

	"inkling/pkg/data/internal/idx"
	"inkling/pkg/internal/atomicfile"
)

// syntheticSeed is that of the digits that stand in for MNIST. The test images
// are a part of the sequence that training never sees.
const syntheticSeed = 1

func (e *environment) synthetic(source string) *Dataset {
	s := e.stored(syntheticSeed, e.train+e.test)
	return &Dataset{
		Name:   "synthetic digits",
		known:  true,
		Source: source,
		Train:  s.window("train", 0, e.train),
		Test:   s.window("test", e.train, e.train+e.test),
	}
}

// stored returns Synthetic(seed, 0, n) from the cache, which it fills if need
// be. A cache that cannot be read or written costs time only.
func (e *environment) stored(seed uint64, n int) *Set {
	if e.cache == "" {
		return Synthetic("synthetic", seed, 0, n)
	}
	version := digest("glyphs.go", "rand.go", "raster.go", "synthetic.go")
	dir := filepath.Join(e.cache, "synthetic")
	base := filepath.Join(dir, fmt.Sprintf("%s-%d-%d", version, seed, n))
	s, err := readStored(base, n)
	if err == nil {
		return s
	}
	if !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(e.log, "inkling: cached digits are drawn anew: %v\n", err)
	}
	s = Synthetic("synthetic", seed, 0, n)
	e.warn(writeStored(base, s))
	sweep(dir, func(name string) bool { return strings.HasPrefix(name, version) })
	return s
}

// A stored Set is three files: images, labels, and, written last, the SHA-256
// of both.
func storedPaths(base string) (images, labels, sums string) {
	return base + "-images.idx", base + "-labels.idx", base + ".sha256"
}

func readStored(base string, n int) (*Set, error) {
	images, labels, sums := storedPaths(base)
	want, err := atomicfile.ReadFile(sums, 1<<10)
	if err != nil {
		return nil, err
	}
	var a [2]idx.Array
	var errs [2]error
	var wg sync.WaitGroup
	wg.Go(func() { a[0], errs[0] = readFile(images, []int{n, side, side}) })
	wg.Go(func() { a[1], errs[1] = readFile(labels, []int{n}) })
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if got := storedSums(a[0], a[1]); got != string(want) {
		return nil, fmt.Errorf("%s: SHA-256 is %q, want %q", sums, got, want)
	}
	s := greyDigits("synthetic", a[0].Data, wide(a[1].Data))
	return s, s.Check()
}

func writeStored(base string, s *Set) error {
	images, labels, sums := storedPaths(base)
	a := idx.Array{Dims: []int{s.Len(), s.H, s.W}, Data: s.Pixels}
	b := idx.Array{Dims: []int{s.Len()}, Data: narrow(s.Labels)}
	return errors.Join(
		writeAtomic(images, func(w io.Writer) error { return idx.Write(w, a) }),
		writeAtomic(labels, func(w io.Writer) error { return idx.Write(w, b) }),
		writeAtomic(sums, func(w io.Writer) error {
			_, err := io.WriteString(w, storedSums(a, b))
			return err
		}),
	)
}

func storedSums(images, labels idx.Array) string {
	return strings.Join([]string{sum(images), sum(labels)}, " ")
}

// readFile reads an IDX file, of known dimensions unless dims is nil.
func readFile(path string, dims []int) (idx.Array, error) {
	r, err := atomicfile.Open(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return idx.Array{}, err
	}
	if err != nil {
		return idx.Array{}, fmt.Errorf("%s: %w", path, cause(err))
	}
	defer r.Close()
	a, err := idx.Read(r, dims)
	if err != nil {
		return idx.Array{}, fmt.Errorf("%s: %w", path, cause(err))
	}
	return a, nil
}
