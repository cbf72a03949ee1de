//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// terminalSize is that of the terminal behind stdout.
func terminalSize() (columns, rows int) {
	size, err := unix.IoctlGetWinsize(int(os.Stdout.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col < 20 || size.Row < 2 {
		return 80, 24
	}
	return int(size.Col), int(size.Row)
}
