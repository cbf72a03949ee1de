//go:build !linux

package source

import (
	"io/fs"
	"time"
)

// changed is when a file got its content.
func changed(info fs.FileInfo) time.Time { return info.ModTime() }
