package data

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"inkling/pkg/data/internal/idx"
	"inkling/pkg/internal/atomicfile"
)

// archive names the four files of a set of digits: training images and labels,
// test images and labels.
type archive [4]idxFile

// idxFile is a file known beforehand.
type idxFile struct {
	name string
	dims []int
	sha  string // SHA-256 of the file, not compressed
}

// mnist is the set by Y. LeCun, C. Cortes and C. Burges.
var mnist = archive{
	{"train-images-idx3-ubyte", []int{60000, 28, 28}, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
	{"train-labels-idx1-ubyte", []int{60000}, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
	{"t10k-images-idx3-ubyte", []int{10000, 28, 28}, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
	{"t10k-labels-idx1-ubyte", []int{10000}, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
}

// Dataset is a training set and a test set, of the same kind of images and the
// same classes.
type Dataset struct {
	Name        string // "MNIST", "synthetic digits", or one's own
	Source      string // where they were had from
	Train, Test *Set

	known bool // what Name says, and nothing else
}

// Known reports whether these are the data that everybody knows by the name:
// MNIST, verified, or the digits that the library draws. Of others there may be
// any number with the same name.
func (d *Dataset) Known() bool { return d.known }

// String says in one line which data these are: the line that every log,
// figure and report begins with.
func (d *Dataset) String() string {
	classes := ""
	if !slices.Equal(d.Train.Classes, digits) {
		classes = " in " + naming(d.Train.Classes)
	}
	return fmt.Sprintf("%s: %d training and %d test images of %s%s (%s)",
		d.Name, d.Train.Len(), d.Test.Len(), d.Train.shape(), classes, d.Source)
}

// wide are labels read as bytes.
func wide(labels []uint8) []uint16 {
	w := make([]uint16, len(labels))
	for i, y := range labels {
		w[i] = uint16(y)
	}
	return w
}

// narrow are labels of digits as bytes.
func narrow(labels []uint16) []uint8 {
	b := make([]uint8, len(labels))
	for i, y := range labels {
		b[i] = uint8(y)
	}
	return b
}

// newMNIST makes a Dataset of the four arrays of an archive, which are verified.
func newMNIST(source string, a [4]idx.Array) *Dataset {
	return &Dataset{
		Name:   "MNIST",
		Source: source,
		known:  true,
		Train:  greyDigits("train", a[0].Data, wide(a[1].Data)),
		Test:   greyDigits("test", a[2].Data, wide(a[3].Data)),
	}
}

// read reads the four files from a folder, each plain or as .gz, with unpacked
// copies of those in the folder copies (see readPacked). An error names the
// file; it is fs.ErrNotExist when one of them is not there.
func (files archive) read(dir, copies string) ([4]idx.Array, error) {
	if info, err := os.Stat(dir); err != nil {
		return [4]idx.Array{}, fmt.Errorf("%s: %w", dir, cause(err))
	} else if !info.IsDir() {
		return [4]idx.Array{}, fmt.Errorf("%s: not a folder", dir)
	}
	var arrays [4]idx.Array
	var errs [4]error
	var wg sync.WaitGroup
	for i, f := range files {
		wg.Go(func() { arrays[i], errs[i] = f.read(dir, copies) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return [4]idx.Array{}, err
		}
	}
	return arrays, nil
}

// read opens the file in dir, as it is or compressed, and verifies it.
func (f idxFile) read(dir, copies string) (idx.Array, error) {
	path := filepath.Join(dir, f.name)
	r, err := atomicfile.Open(path, maxFile)
	packed := errors.Is(err, fs.ErrNotExist)
	if packed {
		r, err = atomicfile.Open(path+".gz", maxFile)
		if errors.Is(err, fs.ErrNotExist) {
			return idx.Array{}, fmt.Errorf("%s: neither it nor %s.gz is there: %w", path, f.name, fs.ErrNotExist)
		}
		path += ".gz"
	}
	if err != nil {
		return idx.Array{}, fmt.Errorf("%s: %w", path, cause(err))
	}
	defer r.Close()
	var a idx.Array
	if packed {
		a, err = f.readPacked(r, copies)
	} else {
		a, err = f.readFrom(r)
	}
	if err != nil {
		return idx.Array{}, fmt.Errorf("%s: %w", path, cause(err))
	}
	return a, nil
}

// verify reports how a, which has the right dimensions, is not the file.
func (f idxFile) verify(a idx.Array) error {
	if len(a.Dims) == 1 {
		if err := checkLabels(a.Data, ten); err != nil {
			return err
		}
	}
	if got := sum(a); got != f.sha {
		return fmt.Errorf("not MNIST: SHA-256 of its raw bytes is %s, want %s", got, f.sha)
	}
	return nil
}

// sum returns the SHA-256 of a as a plain IDX file.
func sum(a idx.Array) string {
	h := sha256.New()
	if err := idx.Write(h, a); err != nil {
		panic(err) // a was read: its dimensions fit
	}
	return hex.EncodeToString(h.Sum(nil))
}

// cause leaves out the path that package os puts in front of an error, since
// ours already names the file.
func cause(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}
