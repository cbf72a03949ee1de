//go:build !unix

package atomicfile

import "io/fs"

const nonblock, nofollow = 0, 0

func names(fs.FileInfo) uint64 { return 1 }
