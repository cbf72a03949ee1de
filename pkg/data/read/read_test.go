package read

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// folder writes files by their names into a new folder; a name that ends in / is a
// folder.
func folder(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "set")
	for name, b := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			os.MkdirAll(path, 0o755)
		} else if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func join(all ...map[string][]byte) map[string][]byte {
	sum := map[string][]byte{}
	for _, m := range all {
		for name, b := range m {
			if b == nil {
				delete(sum, name)
			} else {
				sum[name] = b
			}
		}
	}
	return sum
}

// An IDX file, byte by byte: 00 00, the type (08 bytes, 0c int32), the rank, a
// big-endian uint32 for each dimension, the data.
func idxOf(kind byte, dims []int, data []byte) []byte {
	b := []byte{0, 0, kind, byte(len(dims))}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, uint32(d))
	}
	return append(b, data...)
}

// idxImages are n images of 2×3 whose pixels tell their number and place.
func idxImages(n int) []byte {
	data := make([]byte, n*6)
	for i := range data {
		data[i] = byte(i/6*10 + i%6)
	}
	return idxOf(8, []int{n, 2, 3}, data)
}

func idxLabels(n, from int) []byte {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i%2 + from)
	}
	return idxOf(8, []int{n}, data)
}

func packed(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

// idxSet is a set under the names of MNIST, made others by edit.
func idxSet(edit func(name string) string) map[string][]byte {
	files := map[string][]byte{}
	for name, b := range map[string][]byte{
		"train-images-idx3-ubyte": idxImages(60), "train-labels-idx1-ubyte": idxLabels(60, 0),
		"t10k-images-idx3-ubyte": idxImages(8), "t10k-labels-idx1-ubyte": idxLabels(8, 0),
	} {
		if name = edit(name); strings.HasSuffix(name, ".gz") {
			b = packed(b)
		}
		files[name] = b
	}
	return files
}

func says(d *Data) string { return strings.Join(d.Notes, "; ") }

// IDX sets are found by every name that they have in the field.
func TestIDXNames(t *testing.T) {
	for what, edit := range map[string]func(string) string{
		"MNIST":               func(n string) string { return n },
		"packed":              func(n string) string { return n + ".gz" },
		"a dot":               func(n string) string { return strings.Replace(n, "-idx", ".idx", 1) },
		"EMNIST without turn": func(n string) string { return "digits-" + strings.Replace(n, "t10k", "test", 1) + ".gz" },
		"torchvision":         func(n string) string { return "MNIST/raw/" + n },
		"one folder deep":     func(n string) string { return "archive/" + n },
		"Explorer's":          func(n string) string { return strings.ReplaceAll(n, "ubyte", "ubyte") },
	} {
		files := idxSet(edit)
		if what == "torchvision" { // which leaves the packed ones and more beside them
			files = join(files, idxSet(func(n string) string { return "MNIST/raw/" + n + ".gz" }), map[string][]byte{"MNIST/processed/training.pt": {1}})
		}
		d, err := Open(context.Background(), folder(t, files), nil, "")
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if d.Format != "IDX" || d.C != 1 || d.H != 2 || d.W != 3 || len(d.Train.Labels) != 60 || len(d.Test.Labels) != 8 || !slices.Equal(d.Classes, []string{"0", "1"}) {
			t.Errorf("%s: %s, %d×%d×%d, %d and %d in %q", what, d.Format, d.C, d.H, d.W, len(d.Train.Labels), len(d.Test.Labels), d.Classes)
		}
		if !bytes.Equal(d.Test.Pixels, idxImages(8)[16:]) || d.Test.Labels[1] != 1 {
			t.Errorf("%s: other pixels or labels", what)
		}
	}
}

// EMNIST has several sets in a folder, labels from 1, files with the names of its
// classes, and images that lie on their side.
func TestEMNIST(t *testing.T) {
	of := func(set string, from int) map[string][]byte {
		files := idxSet(func(n string) string { return "emnist-" + set + "-" + strings.Replace(n, "t10k", "test", 1) + ".gz" })
		for name := range files {
			if strings.Contains(name, "labels") {
				files[name] = packed(idxLabels(map[bool]int{true: 60, false: 8}[strings.Contains(name, "train")], from))
			}
		}
		return files
	}
	files := join(of("letters", 1), of("digits", 0), map[string][]byte{
		"emnist-letters-mapping.txt":               []byte("1 65 97\n2 66 98\n"),
		"emnist-half-train-images-idx3-ubyte.gz":   packed(idxImages(3)),
		"emnist-letters-train-images-idx3-ubyte":   idxImages(60), // the plain one counts
		"emnist-letters-test-images-idx3-ubyte.gz": packed(idxImages(8)),
	})
	dir := folder(t, files)
	_, err := Open(context.Background(), dir, nil, "")
	if want := dir + ": holds the splits digits, letters; choose one: " + dir + ",split=letters"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = Open(context.Background(), dir, []string{"split=leters"}, "")
	if want := dir + `: no split "leters", there is digits, letters`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	for _, c := range []struct {
		options []string
		h       int
		pixels  []byte // of the first image
		says    string
	}{
		{[]string{"split=letters"}, 3, []byte{0, 3, 1, 4, 2, 5}, "transposed as EMNIST is; transpose=no leaves them; classes named by emnist-letters-mapping.txt"},
		{[]string{"split=emnist-letters", "transpose=no"}, 2, []byte{0, 1, 2, 3, 4, 5}, "classes named by emnist-letters-mapping.txt"},
	} {
		d, err := Open(context.Background(), dir, c.options, "")
		if err != nil {
			t.Errorf("%v: %v", c.options, err)
			continue
		}
		if d.Label != "letters" || d.H != c.h || !bytes.Equal(d.Train.Pixels[:6], c.pixels) || says(d) != c.says {
			t.Errorf("%v: %q, height %d, %v, says %q", c.options, d.Label, d.H, d.Train.Pixels[:6], says(d))
		}
		if !slices.Equal(d.Classes, []string{"Aa", "Bb"}) || d.Train.Labels[0] != 0 || d.Train.Labels[1] != 1 {
			t.Errorf("%v: classes %q, labels %d", c.options, d.Classes, d.Train.Labels[:2])
		}
	}
}

// QMNIST's labels are rows of eight int32; KMNIST's classes stand in a CSV.
func TestOtherLabels(t *testing.T) {
	rows := func(n int) []byte {
		var b []byte
		for i := range n {
			for _, v := range []int{i % 2 * 300, 1, 2049, i, 7, 0, 0, 0} {
				b = binary.BigEndian.AppendUint32(b, uint32(v))
			}
		}
		return idxOf(0x0c, []int{n, 8}, b)
	}
	files := join(idxSet(func(n string) string { return "qmnist-" + n }), map[string][]byte{
		"qmnist-train-labels-idx1-ubyte": nil, "qmnist-t10k-labels-idx1-ubyte": nil,
		"qmnist-train-labels-idx2-int": rows(60), "qmnist-t10k-labels-idx2-int": rows(8),
	})
	d, err := Open(context.Background(), folder(t, files), []string{"transpose"}, "")
	if err != nil || d.H != 3 || d.W != 2 || !bytes.Equal(d.Train.Pixels[:6], []byte{0, 3, 1, 4, 2, 5}) || !slices.Equal(d.Classes, []string{"0", "300"}) || d.Test.Labels[3] != 1 {
		t.Errorf("QMNIST: %+v, %v", d, err)
	}
	files = idxSet(func(n string) string { return "kmnist-" + n })
	files["kmnist_classmap.csv"] = []byte("index,codepoint,char\n0,U+304A,お\n1,U+304D,き\n")
	d, err = Open(context.Background(), folder(t, files), nil, "")
	if err != nil || !slices.Equal(d.Classes, []string{"お", "き"}) {
		t.Errorf("KMNIST: %v, %v", d, err)
	}
	files = idxSet(func(n string) string { return n })
	files["classes.txt"] = []byte("trouser\r\nshirt\r\nnothing of this\r\n")
	d, err = Open(context.Background(), folder(t, files), nil, "")
	if err != nil || !slices.Equal(d.Classes, []string{"trouser", "shirt", "nothing of this"}) || says(d) != "classes named by classes.txt; no training images of nothing of this" {
		t.Errorf("classes.txt: %v, %v", d, err)
	}
}

// A CIFAR-10 row is a label and 1024 bytes each of red, green and blue; one of
// CIFAR-100 has a coarse label before the fine one.
func TestCIFAR(t *testing.T) {
	batch := func(n int, labels ...byte) []byte {
		var b []byte
		for i := range n {
			b = append(b, labels...)
			for _, v := range []byte{byte(i), 100, 200} {
				b = append(b, bytes.Repeat([]byte{v}, 1024)...)
			}
		}
		return b
	}
	names := []byte("airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n")
	ten := map[string][]byte{"cifar-10-batches-bin/batches.meta.txt": names, "cifar-10-batches-bin/readme.html": []byte("<html>"), "cifar-10-batches-bin/test_batch.bin": batch(4, 9)}
	for i := range 5 {
		ten[fmt.Sprintf("cifar-10-batches-bin/data_batch_%d.bin", i+1)] = batch(15, byte(i))
	}
	d, err := Open(context.Background(), folder(t, ten), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if d.C != 3 || d.H != 32 || len(d.Train.Labels) != 75 || len(d.Test.Labels) != 4 || d.Classes[9] != "truck" || d.Train.Labels[15] != 1 || d.Test.Labels[0] != 9 ||
		d.Train.Pixels[3072+1023] != 1 || d.Train.Pixels[3072+1024] != 100 {
		t.Errorf("CIFAR-10: %d×%d, %d and %d in %q", d.C, d.H, len(d.Train.Labels), len(d.Test.Labels), d.Classes)
	}
	hundred := map[string][]byte{"train.bin": batch(60, 19, 99), "test.bin": batch(5, 3, 7)}
	for want, options := range map[uint16][]string{99: nil, 19: {"label=coarse"}} {
		d, err := Open(context.Background(), folder(t, hundred), options, "")
		if err != nil || d.Train.Labels[0] != want || len(d.Classes) != map[uint16]int{99: 100, 19: 20}[want] {
			t.Errorf("CIFAR-100 %v: %v", options, err)
		}
	}
	for _, c := range []struct {
		files map[string][]byte
		want  string
	}{
		{join(ten, map[string][]byte{"cifar-10-batches-bin/data_batch_4.bin": nil}), "cifar-10-batches-bin: no data_batch_4.bin, want data_batch_1.bin,"},
		{join(ten, map[string][]byte{"cifar-10-batches-bin/test_batch.bin": batch(2, 10)}), "test_batch.bin: label 10 of image 0, allowed 0 to 9"},
		{join(ten, map[string][]byte{"cifar-10-batches-bin/test_batch.bin": batch(2, 1)[1:]}), "test_batch.bin: 6145 bytes, want a multiple of 3073: 1 label and 3×32×32 pixels"},
		{join(ten, map[string][]byte{"cifar-10-batches-bin/batches.meta.txt": []byte("a\nb\n")}), "batches.meta.txt: 2 classes, want 10"},
		{map[string][]byte{"data_batch_1": []byte("\x80\x02"), "batches.meta": []byte("\x80\x02")}, "a pickle of Python, which may run programs, is not read: for CIFAR take the binary version"},
	} {
		if _, err := Open(context.Background(), folder(t, c.files), nil, ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want …%s", err, c.want)
		}
	}
}

func pngOf(m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func flat(h, w int, c color.Color) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		m.Set(i%w, i/w, c)
	}
	return m
}

// animals are n images in each of two classes, of 5×4, by the layout of a path.
func animals(n int, pattern string) map[string][]byte {
	files := map[string][]byte{}
	for class, name := range []string{"cat", "dog"} {
		for i := range n {
			m := flat(5, 4, color.Gray{uint8(100*class + i)})
			var b bytes.Buffer
			switch i % 3 {
			case 0:
				b.Write(pngOf(m))
			case 1:
				jpeg.Encode(&b, m, &jpeg.Options{Quality: 100})
			case 2:
				gif.Encode(&b, m, nil)
			}
			files[fmt.Sprintf(pattern, name, i)] = b.Bytes()
		}
	}
	return files
}

func TestImageFolder(t *testing.T) {
	ctx := context.Background()
	left := map[string][]byte{"cat/.DS_Store": {1}, "Thumbs.db": {1}, "__MACOSX/cat/._1": {1}, "labels.csv": []byte("file,label\n")}
	d, err := Open(ctx, folder(t, join(animals(40, "%s/%d.PNG"), left)), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := "3 hidden files skipped; 1 file beside the folders left aside; 12 of 80 images split off for the test, 14.3 % of each class, by seed 1"; says(d) != want {
		t.Errorf("says %q, want %q", says(d), want)
	}
	if d.C != 1 || d.H != 5 || d.W != 4 || !slices.Equal(d.Classes, []string{"cat", "dog"}) || len(d.Test.Labels) != 12 {
		t.Errorf("%d×%d×%d, %q, %d", d.C, d.H, d.W, d.Classes, len(d.Test.Labels))
	}
	counts := [2]int{}
	for i, y := range d.Test.Labels {
		counts[y]++
		if v := d.Test.Pixels[i*20]; (v >= 90) != (y == 1) {
			t.Errorf("image %d of %d has label %d", i, v, y)
		}
	}
	if counts != [2]int{6, 6} {
		t.Errorf("the test part has %v of the classes", counts)
	}
	again, _ := Open(ctx, folder(t, animals(40, "%s/%d.png")), []string{"seed=1"}, "")
	other, _ := Open(ctx, folder(t, animals(40, "%s/%d.png")), []string{"seed=2"}, "")
	if !bytes.Equal(again.Test.Pixels, d.Test.Pixels) || bytes.Equal(other.Test.Pixels, d.Test.Pixels) {
		t.Error("the split is not a function of the seed")
	}

	// train, val and test; the classes of train count.
	parts := join(animals(40, "x/training/%s/%d.png"), animals(5, "x/testing/%s/%d.png"), animals(3, "x/valid/%s/%d.png"))
	d, err = Open(ctx, folder(t, parts), nil, "")
	if err != nil || len(d.Train.Labels) != 86 || len(d.Test.Labels) != 10 || says(d) != "in x; the 6 images for validation joined those for training" {
		t.Errorf("parts: %v, %v", d, err)
	}
	d, err = Open(ctx, folder(t, join(animals(40, "train/%s/%d.png"), animals(3, "val/%s/%d.png"), animals(1, "test/%.0s%d.png"))), nil, "")
	if err != nil || len(d.Test.Labels) != 6 || says(d) != "1 image in test without a class left aside; the test images are those for validation, 6" {
		t.Errorf("val alone: %v, %v", d, err)
	}

	// Numbers are in their order, and other sizes are resized.
	files := map[string][]byte{}
	for i := range 120 {
		files[fmt.Sprintf("%d/%d.png", i%12, i)] = pngOf(flat(4, 4, color.Gray{uint8(i)}))
	}
	files["11/big.png"] = pngOf(flat(40, 30, color.Gray{77}))
	d, err = Open(ctx, folder(t, files), nil, "")
	if err != nil || d.Classes[2] != "2" || d.Classes[11] != "11" || !strings.HasPrefix(says(d), "1 of 121 images resized to 4×4; ") {
		t.Fatalf("numbers: %v, %v", d, err)
	}
	if all := slices.Concat(d.Train.Pixels, d.Test.Pixels); bytes.Count(all, bytes.Repeat([]byte{77}, 16)) != 2 {
		t.Error("the resized image is not as grey as it was")
	}

	// One image in colour makes all RGB, and options have their way.
	files["0/red.png"] = pngOf(flat(4, 4, color.NRGBA{200, 10, 10, 255}))
	files["0/glass.png"] = pngOf(flat(4, 4, color.NRGBA{0, 0, 0, 0}))
	for _, c := range []struct {
		options []string
		c, h, w int
		first   []uint8 // of an image that is 24 everywhere
		says    string
	}{
		{nil, 3, 4, 4, bytes.Repeat([]byte{24}, 48), "1 of 123 images, transparent in places, laid on white; ground=black lays them on black"},
		{[]string{"gray", "ground=black"}, 1, 4, 4, bytes.Repeat([]byte{24}, 16), "1 of 123 images, transparent in places, laid on black"},
		{[]string{"size=2x3", "gray", "invert"}, 1, 2, 3, bytes.Repeat([]byte{255 - 24}, 6), "123 of 123 images resized to 2×3"},
		{[]string{"size=8", "rgb"}, 3, 8, 8, bytes.Repeat([]byte{24}, 192), "123 of 123 images resized to 8×8"},
	} {
		d, err := Open(ctx, folder(t, files), c.options, "")
		if err != nil {
			t.Errorf("%v: %v", c.options, err)
			continue
		}
		if d.C != c.c || d.H != c.h || d.W != c.w || !strings.Contains(says(d), c.says) {
			t.Errorf("%v: %d×%d×%d, says %q", c.options, d.C, d.H, d.W, says(d))
		}
		if all := slices.Concat(d.Train.Pixels, d.Test.Pixels); !bytes.Contains(all, c.first) {
			t.Errorf("%v: no image of %d", c.options, c.first[0])
		}
	}
}

// What does not fit is one line: the file, the place, what was found, what is
// allowed.
func TestRefused(t *testing.T) {
	good := animals(40, "train/%s/%d.png")
	bomb := pngOf(flat(1, 1, color.Gray{1}))
	binary.BigEndian.PutUint32(bomb[16:], 60000) // the width and height of IHDR
	binary.BigEndian.PutUint32(bomb[20:], 60000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	many := map[string][]byte{}
	for i := range 1001 {
		many[fmt.Sprintf("c%d/1.png", i)] = pngOf(flat(1, 1, color.Gray{1}))
	}
	sizes := map[string][]byte{}
	for i := range 80 {
		sizes[fmt.Sprintf("c%d/%d.png", i%2, i)] = pngOf(flat(2+i%3, 2, color.Gray{1}))
	}
	row := func(n int, cell string) string { return strings.Repeat("0,1,2,3,"+cell+"\n", n) }
	for _, c := range []struct {
		what    string
		files   map[string][]byte
		options []string
		want    string // $ is the folder
	}{
		{"nothing", map[string][]byte{"a.txt": {1}}, nil, "$: no labelled images that can be read, allowed are CIFAR's binary batches"},
		{"a bomb", join(good, map[string][]byte{"train/dog/x.png": bomb}), nil, "$/train/dog/x.png: a PNG of 60000×60000 pixels, which takes 13733 MiB, allowed 512: make it smaller"},
		{"no image", join(good, map[string][]byte{"train/dog/x.png": []byte("GIF")}), nil, "$/train/dog/x.png: a file that begins with 47 49 46, want a picture as PNG, JPEG or GIF"},
		{"an empty image", join(good, map[string][]byte{"train/dog/x.png": {}}), nil, "$/train/dog/x.png: an empty file, want a picture as PNG, JPEG or GIF"},
		{"half an image", join(good, map[string][]byte{"train/dog/x.png": pngOf(flat(5, 4, color.Gray{1}))[:60]}), nil, "$/train/dog/x.png: a PNG that cannot be read: invalid format: unexpected EOF"},
		{"WebP", join(good, map[string][]byte{"train/dog/x.webp": []byte("RIFF....WEBP")}), nil, "$/train/dog/x.webp: WebP, want a picture as PNG, JPEG or GIF"},
		{"text in a class", join(good, map[string][]byte{"train/dog/x.txt": {1}}), nil, "$/train/dog/x.txt: not an image, allowed in the folder of a class are PNG, JPEG and GIF"},
		{"codes for a terminal", join(good, map[string][]byte{"train/dog/\x1b[2J\n.txt": {1}}), nil, `$/train/dog/\x1b[2J\n.txt: not an image, allowed`},
		{"a folder in a class", join(good, map[string][]byte{"train/dog/more/1.png": bomb}), nil, "$/train/dog/more: not an image, allowed"},
		{"an empty class", join(good, map[string][]byte{"train/emu/": {}}), nil, "$/train/emu: a class without images, want one or more, or no such folder"},
		{"a class of the test alone", join(good, map[string][]byte{"test/emu/1.png": bomb}), nil, "$/test/emu: a class that the training part does not have, allowed are cat, dog"},
		{"one class", map[string][]byte{"cat/1.png": bomb}, nil, "$: 1 folder of classes, allowed 2 to 1000"},
		{"too many classes", many, nil, "$: 1001 folders of classes, allowed 2 to 1000"},
		{"flat", map[string][]byte{"1.png": bomb}, nil, "$/1.png: an image that lies in no folder of a class, want one folder for each class"},
		{"sizes", sizes, nil, "$: 80 images of 3 sizes, none the size of more than half (27 are 3×2); choose one that all are resized to: size=28x28"},
		{"two sets", join(idxSet(func(n string) string { return "MNIST/raw/" + n }), idxSet(func(n string) string { return "KMNIST/raw/" + n })), nil,
			"$: holds 2 sets, name one: $/KMNIST/raw, $/MNIST/raw"},
		{"two formats", join(idxSet(func(n string) string { return n }), map[string][]byte{"train.csv": []byte(row(80, "4"))}), nil, "$: looks like CSV and IDX; choose by format=CSV|IDX"},
		{"another answer", idxSet(func(n string) string { return n }), []string{"transpose=maybe"}, `$: option transpose="maybe", allowed transpose=yes|no`},
		{"unknown option", good, []string{"tranpose"}, `$: option "tranpose", images allows ground=white|black, format=NAME, size=HxW, gray, rgb, invert, test=SHARE, seed=N`},
		{"an option of another format", good, []string{"label=last"}, `$: option "label", images allows ground=`},
		{"another choice", good, []string{"ground=red"}, `$: option ground="red", allowed ground=white|black`},
		{"a value too many", good, []string{"gray=1"}, `$: option gray="1", allowed gray alone`},
		{"a size", good, []string{"size=28x"}, `$: option size="28x", allowed H or HxW with numbers of 1 to 1024`},
		{"a share", good, []string{"test=2"}, `$: option test="2", allowed 0.01 to 0.9`},
		{"a seed", good, []string{"seed=-1"}, `$: option seed="-1", allowed are whole numbers from 0`},
		{"a split of what is split", join(good, animals(2, "test/%s/%d.png")), []string{"test=0.2"}, "$: the options test and seed split test images off, allowed where there are none; there are 4"},
		{"twice", good, []string{"gray", "gray"}, `$: option "gray" comes twice`},
		{"both", good, []string{"gray", "rgb"}, "$: options gray and rgb, allowed is one of them"},
		{"a format", good, []string{"format=csv"}, `$: option format="csv", allowed CIFAR, CSV, IDX, images, npz`},
		{"few", animals(20, "%s/%d.png"), nil, "$: 34 training images, want 60 or more"},
		{"SVHN", map[string][]byte{"train_32x32.mat": []byte("MATLAB")}, nil, "$/train_32x32.mat: a file of MATLAB, as SVHN comes, is not read: save its arrays as .npz"},
		{"Hugging Face", map[string][]byte{"train-00000-of-00001.parquet": []byte("PAR1")}, nil, "$/train-00000-of-00001.parquet: a table of Apache, as Hugging Face keeps data sets, is not read"},
		{"not unpacked", map[string][]byte{"mnist.zip": []byte("PK")}, nil, "$/mnist.zip: an archive, is not read: unpack it and name the folder"},
		{"label of the test alone", join(idxSet(func(n string) string { return n }), map[string][]byte{"t10k-labels-idx1-ubyte": idxLabels(8, 1)}), nil, "$/t10k-labels-idx1-ubyte: label 2 at index 1, allowed 0 to 1"},
		{"a pixel", map[string][]byte{"train.csv": []byte(row(70, "4") + "0,1,2,256,1\n")}, nil, `$/train.csv: line 71: column 4: pixel "256", allowed 0 to 255`},
		{"a pixel below", map[string][]byte{"train.csv": []byte("label,a,b,c,d\n" + row(70, "-4"))}, nil, `$/train.csv: line 2: column 5: pixel "-4", allowed 0 to 255`},
		{"columns", map[string][]byte{"train.csv": []byte("label,a,b,c,d\n" + row(70, "4") + "0,1,2,3\n")}, nil, "$/train.csv: line 72: 4 columns, the first line has 5"},
		{"an empty line", map[string][]byte{"train.csv": []byte("label,a,b,c,d\n\n" + row(70, "4"))}, nil, "$/train.csv: line 2: empty, allowed at the end alone"},
		{"no square", map[string][]byte{"train.csv": []byte("label,a,b,c\n" + strings.Repeat("0,1,2,3\n1,1,2,3\n", 40))}, nil, "$/train.csv: 3 pixels in a row are no square; give them a shape: shape=HxW, shape=3xHxW or shape=HxWx3"},
		{"which column", map[string][]byte{"train.csv": []byte(strings.Repeat("0,1,2,3,1\n1,1,2,3,0\n", 40))}, nil, "$/train.csv: the first and the last column may be the label; choose by label=first|last"},
		{"no labels", map[string][]byte{"train.csv": []byte(row(70, "4"))}, nil, "$/train.csv: has no column of labels, allowed is one first or last"},
		{"a competition's test part", map[string][]byte{"test.csv": []byte("pixel0,pixel1,pixel2,pixel3\n" + strings.Repeat("0,1,2,3\n1,1,2,2\n", 40))}, nil, "$/test.csv: has no column of labels, allowed is one first or last"},
		{"columns sorted by text", map[string][]byte{"train.csv": []byte("label,p0,p1,p10,p11,p2,p3,p4,p5,p6,p7,p8,p9,p12,p13,p14,p15\n" + strings.Repeat("0"+strings.Repeat(",7", 16)+"\n1"+strings.Repeat(",9", 16)+"\n", 40))}, nil,
			`$/train.csv: column "p11" stands before "p2", as sorted by text: want the columns in the order of their numbers`},
		{"another order of columns", map[string][]byte{"train.csv": []byte("label,a,b,c,d\n" + row(70, "4")), "test.csv": []byte("label,a,c,b,d\n" + row(70, "4"))}, nil,
			`$/test.csv: pixel 2 is called "c", that of the training part "b": want the same order of columns`},
		{"UTF-16", map[string][]byte{"train.csv": []byte("\xff\xfel\x00,\x00\n\x00")}, nil, "$/train.csv: is text in UTF-16, want UTF-8 or ASCII"},
		{"a name too long", map[string][]byte{"train.csv": []byte("label,a,b,c,d\n" + strings.Repeat("x", 101) + ",1,2,3,4\n")}, nil, "$/train.csv: line 2: column 1: a label of 101 bytes, allowed 1 to 100"},
		{"a broken mapping", join(idxSet(func(n string) string { return n }), map[string][]byte{"classes.txt": []byte("a\na\n")}), nil, `$/classes.txt: line 2: class 1 ("a") comes twice`},
		{"a name of control", join(idxSet(func(n string) string { return n }), map[string][]byte{"classes.txt": []byte("a\n\x1b[2J\n")}), nil, `$/classes.txt: line 2: class name "\x1b[2J", allowed are 1 to 100 bytes of text in one line`},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir := folder(t, c.files)
			_, err := Open(context.Background(), dir, c.options, "")
			want := strings.ReplaceAll(c.want, "$", dir)
			if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("\n got %v\nwant %s", err, want)
			}
		})
	}
}

// Tables of other habits: what stands where, and what the numbers are.
func TestTables(t *testing.T) {
	grid := func(n, pixels int, line func(i int) string, head string) []byte {
		var b strings.Builder
		b.WriteString(head)
		for i := range n {
			b.WriteString(line(i))
		}
		return []byte(b.String())
	}
	pixels := func(n int, format, comma string, value func(k int) any) string {
		var all []string
		for k := range n {
			all = append(all, fmt.Sprintf(format, value(k)))
		}
		return strings.Join(all, comma)
	}
	columns := pixels(17, "%d", ",", func(k int) any { return k }) + "\n"
	for _, c := range []struct {
		what    string
		file    []byte
		options []string
		c, h, w int
		first   []uint8 // pixels of the first image
		classes []string
		says    string
	}{
		{"optdigits: 0 to 16, the label last", grid(70, 16, func(i int) string {
			return pixels(16, "%d", ",", func(k int) any { return (i + 5*k) % 17 }) + fmt.Sprintf(",%d\n", i%2)
		}, ""),
			[]string{"max=16", "label=last"}, 1, 4, 4, []uint8{0, 80, 159, 239, 48, 128, 207, 16, 96, 175, 255, 64, 143, 223, 32, 112}, []string{"0", "1"}, ""},
		{"the label last, said", grid(70, 4, func(i int) string { return fmt.Sprintf("0,%d,7,9,%c\n", i, 'a'+i%2) }, ""), nil, 1, 2, 2, []uint8{0, 0, 7, 9}, []string{"a", "b"}, "labels in the last column; label=first takes the first"},
		{"sorted by its labels", grid(90, 4, func(i int) string { return fmt.Sprintf("%d,%d,7,9,0\n", 5+i/45, i) }, ""), nil, 1, 2, 2, []uint8{0, 7, 9, 0}, []string{"5", "6"}, "labels in the first column; label=last takes the last"},
		{"numbers for names", grid(70, 16, func(i int) string {
			return fmt.Sprintf("%d,", i%2) + pixels(16, "%d", ",", func(k int) any { return k }) + "\n"
		}, columns), []string{"label=first"}, 1, 4, 4,
			[]uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, []string{"0", "1"}, ""},
		{"a column of numbers of rows", grid(70, 16, func(i int) string {
			return fmt.Sprintf("%d,%d,", i, i%2) + pixels(16, "%d", ",", func(k int) any { return k }) + "\n"
		}, ","+columns), []string{"label=first"}, 1, 4, 4,
			[]uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, []string{"0", "1"}, ""},
		{"saved by pandas twice", grid(70, 4, func(i int) string { return fmt.Sprintf("%d,1,2,3,4,%d\n", i, i%2) }, "Unnamed: 0,p0,p1,p2,p3,label\n"), nil, 1, 2, 2, []uint8{1, 2, 3, 4}, []string{"0", "1"}, ""},
		{"in quotes, between tabs, with a mark of order", grid(70, 4, func(i int) string { return fmt.Sprintf("\"%d\"\t\"1\"\t2\t3\t\"4\"\r\n", i%3) }, "\ufeff\"class\"\t\"a\"\tb\tc\td\r\n"), nil, 1, 2, 2, []uint8{1, 2, 3, 4}, []string{"0", "1", "2"}, ""},
		{"0 and 1", grid(70, 4, func(i int) string { return fmt.Sprintf("%d,1,0,1,0\n", i%2) }, "label,a,b,c,d\n"), nil, 1, 2, 2, []uint8{255, 0, 255, 0}, []string{"0", "1"}, "pixels of 0 to 1 made 0 to 255"},
		{"floats of 0 to 255", grid(70, 4, func(i int) string { return fmt.Sprintf("%d.0,1.0,254.0,2.5,0e0\n", i%2) }, "label,a,b,c,d\n"), nil, 1, 2, 2, []uint8{1, 254, 3, 0}, []string{"0", "1"}, ""},
		{"a shape", grid(70, 6, func(i int) string { return fmt.Sprintf("%d,1,2,3,4,5,6\n", i%2) }, "label,a,b,c,d,e,f\n"), []string{"shape=2x3"}, 1, 2, 3, []uint8{1, 2, 3, 4, 5, 6}, []string{"0", "1"}, ""},
		{"colours first", grid(70, 12, func(i int) string { return fmt.Sprintf("%d,1,2,3,4,5,6,7,8,9,10,11,12\n", i%2) }, "label,a,b,c,d,e,f,g,h,i,j,k,l\n"), []string{"shape=3x2x2"}, 3, 2, 2, []uint8{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, []string{"0", "1"}, ""},
		{"colours last", grid(70, 12, func(i int) string { return fmt.Sprintf("%d,1,2,3,4,5,6,7,8,9,10,11,12\n", i%2) }, "label,a,b,c,d,e,f,g,h,i,j,k,l\n"), []string{"shape=2x2x3"}, 3, 2, 2, []uint8{1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12}, []string{"0", "1"}, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			files := map[string][]byte{"my_train.csv": c.file, "my_test.csv": c.file, "sample_submission.csv": []byte("id,label\n")}
			d, err := Open(context.Background(), folder(t, files), c.options, "")
			if err != nil {
				t.Fatal(err)
			}
			if d.C != c.c || d.H != c.h || d.W != c.w || !bytes.Equal(d.Train.Pixels[:len(c.first)], c.first) || !slices.Equal(d.Classes, c.classes) || says(d) != c.says {
				t.Errorf("%d×%d×%d, %v, %q, says %q", d.C, d.H, d.W, d.Train.Pixels[:len(c.first)], d.Classes, says(d))
			}
			if !bytes.Equal(d.Test.Pixels, d.Train.Pixels) || !slices.Equal(d.Test.Labels, d.Train.Labels) || len(d.Test.Labels) < 70 {
				t.Error("the same table is read in another way as the test part")
			}
		})
	}
}

// A share that comes to no image takes one, and the note does not claim the share.
func TestSplitOfFew(t *testing.T) {
	d, err := Open(context.Background(), folder(t, join(animals(60, "%s/%d.png"), map[string][]byte{
		"emu/1.png": pngOf(flat(5, 4, color.Gray{1})), "emu/2.png": pngOf(flat(5, 4, color.Gray{2})),
	})), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(says(d), "19 of 122 images split off for the test, 14.3 % of each class, at least one, by seed 1") {
		t.Errorf("says %q", says(d))
	}
}

// Bytes of 0 and 1 are black and white, as they are in floats and in CSV; a test
// part of the same file is like the training part.
func TestBits(t *testing.T) {
	labels := npyClaim("(70,)", "|u1", bytes.Repeat([]byte{0, 1}, 35))
	images := func(v byte) []byte { return npyClaim("(70, 2, 2)", "|u1", bytes.Repeat([]byte{0, v, 0, 1}, 70)) }
	set := func(test byte) map[string][]byte {
		return map[string][]byte{"bits.npz": npzOf(map[string][]byte{"x_train.npy": images(1), "y_train.npy": labels, "x_test.npy": images(test), "y_test.npy": labels})}
	}
	d, err := Open(context.Background(), folder(t, set(1)), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := []uint8{0, 255, 0, 255}; !bytes.Equal(d.Train.Pixels[:4], want) || !bytes.Equal(d.Test.Pixels[:4], want) || says(d) != "pixels of 0 to 1 made 0 to 255" {
		t.Errorf("%v and %v, says %q", d.Train.Pixels[:4], d.Test.Pixels[:4], says(d))
	}
	if _, err := Open(context.Background(), folder(t, set(2)), nil, ""); err == nil || !strings.Contains(err.Error(), "pixel 2 at index 1, allowed 0 to 1") {
		t.Errorf("a test part of other values: %v", err)
	}
}

// Sets as their makers give them out.
func TestAsGivenOut(t *testing.T) {
	u8 := func(n int, shape string, data []byte) []byte {
		return npzOf(map[string][]byte{"arr_0.npy": npyClaim(shape, "|u1", data)})
	}
	images, labels := bytes.Repeat([]byte{1, 2, 3, 4}, 70), bytes.Repeat([]byte{0, 1}, 35)
	kmnist := map[string][]byte{
		"k49-train-imgs.npz": u8(70, "(70, 2, 2)", images), "k49-train-labels.npz": u8(70, "(70,)", labels),
		"k49-test-imgs.npz": u8(70, "(70, 2, 2)", images), "k49-test-labels.npz": u8(70, "(70,)", labels),
		"k49_classmap.csv": []byte("index,codepoint,char\n0,U+3042,あ\n1,U+3044,い\n"),
	}
	row := strings.Repeat("1,1,2,3,4\n2,1,2,3,4\n", 40)
	emnist := map[string][]byte{
		"emnist-letters-train.csv": []byte(row), "emnist-letters-test.csv": []byte(row), "emnist-letters-mapping.txt": []byte("1 65 97\n2 66 98"),
		"emnist-digits-train.csv": []byte(row), "emnist-digits-test.csv": []byte(row),
	}
	fashion := join(idxSet(func(n string) string { return n }), map[string][]byte{"fashion-mnist_train.csv": []byte("label,a,b,c,d\n" + row), "fashion-mnist_test.csv": []byte("label,a,b,c,d\n" + row)})
	for _, c := range []struct {
		what    string
		files   map[string][]byte
		options []string
		classes int
		name    string // of the last class
		says    string
	}{
		{"Kuzushiji-49", kmnist, nil, 2, "い", "classes named by k49_classmap.csv"},
		{"EMNIST as CSV", emnist, []string{"split=letters"}, 2, "Bb", "transposed as EMNIST is; transpose=no leaves them; classes named by emnist-letters-mapping.txt; labels in the first column; label=last takes the last"},
		{"Fashion-MNIST in both", fashion, []string{"format=CSV"}, 10, "Ankle boot", "classes named as Fashion-MNIST's; no training images of T-shirt/top, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot"},
	} {
		d, err := Open(context.Background(), folder(t, c.files), c.options, "")
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if len(d.Classes) != c.classes || d.Classes[c.classes-1] != c.name || says(d) != c.says {
			t.Errorf("%s: %q, says %q", c.what, d.Classes, says(d))
		}
	}
}

// Of each class the same share stands in the test part, and where a class has two
// images, one on either side.
func TestChosen(t *testing.T) {
	var labels []uint16
	for class, n := range []int{100, 10, 3, 2, 1, 0} {
		labels = append(labels, slices.Repeat([]uint16{uint16(class)}, n)...)
	}
	for _, c := range []struct {
		share float64
		want  [6]int
	}{{0.1, [6]int{10, 1, 1, 1, 0, 0}}, {0.9, [6]int{90, 9, 2, 1, 0, 0}}} {
		var got [6]int
		test, more := chosen(labels, 6, c.share, 1)
		if !more != (c.share == 0.9) {
			t.Errorf("%v: one at least of a class: %v", c.share, more)
		}
		for i, test := range test {
			if test {
				got[labels[i]]++
			}
		}
		if got != c.want {
			t.Errorf("%v: %v in the test part, want %v", c.share, got, c.want)
		}
	}
}

// A set without a name is not preferred to one with a name.
func TestPlainSplit(t *testing.T) {
	dir := folder(t, join(idxSet(func(n string) string { return n }), idxSet(func(n string) string { return "small-" + n })))
	_, err := Open(context.Background(), dir, nil, "")
	if want := dir + ": holds the splits plain, small; choose one: " + dir + ",split=small"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	for _, split := range []string{"plain", "small"} {
		if d, err := Open(context.Background(), dir, []string{"split=" + split}, ""); err != nil || d.Label != split {
			t.Errorf("%s: %v, %v", split, d, err)
		}
	}
}
