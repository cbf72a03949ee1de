package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"inkling/pkg/data/internal/idx"
)

// Mirror is a place on a network that has MNIST; package download knows the
// public ones.
type Mirror interface {
	String() string // its name, the host
	// Open reads one of the four files, gzip-compressed; it is called by its
	// plain name, such as train-images-idx3-ubyte. Close returns why the reading
	// was ended from outside (it stalled, ctx ended), or nil.
	Open(ctx context.Context, file string) (io.ReadCloser, error)
}

var mirrors []Mirror

// UseMirror adds a mirror to those that Open tries, in the order they were
// added. It is for init functions, before anything is loaded.
func UseMirror(m Mirror) { mirrors = append(mirrors, m) }

// fetch returns the four files and the mirror they came from. Nothing is handed
// on before its hash is verified.
func (files archive) fetch(ctx context.Context, from []Mirror) (a [4]idx.Array, host string, err error) {
	var reasons []string
	for _, m := range from {
		if a, err = files.fetchFrom(ctx, m); err == nil {
			return a, m.String(), nil
		}
		if ctx.Err() != nil {
			return a, "", context.Cause(ctx)
		}
		reasons = append(reasons, fmt.Sprintf("%s: %v", m, err))
	}
	return a, "", errors.New(strings.Join(reasons, "; "))
}

func (files archive) fetchFrom(ctx context.Context, m Mirror) (a [4]idx.Array, err error) {
	for i, f := range files {
		if a[i], err = f.fetch(ctx, m); err != nil {
			return a, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return a, nil
}

func (f idxFile) fetch(ctx context.Context, m Mirror) (idx.Array, error) {
	r, err := m.Open(ctx, f.name)
	if err != nil {
		return idx.Array{}, err
	}
	a, err := idx.Read(r, f.dims)
	if err == nil {
		err = f.verify(a)
	}
	if ended := r.Close(); err != nil && ended != nil {
		err = ended
	}
	return a, err
}
