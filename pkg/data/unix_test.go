//go:build unix

package data

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What is no regular file is refused at once wherever a file of data is expected,
// and in the cache it costs time only. Each of these would hang or fill memory.
func TestNoRegularFile(t *testing.T) {
	for what, lay := range map[string]struct {
		lay  func(path string) error
		want string
	}{
		"FIFO":              {func(path string) error { return syscall.Mkfifo(path, 0o644) }, "is a FIFO"},
		"link to /dev/zero": {func(path string) error { return os.Symlink("/dev/zero", path) }, "is a device"},
		"huge file": {func(path string) error {
			f, err := os.Create(path)
			if err == nil {
				err = f.Truncate(1 << 40)
				f.Close()
			}
			return err
		}, "is a file of 1099511627776 bytes, want one of at most 641 MiB"},
	} {
		replace := func(path string) {
			t.Helper()
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := lay.lay(path); err != nil {
				t.Fatal(err)
			}
		}
		for _, names := range [][4]string{mnistNames, fashionNames} {
			for _, variable := range []string{"MNIST_DIR", "INKLING_DATA"} {
				dir := folderOf(t, "x", names, others())
				path := filepath.Join(dir, names[0])
				replace(path)
				want := lay.want
				if variable == "INKLING_DATA" && what == "link to /dev/zero" {
					want = "a link that leads out of the folder"
				}
				_, err := loadWith(t, variable, dir)
				if err == nil || !strings.Contains(err.Error(), path+": "+want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%s in %s: %v, want one line with %q", what, variable, err, want)
				}
			}
		}
		// The cache of synthetic digits: its files are drawn anew, not written over.
		var log bytes.Buffer
		env := environment{cache: t.TempDir(), log: &log}
		want := env.stored(4, 50).Fingerprint()
		files, _ := filepath.Glob(filepath.Join(env.cache, "synthetic", "*"))
		for _, path := range files {
			log.Reset()
			replace(path)
			if got := env.stored(4, 50).Fingerprint(); got != want || !strings.Contains(log.String(), "is a") {
				t.Errorf("%s for %s: other digits, or not told: %q", what, filepath.Base(path), log.String())
			}
			os.Remove(path)
			env.stored(4, 50)
		}
		// The unpacked copies: quietly passed by.
		archive, content := small()
		dir, copies := fill(t, archive, content, ".gz"), t.TempDir()
		if _, err := archive.read(dir, copies); err != nil {
			t.Fatal(err)
		}
		made, _ := filepath.Glob(filepath.Join(copies, "*"))
		for _, path := range made {
			replace(path)
		}
		if a, err := archive.read(dir, copies); err != nil || !bytes.Equal(a[0].Data, content[0][16:]) {
			t.Errorf("%s for an unpacked copy: %v", what, err)
		}
	}
}

// A link in the cache leads nowhere: its target is neither written nor removed.
func TestCacheDoesNotFollowLinks(t *testing.T) {
	precious := filepath.Join(t.TempDir(), "precious")
	put(t, filepath.Dir(precious), "precious", []byte("precious"))
	var log bytes.Buffer
	env := environment{cache: t.TempDir(), log: &log}
	env.stored(4, 50)
	files, _ := filepath.Glob(filepath.Join(env.cache, "synthetic", "*"))
	for _, path := range files {
		os.Remove(path)
		if err := os.Symlink(precious, path); err != nil {
			t.Fatal(err)
		}
	}
	env.stored(4, 50)
	if b, err := os.ReadFile(precious); string(b) != "precious" || err != nil {
		t.Errorf("the file behind the link holds %q, %v", b, err)
	}
	if !strings.Contains(log.String(), "is a link, nothing is written there: remove it") {
		t.Errorf("told %q", log.String())
	}
}
