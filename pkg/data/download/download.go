// Package download lets data.Load fetch MNIST from its public mirrors. It is
// imported for that alone:
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
	for _, m := range mirror.MNIST(os.Stderr) {
		data.UseMirror(m)
	}
}
