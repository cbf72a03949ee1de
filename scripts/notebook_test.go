package scripts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"inkling/scripts/inkling/script"
)

// maxCellLines is the length at which a cell holds more than one thought.
const maxCellLines = 25

type notebook struct {
	Cells []struct {
		Type     string          `json:"cell_type"`
		ID       string          `json:"id"`
		Source   json.RawMessage `json:"source"`
		Outputs  []any           `json:"outputs"`
		Count    *int            `json:"execution_count"`
		Metadata map[string]any  `json:"metadata"`
	} `json:"cells"`
	Metadata struct {
		Kernelspec struct{ Name, Language string }
	} `json:"metadata"`
	Format int `json:"nbformat"`
}

// source joins what a notebook may hold as one string or as lines.
func source(t *testing.T, raw json.RawMessage) string {
	text, err := script.Text(raw)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// notebooks reads the notebooks that git holds, by name.
func notebooks(t *testing.T) (names []string, read map[string]notebook) {
	read = map[string]notebook{}
	for _, file := range tracked(t) {
		if path.Ext(file) != ".ipynb" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			continue // removed, and not yet committed
		}
		var nb notebook
		if err := json.Unmarshal(raw, &nb); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		name := strings.TrimSuffix(path.Base(file), ".ipynb")
		names, read[name] = append(names, name), nb
	}
	if len(names) < 2 {
		t.Fatalf("notebooks %q: there are more", names)
	}
	return names, read
}

// code is the Go cells of a notebook.
func (nb notebook) code(t *testing.T) (cells []script.Cell) {
	for _, cell := range nb.Cells {
		if cell.Type == "code" {
			c, _ := script.Parts(cell.ID, source(t, cell.Source))
			cells = append(cells, c)
		}
	}
	return cells
}

// A committed notebook is clean: no outputs, no counts, ids that no other cell
// of any notebook has, and no import that a machine without a network lacks.
func TestNotebooks(t *testing.T) {
	imports := regexp.MustCompile(`(?m)^import\s+(\([^)]*\)|.*)`)
	quoted := regexp.MustCompile(`"([^"]+)"`)
	first := map[string]string{}
	names, read := notebooks(t)
	for _, name := range names {
		nb := read[name]
		if nb.Format != 4 || nb.Metadata.Kernelspec.Name != "gonb" {
			t.Errorf("%s: nbformat %d and kernel %q, want 4 and gonb", name, nb.Format, nb.Metadata.Kernelspec.Name)
		}
		for i, cell := range nb.Cells {
			if other := first[cell.ID]; other != "" || cell.ID == "" {
				t.Errorf("%s: cell %d has the id %q, which %s has too", name, i, cell.ID, other)
			}
			first[cell.ID] = name
			if cell.Type != "code" {
				continue
			}
			if len(cell.Outputs) > 0 || cell.Count != nil {
				t.Errorf("%s: cell %s has outputs or an execution count: clear them before a commit (in JupyterLab: Edit, Clear Outputs of All Cells)", name, cell.ID)
			}
			text := source(t, cell.Source)
			if _, n := script.Parts(cell.ID, text); n > maxCellLines {
				t.Errorf("%s: cell %s has %d lines, a thought has at most %d", name, cell.ID, n, maxCellLines)
			}
			for _, block := range imports.FindAllString(text, -1) {
				for _, m := range quoted.FindAllStringSubmatch(block, -1) {
					host, _, _ := strings.Cut(m[1], "/")
					if strings.Contains(host, ".") || strings.Contains(m[1], "/internal") {
						t.Errorf("%s: cell %s imports %s: notebooks import this module's packages and Go's own", name, cell.ID, m[1])
					}
				}
			}
		}
	}
}

// Cells are written as gofmt writes them.
func TestNotebooksAreFormatted(t *testing.T) {
	names, read := notebooks(t)
	for _, name := range names {
		for _, c := range read[name].code(t) {
			for _, part := range []string{c.Declarations, c.Body} {
				// format.Source takes a list of declarations or of statements as well.
				formatted, err := format.Source([]byte(part))
				if err != nil {
					t.Errorf("%s: cell %s: %v", name, c.ID, err)
				} else if got := strings.TrimSpace(part); got != strings.TrimSpace(string(formatted)) {
					t.Errorf("%s: cell %s is not formatted; gofmt would write\n%s", name, c.ID, formatted)
				}
			}
		}
	}
}

// joined is a notebook as the program that inkling notebook makes of it.
func joined(t *testing.T, name string, nb notebook) string {
	text, err := script.Source(nb.code(t), name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(text)
}

// Each notebook, as one program, compiles and has nothing for go vet to say.
func TestNotebooksAreVetted(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	names, read := notebooks(t)
	dir := t.TempDir()
	write := func(file, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.work", fmt.Sprintf("go 1.26.0\n\nuse (\n\t%q\n\t.\n)\n", root))
	write("go.mod", "module notebooks\n\ngo 1.26.0\n")
	for _, name := range names {
		write(name+"/main.go", joined(t, name, read[name]))
	}
	cmd := exec.Command("go", "vet", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK="+filepath.Join(dir, "go.work"), "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go vet of the notebooks as programs: %v\n%s", err, out)
	}
}

// Notebooks read like the argument they make: things have names, not places in
// a list, and a helper that two notebooks need stands in a package.
func TestNotebooksName(t *testing.T) {
	names, read := notebooks(t)
	helpers := map[string]string{} // a function's text to the notebook that has it
	for _, name := range names {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, joined(t, name, read[name]), 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		where := func(n ast.Node) string {
			var b bytes.Buffer
			printer.Fprint(&b, fset, n)
			return fmt.Sprintf("%s: %.70s", name, b.String())
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.IndexExpr:
				if l, ok := n.Index.(*ast.BasicLit); ok && l.Kind == token.INT && l.Value != "0" && l.Value != "1" {
					t.Errorf("%s: a literal index above 1: give it a name or a field", where(n))
				}
			case *ast.AssignStmt:
				if len(n.Lhs) > 2 && len(n.Rhs) == len(n.Lhs) {
					t.Errorf("%s: %d names in one assignment, at most two", where(n), len(n.Lhs))
				}
			case *ast.FuncDecl:
				if strings.HasPrefix(n.Name.Name, "cell") || n.Name.Name == "main" {
					return true
				}
				var b bytes.Buffer
				printer.Fprint(&b, fset, n)
				if other := helpers[b.String()]; other != "" && other != name {
					t.Errorf("%s: the function %s stands in %s too: it belongs into pkg/notebook or another package", name, n.Name.Name, other)
				}
				helpers[b.String()] = name
			}
			return true
		})
	}
}
