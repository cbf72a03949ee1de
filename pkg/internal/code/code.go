// Package code tells the code of a package by its tokens: what version.go of each
// package that computes hands to the keys of stored runs.
package code

import (
	"crypto/sha256"
	"encoding/hex"
	"go/scanner"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Digest returns 16 hexadecimal digits that change when the code of one of the
// files at the root of fsys does: Go files count without comments and layout,
// others byte by byte. Tests do not count, nor do the files aside, which must
// be there.
func Digest(fsys fs.FS, aside ...string) string {
	names, err := Files(fsys, aside...)
	if err != nil {
		panic(err) // the files are part of the program
	}
	return DigestOf(fsys, names...)
}

// DigestOf is Digest of the named files alone.
func DigestOf(fsys fs.FS, names ...string) string {
	h := sha256.New()
	for _, name := range names {
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			panic(err)
		}
		h.Write([]byte(name + "\n"))
		if path.Ext(name) == ".go" {
			b = []byte(Tokens(b))
		}
		h.Write(append(b, '\n'))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Files are the files that Digest reads, sorted.
func Files(fsys fs.FS, aside ...string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	aside = slices.Clone(aside)
	var names []string
	for _, e := range entries {
		at := slices.Index(aside, e.Name())
		switch {
		case at >= 0:
			aside = slices.Delete(aside, at, at+1)
		case !e.IsDir() && !strings.HasSuffix(e.Name(), "_test.go"):
			names = append(names, e.Name())
		}
	}
	if len(aside) > 0 {
		return nil, &fs.PathError{Op: "digest", Path: aside[0], Err: fs.ErrNotExist}
	}
	return names, nil
}

// Tokens writes Go source without comments and layout, one token after another:
// two texts that gofmt and a different breaking of lines tell apart come out
// the same, and no others.
func Tokens(src []byte) string {
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(src)), src, nil, 0)
	var b strings.Builder
	b.Grow(len(src))
	held := "" // a comma or semicolon, which is layout before a closing bracket
	for {
		_, tok, lit := s.Scan()
		switch tok {
		case token.EOF:
			return b.String()
		case token.COMMA, token.SEMICOLON:
			held = tok.String() + " "
			continue
		case token.RPAREN, token.RBRACE, token.RBRACK:
		default:
			b.WriteString(held)
		}
		held = ""
		if lit == "" || tok.IsOperator() {
			lit = tok.String()
		}
		b.WriteString(lit)
		b.WriteByte(' ')
	}
}
