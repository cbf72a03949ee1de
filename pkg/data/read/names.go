package read

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// label is what the name of a file says that follows the habits of MNIST:
// emnist-letters-train-images-idx3-ubyte.gz, mnist_test.csv, x_train.npy.
type label struct {
	set  string // emnist-letters
	part string // train, test, val or ""
	kind string // images, labels or ""
}

var partWords = map[string]string{
	"train": "train", "training": "train", "trn": "train",
	"test": "test", "testing": "test", "tst": "test", "t10k": "test",
	"val": "val", "valid": "val", "validation": "val",
}

var kindWords = map[string]string{
	"images": "images", "image": "images", "imgs": "images", "img": "images", "x": "images", "data": "images",
	"labels": "labels", "label": "labels", "y": "labels", "target": "labels", "targets": "labels",
}

// parse reads a name. The last word for the part counts, and what stands before
// the first word that means something is the name of the set.
func parse(name string) label {
	name = strings.ToLower(path.Base(name))
	for {
		ext := path.Ext(name)
		if !slices.Contains([]string{".gz", ".csv", ".tsv", ".npz", ".npy", ".bin"}, ext) {
			break
		}
		name = strings.TrimSuffix(name, ext)
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("-_. ", r) })
	first := len(words)
	var l label
	for i, w := range words {
		part, kind := partWords[w], kindWords[w]
		if part == "" && kind == "" && (w[0] == 'x' || w[0] == 'y') { // xtrain
			if part = partWords[w[1:]]; part != "" {
				kind = kindWords[w[:1]]
			}
		}
		if part != "" {
			l.part = part
		}
		if kind != "" && l.kind == "" {
			l.kind = kind
		}
		if part != "" || kind != "" {
			first = min(first, i)
		}
	}
	l.set = strings.Join(words[:first], "-")
	return l
}

// choose returns the set that option split names, or the only one. Sets are
// called by what keeps them apart: of emnist-letters and emnist-digits, letters.
func choose(p *Place, what string, sets []string) (name string, short string, err error) {
	slices.Sort(sets)
	common := prefix(sets)
	cut := func(s string) string { return cmp.Or(strings.TrimPrefix(s, common), s) }
	want := strings.ToLower(p.Option("split"))
	var shorts []string
	for _, s := range sets {
		shorts = append(shorts, cmp.Or(cut(s), "plain"))
		if want != "" && (want == s || want == cut(s) || want == "plain" && s == "" || strings.HasSuffix(s, "-"+want)) {
			return s, cmp.Or(cut(s), "plain"), nil
		}
	}
	if len(sets) == 1 && want == "" {
		return sets[0], "", nil
	}
	if want != "" {
		return "", "", fmt.Errorf("%s: no %s %q, there is %s", p.path, what, want, strings.Join(shorts, ", "))
	}
	return "", "", fmt.Errorf("%s: holds the %ss %s; choose one: %s,split=%s", p.path, what, strings.Join(shorts, ", "), p.path, shorts[len(shorts)-1])
}

// prefix is what all names begin with, up to a hyphen.
func prefix(names []string) string {
	if len(names) < 2 {
		return ""
	}
	first, last := names[0], names[len(names)-1] // sorted
	n := 0
	for n < len(first) && n < len(last) && first[n] == last[n] {
		n++
	}
	return first[:strings.LastIndex(first[:n], "-")+1]
}
