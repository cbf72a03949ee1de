package data

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/data/internal/idx"
)

// mnistDir returns the folder of the real MNIST, or skips the test.
func mnistDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("MNIST_DIR")
	if dir == "" {
		t.Skip("MNIST_DIR is not set: set it to the folder of the four MNIST files")
	}
	return resolve(dir)
}

func TestLoadMNISTDir(t *testing.T) {
	mnistDir(t)
	d, err := Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := d.String(), "MNIST: 60000 training and 10000 test images of 28×28 (from MNIST_DIR, SHA-256 verified)"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if got, want := d.Train.Counts(), []int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}; !slices.Equal(got, want) {
		t.Errorf("counts %v, want %v", got, want)
	}
}

func BenchmarkLoadMNIST(b *testing.B) {
	env := environment{getenv: vars("MNIST_DIR", mnistDir(b)), files: mnist, log: io.Discard}
	for b.Loop() {
		if _, err := env.load(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadSyntheticFromCache(b *testing.B) {
	env := environment{cache: b.TempDir(), log: io.Discard}
	env.stored(1, 70000)
	for b.Loop() {
		env.stored(1, 70000)
	}
}

// vars returns an environment of variables: name, value, name, value …
func vars(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// small is an archive like MNIST with 30 training and 10 test images, and its
// files.
func small() (files archive, content [4][]byte) {
	train, test := Synthetic("train", 1, 0, 30), Synthetic("test", 1, 30, 10)
	arrays := [4]idx.Array{
		{Dims: []int{30, 28, 28}, Data: train.Pixels}, {Dims: []int{30}, Data: narrow(train.Labels)},
		{Dims: []int{10, 28, 28}, Data: test.Pixels}, {Dims: []int{10}, Data: narrow(test.Labels)},
	}
	for i, a := range arrays {
		var b bytes.Buffer
		idx.Write(&b, a)
		content[i] = b.Bytes()
		files[i] = idxFile{mnist[i].name, a.Dims, sum(a)}
	}
	return files, content
}

// fill writes the files of an archive into a new folder, as .gz or plain.
func fill(t *testing.T, files archive, content [4][]byte, ext string) string {
	t.Helper()
	dir := t.TempDir()
	for i, f := range files {
		b := content[i]
		if ext == ".gz" {
			b = zip(b)
		}
		put(t, dir, f.name+ext, b)
	}
	return dir
}

func put(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestArchiveRead(t *testing.T) {
	files, content := small()
	for _, ext := range []string{"", ".gz"} {
		a, err := files.read(fill(t, files, content, ext), "")
		if err != nil {
			t.Fatal(err)
		}
		for i := range files {
			var b bytes.Buffer
			idx.Write(&b, a[i])
			if !bytes.Equal(b.Bytes(), content[i]) {
				t.Errorf("%s%s came back different", files[i].name, ext)
			}
		}
	}
}

// A compressed file is unpacked once; the copy is found by the file's bytes and
// trusted no more than the file.
func TestArchiveUnpacksOnce(t *testing.T) {
	files, content := small()
	dir, copies := fill(t, files, content, ".gz"), filepath.Join(t.TempDir(), "unpacked")
	read := func() {
		t.Helper()
		a, err := files.read(dir, copies)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a[0].Data, content[0][16:]) {
			t.Error("the training images came back different")
		}
	}
	read()
	made, err := filepath.Glob(filepath.Join(copies, "*"))
	if err != nil || len(made) != 2 {
		t.Fatalf("copies %v (%v), want one of each of the two image files", made, err)
	}
	for _, spoilt := range [][]byte{content[2], content[0][:100], nil, append(bytes.Clone(content[0][:len(content[0])-1]), 1)} {
		for _, path := range made {
			put(t, copies, filepath.Base(path), spoilt)
		}
		read()
		if got, err := os.ReadFile(made[1]); err != nil || !bytes.Equal(got, content[0]) {
			t.Error("a spoilt copy was not replaced")
		}
	}

	// The copy of what the file was before does not stand in for what it is.
	packed := zip(content[0])
	put(t, dir, files[0].name+".gz", packed[:len(packed)-20])
	if _, err := files.read(dir, copies); err == nil || !strings.Contains(err.Error(), files[0].name+".gz: ") {
		t.Errorf("a truncated file: %v", err)
	}
	put(t, dir, files[0].name+".gz", packed)
	os.RemoveAll(copies)
	put(t, filepath.Dir(copies), "unpacked", nil) // a file where the folder should be
	read()
}

// Whatever is wrong with a folder, the user reads one line with the file, what
// was found and what is wanted; and nothing else is used in its place.
func TestLoadRefusesBrokenFiles(t *testing.T) {
	files, content := small()
	const images, labels = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
	other := Synthetic("other", 2, 0, 30)
	ten := bytes.Clone(content[1])
	ten[8+17] = 10

	for _, c := range []struct {
		name  string
		spoil func(dir string) string // returns the folder to name
		want  string                  // $ stands for the folder
	}{
		{"missing folder", func(dir string) string { return dir + "/nowhere" },
			"data: MNIST_DIR: $: no such file or directory"},
		{"a file", func(dir string) string { return dir + "/" + images },
			"data: MNIST_DIR: $: not a folder"},
		{"missing file", func(dir string) string { os.Remove(dir + "/" + labels); return dir },
			"data: MNIST_DIR: $/train-labels-idx1-ubyte: neither it nor train-labels-idx1-ubyte.gz is there: file does not exist"},
		{"a folder in the place of a file", func(dir string) string {
			os.Remove(dir + "/" + labels)
			os.Mkdir(dir+"/"+labels, 0o755)
			return dir
		}, "data: MNIST_DIR: $/train-labels-idx1-ubyte: is a folder, want a regular file of at most 641 MiB"},
		{"unreadable", func(dir string) string { os.Chmod(dir+"/"+labels, 0); return dir },
			"data: MNIST_DIR: $/train-labels-idx1-ubyte: permission denied"},
		{"empty", func(dir string) string { put(t, dir, images, nil); return dir },
			"data: MNIST_DIR: $/train-images-idx3-ubyte: truncated: 0 bytes, no header"},
		{"truncated", func(dir string) string { put(t, dir, images, content[0][:5000]); return dir },
			"data: MNIST_DIR: $/train-images-idx3-ubyte: truncated: 4984 bytes of data, its header 30×28×28 needs 23520"},
		{"truncated gzip", func(dir string) string {
			os.Remove(dir + "/" + labels)
			b := zip(content[1])
			put(t, dir, labels+".gz", b[:len(b)-2])
			return dir
		}, "data: MNIST_DIR: $/train-labels-idx1-ubyte.gz: after the data: unexpected EOF"},
		{"images of another set", func(dir string) string {
			put(t, dir, images, idxBytes(0x803, []uint32{30, 28, 28}, other.Pixels))
			return dir
		}, "data: MNIST_DIR: $/train-images-idx3-ubyte: not MNIST: SHA-256 of its raw bytes is " +
			sum(idx.Array{Dims: []int{30, 28, 28}, Data: other.Pixels}) + ", want " + files[0].sha},
		{"labels one short", func(dir string) string {
			put(t, dir, labels, idxBytes(0x801, []uint32{29}, content[1][8:37]))
			return dir
		}, "data: MNIST_DIR: $/train-labels-idx1-ubyte: holds 29 bytes, want 30"},
		{"labels of the other part", func(dir string) string { put(t, dir, labels, content[3]); return dir },
			"data: MNIST_DIR: $/train-labels-idx1-ubyte: holds 10 bytes, want 30"},
		{"label 10", func(dir string) string { put(t, dir, labels, ten); return dir },
			"data: MNIST_DIR: $/train-labels-idx1-ubyte: label 10 at index 17, allowed 0 to 9"},
		{"28×27", func(dir string) string {
			put(t, dir, images, idxBytes(0x803, []uint32{30, 28, 27}, make([]byte, 30*28*27)))
			return dir
		}, "data: MNIST_DIR: $/train-images-idx3-ubyte: holds 30×28×27 bytes, want 30×28×28"},
		{"images and labels swapped", func(dir string) string {
			put(t, dir, images, content[1])
			put(t, dir, labels, content[0])
			return dir
		}, "data: MNIST_DIR: $/train-images-idx3-ubyte: holds 30 bytes, want 30×28×28"},
		{"magic of labels on images", func(dir string) string {
			b := bytes.Clone(content[0])
			b[3] = 1
			put(t, dir, images, b)
			return dir
		}, "data: MNIST_DIR: $/train-images-idx3-ubyte: holds 30 bytes, want 30×28×28"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := c.spoil(fill(t, files, content, ""))
			if c.name == "unreadable" && (os.Getuid() == 0 || runtime.GOOS == "windows") {
				t.Skip("this user may read every file")
			}
			env := environment{getenv: vars("MNIST_DIR", dir), files: files, train: 20, test: 10, log: io.Discard}
			_, err := env.load(context.Background())
			if want := strings.ReplaceAll(c.want, "$", dir); err == nil || err.Error() != want {
				t.Errorf("\n got %v\nwant %s", err, want)
			}
		})
	}
}

// Any flipped bit is noticed: by the reader or, at the latest, by the hash.
func TestArchiveNoticesEveryByte(t *testing.T) {
	files, content := small()
	for _, i := range []int{1, 2} {
		for at := 0; at < len(content[i]); at += 1 + at/50 {
			b := bytes.Clone(content[i])
			b[at] ^= 1 << (at % 8)
			a, err := idx.Read(bytes.NewReader(b), files[i].dims)
			if err == nil {
				err = files[i].verify(a)
			}
			if err == nil {
				t.Errorf("%s with byte %d changed is accepted", files[i].name, at)
			}
		}
	}
}

func TestLoadChoice(t *testing.T) {
	files, content := small()
	dir := fill(t, files, content, ".gz")
	load := func(v ...string) (*Dataset, error) {
		env := environment{getenv: vars(v...), files: files, train: 20, test: 10, log: io.Discard}
		return env.load(context.Background())
	}
	if _, err := load("INKLING_DATA", "fashion"); err == nil || err.Error() != `data: INKLING_DATA="fashion", allowed auto, mnist, synthetic or PATH[,options] of labelled images` {
		t.Errorf("got %v", err)
	}
	for _, choice := range []string{"", "auto", "mnist"} {
		if d, err := load("INKLING_DATA", choice, "MNIST_DIR", dir); err != nil || d.Name != "MNIST" || d.Train.Len() != 30 || d.Test.Len() != 10 {
			t.Errorf("INKLING_DATA=%q: got %v, %v", choice, d, err)
		}
	}
	d, err := load("INKLING_DATA", "synthetic", "MNIST_DIR", dir)
	if err != nil || d.String() != "synthetic digits: 20 training and 10 test images of 28×28 (drawn by this library)" {
		t.Errorf("got %v, %v", d, err)
	}
	// A program asks in the same words, and for other data than the environment does.
	env := environment{getenv: vars("INKLING_DATA", "synthetic", "MNIST_DIR", dir), files: files, train: 20, test: 10, log: io.Discard}
	if d, err := env.choose(context.Background(), "mnist", ""); err != nil || d.Name != "MNIST" || !d.Known() {
		t.Errorf("mnist is asked for: got %v, %v", d, err)
	}
	if _, err := env.choose(context.Background(), "minst", ""); err == nil || !strings.HasPrefix(err.Error(), `data: "minst", allowed auto, mnist, synthetic or `) {
		t.Errorf("minst is asked for: %v", err)
	}
	own := folderOf(t, "letters", mnistNames, others())
	if d, err := env.choose(context.Background(), own, ""); err != nil || d.Name != "letters" || d.Source != "from "+own || d.Known() {
		t.Errorf("a folder is asked for: got %v, %v", d, err)
	}
	if want := Synthetic("", syntheticSeed, 20, 10); d.Test.Fingerprint() != want.Fingerprint() {
		t.Error("the test images do not follow the training images")
	}
}

// A program that cannot download says what can, and leaves nothing behind that
// would keep another from it.
func TestLoadWithoutMirrors(t *testing.T) {
	env := environment{getenv: vars(), cache: t.TempDir(), files: mnist, train: 20, test: 10, log: t.Output()}
	d, err := env.load(context.Background())
	if err != nil || d.Source != "drawn by this library: "+absent {
		t.Errorf("got %v, %v", d, err)
	}
	if env.failedLately() != "" {
		t.Error("a download that nobody tried has failed")
	}
	env.getenv = vars("INKLING_DATA", "mnist")
	if _, err := env.load(context.Background()); err == nil || !strings.HasSuffix(err.Error(), "there is no MNIST: "+absent) {
		t.Errorf("INKLING_DATA=mnist: %v", err)
	}
}

func TestResolve(t *testing.T) {
	root := t.TempDir()
	put(t, root, "go.mod", []byte("module example\n"))
	for _, d := range []string{"notebooks", "pkg/data", "digits"} {
		if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, root, "digits/here", nil)
	for _, from := range []string{"", "notebooks", "pkg/data"} {
		t.Chdir(filepath.Join(root, from))
		if _, err := os.Stat(filepath.Join(resolve("digits"), "here")); err != nil {
			t.Errorf("from %q: %v", from, err)
		}
		if got := resolve("nowhere"); got != "nowhere" {
			t.Errorf("from %q: a folder that is not there becomes %q", from, got)
		}
	}
}

// What was drawn once is read back, and anything wrong with it only means that
// it is drawn again.
func TestStored(t *testing.T) {
	var log bytes.Buffer
	env := environment{cache: t.TempDir(), log: &log}
	want := Synthetic("", 4, 0, 50).Fingerprint()
	check := func(when string) {
		t.Helper()
		if got := env.stored(4, 50).Fingerprint(); got != want {
			t.Errorf("%s: other images", when)
		}
	}
	check("drawn")
	files, _ := filepath.Glob(filepath.Join(env.cache, "synthetic", "*"))
	if len(files) != 3 {
		t.Fatalf("stored as %v", files)
	}
	check("read back")
	if log.Len() > 0 {
		t.Errorf("unexpected: %s", log.String())
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)-1] ^= 1
		os.WriteFile(path, b, 0o644)
		log.Reset()
		check("changed " + filepath.Base(path))
		if got := log.String(); !strings.HasPrefix(got, "inkling: cached digits are drawn anew: ") || strings.Count(got, "\n") != 1 {
			t.Errorf("%s changed: told %q", filepath.Base(path), got)
		}
		log.Reset()
		check("mended")
		os.Remove(path)
		check("without " + filepath.Base(path))
		if log.Len() > 0 {
			t.Errorf("unexpected: %s", log.String())
		}
	}

	env.cache = filepath.Join(t.TempDir(), "file")
	put(t, filepath.Dir(env.cache), "file", nil)
	check("in a cache that cannot be written")
	if got := log.String(); !strings.Contains(got, "not cached") {
		t.Errorf("a cache that cannot be written: told %q", got)
	}
}

func TestWriteAtomic(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "file")
	if err := writeAtomic(path, func(w io.Writer) error { _, err := io.WriteString(w, "old"); return err }); err != nil {
		t.Fatal(err)
	}
	failed := errors.New("the disk is full")
	err := writeAtomic(path, func(w io.Writer) error { io.WriteString(w, "half of the n"); return failed })
	if !errors.Is(err, failed) || !strings.HasPrefix(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "old" {
		t.Errorf("a failed write left %q", b)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	if err := writeAtomic(filepath.Join(path, "below"), func(io.Writer) error { return nil }); err == nil {
		t.Error("a folder below a file was made")
	}
}

// LoadSynthetic does not look at the environment, Open does.
func TestLoadSynthetic(t *testing.T) {
	if testing.Short() {
		t.Skip("draws 70,000 digits")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("INKLING_DATA", "synthetic")
	want, err := Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("INKLING_DATA", "mnist")
	t.Setenv("MNIST_DIR", "no/such/folder")
	got := LoadSynthetic()
	if got.String() != want.String() || got.Train.Fingerprint() != want.Train.Fingerprint() || got.Test.Fingerprint() != want.Test.Fingerprint() {
		t.Errorf("%v, want %v", got, want)
	}
}

// idxBytes are those of an IDX file, right or wrong.
func idxBytes(magic uint32, dims []uint32, data []byte) []byte {
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
