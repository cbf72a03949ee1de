package f32

import (
	"embed"
	"sync"

	"inkling/pkg/internal/code"
)

//go:embed *.go *.s *.h
var sources embed.FS

// Version identifies the sources of the kernels: a digest without comments,
// layout and tests.
func Version() string {
	version.Do(func() { version.digest = code.Digest(sources, "doc.go", "version.go") })
	return version.digest
}

// Set when asked for: see nn.Version.
var version struct {
	sync.Once
	digest string
}
