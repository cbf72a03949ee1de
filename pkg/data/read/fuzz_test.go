package read

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkling/pkg/internal/picture"
)

// A reader of untrusted bytes does not panic, says in one line what is wrong, and
// what it accepts is whole.

func oneLine(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if text := (shown{err}).Error(); text == "" || strings.ContainsAny(text, "\n\x1b") { // as Open gives it
		t.Errorf("error %q is not one line of text", text)
	}
}

func whole(t *testing.T, raw *Raw) {
	t.Helper()
	for _, part := range []*Part{&raw.Train, &raw.Test, &raw.More} {
		if len(part.Pixels) != len(part.Labels)*raw.C*raw.H*raw.W {
			t.Errorf("%d labels for %d bytes of %d×%d×%d", len(part.Labels), len(part.Pixels), raw.C, raw.H, raw.W)
		}
	}
	if p := (&Place{path: "x", options: &options{}}); len(raw.Train.Labels) > 0 {
		_, err := finish(raw, p)
		oneLine(t, err)
	}
}

// seeds adds the files of testdata/tools with these ends.
func seeds(f *testing.F, ends string) (all [][]byte) {
	names, _ := filepath.Glob(filepath.Join(tools, "*"))
	for _, name := range names {
		if b, err := os.ReadFile(name); err == nil && strings.Contains(ends, filepath.Ext(name)) && len(b) < 8<<10 {
			all = append(all, b)
		}
	}
	if all == nil {
		f.Fatal("no seeds")
	}
	return all
}

func FuzzImage(f *testing.F) {
	for _, b := range seeds(f, ".png.jpg.gif") {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, w, err := picture.Size(b)
		oneLine(t, err)
		if err != nil || h*w > 1<<16 {
			return
		}
		d := &decoder{}
		d.file.Write(b)
		_, _, err = d.picture(3, 5, false)
		oneLine(t, err)
		if err == nil {
			d.write(make([]uint8, 45), 3)
		}
	})
}

func FuzzCSV(f *testing.F) {
	for _, b := range seeds(f, ".csv") {
		f.Add(b[:min(len(b), 2000)], "")
	}
	f.Add([]byte("label;a;b;c;d\n3;0;0.5;1;1\n\"4\";1;1;1;0\n"), "first")
	f.Add([]byte("1\t2\t3\t4\tdog\n1\t2\t3\t4\tcat\n"), "last")
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		o := &options{given: map[string]string{"label": label}}
		r := &csvReader{p: &Place{path: "x", options: o}, files: map[string]File{"train": {Name: "train.csv"}, "test": {Name: "test.csv"}},
			open: func(context.Context, string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
		raw, err := r.read(context.Background())
		oneLine(t, err)
		if err == nil {
			whole(t, raw)
		}
	})
}

func FuzzNPY(f *testing.F) {
	for _, b := range seeds(f, ".npz") {
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			f.Fatal(err)
		}
		arrays := map[label][]byte{}
		for _, m := range z.File {
			r, _ := m.Open()
			arrays[parse(m.Name)], _ = io.ReadAll(r)
		}
		f.Add(arrays[label{"", "test", "images"}], arrays[label{"", "test", "labels"}])
	}
	f.Fuzz(func(t *testing.T, images, labels []byte) {
		of := func(b []byte) entry {
			return entry{"x", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
		}
		r := &npzReader{p: &Place{path: "x"}, files: []File{{Name: "x"}}, arrays: map[label]entry{{"", "train", "images"}: of(images), {"", "train", "labels"}: of(labels)}}
		raw, err := r.assemble()
		oneLine(t, err)
		if err == nil {
			whole(t, raw)
		}
	})
}

func FuzzNPZ(f *testing.F) {
	for _, b := range seeds(f, ".npz") {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file := File{Name: "x.npz", Size: int64(len(b))}
		r := &npzReader{p: &Place{path: "x"}, files: []File{file}, arrays: map[label]entry{}}
		found, err := entries(context.Background(), r.p, file, bytes.NewReader(b))
		oneLine(t, err)
		if err != nil {
			return
		}
		err = r.gather(file, found)
		oneLine(t, err)
		if err != nil {
			return
		}
		raw, err := r.assemble()
		oneLine(t, err)
		if err == nil {
			whole(t, raw)
		}
	})
}

func FuzzCIFAR(f *testing.F) {
	f.Add(make([]byte, 3073), 1)
	f.Add(make([]byte, 2*3074), 2)
	f.Add(make([]byte, 3072), 1)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		c := cifar{labels: []int{10}}
		if n == 2 {
			c = cifar{labels: []int{20, 100}, at: 1}
		}
		raw := &Raw{C: 3, H: 32, W: 32}
		err := c.batch(bytes.NewReader(b), int64(len(b)), &raw.Train)
		oneLine(t, err)
		if err == nil {
			whole(t, raw)
		}
	})
}

// FuzzClassNames: names of classes are one line of text each.
func FuzzClassNames(f *testing.F) {
	f.Add([]byte("0 48\n1 49\n"))
	f.Add([]byte("index,codepoint,char\n0,U+304A,お\n1,U+304D,き\n"))
	f.Add([]byte("\ufefftrouser\r\nshirt\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, read := range []func([]byte) (map[int32]string, error){mapping, classmap, lines} {
			names, err := read(b)
			oneLine(t, err)
			for _, name := range names {
				if strings.ContainsAny(name, "\n\x1b") || name == "" {
					t.Errorf("a class called %q", name)
				}
			}
		}
	})
}

// FuzzFolder: whatever a folder holds under whatever name, it is read or refused in
// one line.
func FuzzFolder(f *testing.F) {
	for _, name := range []string{"train-images-idx3-ubyte", "emnist-x-train-labels-idx1-ubyte.gz", "train.csv", "x.csv.gz", "mnist.npz", "x_train.npy", "train.bin", "data_batch_1.bin", "cat/1.png", "train/cat/1.png", "classes.txt", "x.mat"} {
		f.Add(name, []byte("0,1,2,3,4\n"), "split=x")
	}
	f.Fuzz(func(t *testing.T, name string, b []byte, option string) {
		if !filepath.IsLocal(name) || strings.ContainsRune(name, 0) || len(name) > 200 {
			return
		}
		dir := filepath.Join(t.TempDir(), "d")
		path := filepath.Join(dir, name)
		if os.MkdirAll(filepath.Dir(path), 0o755) != nil || os.WriteFile(path, b, 0o644) != nil {
			return
		}
		for _, path := range []string{dir, path} {
			_, err := Open(context.Background(), path, strings.Split(option, ","), "")
			oneLine(t, err)
		}
	})
}
