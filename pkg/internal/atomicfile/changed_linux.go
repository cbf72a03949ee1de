package atomicfile

import (
	"io/fs"
	"syscall"
	"time"
)

// Changed is when a file got its content, at the latest: a file that is moved
// over another keeps its time of modification, not that of its change.
func Changed(info fs.FileInfo) time.Time {
	t := info.ModTime()
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		if c := time.Unix(s.Ctim.Unix()); c.After(t) {
			t = c
		}
	}
	return t
}
