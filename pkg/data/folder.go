package data

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// roles are the four files of a folder of labelled images, by what their names
// hold: Fashion-MNIST, KMNIST, QMNIST and the parts of EMNIST follow MNIST in it.
var roles = [4]struct {
	what, part, kind string
}{
	{"training images", "train", "images-idx3"},
	{"training labels", "train", "labels-idx"},
	{"test images", "t10k test", "images-idx3"},
	{"test labels", "t10k test", "labels-idx"},
}

// readFolder reads four IDX files, each plain or as .gz, of images of 28×28 with
// the labels 0 to 9: digits, or whatever else looks like them to a network. They
// go by the name of their folder, which keeps their runs apart from those on
// other data; MNIST itself stays MNIST, wherever it lies.
func (e *environment) readFolder(dir, from string) (*Dataset, error) {
	names, err := fourFiles(dir)
	if err != nil {
		return nil, err
	}
	var a [4]Array
	var errs [4]error
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { a[i], errs[i] = readFile(filepath.Join(dir, name), nil) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	for i := 0; i < 4; i += 2 {
		images, labels := a[i], a[i+1]
		at := func(k int) string { return filepath.Join(dir, names[k]) }
		switch n := images.Dims[0]; {
		case len(images.Dims) != 3 || images.Dims[1] != side || images.Dims[2] != side:
			return nil, fmt.Errorf("%s: holds %s bytes, want images of %d×%d", at(i), times(images.Dims), side, side)
		case len(labels.Dims) != 1:
			return nil, fmt.Errorf("%s: holds %s bytes, want one label for each image", at(i+1), times(labels.Dims))
		case labels.Dims[0] != n:
			return nil, fmt.Errorf("%s: %d labels for %d images in %s", at(i+1), labels.Dims[0], n, names[i])
		case n < minImages:
			return nil, fmt.Errorf("%s: %d images, want %d or more", at(i), n, minImages)
		}
		if err := checkLabels(labels.Data, ten); err != nil {
			return nil, fmt.Errorf("%s: %w", at(i+1), err)
		}
	}
	if e.files.are(a) {
		return newMNIST(from+", SHA-256 verified", a), nil
	}
	name, err := folderName(dir)
	if err != nil {
		return nil, err
	}
	d := newMNIST(from, a)
	d.Name, d.known = name, false
	d.Train.Prepared, d.Test.Prepared = "", ""
	return d, nil
}

// minImages is the least number of images of a part: a sixth of the training
// images judges the rest.
const minImages = 60

// are reports whether a holds exactly these files.
func (files archive) are(a [4]Array) bool {
	for i, f := range files {
		if !slices.Equal(a[i].Dims, f.dims) || f.verify(a[i]) != nil {
			return false
		}
	}
	return true
}

// fourFiles finds the file of each role in a folder. Of a plain file and its .gz,
// the plain one counts.
func fourFiles(dir string) (names [4]string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		if info, e := os.Stat(dir); e == nil && !info.IsDir() {
			return names, fmt.Errorf("%s: not a folder", dir)
		}
		return names, fmt.Errorf("%s: %w", dir, cause(err))
	}
	for i, role := range roles {
		var found []string
		for _, e := range entries {
			plain := strings.TrimSuffix(e.Name(), ".gz")
			part := slices.ContainsFunc(strings.Fields(role.part), func(s string) bool { return strings.Contains(plain, s) })
			if part && strings.Contains(plain, role.kind) && !slices.Contains(found, plain) {
				found = append(found, e.Name())
			}
		}
		switch len(found) {
		case 0:
			return names, fmt.Errorf("%s: no file of %s, want one with %s and %s in its name, as %s", dir, role.what,
				strings.ReplaceAll(role.part, " ", " or "), role.kind, mnist[i].name)
		case 1:
			names[i] = found[0]
		default:
			return names, fmt.Errorf("%s: %d files of %s, want one: %.200s", dir, len(found), role.what, strings.Join(found, ", "))
		}
	}
	return names, nil
}

// folderName is the name of a folder's data in figures and in the run store.
func folderName(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("%s: %w", dir, err)
	}
	name := filepath.Base(abs)
	letters := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
	switch {
	case letters == "":
		return "", fmt.Errorf("%s: the data go by the name of their folder, want one with a letter of a to z or a digit", abs)
	case letters == "mnist" || letters == "syntheticdigits" || strings.HasSuffix(letters, "quick"):
		return "", fmt.Errorf("%s: the data go by the name of their folder, and these are not what %q stands for: rename the folder", abs, name)
	}
	return name, nil
}
