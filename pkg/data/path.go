package data

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"inkling/pkg/data/internal/idx"
	"inkling/pkg/data/read"
	"inkling/pkg/internal/printable"
)

// readPath reads the labelled images in a folder or a file, which may be relative
// to the module; from says who named it. The data go by the name of the folder or
// file and the options, which keeps their runs apart from those on other data;
// MNIST stays MNIST, wherever it lies.
func (e *environment) readPath(ctx context.Context, spec, from string) (*Dataset, error) {
	path, options := read.Spec(spec)
	path = resolve(path)
	cache := ""
	if e.cache != "" {
		cache = filepath.Join(e.cache, "read")
	}
	found, err := read.Open(ctx, path, options, cache)
	if err != nil {
		return nil, err
	}
	part := func(name string, images read.Images) *Set {
		return &Set{Name: name, C: found.C, H: found.H, W: found.W, Classes: found.Classes, Pixels: images.Pixels, Labels: images.Labels}
	}
	d := &Dataset{Source: strings.Join(append([]string{from}, found.Notes...), "; "), Train: part("train", found.Train), Test: part("test", found.Test)}
	if e.files.are(d) {
		d.Name, d.Source, d.known = "MNIST", from+", SHA-256 verified", true
		d.Train.Prepared, d.Test.Prepared = asMNIST, asMNIST
		return d, nil
	}
	if d.Name, err = pathName(path); err != nil {
		return nil, err
	}
	slices.Sort(options)
	d.Name = strings.Join(slices.DeleteFunc(append([]string{d.Name, found.Label}, options...), func(s string) bool {
		return s == "" || strings.HasPrefix(s, "split=") // which Label says
	}), " ")
	for _, s := range []*Set{d.Train, d.Test} {
		if err := s.Check(); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	d.Train.Prepared = d.Train.preparation()
	d.Test.Prepared = d.Train.Prepared
	return d, nil
}

// are reports whether d holds exactly these files.
func (files archive) are(d *Dataset) bool {
	for i, s := range []*Set{d.Train, d.Test} {
		images, labels := files[2*i], files[2*i+1]
		if s.C != 1 || !slices.Equal([]int{s.Len(), s.H, s.W}, images.dims) || !slices.Equal(s.Classes, digits) ||
			images.verify(idx.Array{Dims: images.dims, Data: s.Pixels}) != nil || labels.verify(idx.Array{Dims: labels.dims, Data: narrow(s.Labels)}) != nil {
			return false
		}
	}
	return true
}

// pathName is the name of a folder's or a file's data in figures and in the run
// store.
func pathName(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	name := filepath.Base(abs)
	for _, ext := range []string{".gz", ".csv", ".tsv", ".npz", ".npy"} {
		name = strings.TrimSuffix(name, ext)
	}
	letters := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
	switch {
	case letters == "":
		return "", fmt.Errorf("%s: the data go by this name, want one with a letter of a to z or a digit", abs)
	case letters == "mnist" || letters == "syntheticdigits" || strings.HasSuffix(letters, "quick"):
		return "", fmt.Errorf("%s: the data go by this name, and these are not what %q stands for: rename it", abs, name)
	}
	return printable.Text(name), nil
}
