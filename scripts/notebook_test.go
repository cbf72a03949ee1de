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
	"slices"
	"strings"
	"testing"
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

// A cell of Go: what is declared, and the body of a main function if there is one.
type goCell struct {
	id                 string
	declarations, body string
	test               bool // the declarations are those of %test
}

// parts takes a cell apart as GoNB does: lines that begin with % or ! are the
// kernel's, what follows %% or %main is the body of main.
func parts(id, source string) (c goCell, lines int) {
	c.id = id
	body := false
	for line := range strings.Lines(source) {
		lines++
		switch {
		case strings.HasPrefix(line, "%%"), strings.HasPrefix(line, "%main"):
			body = true
		case strings.HasPrefix(line, "%test"):
			c.test = true
		case strings.HasPrefix(line, "%"), strings.HasPrefix(line, "!"):
		case body:
			c.body += line
		default:
			c.declarations += line
		}
	}
	return c, lines
}

// source joins what a notebook may hold as one string or as lines.
func source(t *testing.T, raw json.RawMessage) string {
	var lines []string
	if json.Unmarshal(raw, &lines) == nil {
		return strings.Join(lines, "")
	}
	var whole string
	if err := json.Unmarshal(raw, &whole); err != nil {
		t.Fatalf("a cell's source is neither text nor lines: %v", err)
	}
	return whole
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
func (nb notebook) code(t *testing.T) (cells []goCell) {
	for _, cell := range nb.Cells {
		if cell.Type == "code" {
			c, _ := parts(cell.ID, source(t, cell.Source))
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
			if _, n := parts(cell.ID, text); n > maxCellLines {
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
			for _, part := range []string{c.declarations, c.body} {
				// format.Source takes a list of declarations or of statements as well.
				formatted, err := format.Source([]byte(part))
				if err != nil {
					t.Errorf("%s: cell %s: %v", name, c.id, err)
				} else if got := strings.TrimSpace(part); got != strings.TrimSpace(string(formatted)) {
					t.Errorf("%s: cell %s is not formatted; gofmt would write\n%s", name, c.id, formatted)
				}
			}
		}
	}
}

// program joins the cells of a notebook to one Go file: all imports, all
// declarations, the later of two with one name, and a function for each body.
func program(cells []goCell) string {
	var imports, rest []string
	place := map[string]int{} // of a declared name in rest
	fset := token.NewFileSet()
	for i, c := range cells {
		f, err := parser.ParseFile(fset, c.id, "package main\n"+c.declarations, parser.ParseComments)
		if err == nil {
			for _, d := range f.Decls {
				var b bytes.Buffer
				printer.Fprint(&b, fset, d)
				g, ok := d.(*ast.GenDecl)
				if ok && g.Tok == token.IMPORT {
					imports = append(imports, b.String())
					continue
				}
				key := declared(d)
				if at, ok := place[key]; ok {
					rest[at] = b.String()
					continue
				}
				place[key] = len(rest)
				rest = append(rest, b.String())
			}
		}
		if strings.TrimSpace(c.body) != "" {
			rest = append(rest, fmt.Sprintf("func cell%d() {\n%s}", i, c.body))
		}
	}
	calls := ""
	for i, c := range cells {
		if strings.TrimSpace(c.body) != "" {
			calls += fmt.Sprintf("cell%d()\n", i)
		}
	}
	slices.Sort(imports)
	return "package main\n" + strings.Join(slices.Compact(imports), "\n") + "\n" + strings.Join(rest, "\n\n") + "\nfunc main() {\n" + calls + "}\n"
}

// declared names a declaration: "func T.Method", "var a b".
func declared(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return "func " + d.Name.Name
		}
		of := d.Recv.List[0].Type
		if p, ok := of.(*ast.StarExpr); ok {
			of = p.X
		}
		return fmt.Sprintf("func %v.%s", of, d.Name.Name)
	case *ast.GenDecl:
		key := d.Tok.String()
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				key += " " + s.Name.Name
			case *ast.ValueSpec:
				for _, n := range s.Names {
					key += " " + n.Name
				}
			}
		}
		return key
	}
	return ""
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
		write(name+"/main.go", program(read[name].code(t)))
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
		f, err := parser.ParseFile(fset, name, program(read[name].code(t)), 0)
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
