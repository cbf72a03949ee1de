package f32

import (
	"embed"
	"sync"

	"inkling/pkg/internal/source"
)

//go:embed *.go *.s *.h
var sources embed.FS

// Version identifies the sources of the kernels: a digest without comments,
// layout and tests.
var Version = sync.OnceValue(func() string { return source.Digest(sources, "doc.go", "version.go") })
