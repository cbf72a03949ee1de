package data

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// others are four files of 80 and 60 images that are not MNIST, under the names
// of MNIST.
func others() (content [4][]byte) {
	train, test := Synthetic("train", 3, 0, 80), Synthetic("test", 3, 80, 60)
	content[0], content[1] = idxBytes(0x803, []uint32{80, 28, 28}, train.Pixels), idxBytes(0x801, []uint32{80}, narrow(train.Labels))
	content[2], content[3] = idxBytes(0x803, []uint32{60, 28, 28}, test.Pixels), idxBytes(0x801, []uint32{60}, narrow(test.Labels))
	return content
}

// folderOf writes files into a new folder of that name.
func folderOf(t *testing.T, name string, names [4]string, content [4][]byte) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, b := range content {
		if strings.HasSuffix(names[i], ".gz") {
			b = zip(b)
		}
		put(t, dir, names[i], b)
	}
	return dir
}

var (
	mnistNames   = [4]string{mnist[0].name, mnist[1].name, mnist[2].name, mnist[3].name}
	fashionNames = [4]string{mnist[0].name + ".gz", mnist[1].name + ".gz", mnist[2].name + ".gz", mnist[3].name + ".gz"}
	qmnistNames  = [4]string{"qmnist-train-images-idx3-ubyte.gz", "qmnist-train-labels-idx2-int.gz", "qmnist-test-images-idx3-ubyte", "qmnist-test-labels-idx2-int"}
)

func loadWith(t *testing.T, v ...string) (*Dataset, error) {
	t.Helper()
	env := environment{getenv: vars(v...), files: mnist, train: 20, test: 10, log: io.Discard}
	return env.load(context.Background())
}

// Other images than MNIST's go by the name of their folder.
func TestLoadFolder(t *testing.T) {
	qmnist := others()
	for _, i := range []int{1, 3} { // labels in rows of eight
		var rows []byte
		for _, y := range qmnist[i][8:] {
			rows = append(binary.BigEndian.AppendUint32(rows, uint32(y)), make([]byte, 28)...)
		}
		qmnist[i] = idxBytes(0xc02, []uint32{uint32(len(rows) / 32), 8}, rows)
	}
	for _, c := range []struct {
		name    string
		files   [4]string
		content [4][]byte
		says    string
	}{
		{"Fashion-MNIST", fashionNames, others(), " in 10 classes, T-shirt/top, Trouser, Pullover … Ankle boot (from INKLING_DATA; classes named as Fashion-MNIST's)"},
		{"kmnist", mnistNames, others(), " (from INKLING_DATA)"},
		{"QMNIST", qmnistNames, qmnist, " (from INKLING_DATA)"},
	} {
		dir := folderOf(t, c.name, c.files, c.content)
		d, err := loadWith(t, "INKLING_DATA", dir, "MNIST_DIR", "/no/such/folder")
		if err != nil {
			t.Error(err)
			continue
		}
		if want := c.name + ": 80 training and 60 test images of 28×28" + c.says; d.String() != want {
			t.Errorf("%s, want %s", d, want)
		}
		if want := Synthetic("", 3, 80, 60); !slices.Equal(d.Test.Pixels, want.Pixels) || !slices.Equal(d.Test.Labels, want.Labels) {
			t.Errorf("%s: other test images than those in the folder", c.name)
		}
		// Taken for MNIST, it is refused, with the way out.
		_, err = loadWith(t, "MNIST_DIR", dir)
		if want := "; INKLING_DATA=" + dir + ` reads the 80 and 60 images that are there as "` + c.name + `"`; err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("as MNIST: %v, want …%s", err, want)
		}
	}
	// A relative folder means the same from a notebook and from the root.
	root := t.TempDir()
	put(t, root, "go.mod", nil)
	if err := os.Rename(folderOf(t, "clothes", fashionNames, others()), filepath.Join(root, "clothes")); err != nil {
		t.Fatal(err)
	}
	os.Mkdir(filepath.Join(root, "notebooks"), 0o755)
	t.Chdir(filepath.Join(root, "notebooks"))
	if d, err := loadWith(t, "INKLING_DATA", "clothes"); err != nil || d.Name != "clothes" {
		t.Errorf("%v, %v", d, err)
	}
}

// MNIST stays MNIST in every folder.
func TestLoadFolderOfMNIST(t *testing.T) {
	d, err := loadWith(t, "INKLING_DATA", mnistDir(t))
	if err != nil || d.Name != "MNIST" || d.Source != "from INKLING_DATA, SHA-256 verified" {
		t.Errorf("%v, %v", d, err)
	}
}

func TestLoadFolderRefuses(t *testing.T) {
	narrow := others()
	narrow[2] = idxBytes(0x803, []uint32{60, 28, 27}, make([]byte, 60*28*27))
	short := others()
	short[3] = idxBytes(0x801, []uint32{59}, short[3][8:67])
	few := others()
	few[0], few[1] = idxBytes(0x803, []uint32{59, 28, 28}, few[0][16:16+59*784]), idxBytes(0x801, []uint32{59}, few[1][8:67])
	swapped := others()
	swapped[0], swapped[1] = swapped[1], swapped[0]
	for _, c := range []struct {
		what, name string
		content    [4][]byte
		spoil      func(dir string)
		want       string // $ stands for the folder
	}{
		{"28×27", "x", narrow, nil, "$/t10k-images-idx3-ubyte: images of 1×28×27 (channels, height, width), those of the training part are 1×28×28"},
		{"labels one short", "x", short, nil, "$/t10k-labels-idx1-ubyte: 59 labels for 60 images in t10k-images-idx3-ubyte"},
		{"few images", "x", few, nil, "$: 59 training images, want 60 or more"},
		{"swapped", "x", swapped, nil, "$/train-labels-idx1-ubyte: magic 00000803 is not IDX of labels, allowed 00000801 (bytes), 00000c01 or 00000c02 (int32)"},
		{"one missing", "x", others(), func(dir string) { os.Remove(dir + "/" + mnistNames[3]) }, "$: no file of test labels, as t10k-labels-idx1-ubyte"},
		{"two of one", "x", others(), func(dir string) { put(t, dir, "train-labels.idx1-ubyte", nil) },
			"$: two files of training labels, want one: train-labels-idx1-ubyte, train-labels.idx1-ubyte"},
		{"a file", "x", others(), func(dir string) { os.RemoveAll(dir); put(t, filepath.Dir(dir), "x", nil) }, "$: no labelled images that can be read, allowed are CIFAR's binary batches"},
		{"nothing", "x", others(), func(dir string) { os.RemoveAll(dir) }, "$: no such file or directory"},
		{"the name of MNIST", "MNIST", others(), nil, `$: the data go by this name, and these are not what "MNIST" stands for: rename it`},
		{"the name of quick runs", "mnist-quick", others(), nil, `$: the data go by this name, and these are not what "mnist-quick" stands for: rename it`},
		{"a name without a letter", "数据", others(), nil, "$: the data go by this name, want one with a letter of a to z or a digit"},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir := folderOf(t, c.name, mnistNames, c.content)
			if c.spoil != nil {
				c.spoil(dir)
			}
			_, err := loadWith(t, "INKLING_DATA", dir)
			if want := "data: INKLING_DATA: " + strings.ReplaceAll(c.want, "$", dir); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("\n got %v\nwant %s", err, want)
			}
		})
	}
}

// MNIST is MNIST in whatever format it lies: the same bytes, verified.
func TestMNISTInOtherFormats(t *testing.T) {
	if testing.Short() {
		t.Skip("writes and reads 70,000 images")
	}
	want, err := loadWith(t, "INKLING_DATA", mnistDir(t))
	if err != nil {
		t.Fatal(err)
	}
	table := func(s *Set) []byte {
		var b []byte
		for i, y := range s.Labels {
			b = strconv.AppendInt(b, int64(y), 10)
			for _, v := range s.pixels(i) {
				b = strconv.AppendInt(append(b, ','), int64(v), 10)
			}
			b = append(b, '\n')
		}
		return b
	}
	npy := func(shape string, data []byte) []byte {
		head := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%s), }\n", shape)
		return slices.Concat([]byte("\x93NUMPY\x01\x00"), []byte{byte(len(head)), 0}, []byte(head), data)
	}
	for name, files := range map[string]map[string][]byte{
		"redmon": {"mnist_train.csv": table(want.Train), "mnist_test.csv": table(want.Test)},
		"numpy": {"x_train.npy": npy("60000, 28, 28", want.Train.Pixels), "y_train.npy": npy("60000,", narrow(want.Train.Labels)),
			"x_test.npy": npy("10000, 784", want.Test.Pixels), "y_test.npy": npy("10000, 1", narrow(want.Test.Labels))},
	} {
		dir := filepath.Join(t.TempDir(), name)
		os.Mkdir(dir, 0o755)
		for file, b := range files {
			put(t, dir, file, b)
		}
		d, err := loadWith(t, "INKLING_DATA", dir)
		if err != nil {
			t.Error(err)
			continue
		}
		if d.Name != "MNIST" || !d.Known() || d.Source != "from INKLING_DATA, SHA-256 verified" || d.Train.Fingerprint() != want.Train.Fingerprint() || d.Test.Fingerprint() != want.Test.Fingerprint() {
			t.Errorf("%s: %v", name, d)
		}
	}
}
