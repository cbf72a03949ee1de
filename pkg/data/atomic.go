package data

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

const tmpPrefix = ".tmp-"

// writeAtomic writes a file so that its path never names half of it: into a
// temporary file beside it, synced, then renamed. It makes the folder if need
// be. Two processes may write the same path; the last rename wins.
func writeAtomic(path string, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, tmpPrefix+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("%s: %w", path, cause(err))
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// sweep removes from a folder of ours the files that keep does not name: old
// versions, and temporary files of programs that were killed. Files younger
// than an hour may be in use and stay.
func sweep(dir string, keep func(name string) bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && !keep(e.Name()) && time.Since(info.ModTime()) > time.Hour {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
