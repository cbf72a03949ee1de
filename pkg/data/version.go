package data

import (
	"embed"
	"sync"

	"inkling/pkg/internal/code"
	"inkling/pkg/internal/parallel"
	"inkling/pkg/internal/source"
)

//go:embed *.go
var sources embed.FS

// aside are the files that make no batches. What they read, draw or fetch is
// known by its content: see Set.Fingerprint.
var aside = []string{
	"atomic.go", "augmentflags.go", "baseline.go", "changeflags.go", "doc.go", "fetch.go", "findings.go", "glyphs.go", "load.go", "mnist.go", "path.go",
	"prepare.go", "raster.go", "scatter.go", "stored.go", "stress.go", "synthetic.go", "unpacked.go", "version.go",
}

// Version returns 16 hexadecimal digits that change when the code does that
// cuts a set into splits and batches and augments it: a digest of its sources,
// and of the worker that they call, without comments, layout and tests. Keys of stored runs hold it.
func Version() string { return version() }

var version = sync.OnceValue(func() string {
	return source.Sum(code.Digest(sources, aside...) + " " + parallel.Version())[:16]
})

// digest is one of some source files of this package.
func digest(names ...string) string { return code.DigestOf(sources, names...) }
