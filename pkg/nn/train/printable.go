package train

import (
	"strings"

	"inkling/pkg/internal/printable"
)

// Printable is s with everything escaped that a terminal or a page would not
// show as a sign, such as escape codes and line breaks: for text from files.
func Printable(s string) string { return printable.Text(s) }

// OneLine is an error as one printable line, without the package it came from.
func OneLine(err error) string {
	s := strings.TrimSpace(strings.TrimPrefix(err.Error(), "train: "))
	return Printable(strings.NewReplacer("\n", "; ", "\r", " ").Replace(s))
}
