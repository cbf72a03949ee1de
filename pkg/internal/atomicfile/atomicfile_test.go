package atomicfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// contents returns the names in dir and the contents of path.
func contents(t *testing.T, path string) (names []string, data string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return names, string(b)
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a*b.json")
	for _, want := range []string{"first", strings.Repeat("longer ", 1<<20), ""} {
		if err := Write(path, text(want)); err != nil {
			t.Fatal(err)
		}
		names, got := contents(t, path)
		if got != want || !slices.Equal(names, []string{"a*b.json"}) {
			t.Fatalf("%d bytes, want %d; files %q", len(got), len(want), names)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, %v, want 0644", info.Mode(), err)
	}
}

// A fault at any step leaves the old contents and no temporary file.
func TestFaults(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		write func(w io.Writer) error
		want  string
	}{
		"write fails at once": {write: func(io.Writer) error { return broken }, want: "broken"},
		"write fails midway": {write: func(w io.Writer) error {
			w.Write(make([]byte, 3<<20))
			return broken
		}, want: "broken"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			if err := Write(path, text("old")); err != nil {
				t.Fatal(err)
			}
			err := Write(path, c.write)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if names, got := contents(t, path); got != "old" || len(names) != 1 {
				t.Errorf("contents %q, files %q", got, names)
			}
		})
	}
	t.Run("write panics", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "x")
		if err := Write(path, text("old")); err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			Write(path, func(io.Writer) error { panic("broken") })
		}()
		if names, got := contents(t, path); got != "old" || len(names) != 1 {
			t.Errorf("contents %q, files %q", got, names)
		}
	})
	t.Run("a folder in the way", func(t *testing.T) { // the rename fails
		path := filepath.Join(t.TempDir(), "x")
		if err := os.MkdirAll(filepath.Join(path, "y"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := Write(path, text("new")); err == nil {
			t.Error("a folder was replaced")
		}
		if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
			t.Errorf("left behind: %v %v", entries, err)
		}
	})
	t.Run("no such folder", func(t *testing.T) {
		err := Write(filepath.Join(t.TempDir(), "no", "x"), text("new"))
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v, want that the folder does not exist", err)
		}
	})
	t.Run("read-only folder", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("root may write anywhere")
		}
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		if err := Write(filepath.Join(dir, "x"), text("new")); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%v, want a permission error", err)
		}
	})
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-2 * time.Hour)
	for _, name := range []string{
		"state.tmp-123", "a.tmp-b.tmp-5", // ours and old
		"young.tmp-123",                                                          // ours, perhaps at work
		"state", "notes.tmp-old.txt", ".tmp-1", "x.tmp-", "x.tmp-12a", "tmp-123", // others'
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if name != "young.tmp-123" {
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.tmp-1"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(dir, "folder.tmp-1"), old, old); err != nil {
		t.Fatal(err)
	}
	Sweep(dir, time.Hour)
	names, _ := contents(t, filepath.Join(dir, "state"))
	want := []string{".tmp-1", "folder.tmp-1", "notes.tmp-old.txt", "state", "tmp-123", "x.tmp-", "x.tmp-12a", "young.tmp-123"}
	if !slices.Equal(names, want) {
		t.Errorf("left %q\nwant %q", names, want)
	}
	Sweep(filepath.Join(dir, "no such folder"), 0) // quietly nothing
}

// What Write calls its temporary files, Sweep must know.
func TestSweepKnowsTheNames(t *testing.T) {
	for _, base := range []string{"x", "best.safetensors", "a*b", "y.tmp-z"} {
		dir := t.TempDir()
		err := Write(filepath.Join(dir, base), func(io.Writer) error {
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) != 1 || !Temporary(entries[0].Name()) {
				return fmt.Errorf("%v %v", entries, err)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

// Readers beside several writers see whole files only.
func TestConcurrentWriters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	var writers, reader sync.WaitGroup
	version := func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, 100000+i) }
	if err := Write(path, text(string(version(0)))); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		writers.Go(func() {
			for range 10 {
				if err := Write(path, text(string(version(i)))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	stop := make(chan struct{})
	reader.Go(func() {
		for {
			b, err := os.ReadFile(path)
			if err != nil || len(b) == 0 || !bytes.Equal(b, version(int(b[0]-'a'))) {
				t.Errorf("a part of a file: %d bytes, %v", len(b), err)
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	writers.Wait()
	close(stop)
	reader.Wait()
}

const childEnv = "INKLING_TEST_ATOMICFILE"

// TestMain is also the child of TestKill: it replaces a file until it dies.
func TestMain(m *testing.M) {
	path := os.Getenv(childEnv)
	if path == "" {
		os.Exit(m.Run())
	}
	for i := 0; ; i++ {
		err := Write(path, func(w io.Writer) error { // in parts, so that a kill finds one half done
			for range 64 {
				if _, err := w.Write(bytes.Repeat([]byte{byte('a' + i%26)}, 40000)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if i == 0 {
			fmt.Println("ready")
		}
	}
}

func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	r := rand.New(rand.NewPCG(1, 1))
	for range 15 {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), childEnv+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
			t.Fatalf("the child says %q, %v", line, err)
		}
		time.Sleep(time.Duration(r.IntN(40000)) * time.Microsecond)
		cmd.Process.Kill()
		cmd.Wait()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) != 64*40000 || len(bytes.Trim(b, string(b[:1]))) != 0 {
			t.Fatalf("a part of a file: %d bytes", len(b))
		}
	}
	Sweep(dir, -time.Hour)
	if names, _ := contents(t, path); !slices.Equal(names, []string{"x"}) {
		t.Errorf("after the sweep: %q", names)
	}
}
