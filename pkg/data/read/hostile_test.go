package read

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"fmt"
	"image"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"
)

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	total := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(total)
	before := total[0].Value.Uint64()
	f()
	metrics.Read(total)
	return total[0].Value.Uint64() - before
}

// npyClaim is an .npy that claims what it likes, with some bytes behind it.
func npyClaim(shape, descr string, data []byte) []byte {
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", descr, shape)
	return append([]byte("\x93NUMPY\x01\x00"+string(rune(len(text)))+"\x00"+text), data...)
}

func npzOf(arrays map[string][]byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range arrays {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			panic(err)
		}
		w.Write(data)
	}
	z.Close()
	return b.Bytes()
}

// Small files that would be large are refused, and cost little memory before they
// are: what a header claims is made room for only as its bytes come.
func TestBombs(t *testing.T) {
	// 30 MB of zeros in 30 kB, behind a header that fits them; in a line without end.
	zeros := func(head string, n int) []byte {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, flate.BestCompression)
		io.WriteString(z, head)
		for range n {
			z.Write(make([]byte, 1<<20))
		}
		z.Close()
		return b.Bytes()
	}
	labels := npyClaim("(70,)", "|u1", make([]byte, 70))
	for _, c := range []struct {
		what  string
		files map[string][]byte
		want  string
		most  uint64 // bytes
	}{
		{"an array of 600 MB that is not there", map[string][]byte{"x.npz": npzOf(map[string][]byte{"x_train.npy": npyClaim("(70, 1000, 1000, 3)", "|u1", make([]byte, 1000)), "y_train.npy": labels})},
			`x.npz: "x_train.npy": truncated: 1000 of 210000000 numbers`, 8 << 20},
		{"an array too large", map[string][]byte{"x.npz": npzOf(map[string][]byte{"x_train.npy": npyClaim("(70, 4294967296, 4294967296, 4)", "|u1", nil), "y_train.npy": labels})},
			`x.npz: "x_train.npy": 70×4294967296×4294967296×4 numbers of 1 bytes, allowed`, 4 << 20},
		{"labels that are not there", map[string][]byte{"x.npz": npzOf(map[string][]byte{"x_train.npy": npyClaim("(70, 2, 2)", "|u1", make([]byte, 280)), "y_train.npy": npyClaim("(80000000,)", "<i8", nil)})},
			`x.npz: "y_train.npy": truncated: 0 of 80000000 numbers`, 4 << 20},
		{"more than the header says", map[string][]byte{"x.npz": npzOf(map[string][]byte{"x_train.npy": npyClaim("(70, 2, 2)", "|u1", make([]byte, 30<<20)), "y_train.npy": labels})},
			`x.npz: "x_train.npy": more than the 280 numbers of its header 70×2×2`, 4 << 20},
		{"a line without end", map[string][]byte{"train.csv.gz": zeros("label,a,b,c,d\n", 30)}, "train.csv.gz: a line of more than 16 MiB", 64 << 20},
		{"images of 600 MB that are not there", join(idxSet(func(n string) string { return n }), map[string][]byte{"train-images-idx3-ubyte": idxOf(8, []int{60, 1000, 1000}, make([]byte, 99))}),
			"train-images-idx3-ubyte: truncated: 99 bytes of data, its header 60×1000×1000 needs 60000000", 6 << 20},
		{"class names without end", join(idxSet(func(n string) string { return n }), map[string][]byte{"classes.txt": make([]byte, 2<<20)}), "classes.txt: is a file of 2097152 bytes, want one of at most 1 MiB", 4 << 20},
		{"many arrays", map[string][]byte{"x.npz": func() []byte {
			all := map[string][]byte{}
			for i := range 1001 {
				all[fmt.Sprint(i, ".npy")] = labels
			}
			return npzOf(all)
		}()}, "x.npz: 1001 arrays, allowed 1000", 8 << 20},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir := folder(t, c.files)
			var err error
			got := allocated(func() { _, err = Open(context.Background(), dir, nil, "") })
			if err == nil || !strings.HasPrefix(err.Error(), filepath.Join(dir, c.want)) {
				t.Errorf("\n got %v\nwant …%s", err, c.want)
			}
			for again := 0; again < 3 && got > c.most; again++ { // other tests' goroutines allocate, too
				got = min(got, allocated(func() { Open(context.Background(), dir, nil, "") }))
			}
			if got > c.most {
				t.Errorf("%d bytes allocated, allowed %d", got, c.most)
			}
		})
	}
}

// Names and links lead nowhere outside, and nothing that is no file is waited for.
func TestLinks(t *testing.T) {
	dir := folder(t, animals(40, "%s/%d.png"))
	outside := filepath.Join(t.TempDir(), "secret.png")
	os.WriteFile(outside, pngOf(flat(5, 4, color.Gray{66})), 0o644)
	link := func(old, name string) func() {
		path := filepath.Join(dir, name)
		if err := os.Symlink(old, path); err != nil {
			t.Skip(err)
		}
		return func() { os.Remove(path) }
	}
	const leads = ": a link that leads out of the folder, allowed are links within it"
	for old, name := range map[string]string{outside: "cat/x.png", "../../../../../../../../etc/hostname": "cat/x.png", filepath.Dir(outside): "emu"} {
		undo := link(old, name)
		if _, err := Open(context.Background(), dir, nil, ""); err == nil || err.Error() != filepath.Join(dir, name)+leads {
			t.Errorf("%s -> %s: %v", name, old, err)
		}
		undo()
	}
	undo := link("x.png", "cat/x.png") // to itself
	if _, err := Open(context.Background(), dir, nil, ""); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("a loop: %v", err)
	}
	undo()
	defer link("../dog/1.png", "cat/x.png")()
	defer link("dog", "hound")()
	d, err := Open(context.Background(), dir, nil, "")
	if err != nil || len(d.Classes) != 3 || len(d.Train.Labels)+len(d.Test.Labels) != 121 {
		t.Errorf("links within: %v, %v", d, err)
	}
	// The folder itself may be a link.
	defer link(dir, "../to-set")()
	if _, err := Open(context.Background(), filepath.Join(filepath.Dir(dir), "to-set"), nil, ""); err != nil {
		t.Error(err)
	}
	// Arrays of an archive are not paths.
	npz := folder(t, map[string][]byte{"x.npz": npzOf(map[string][]byte{
		"../../x_train.npy": npyClaim("(70, 2, 2)", "|u1", make([]byte, 280)), "/y_train.npy": npyClaim("(70,)", "|u1", bytes.Repeat([]byte{0, 1}, 35))})})
	if d, err := Open(context.Background(), npz, nil, ""); err != nil || len(d.Classes) != 2 {
		t.Errorf("names with dots: %v", err)
	}
}

// A folder without end is left at a limit, and a context ends any reading.
func TestEnds(t *testing.T) {
	dir := folder(t, animals(40, "%s/%d.png"))
	p := place(t, dir)
	*p.names = maxNames - 50
	if _, _, err := find(p); err == nil || !strings.HasSuffix(err.Error(), "set/dog: more than 1000000 files and folders") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for what, files := range map[string]map[string][]byte{
		"images": animals(40, "%s/%d.png"), "IDX": idxSet(func(n string) string { return n }),
		"CSV": {"train.csv": []byte(strings.Repeat("0,1,2,3,4\n1,1,2,3,4\n", 50))}, "CIFAR": {"train.bin": make([]byte, 70*3074)},
		"npz": {"x.npz": npzOf(map[string][]byte{"x.npy": npyClaim("(70, 2, 2)", "|u1", make([]byte, 280)), "y.npy": npyClaim("(70,)", "|u1", make([]byte, 70))})},
	} {
		if _, err := Open(ctx, folder(t, files), nil, ""); err == nil || !strings.Contains(err.Error(), "context canceled") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A GIF's first picture may be smaller than the image: what it leaves free is ground.
func TestPartOfGIF(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(tools, "still.gif"))
	if err != nil {
		t.Fatal(err)
	}
	b[6], b[8] = 12, 10 // the width and the height of the canvas, where the picture has 9 and 6
	d := &decoder{}
	d.file.Write(b)
	_, solid, err := d.picture(10, 12, true)
	if err != nil || solid || d.out.Rect != image.Rect(0, 0, 12, 10) || d.out.RGBAAt(11, 9) != (color.RGBA{0, 0, 0, 255}) {
		t.Errorf("solid %v, %v, %v", solid, d.out.Rect, err)
	}
}
