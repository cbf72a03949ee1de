package train

import (
	"embed"
	"sync"

	"inkling/pkg/internal/code"
)

//go:embed *.go
var sources embed.FS

// aside are the files that decide no run: they tell, store and check.
var aside = []string{"doc.go", "event.go", "fits.go", "resume.go", "version.go"}

// Version identifies the code of this package that decides what a run gives, as
// nn.Version does its own.
var Version = sync.OnceValue(func() string { return code.Digest(sources, aside...) })
