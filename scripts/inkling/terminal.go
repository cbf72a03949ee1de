package main

import (
	"io"
	"os"

	"inkling/pkg/lab"
	"inkling/pkg/viz"
)

// progress makes progress lines on stderr if that is a terminal.
func progress() func(label string) lab.Bar {
	if !isTerminal(os.Stderr) || viz.InNotebook() {
		return nil
	}
	return func(label string) lab.Bar {
		// viz draws on what stdout is when the line begins.
		stdout := os.Stdout
		os.Stdout = os.Stderr
		defer func() { os.Stdout = stdout }()
		p := viz.NewProgress(label)
		p.Unit = "steps"
		return p
	}
}

// logWriter is stdout; where the progress line is on the same screen, it is
// wiped out before a line of the log.
func logWriter() io.Writer {
	if isTerminal(os.Stdout) && isTerminal(os.Stderr) {
		return wiping{os.Stdout}
	}
	return os.Stdout
}

type wiping struct{ w io.Writer }

func (w wiping) Write(b []byte) (int, error) {
	if _, err := os.Stderr.WriteString("\r\x1b[K"); err != nil {
		return 0, err
	}
	return w.w.Write(b)
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
