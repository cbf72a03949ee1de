package atomicfile

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// A disk that fills up, played by a limit on the size of files.
func TestFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := Write(path, text("old")); err != nil {
		t.Fatal(err)
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Skip(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 16, Max: old.Max}); err != nil {
		t.Skip(err)
	}
	err := Write(path, func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<17)) // stays in the buffer until the flush
		return err
	})
	if e := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); e != nil {
		t.Fatal(e)
	}
	if !errors.Is(err, syscall.EFBIG) {
		t.Errorf("%v, want that the file is too large", err)
	}
	if names, got := contents(t, path); got != "old" || len(names) != 1 {
		t.Errorf("contents %q, files %q", got, names)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
