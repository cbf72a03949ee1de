package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"inkling/pkg/data/internal/idx"
	"inkling/pkg/data/read"
)

// Open returns the data to work with: what is asked for in the words of
// INKLING_DATA, or what that variable asks for if nothing is.
//
//	"mnist"      MNIST: from the folder that MNIST_DIR names; else from the user's
//	             cache; else, in a program that imports package download, downloaded
//	             into that cache; else it is an error
//	"synthetic"  the synthetic digits of this package
//	"auto", ""   MNIST if it can be had, else the synthetic digits, so that a machine
//	             without MNIST and without a network teaches the same lessons
//	a path       labelled images of any kind: IDX sets as MNIST's, a folder of PNG,
//	             JPEG or GIF images for each class, CSV, numpy's .npz, CIFAR's
//	             batches; package read says how each may look
//
// After a path may stand options, each after a comma: PATH,size=28x28 or
// PATH,label=last,test=0.2. Those that a format does not know are refused with
// what it knows; every format has
//
//	size=HxW     all images are resized to this
//	gray, rgb    all images have one plane, or three
//	invert       ink and ground exchanged
//	test=SHARE   of each class that is split off where there is no test part, 1/7
//	seed=N       by which it is chosen, 1
//	format=NAME  where more than one would fit
//
// Dataset.Name says which it is; what is read from a path goes by the path's last
// part and the options. What was decided for the user, such as a test part split
// off, is told in Dataset.Source.
//
// A MNIST_DIR that is set and cannot be read is an error, never a reason to use
// something else. A relative path is looked up in the working directory
// and then in the root of the module around it, so that a notebook, a test and
// a program started at the root all mean the same by it.
//
// A failed download ends within 5 seconds and is remembered for some minutes,
// so that of many short programs only one waits.
func Open(ctx context.Context, of ...string) (*Dataset, error) {
	if len(of) > 1 {
		return nil, fmt.Errorf("data: %d data sets at once, %.200q; want one", len(of), of)
	}
	e := newEnvironment()
	if what := strings.Join(of, ""); what != "" {
		return e.choose(ctx, what, "")
	}
	return e.load(ctx)
}

// LoadSynthetic returns the synthetic digits, whatever else there is: what Open
// returns for "synthetic". They are drawn once and then come
// from the user's cache.
func LoadSynthetic() *Dataset {
	return newEnvironment().synthetic("drawn by this library")
}

func newEnvironment() *environment {
	cache, err := os.UserCacheDir()
	if err == nil {
		cache = filepath.Join(cache, "inkling")
	}
	return &environment{
		getenv: os.Getenv,
		cache:  cache, // "" without a home: nothing is kept
		files:  mnist,
		web:    mirrors,
		train:  60000,
		test:   10000,
		log:    os.Stderr,
	}
}

// environment is what Open depends on beside its code.
type environment struct {
	getenv func(string) string
	cache  string
	files  archive
	web    []Mirror
	train  int // synthetic images
	test   int
	log    io.Writer
}

func (e *environment) load(ctx context.Context) (*Dataset, error) {
	return e.choose(ctx, e.getenv("INKLING_DATA"), "INKLING_DATA")
}

// choose is load with a choice, and by what it was made: the name of a variable,
// or "" where a program made it.
func (e *environment) choose(ctx context.Context, choice, by string) (*Dataset, error) {
	is, in, from := "", "", "from "+choice // what errors and Source say of it
	if by != "" {
		is, in, from = by+"=", by+": ", "from "+by
	}
	switch choice {
	case "", "auto", "mnist":
	case "synthetic":
		return e.synthetic("drawn by this library"), nil
	default:
		if path, _ := read.Spec(choice); !strings.ContainsAny(path, `/\`) && !exists(resolve(path)) {
			return nil, fmt.Errorf("data: %s%.60q, allowed auto, mnist, synthetic or PATH[,options] of labelled images", is, choice)
		}
		d, err := e.readPath(ctx, choice, from)
		if err != nil {
			return nil, fmt.Errorf("data: %s%w", in, err)
		}
		return d, nil
	}
	if dir := e.getenv("MNIST_DIR"); dir != "" {
		a, err := e.files.read(resolve(dir), e.copies())
		if err != nil {
			advice := ""
			if d, err := e.readPath(ctx, dir, ""); err == nil {
				advice = fmt.Sprintf("; INKLING_DATA=%s reads the %d and %d images that are there as %q", dir, d.Train.Len(), d.Test.Len(), d.Name)
			}
			return nil, fmt.Errorf("data: MNIST_DIR: %w%s", err, advice)
		}
		return newMNIST("from MNIST_DIR, SHA-256 verified", a), nil
	}
	if e.cache != "" {
		a, err := e.files.read(filepath.Join(e.cache, "mnist"), e.copies())
		if err == nil {
			return newMNIST("from the user's cache, SHA-256 verified", a), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(e.log, "inkling: cached MNIST is broken and will be replaced: %v\n", err)
		}
	}
	if why := e.failedLately(); why != "" && choice != "mnist" {
		return e.synthetic("drawn by this library: " + why), nil
	}
	if len(e.web) == 0 {
		if choice == "mnist" {
			return nil, fmt.Errorf("data: %smnist, but there is no MNIST: %s", is, absent)
		}
		return e.synthetic("drawn by this library: " + absent), nil
	}
	a, host, err := e.download(ctx)
	if err == nil {
		return newMNIST("downloaded from "+host+", SHA-256 verified", a), nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("data: MNIST: %w", context.Cause(ctx))
	}
	if choice == "mnist" {
		return nil, fmt.Errorf("data: %smnist, but there is no MNIST: MNIST_DIR is not set, the cache has none, download: %w", is, err)
	}
	fmt.Fprintf(e.log, "inkling: no MNIST (%v): using synthetic digits; set MNIST_DIR to the folder of its four files\n", err)
	return e.synthetic("drawn by this library: MNIST could not be downloaded"), nil
}

// absent is what a program that cannot download says.
const absent = "MNIST_DIR is not set and the cache has no MNIST; go run ./scripts/inkling data fetches it"

// download fetches MNIST and keeps it in the cache if that can be written.
func (e *environment) download(ctx context.Context) (a [4]idx.Array, host string, err error) {
	a, host, err = e.files.fetch(ctx, e.web)
	marker := e.marker()
	if marker == "" {
		return a, host, err
	}
	if err != nil {
		if ctx.Err() == nil {
			e.warn(writeAtomic(marker, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, err)
				return err
			}))
		}
		return a, host, err
	}
	for i, f := range e.files {
		path := filepath.Join(filepath.Dir(marker), f.name)
		e.warn(writeAtomic(path, func(w io.Writer) error { return idx.Write(w, a[i]) }))
	}
	os.Remove(marker)
	sweep(filepath.Dir(marker), func(string) bool { return true })
	return a, host, nil
}

// copies is the folder of unpacked copies, or "".
func (e *environment) copies() string {
	if e.cache == "" {
		return ""
	}
	return filepath.Join(e.cache, "unpacked")
}

// warn tells of a cache that could not be written: it costs time, not results.
func (e *environment) warn(err error) {
	if err != nil {
		fmt.Fprintf(e.log, "inkling: not cached: %v\n", err)
	}
}

// retryAfter is how long a failed download is remembered.
const retryAfter = 10 * time.Minute

// marker is the file whose age tells when a download failed.
func (e *environment) marker() string {
	if e.cache == "" {
		return ""
	}
	return filepath.Join(e.cache, "mnist", "download-failed")
}

// failedLately says why no download is worth trying now, or "".
func (e *environment) failedLately() string {
	info, err := os.Stat(e.marker())
	if err != nil {
		return ""
	}
	age := time.Since(info.ModTime())
	if age < 0 || age > retryAfter {
		return ""
	}
	return "MNIST could not be downloaded"
}

// resolve makes a relative path mean the same from a notebook's folder, a
// package's folder and the module's root.
func resolve(path string) string {
	if filepath.IsAbs(path) || exists(path) {
		return path
	}
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	for {
		if exists(filepath.Join(dir, "go.mod")) {
			if p := filepath.Join(dir, path); exists(p) {
				return p
			}
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return path
		}
		dir = parent
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
