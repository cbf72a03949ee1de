package optim

import (
	"embed"
	"sync"

	"inkling/pkg/internal/code"
)

//go:embed *.go
var sources embed.FS

// Version identifies the code of this package, as nn.Version does its own.
var Version = sync.OnceValue(func() string { return code.Digest(sources, "register.go", "version.go") })
