package script

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// notebook is a file with these cells of Go below a heading.
func notebook(t *testing.T, cells ...string) []byte {
	all := []map[string]any{{"cell_type": "markdown", "id": "head", "source": []string{"# What it\n", "text"}}}
	for i, c := range cells {
		all = append(all, map[string]any{"cell_type": "code", "id": string(rune('a' + i)), "source": c})
	}
	raw, err := json.Marshal(map[string]any{"cells": all})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// run makes the program, and runs it with these words.
func run(t *testing.T, raw []byte, words ...string) (said string, code int) {
	cells, title, err := Read(raw)
	if err != nil {
		t.Fatal(err)
	}
	source, err := Source(cells, title)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(source), "// What it\n") {
		t.Errorf("begins with %.40q, want the notebook's title", source)
	}
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, source, 0o644); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command("go", "build", "-o", file+".exe", file).CombinedOutput()
	cmd := exec.Command(file+".exe", words...)
	ran, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatalf("not started: %v\n%s\n%s", err, out, source)
	}
	return string(ran), cmd.ProcessState.ExitCode()
}

// A program does what the notebook's cells do: each with the flags of its own line
// and with fresh values, in their order, tests too, and it ends where one fails.
func TestProgram(t *testing.T) {
	raw := notebook(t,
		"%noautoget\n!ls /",
		"import (\n\t\"flag\"\n\t\"fmt\"\n\tmy \"strings\"\n)\n\n// count counts.\nvar count = 1 // one\n\nvar word = flag.String(\"word\", \"none\", \"\")",
		"%% --word=first // a comment\ncount++\nfmt.Println(my.ToUpper(*word), count)",
		"%%\ncount++\nfmt.Println(*word, count)",
		"import \"testing\"\n\n%test -test.v\nfunc TestIt(t *testing.T) { t.Log(\"tested\", count) }",
		"import \"os\"\n\n%%\nos.Exit(7)",
		"%%\nfmt.Println(\"not reached\")")
	said, code := run(t, raw)
	at := -1
	for _, want := range []string{"== c\nFIRST 2", "== d\nnone 2", "== e\n", "tested 1", "--- PASS: TestIt", "cell f: exit status 7"} {
		next := strings.Index(said, want)
		if next <= at {
			t.Errorf("no %q after the others in\n%s", want, said)
		}
		at = next
	}
	if code != 1 || strings.Contains(said, "not reached") {
		t.Errorf("exit code %d, want 1 at the cell that fails:\n%s", code, said)
	}
	if said, code = run(t, raw, "g", "d"); code != 0 || said != "\n== d\nnone 2\n\n== g\nnot reached\n" {
		t.Errorf("cells d and g say %q with exit code %d", said, code)
	}
}

// Of two declarations with one name the later counts, as in GoNB; what is no Go is
// told with the cell's name.
func TestDeclaredTwiceAndBroken(t *testing.T) {
	said, _ := run(t, notebook(t, "import \"fmt\"\n\nfunc f() int { return 1 }", "func f() int { return 2 }\n\n%%\nfmt.Println(f())"))
	if said != "\n== b\n2\n" {
		t.Errorf("says %q, want 2", said)
	}
	cells, _, err := Read(notebook(t, "x := 1"))
	if err == nil {
		_, err = Source(cells, "")
	}
	if err == nil || !strings.Contains(err.Error(), "cell a: ") {
		t.Errorf("error %v, want one of cell a", err)
	}
	if _, _, err := Read([]byte("[]")); err == nil {
		t.Error("a list is read as a notebook")
	}
}
