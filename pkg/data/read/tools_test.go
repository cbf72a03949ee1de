package read

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// testdata/tools was made by testdata/make.py with numpy, Pillow, pypng and pandas.
const tools = "testdata/tools"

// place is a Place of a folder, with options.
func place(t testing.TB, path string, words ...string) *Place {
	t.Helper()
	o, err := newOptions(words)
	if err != nil {
		t.Fatal(err)
	}
	p, err := open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// Every kind of PNG, JPEG and GIF is read as Pillow reads it and a viewer shows it:
// upright, and on white where it is transparent.
func TestImagesOfPillow(t *testing.T) {
	var expected struct {
		Images map[string]struct {
			H, W      int
			Solid     bool
			Tolerance int
			RGB       []int
		}
	}
	b, err := os.ReadFile(filepath.Join(tools, "expected.json"))
	if err == nil {
		err = json.Unmarshal(b, &expected)
	}
	if err != nil || len(expected.Images) < 20 {
		t.Fatal(len(expected.Images), err)
	}
	p := place(t, tools)
	d := &decoder{} // one for all: what it keeps of one image must not show in another
	for _, name := range slices.Sorted(maps.Keys(expected.Images)) {
		want := expected.Images[name]
		h, w, err := d.size(p, name)
		if err != nil || h != want.H || w != want.W {
			t.Errorf("%s: %d×%d, %v, want %d×%d", name, h, w, err, want.H, want.W)
			continue
		}
		grey, solid, err := d.decode(p, name, h, w, false)
		if err != nil || solid != want.Solid {
			t.Errorf("%s: solid %v, %v, want %v", name, solid, err, want.Solid)
			continue
		}
		got := make([]uint8, 3*h*w)
		d.write(got, 3)
		far, colours := 0, false
		for i := range h * w {
			rgb := want.RGB[3*i : 3*i+3]
			for c, v := range rgb {
				far = max(far, v-int(got[c*h*w+i]), int(got[c*h*w+i])-v)
			}
			colours = colours || rgb[0] != rgb[1] || rgb[1] != rgb[2]
		}
		if far > want.Tolerance {
			t.Errorf("%s: a pixel is %d off, allowed %d", name, far, want.Tolerance)
		}
		if grey == colours {
			t.Errorf("%s: grey %v, and Pillow sees colours %v", name, grey, colours)
		}
	}
}

// Images are resized as Pillow resizes them by BILINEAR, smaller and larger.
func TestResizedByPillow(t *testing.T) {
	var expected struct {
		Resized []struct {
			H, W int
			RGB  []int
		}
	}
	b, err := os.ReadFile(filepath.Join(tools, "expected.json"))
	if err == nil {
		err = json.Unmarshal(b, &expected)
	}
	if err != nil || len(expected.Resized) < 4 {
		t.Fatal(len(expected.Resized), err)
	}
	p, d := place(t, tools), &decoder{}
	for _, want := range expected.Resized {
		if _, _, err := d.decode(p, "rgb.png", want.H, want.W, false); err != nil {
			t.Fatal(err)
		}
		for i, v := range want.RGB {
			if got := int(d.out.Pix[i/3*4+i%3]); got < v-1 || got > v+1 {
				t.Errorf("%d×%d: value %d is %d, Pillow's %d", want.H, want.W, i, got, v)
				break
			}
		}
	}
}

// Whatever the format, options give size, planes and ink.
func TestShape(t *testing.T) {
	dir := folder(t, idxSet(func(n string) string { return n }))
	plain, err := Open(context.Background(), dir, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(context.Background(), dir, []string{"rgb", "invert", "size=4x6"}, "")
	if err != nil || d.C != 3 || d.H != 4 || d.W != 6 || len(d.Train.Pixels) != 60*72 || says(d) != "resized from 2×3; made RGB; inverted" {
		t.Fatalf("%v, %v", d, err)
	}
	for i := range 60 {
		image := d.Train.Pixels[i*72 : (i+1)*72]
		if !bytes.Equal(image[:24], image[24:48]) || !bytes.Equal(image[:24], image[48:]) {
			t.Fatalf("image %d is not grey any more", i)
		}
		// Corners stay what they were.
		old := plain.Train.Pixels[i*6 : (i+1)*6]
		if image[0] != 255-old[0] || image[23] != 255-old[5] {
			t.Fatalf("image %d: %v of %v", i, image[:24], old)
		}
	}
	back, err := Open(context.Background(), dir, []string{"gray"}, "")
	if err != nil || !bytes.Equal(back.Train.Pixels, plain.Train.Pixels) {
		t.Errorf("grey made grey is something else: %v", err)
	}
}

// pixelOf is pixel j of image i of the arrays and tables in testdata.
func pixelOf(i, j int) uint8 { return uint8(31*i + 7*j) }

// checkMade compares with what make.py made: c planes, 96 images and a test part.
func checkMade(t *testing.T, d *Data, c int, classes []string) {
	t.Helper()
	if d.C != c || d.H != 4 || d.W != 4 || !slices.Equal(d.Classes, classes) {
		t.Errorf("%d×%d×%d in %q, want %d×4×4 in %q", d.C, d.H, d.W, d.Classes, c, classes)
		return
	}
	at := 0
	for _, part := range []Images{d.Train, d.Test} {
		for i, y := range part.Labels {
			if int(y) != at%3 {
				t.Errorf("image %d has label %d, want %d", at, y, at%3)
				return
			}
			for k, v := range part.Pixels[i*16*c : (i+1)*16*c] {
				want := pixelOf(at, k%16)
				want = []uint8{want, 255 - want, want / 2}[k/16]
				if v != want {
					t.Errorf("value %d of image %d is %d, want %d", k, at, v, want)
					return
				}
			}
			at++
		}
	}
	if at != 108 {
		t.Errorf("%d images, want 108", at)
	}
}

// Arrays of numpy in every order and type that people have.
func TestArraysOfNumpy(t *testing.T) {
	for _, c := range []struct {
		name     string
		channels int
		note     string
	}{
		{"bytes", 1, ""}, {"packed", 1, ""}, {"fortran", 1, ""}, {"medmnist", 1, ""}, {"big-endian", 1, ""}, {"halves", 1, ""}, {"hot", 1, ""}, {"hot-fortran", 1, ""},
		{"floats", 1, "pixels of 0 to 1 made 0 to 255"}, {"last", 3, ""}, {"first", 3, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := Open(context.Background(), filepath.Join(tools, c.name+".npz"), nil, "")
			if err != nil {
				t.Fatal(err)
			}
			checkMade(t, d, c.channels, []string{"0", "1", "2"})
			if got := strings.Join(d.Notes, "; "); got != c.note {
				t.Errorf("says %q, want %q", got, c.note)
			}
		})
	}
	if _, err := Open(context.Background(), tools+"/pickle.npz", nil, ""); err == nil || !strings.HasSuffix(err.Error(),
		`pickle.npz: "y_train.npy": pickled objects of Python, which may run programs, allowed are whole numbers and floats`) {
		t.Errorf("pickled labels: %v", err)
	}
	d, err := Open(context.Background(), tools+"/npy", []string{"test=0.25", "seed=7"}, "")
	if err != nil || !slices.Equal(d.Classes, []string{"5", "6", "7"}) || len(d.Train.Labels) != 72 || len(d.Test.Labels) != 24 {
		t.Fatalf("npy: %+v, %v", d, err)
	}
	if got := strings.Join(d.Notes, "; "); got != "24 of 96 images split off for the test, 25 % of each class, by seed 7" {
		t.Errorf("npy says %q", got)
	}
}

// Tables as pandas and numpy write them.
func TestTablesOfPandas(t *testing.T) {
	ctx := context.Background()
	// A competition's folder: test.csv without labels.
	d, err := Open(ctx, tools+"/csv", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(d.Notes, "; "); got != "test.csv has no labels and is left aside; 15 of 96 images split off for the test, 14.3 % of each class, by seed 1" {
		t.Errorf("says %q", got)
	}
	for name, classes := range map[string][]string{"last.csv": {"ant", "bee", "fly"}, "plain.csv": {"1", "2", "3"}, "floats.csv": {"0", "1", "2"}} {
		d, err := Open(ctx, filepath.Join(tools, name), []string{"test=0.02"}, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		whole := &Data{C: d.C, H: d.H, W: d.W, Classes: d.Classes}
		// One of each class stands in the test part: put them back by their pixels.
		rest, test := 0, 0
		for i := range 108 {
			part, at := &d.Train, &rest
			if *at < len(part.Labels) && part.Pixels[*at*16] == pixelOf(i, 0) {
			} else {
				part, at = &d.Test, &test
			}
			whole.Train.Pixels = append(whole.Train.Pixels, part.Pixels[*at*16:(*at+1)*16]...)
			whole.Train.Labels = append(whole.Train.Labels, part.Labels[*at])
			*at++
		}
		checkMade(t, whole, 1, classes)
		if bytes.Equal(d.Train.Pixels, whole.Train.Pixels) {
			t.Errorf("%s: nothing split off", name)
		}
	}
}
