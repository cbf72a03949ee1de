package lab

import (
	"strings"

	"inkling/pkg/internal/printable"
)

// OneLine is an error as one printable line, without the package it came from.
func OneLine(err error) string {
	s := strings.TrimSpace(err.Error())
	for _, who := range []string{"lab: ", "study: ", "search: ", "compare: ", "train: ", "optim: ", "nn: ", "data: "} {
		s = strings.TrimPrefix(s, who)
	}
	return printable.Text(strings.NewReplacer("\n", "; ", "\r", " ").Replace(s))
}
