//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// long is a run that nobody waits for.
var long = []string{"train", "--hidden=16", "--epochs=100000", "--schedule=constant", "--lr=0.01"}

// A run is saved at SIGINT, SIGTERM and SIGHUP, and continued.
func TestInterrupt(t *testing.T) {
	w := newWorld(t)
	notIgnored(t)
	for part, stop := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		cmd, _, stderr := w.command(long)
		r := must(os.Create(filepath.Join(w.dir, fmt.Sprint("out", part))))
		cmd.Stdout = r
		must(0, cmd.Start())
		said := func() string { return string(must(os.ReadFile(r.Name()))) }
		marker := "[Dev]"
		if part > 0 {
			marker = "continued after iteration"
		}
		for end := time.Now().Add(30 * time.Second); !strings.Contains(said(), marker); time.Sleep(2 * time.Millisecond) {
			if time.Now().After(end) {
				cmd.Process.Kill()
				t.Fatalf("nothing came in 30 s: %s%s", said(), stderr)
			}
		}
		if part == 0 { // a second process on the same run
			w := *w
			code, _, stderr := w.run(long)
			if code != 2 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, fmt.Sprintf("in use by process %d:", cmd.Process.Pid)) {
				t.Errorf("second process: code %d, stderr %q", code, stderr)
			}
		}
		start := time.Now()
		cmd.Process.Signal(stop)
		cmd.Wait()
		if took := time.Since(start); took > 5*time.Second { // Jupyter kills then
			t.Errorf("took %v to end", took)
		}
		if code := cmd.ProcessState.ExitCode(); code != 128+int(stop) || !strings.Contains(said(), "saved in $INKLING_RUNS/") {
			t.Errorf("%v: code %d, stdout %q, stderr %q", stop, code, said(), stderr)
		}
	}
	if code, out, _ := w.run([]string{"runs"}); code != 0 || !strings.Contains(out, "interrupted") {
		t.Errorf("code %d, runs %q", code, out)
	}
}

// notIgnored makes programs that are started from now on hear SIGHUP, also where
// the tests themselves run under nohup.
func notIgnored(t *testing.T) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(heard) })
}

// mustContinue checks that the long run was saved: the next process goes on.
func mustContinue(t *testing.T, w *world, args []string) {
	t.Helper()
	cmd, _, stderr := w.command(args)
	cmd.Stdout = nil
	r := must(cmd.StdoutPipe())
	must(0, cmd.Start())
	defer func() {
		cmd.Process.Signal(syscall.SIGTERM)
		io.Copy(io.Discard, r)
		cmd.Wait()
	}()
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "continued after iteration") {
			return
		}
	}
	t.Errorf("the run was not saved: %s", stderr)
}

// awaitLog waits for a line of the log and reads no further.
func awaitLog(t *testing.T, r io.Reader, what string) {
	t.Helper()
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if strings.Contains(lines.Text(), what) {
			return
		}
	}
	t.Fatalf("the log ends without %q", what)
}

// nohup: a SIGHUP that was switched off before the start stays off.
func TestNohup(t *testing.T) {
	w := newWorld(t)
	cmd, _, stderr := w.command(nil)
	cmd.Path, cmd.Args = must(exec.LookPath("sh")), append([]string{"sh", "-c", `trap "" HUP; exec "$0" "$@"`, program}, long...)
	cmd.Stdout = nil
	r := must(cmd.StdoutPipe())
	must(0, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill() })
	for range 3 { // evaluations: it goes on and on
		awaitLog(t, r, "[Dev]")
		cmd.Process.Signal(syscall.SIGHUP)
	}
	awaitLog(t, r, "[Dev]")
	cmd.Process.Signal(syscall.SIGTERM)
	io.Copy(io.Discard, r)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 143 {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
	mustContinue(t, w, long)
}

// The reader of the log goes away, as head does and as tee does in a closed
// terminal.
func TestReaderOfTheLogGoesAway(t *testing.T) {
	w := newWorld(t)
	cmd, _, stderr := w.command(long)
	cmd.Stdout = nil
	r := must(cmd.StdoutPipe())
	must(0, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill() })
	awaitLog(t, r, "[Dev]")
	r.Close()
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 141 {
		t.Errorf("code %d, stderr %q", code, stderr)
	}
	mustContinue(t, w, long)
}

// A store that may be read and not written: stored runs come back, new ones
// are refused.
func TestReadOnlyStore(t *testing.T) {
	w := newWorld(t)
	if code, _, stderr := w.run(small); code != 0 {
		t.Fatal(stderr)
	}
	open := func(args []string) (code int, stdout, stderr string) {
		cmd, out, err := w.command(args, "HOME=/", "XDG_CACHE_HOME="+os.Getenv("XDG_CACHE_HOME"))
		if os.Getuid() == 0 { // root may write everywhere: be somebody else
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			for dir := filepath.Dir(program); dir != os.TempDir() && len(dir) > 1; dir = filepath.Dir(dir) {
				must(0, os.Chmod(dir, 0o755))
			}
			for dir := w.dir; dir != os.TempDir() && len(dir) > 1; dir = filepath.Dir(dir) {
				must(0, os.Chmod(dir, 0o755))
			}
		}
		if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
			t.Skip("cannot be run as somebody else:", err)
		}
		return cmd.ProcessState.ExitCode(), out.String(), err.String()
	}
	if os.Getuid() != 0 {
		question := filepath.Dir(filepath.Dir(must(filepath.Glob(filepath.Join(w.store, "*", "*", "*", "run.json")))[0]))
		must(0, os.Chmod(question, 0o555))
		defer os.Chmod(question, 0o755)
	}
	code, out, stderr := open(small)
	if code != 0 || !strings.Contains(out, ", stored ") {
		t.Errorf("stored run: code %d, stderr %q", code, stderr)
	}
	before := fmt.Sprint(w.files())
	code, _, stderr = open(append(small, "--seed=9"))
	lines := strings.Split(strings.TrimSpace(stderr), "\n") // the first ones may be about a cache that cannot be made either
	if last := lines[len(lines)-1]; code != 2 || !strings.HasPrefix(last, "inkling: run store: ") || !strings.HasSuffix(last, "permission denied") {
		t.Errorf("new run: code %d, stderr %q", code, stderr)
	}
	if after := fmt.Sprint(w.files()); after != before {
		t.Errorf("files were %v, are %v", before, after)
	}
	if code, _, stderr := open([]string{"test", "command"}); code != 0 {
		t.Errorf("test: code %d, stderr %q", code, stderr)
	}
}

// What is no file of ours is refused in one line and at once, wherever the command
// looks: as a model, and in the run store.
func TestNoRegularFile(t *testing.T) {
	w := newWorld(t)
	if code, _, stderr := w.run(small); code != 0 {
		t.Fatal(stderr)
	}
	fifo, folder := filepath.Join(w.dir, "fifo"), filepath.Join(w.dir, "folder", "best.safetensors")
	must(0, syscall.Mkfifo(fifo, 0o644))
	must(0, os.MkdirAll(folder, 0o755))
	w.refuses([]string{"test", "/dev/zero"}, nil, "/dev/zero: is a device, want a regular file of at most 8 GiB")
	w.refuses([]string{"test", "/dev/stdin"}, nil, "want a regular file")
	w.refuses([]string{"test", fifo}, nil, "is a FIFO (named pipe)")
	w.refuses([]string{"test", filepath.Dir(folder)}, nil, "is a folder")
	record := must(filepath.Glob(filepath.Join(w.store, "*", "*", "*", "run.json")))[0]
	for what, lay := range map[string]func(path string) error{
		"a device": func(path string) error { return os.Symlink("/dev/zero", path) },
		"a FIFO":   func(path string) error { return syscall.Mkfifo(path, 0o644) },
	} {
		must(0, os.Remove(record))
		must(0, lay(record))
		for _, args := range [][]string{{"runs"}, small, {"test", "command"}} {
			code, _, stderr := w.run(args)
			lines := strings.Split(strings.TrimSpace(stderr), "\n")
			if code != 2 || len(lines) != 1 || args[0] != "test" && !strings.Contains(stderr, "run.json: is "+what) {
				t.Errorf("%s, %s: code %d, stderr %q", what, args[0], code, stderr)
			}
		}
	}
}

// A lock that is a link, or another name of a file, does not empty that file.
func TestLockThatIsALink(t *testing.T) {
	w := newWorld(t)
	precious := filepath.Join(w.dir, "precious.txt")
	must(0, os.WriteFile(precious, []byte("precious"), 0o644))
	if code, _, stderr := w.run(small); code != 0 {
		t.Fatal(stderr)
	}
	lock := must(filepath.Glob(filepath.Join(w.store, "*", "*", "best.safetensors.lock")))[0]
	for _, lay := range []func(from, to string) error{os.Symlink, os.Link} {
		must(0, os.Remove(lock))
		must(0, lay(precious, lock))
		code, _, stderr := w.run(append(small, "--seed=5"))
		if code != 2 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "nothing is written there: remove it") {
			t.Errorf("code %d, stderr %q", code, stderr)
		}
		if b := must(os.ReadFile(precious)); string(b) != "precious" {
			t.Errorf("the file behind the link holds %q", b)
		}
	}
}
