package nn

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"go/scanner"
	"go/token"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"inkling/pkg/nn/internal/f32"
)

// sources is the code that decides what a run gives: the network, its kernels,
// the optimizers and the training loop.
//
//go:embed *.go internal/f32/*.go internal/f32/*.s optim/*.go train/trainer.go train/evaluate.go train/config.go
var sources embed.FS

// Version identifies the code that decides what a run gives, as a hash of its
// sources without comments and tests. Stored runs carry it, so a change to a
// kernel never passes off an old result as a new one.
var Version = sync.OnceValue(func() string {
	h := sha256.New()
	err := fs.WalkDir(sources, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.go") {
			return err
		}
		b, err := sources.ReadFile(name)
		if err != nil {
			return err
		}
		io.WriteString(h, name+"\n")
		if path.Ext(name) == ".go" {
			writeTokens(h, b)
		} else {
			h.Write(b)
		}
		return nil
	})
	if err != nil {
		panic(err) // the files are part of the program
	}
	return hex.EncodeToString(h.Sum(nil))
})

// writeTokens writes Go source without comments and layout.
func writeTokens(w io.Writer, src []byte) {
	var s scanner.Scanner
	files := token.NewFileSet()
	s.Init(files.AddFile("", -1, len(src)), src, nil, 0)
	for {
		_, tok, lit := s.Scan()
		if tok == token.EOF {
			return
		}
		if lit == "" {
			lit = tok.String()
		}
		io.WriteString(w, lit+" ")
	}
}

// Kernels says in one line which kernels and how many workers are in use.
func Kernels() string { return f32.Describe() }
