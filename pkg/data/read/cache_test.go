package read

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"time"
)

func eager(t *testing.T) {
	old := settled
	settled = -time.Hour
	t.Cleanup(func() { settled = old })
}

func kept(dir string) []string {
	all, _ := filepath.Glob(filepath.Join(dir, "*"))
	return all
}

// What is kept comes back whole, and never once a file was changed, whatever was
// done to its size and times.
func TestKept(t *testing.T) {
	eager(t)
	ctx := context.Background()
	dir, cache := folder(t, animals(40, "%s/%d.png")), t.TempDir()
	read := func(options ...string) *Data {
		t.Helper()
		d, err := Open(ctx, dir, options, cache)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	first := read()
	if len(kept(cache)) != 1 {
		t.Fatalf("kept: %q", kept(cache))
	}
	// That it comes from there shows when the kept bytes are others, in a whole file.
	other := *first
	other.Train.Pixels = bytes.Clone(first.Train.Pixels)
	other.Train.Pixels[0] ^= 1
	var b bytes.Buffer
	if err := writeKept(&b, &Data{C: 1, H: 5, W: 4, Classes: other.Classes, Train: other.Train, Test: other.Test, Notes: first.Notes}); err != nil {
		t.Fatal(err)
	}
	whole, _ := os.ReadFile(kept(cache)[0])
	os.WriteFile(kept(cache)[0], b.Bytes(), 0o644)
	if got := read(); !reflect.DeepEqual(got, &other) {
		t.Errorf("not from the cache: %v", got.Notes)
	}
	// One that is broken is made anew.
	for _, spoil := range [][]byte{nil, whole[:len(whole)-1], append(bytes.Clone(whole), 0), append(bytes.Clone(whole[:len(whole)-40]), make([]byte, 40)...)} {
		os.WriteFile(kept(cache)[0], spoil, 0o644)
		if got := read(); !reflect.DeepEqual(got, first) {
			t.Error("a broken file of the cache shows")
		}
		if now, _ := os.ReadFile(kept(cache)[0]); !bytes.Equal(now, whole) {
			t.Error("a broken file of the cache stays")
		}
	}
	// Options count.
	if got := read("invert"); got.Train.Pixels[0] != 255-first.Train.Pixels[0] {
		t.Error("options do not count")
	}
	// Another image of the same size and time.
	path := filepath.Join(dir, "cat/0.png")
	info, _ := os.Stat(path)
	padded := func(m image.Image) []byte { return append(pngOf(m), make([]byte, 200)...)[:200] }
	old, b2 := padded(flat(5, 4, color.Gray{9})), padded(flat(5, 4, color.Gray{250}))
	change := func(b []byte) {
		os.WriteFile(path, b, 0o644)
		os.Chtimes(path, info.ModTime(), info.ModTime())
	}
	if runtime.GOOS == "linux" || runtime.GOOS == "darwin" { // where a file tells when it was changed
		change(old)
		before := read()
		time.Sleep(20 * time.Millisecond) // the tick of the clock of files
		change(b2)
		if got := read(); reflect.DeepEqual(got, before) {
			t.Error("a file with other content, the old size and the old time is not seen")
		}
	}
	// One more, one less, one with another name.
	n := func(d *Data) int { return len(d.Train.Labels) + len(d.Test.Labels) }
	os.WriteFile(filepath.Join(dir, "cat/more.png"), b2, 0o644)
	if n(read()) != 81 {
		t.Error("a new file is not seen")
	}
	os.Rename(filepath.Join(dir, "cat/more.png"), filepath.Join(dir, "dog/more.png"))
	if n(read()) != 81 {
		t.Error("a moved file is not seen")
	}
	os.Remove(filepath.Join(dir, "dog/more.png"))
	os.Remove(path)
	if n(read()) != 79 {
		t.Error("a file that is gone is not seen")
	}
	for i := range 2 * mostKept {
		read(fmt.Sprint("seed=", i))
	}
	if got := len(kept(cache)); got != mostKept {
		t.Errorf("%d are kept, allowed %d", got, mostKept)
	}
}

// Files that were just made are not kept: one that changes again within the tick of
// a clock could not be told from them.
func TestNotKeptYet(t *testing.T) {
	dir, cache := folder(t, animals(40, "%s/%d.png")), t.TempDir()
	if _, err := Open(context.Background(), dir, nil, cache); err != nil || len(kept(cache)) != 0 {
		t.Errorf("%v, kept %q", err, kept(cache))
	}
	// A cache that cannot be written is no failure.
	eager(t)
	for _, cache := range []string{"/proc/nothing/here", filepath.Join(dir, "cat/0.png")} {
		if _, err := Open(context.Background(), dir, nil, cache); err != nil {
			t.Error(err)
		}
	}
}

// A file that changes while it is read is not kept.
func TestChangedMeanwhile(t *testing.T) {
	eager(t)
	dir, cache := folder(t, animals(40, "%s/%d.png")), t.TempDir()
	p := place(t, dir)
	f, plan, err := find(p)
	if err != nil {
		t.Fatal(err)
	}
	k := newKeeper(cache, f, p, plan)
	raw, err := plan.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	d, err := finish(raw, p)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(dir, "cat/1.png"))
	if k.save(d); len(kept(cache)) != 0 {
		t.Errorf("kept %q", kept(cache))
	}
}

// Several processes may read the same folder at once.
func TestKeptByMany(t *testing.T) {
	const variable = "INKLING_TEST_KEPT"
	if dir := os.Getenv(variable); dir != "" {
		eager(t)
		for range 20 {
			os.RemoveAll(filepath.Join(dir, "cache", "x"))
			d, err := Open(context.Background(), filepath.Join(dir, "set"), nil, filepath.Join(dir, "cache"))
			if err != nil || len(d.Train.Labels) != 68 {
				t.Fatal(err)
			}
			for _, path := range kept(filepath.Join(dir, "cache")) {
				if filepath.Ext(path) == ".images" {
					if d, err := readKept(path); err == nil && len(d.Train.Labels) != 68 || err != nil && !os.IsNotExist(err) {
						t.Fatalf("half-written: %v", err)
					}
					os.Remove(path)
				}
			}
		}
		return
	}
	dir := filepath.Dir(folder(t, animals(40, "%s/%d.png")))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			cmd := exec.Command(os.Args[0], "-test.run=TestKeptByMany")
			cmd.Env = append(os.Environ(), variable+"="+dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	wg.Wait()
}

func FuzzKept(f *testing.F) {
	var b bytes.Buffer
	d := &Data{C: 1, H: 2, W: 1, Classes: []string{"a", "b"}, Train: Images{[]uint8{1, 2, 3, 4}, []uint16{0, 1}}, Test: Images{[]uint8{5, 6}, []uint16{1}}}
	if err := writeKept(&b, d); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := parseKept(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		if len(d.Train.Pixels) != len(d.Train.Labels)*d.C*d.H*d.W || len(d.Test.Pixels) != len(d.Test.Labels)*d.C*d.H*d.W {
			t.Errorf("accepted %d bytes that are no whole images", len(b))
		}
	})
}
