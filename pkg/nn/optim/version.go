package optim

import (
	"embed"
	"sync"

	"inkling/pkg/internal/source"
)

//go:embed *.go
var sources embed.FS

// Version identifies the code of this package, as nn.Version does its own.
var Version = sync.OnceValue(func() string { return source.Digest(sources, "register.go", "version.go") })
