//go:build unix

package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic("unexpected error: " + err.Error())
	}
	return v
}

// mischief fills a new folder with all that can lie where a file is expected.
func mischief(t *testing.T) (in func(name string) string) {
	t.Helper()
	dir := must(os.MkdirTemp("", "mischief")) // short: the name of a socket has some 100 bytes
	t.Cleanup(func() { os.RemoveAll(dir) })
	in = func(name string) string { return filepath.Join(dir, name) }
	must(0, os.WriteFile(in("file"), []byte("precious"), 0o644))
	must(0, os.Mkdir(in("folder"), 0o755))
	must(0, syscall.Mkfifo(in("fifo"), 0o644))
	socket := must(net.Listen("unix", in("socket")))
	t.Cleanup(func() { socket.Close() })
	for name, to := range map[string]string{
		"link": "file", "dangling": "nowhere", "loop": "loop", "to folder": "folder", "to fifo": "fifo",
		"to zero": "/dev/zero", "to tty": "/dev/tty", "to link": "to zero",
	} {
		must(0, os.Symlink(to, in(name)))
	}
	must(0, os.Link(in("file"), in("hard")))
	huge := must(os.Create(in("huge")))
	must(0, huge.Truncate(1<<40))
	must(0, huge.Close())
	return in
}

// Every test of this file would hang, or fill memory, where something is opened
// or read that should not be.
func TestOpenTakesRegularFilesOnly(t *testing.T) {
	in := mischief(t)
	for name, want := range map[string]string{
		"folder": "is a folder, want a regular file of at most 1 MiB", "to folder": "is a folder",
		"fifo": "is a FIFO (named pipe), want a regular file", "to fifo": "is a FIFO", "socket": "is a socket",
		"to zero": "is a device", "to link": "is a device", "to tty": "is a device",
		"huge":     "is a file of 1099511627776 bytes, want one of at most 1 MiB",
		"dangling": "no such file", "loop": "too many levels", "nothing": "no such file",
	} {
		_, err := ReadFile(in(name), 1<<20)
		if err == nil || !strings.Contains(err.Error(), in(name)+": "+want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	for _, name := range []string{"file", "link", "hard"} {
		if b, err := ReadFile(in(name), 8); string(b) != "precious" || err != nil {
			t.Errorf("%s: %q, %v", name, b, err)
		}
		if _, err := ReadFile(in(name), 7); err == nil || !strings.HasSuffix(err.Error(), "is a file of 8 bytes, want one of at most 7 bytes") {
			t.Errorf("%s, limit 7: %v", name, err)
		}
	}
	if _, err := ReadFile(in("nothing"), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want fs.ErrNotExist", err)
	}
}

// Nothing is ever written through a link, or in the place of what is no file.
func TestWriteOwnFilesOnly(t *testing.T) {
	in := mischief(t)
	open := func(flag int) func(path string) error {
		return func(path string) error {
			f, err := OpenOwn(path, flag)
			if err == nil {
				io.WriteString(f, "overwritten")
				f.Close()
			}
			return err
		}
	}
	for how, write := range map[string]func(path string) error{
		"lock":    open(os.O_RDWR | os.O_CREATE),
		"append":  open(os.O_WRONLY | os.O_APPEND),
		"replace": func(path string) error { return Write(path, text("overwritten")) },
	} {
		for name, want := range map[string]string{
			"folder": "is a folder", "fifo": "is a FIFO", "socket": "is a socket", "link": "is a link", "dangling": "is a link",
			"loop": "is a link", "to folder": "is a link", "to zero": "is a link", "hard": "is one of 2 names",
		} {
			if how == "replace" && name == "hard" {
				continue // the other name keeps what it has, below
			}
			if err := write(in(name)); err == nil || !strings.Contains(err.Error(), name+": "+want) || !strings.HasSuffix(err.Error(), "remove it") {
				t.Errorf("%s %s: %v, want %q", how, name, err, want)
			}
		}
		if b := must(os.ReadFile(in("file"))); string(b) != "precious" {
			t.Errorf("%s wrote into somebody else's file: %q", how, b)
		}
	}
	must(0, Write(in("hard"), text("new")))
	if b := must(os.ReadFile(in("file"))); string(b) != "precious" {
		t.Errorf("a replaced name changed the other: %q", b)
	}
	if _, err := os.Lstat(in("nowhere")); err == nil {
		t.Error("a dangling link was followed")
	}
	if _, err := OpenOwn(in("nothing"), os.O_WRONLY|os.O_APPEND); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want fs.ErrNotExist", err)
	}
	must(0, must(OpenOwn(in("fresh"), os.O_RDWR|os.O_CREATE)).Close())
}

func TestOwnFolder(t *testing.T) {
	in := mischief(t)
	must(0, OwnFolder(in("folder")))
	for name, want := range map[string]string{"file": "is a file", "to folder": "is a link", "dangling": "is a link", "fifo": "is a FIFO"} {
		if err := OwnFolder(in(name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if err := OwnFolder(in("nothing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want fs.ErrNotExist", err)
	}
}
