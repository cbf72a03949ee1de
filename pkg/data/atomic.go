package data

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"inkling/pkg/data/internal/idx"
	"inkling/pkg/internal/atomicfile"
)

// maxFile is the largest file of data that is opened, in bytes.
const maxFile = idx.Max + 1<<20

// writeAtomic is atomicfile.Write that makes the folder if need be. Two processes
// may write the same path; the last one's file stays.
func writeAtomic(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := atomicfile.Write(path, write); err != nil {
		return fmt.Errorf("%s: %w", path, cause(err))
	}
	return nil
}

// sweep removes from a folder of ours the files that keep does not name, old
// versions, and temporary files of programs that were killed. Files younger
// than an hour may be in use and stay.
func sweep(dir string, keep func(name string) bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && (atomicfile.Temporary(e.Name()) || !keep(e.Name())) && time.Since(info.ModTime()) > time.Hour {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
