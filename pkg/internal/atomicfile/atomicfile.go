// Package atomicfile is how this module opens, reads and replaces files: what is
// read is a regular file of bounded size, what is written is a file of ours and
// nobody else's, and a file is replaced so that a reader, or a crash at any
// moment, sees the old contents or the new, never a part.
package atomicfile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// A temporary file is named after the one it will replace, then infix, then
// digits.
const infix = ".tmp-"

// Write replaces the file path by what write writes: a temporary file in the
// same folder is written, synced, renamed over path, and the folder is synced.
// What is at path must be a regular file, if anything: a link there is somebody's
// and is refused, not followed and not replaced. On error path is as it was before, unless it is the sync of the folder that
// failed; the temporary file is gone, also if write panics.
func Write(path string, write func(io.Writer) error) error {
	if err := CanReplace(path); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+infix+"*")
	if err != nil {
		return err
	}
	renamed := false
	defer func() {
		if !renamed {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	renamed = true
	return syncDir(dir)
}

// CanReplace reports why Write would refuse what is at path now.
func CanReplace(path string) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return own(path, info)
	}
	return nil
}

// syncDir makes a rename last. Windows knows no such thing.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir) // the folder that was just written in
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}

// Sweep removes temporary files that a killed process left in dir. Only files
// older than age go, so that a writer at work is not disturbed.
func Sweep(dir string, age time.Duration) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && Temporary(e.Name()) && time.Since(info.ModTime()) > age {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// Temporary reports whether Write makes names like this one: somebody's
// notes.tmp-old.txt is not ours to remove.
func Temporary(name string) bool {
	i := strings.LastIndex(name, infix)
	if i <= 0 {
		return false
	}
	digits := name[i+len(infix):]
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}
