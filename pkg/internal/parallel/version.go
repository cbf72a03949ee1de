package parallel

import (
	"embed"
	"sync"

	"inkling/pkg/internal/code"
)

//go:embed parallel.go
var sources embed.FS

// Version changes when the code does: what it leaves out would be missing in the
// batches of a run.
var Version = sync.OnceValue(func() string { return code.Digest(sources) })
