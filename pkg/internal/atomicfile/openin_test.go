package atomicfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A name that another file gives stays in its folder.
func TestOpenIn(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "in")
	if err := os.MkdirAll(filepath.Join(folder, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "out"), filepath.Join(folder, "a"), filepath.Join(folder, "sub", "b")} {
		if err := os.WriteFile(path, []byte("1234"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	os.Symlink(filepath.Join("..", "out"), filepath.Join(folder, "link"))
	os.Symlink("..", filepath.Join(folder, "up"))
	for name, want := range map[string]string{
		"a": "", "sub/b": "", "sub/../a": "",
		"../out": "escapes", filepath.Join(dir, "out"): "escapes", "link": "escapes", "up/out": "escapes",
		"gone": "no such file", "sub": "is a folder", "": "",
	} {
		f, err := OpenIn(folder, name, 4)
		if err == nil {
			f.Close()
		}
		if name == "" && err != nil {
			continue // whatever it is called
		}
		if want == "" && (name == "" || err != nil) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	if _, err := OpenIn(folder, "a", 3); err == nil || !strings.Contains(err.Error(), "is a file of 4 bytes") {
		t.Errorf("a file beyond the limit: %v", err)
	}
}
