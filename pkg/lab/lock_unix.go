//go:build unix

package lab

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"inkling/pkg/internal/atomicfile"
)

// How lock behaves when somebody else holds the lock.
const (
	wait   = 0
	refuse = syscall.LOCK_NB
)

// errLocked is wrapped by lock's error when somebody else holds the lock.
var errLocked = errors.New("in use")

// lock takes the lock of a file, which it makes if need be, and writes this
// process's number into it. What else is at path is left alone and refused. The kernel lets go of the lock when the process
// dies, however it dies; the file stays. Two holders in one process exclude
// each other too.
func lock(path string, how int) (release func(), err error) {
	f, err := atomicfile.OpenOwn(path, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|how)
		if err != syscall.EINTR {
			break
		}
	}
	switch {
	case err == syscall.EWOULDBLOCK:
		defer f.Close()
		return nil, fmt.Errorf("%w by process %s", errLocked, holder(f))
	case err != nil:
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if f.Truncate(0) == nil {
		fmt.Fprint(f, os.Getpid())
	}
	return func() {
		f.Truncate(0)
		f.Close()
	}, nil
}

// holder reads who holds a lock. One that has just taken it may not have
// written its number yet.
func holder(f *os.File) string {
	var b [20]byte
	for range 20 {
		if n, _ := f.ReadAt(b[:], 0); n > 0 {
			return string(b[:n])
		}
		time.Sleep(5 * time.Millisecond)
	}
	return "unknown"
}

// held reports whether some process has a lock. One that lets go of it empties the
// file, so an empty one is not touched: to try the lock is to have it for a moment,
// in which its owner to be would be refused. What a killed process left is tried.
func held(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	f, err := atomicfile.Open(path, 1<<10)
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == syscall.EWOULDBLOCK
}
