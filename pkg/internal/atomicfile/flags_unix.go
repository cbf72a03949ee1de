//go:build unix

package atomicfile

import (
	"io/fs"
	"syscall"
)

// nonblock lets an open return where it would wait for the other end of a FIFO;
// it means nothing to a regular file. nofollow refuses a link at the end of a path.
const (
	nonblock = syscall.O_NONBLOCK
	nofollow = syscall.O_NOFOLLOW
)

// names is the number of hard links to a file.
func names(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink)
	}
	return 1
}
