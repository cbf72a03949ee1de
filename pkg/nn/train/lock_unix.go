//go:build unix

package train

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lock takes a run's folder for this process. The kernel lets go of it when
// the process dies, however it dies.
func lock(dir string) (release func(), err error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(path)
		f.Close()
		return nil, fmt.Errorf("train: %s is being trained by process %s: wait for it or stop it", dir, strings.TrimSpace(string(holder)))
	}
	f.Truncate(0)
	fmt.Fprintln(f, os.Getpid())
	return func() { f.Close() }, nil
}
