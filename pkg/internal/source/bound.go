package source

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"inkling/pkg/internal/atomicfile"
)

// fresh is where the go command keeps a program that it has just checked
// against its sources, and starts at once: go run and go test.
var fresh = regexp.MustCompile(`/go-build\d+/b\d+/|/[0-9a-f]{2}/[0-9a-f]{64}-d/[^/]+$`)

// inCell says whether a program is that of a notebook's cell, which GoNB builds
// in a folder of its own just before it starts it.
func inCell(path string) bool {
	name := filepath.Base(path)
	return strings.HasPrefix(name, "gonb_") && filepath.Base(filepath.Dir(path)) == name
}

// launcher is the command line of the process that has started this one, and
// its program; both empty where the system does not tell.
var launcher = func() (l struct {
	program string
	args    []string
}) {
	proc := fmt.Sprintf("/proc/%d/", os.Getppid())
	l.program, _ = os.Readlink(proc + "exe")
	if b, err := os.ReadFile(proc + "cmdline"); err == nil {
		l.args = strings.Split(string(b), "\x00")
	}
	return l
}()

// bound says why it cannot be known that the source in its folders is what the
// program at path was built from, if it cannot. Times of files do not tell: a
// copy of an old program is newer than a change of its source. So it must be
// the go command, or GoNB, that has built and started it just now.
func bound(path string, settings map[string]string) error {
	cell := inCell(path)
	byGo := fresh.MatchString(filepath.ToSlash(path)) && (launcher.program == "" || strings.TrimSuffix(filepath.Base(launcher.program), " (deleted)") == "go")
	switch {
	case !cell && !byGo:
		return errors.New("the program was built at another time, so its source may be another by now; started by go run (or go test, or as a notebook's cell) its code is recognised")
	case settings["-trimpath"] == "true":
		return errors.New("the program does not know where its source is: it was built with -trimpath")
	}
	replaces := func(flag string) bool {
		flag = strings.TrimLeft(flag, `-"'`)
		return strings.HasPrefix(flag, "overlay") || strings.HasPrefix(flag, "toolexec")
	}
	flags := strings.Fields(os.Getenv("GOFLAGS"))
	if byGo {
		for _, a := range launcher.args {
			if strings.HasPrefix(a, "-") {
				flags = append(flags, a)
			}
		}
	}
	if b, err := atomicfile.ReadFile(environment(), 1<<20); err == nil {
		for line := range bytes.Lines(b) {
			if value, ok := strings.CutPrefix(string(line), "GOFLAGS="); ok {
				flags = append(flags, strings.Fields(value)...)
			}
		}
	}
	if i := slices.IndexFunc(flags, replaces); i >= 0 {
		return fmt.Errorf("the program was built with %s: what was compiled is not what lies in the folders", flags[i])
	}
	return nil
}

// environment is the file of go env -w.
func environment() string {
	if path := os.Getenv("GOENV"); path != "" {
		return path
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "go", "env")
}
