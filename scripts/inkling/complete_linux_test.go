package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A shell on a terminal of its own.
type shell struct {
	t      *testing.T
	master *os.File
	said   bytes.Buffer
	stop   func()
}

// start runs a shell in the world's folder.
func (w *world) shell(t *testing.T, env []string, name string, args ...string) *shell {
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip("no", name)
	}
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here:", err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	must(0, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	must(0, unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 1000}))
	terminal := must(os.OpenFile(fmt.Sprint("/dev/pts/", must(unix.IoctlGetInt(fd, unix.TIOCGPTN))), os.O_RDWR|syscall.O_NOCTTY, 0))
	defer terminal.Close()
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env = w.dir, append(w.env, append([]string{"PATH=" + filepath.Dir(program) + ":" + os.Getenv("PATH"), "TERM=dumb", "HOME=" + w.dir, "ZDOTDIR=" + w.dir}, env...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	must(0, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return &shell{t: t, master: master, stop: func() { cmd.Process.Kill() }}
}

// types types a line and returns what comes until marker.
func (s *shell) types(line, marker string) string {
	s.t.Helper()
	must(s.master.WriteString(line))
	from := s.said.Len()
	stuck := time.AfterFunc(20*time.Second, s.stop) // ends the reading below
	defer stuck.Stop()
	for buf := make([]byte, 4096); !strings.Contains(s.said.String()[from:], marker); {
		n, err := s.master.Read(buf)
		s.said.Write(buf[:n])
		if err != nil {
			s.t.Fatalf("%q: no %q, and %v after %q", line, marker, err, s.said.String()[from:])
		}
	}
	return s.said.String()[from:]
}

// lines are those that a person types, with tabs, and the words that the program then
// gets.
var completedLines = []struct {
	typed string
	words []string
}{
	{"inkling trai\t", []string{"train"}},
	{"inkling train --optimi\tadamw", []string{"train", "--optimizer=adamw"}},
	{"inkling train --optimizer=ada\tmw", []string{"train", "--optimizer=adamw"}}, // as far as adam and adagrad agree
	{"inkling train --layers=conv2\tfil\t8:ker\t3,rel\tlin\tou\t10", []string{"train", "--layers=conv2d:filters=8:kernel=3,relu,linear:out=10"}},
	{"inkling search --optimizer=sgd,ada\tmw --meth\trand\t", []string{"search", "--optimizer=sgd,adamw", "--method=random"}},
	{"inkling help runs pru\t", []string{"help", "runs", "prune"}},
	{"inkling help search min\t", []string{"help", "search", "min-epochs"}},
	{"inkling train --activation rel\t", []string{"train", "--activation", "relu"}},
	{"inkling runs sho\tlr\\ 0.2\t", []string{"runs", "show", "lr 0.2, \"more\" of it"}},
	{"inkling runs rm 'lr 0.2\t", []string{"runs", "rm", "lr 0.2, \"more\" of it"}},
	{"inkling compare \"lr 0.2\tx", []string{"compare", "lr 0.2, \"more\" of it", "x"}},
	{"inkling runs --question=comm\t", []string{"runs", "--question=command"}},
	{"inkling predict my\tph\t", []string{"predict", "my pictures/photo 1.png"}},
	{"inkling data --sheet=my\tph\t", []string{"data", "--sheet=my pictures/photo 1.png"}},
}

// What is typed into a real shell, with tabs, becomes the words that are meant.
func TestCompletionInShells(t *testing.T) {
	w := newWorld(t)
	for _, more := range [][]string{{"--lr=0.1"}, {"--lr=0.2", `--name=lr 0.2, "more" of it`}} {
		if code, _, stderr := w.run(append(append([]string{}, small...), more...)); code != 0 {
			t.Fatal(stderr)
		}
	}
	must(0, os.MkdirAll(filepath.Join(w.dir, "my pictures"), 0o755))
	must(0, os.WriteFile(filepath.Join(w.dir, "my pictures", "photo 1.png"), nil, 0o644))
	// The program is there under its name for completion, and tells its words else.
	const stub = `inkling() { case $1 in __complete|completion) command inkling "$@";; *) printf '<%s>' "$@"; echo; esac; }; `
	for name, c := range map[string]struct{ args, setUp []string }{
		"bash": {[]string{"--norc", "--noprofile", "-i"}, []string{"bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; source <(inkling completion bash)"}},
		"zsh":  {[]string{"-f", "-i"}, []string{"unsetopt beep zle_bracketed_paste 2>/dev/null; unset zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source <(inkling completion zsh)"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := w.shell(t, nil, name, c.args...)
			for _, line := range c.setUp {
				s.types(line+"; "+stub+"PS1='ready''> '\n", "ready> ")
			}
			for _, l := range completedLines {
				want := "<" + strings.Join(l.words, "><") + ">"
				s.types(l.typed+"\n", want+"\r\n")
			}
		})
	}
}
