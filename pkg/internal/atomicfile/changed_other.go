//go:build !linux && !darwin

package atomicfile

import (
	"io/fs"
	"time"
)

// Changed is when a file got its content.
func Changed(info fs.FileInfo) time.Time { return info.ModTime() }
