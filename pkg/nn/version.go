package nn

import (
	"embed"
	"sync"

	"inkling/pkg/internal/code"
	"inkling/pkg/nn/internal/f32"
)

//go:embed *.go
var sources embed.FS

// aside are the files that decide no run: they tell, store, load and check.
var aside = []string{"architecture.go", "doc.go", "gradcheck.go", "gradown.go", "graph.go", "save.go", "summary.go", "version.go"}

// Version identifies the code of this package that decides what a run gives, and
// that of its kernels: digests of their sources without comments, layout and tests. Stored runs carry
// it beside those of the other packages that compute, so that a change to a
// layer never passes off an old result as a new one.
func Version() string {
	version.Do(func() { version.digest = code.Digest(sources, aside...) + " " + f32.Version() })
	return version.digest
}

// Nothing of this is set when a program starts, so that one which never asks, such as
// scripts/draw, is linked without the sources.
var version struct {
	sync.Once
	digest string
}

// Bits names what the kernels return to the last bit: of two machines or settings
// where it is the same, a run ends in the same weights.
func Bits() string { return f32.Bits() }

// Kernels says in one line which kernels and how many workers are in use.
func Kernels() string { return f32.Describe() }
