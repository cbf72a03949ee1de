package lab

import (
	"strings"

	"inkling/pkg/internal/printable"
)

// OneLine is an error as one printable line, without the package it came from.
func OneLine(err error) string {
	s := strings.TrimSpace(strings.TrimPrefix(err.Error(), "lab: "))
	return printable.Text(strings.NewReplacer("\n", "; ", "\r", " ").Replace(s))
}
