package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A terminal that is closed sends SIGHUP and from then on fails every write, of
// the log and of the progress line alike: the run is saved all the same.
func TestClosedTerminal(t *testing.T) {
	w := newWorld(t)
	notIgnored(t)
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here:", err)
	}
	defer master.Close()
	fd := int(master.Fd())
	must(0, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	terminal := must(os.OpenFile(fmt.Sprint("/dev/pts/", must(unix.IoctlGetInt(fd, unix.TIOCGPTN))), os.O_RDWR|syscall.O_NOCTTY, 0))
	cmd, _, _ := w.command(long)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	must(0, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill() })
	terminal.Close()
	var said bytes.Buffer
	for buf := make([]byte, 4096); !strings.Contains(said.String(), "[Dev]"); {
		n, err := master.Read(buf)
		said.Write(buf[:n])
		if err != nil && err != io.EOF {
			t.Fatalf("%v after %q", err, said.String())
		}
	}
	master.Close()
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 129 {
		t.Errorf("ends with %v", cmd.ProcessState)
	}
	mustContinue(t, w, long)
}
