//go:build !unix

package main

func terminalSize() (columns, rows int) { return 80, 24 }
