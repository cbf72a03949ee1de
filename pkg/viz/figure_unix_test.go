//go:build unix

package viz

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A figure is not written through a link, nor into what is no file.
func TestSaveDoesNotFollowLinks(t *testing.T) {
	dir := t.TempDir()
	precious := filepath.Join(dir, "precious.png")
	for path, lay := range map[string]func(path string) error{
		"link.png":     func(path string) error { return os.Symlink(precious, path) },
		"dangling.svg": func(path string) error { return os.Symlink(filepath.Join(dir, "nowhere"), path) },
		"fifo.pdf":     func(path string) error { return syscall.Mkfifo(path, 0o644) },
	} {
		if err := os.WriteFile(precious, []byte("precious"), 0o644); err != nil {
			t.Fatal(err)
		}
		path = filepath.Join(dir, path)
		if err := lay(path); err != nil {
			t.Fatal(err)
		}
		err := Save(path, Bars{Names: []string{"a"}, Series: []Series{{Y: []float64{1}}}})
		if err == nil || !strings.Contains(err.Error(), path+": is a ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", path, err)
		}
		if b, err := os.ReadFile(precious); string(b) != "precious" || err != nil {
			t.Errorf("%s: the file behind it holds %.20q, %v", path, b, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a dangling link was followed")
	}
}
