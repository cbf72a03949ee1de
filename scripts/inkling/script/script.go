// Package script turns a GoNB notebook into a Go program: its cells in order,
// each of them a process of its own as in the notebook, with the flags of its line.
package script

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// A Notebook is what a program needs of a file.ipynb.
type Notebook struct {
	Cells []struct {
		Type   string          `json:"cell_type"`
		ID     string          `json:"id"`
		Source json.RawMessage `json:"source"`
	} `json:"cells"`
}

// A Cell of Go: what is declared, and the body of a main function if there is one.
type Cell struct {
	ID                 string
	Declarations, Body string
	Flags              []string // of the line %%, %main or %test
	Test               bool     // the declarations are those of %test
	Dropped            []string // other lines of the kernel's: magics, shell commands
}

// Parts takes a cell apart as GoNB does: lines that begin with % or ! are the
// kernel's, what follows %% or %main is the body of main.
func Parts(id, source string) (c Cell, lines int) {
	c.ID = id
	body := false
	for line := range strings.Lines(source) {
		lines++
		switch {
		case strings.HasPrefix(line, "%%"), strings.HasPrefix(line, "%main"), strings.HasPrefix(line, "%test"):
			c.Test = strings.HasPrefix(line, "%test")
			body = !c.Test
			words, _, _ := strings.Cut(strings.TrimLeft(line, "%"), "//")
			c.Flags = strings.Fields(strings.TrimPrefix(strings.TrimPrefix(words, "main"), "test"))
		case strings.HasPrefix(line, "%"), strings.HasPrefix(line, "!"):
			c.Dropped = append(c.Dropped, strings.TrimSpace(line))
		case body:
			c.Body += line
		default:
			c.Declarations += line
		}
	}
	return c, lines
}

// Text joins what a notebook may hold as one string or as lines.
func Text(raw json.RawMessage) (string, error) {
	var lines []string
	if json.Unmarshal(raw, &lines) == nil {
		return strings.Join(lines, ""), nil
	}
	var whole string
	if err := json.Unmarshal(raw, &whole); err != nil {
		return "", fmt.Errorf("a cell's source is neither text nor lines: %w", err)
	}
	return whole, nil
}

// Read takes the cells of Go from a notebook, and its title.
func Read(raw []byte) (cells []Cell, title string, err error) {
	var nb Notebook
	if err := json.Unmarshal(raw, &nb); err != nil {
		return nil, "", fmt.Errorf("no notebook: %w", err)
	}
	for _, cell := range nb.Cells {
		text, err := Text(cell.Source)
		if err != nil {
			return nil, "", err
		}
		if cell.Type == "code" {
			c, _ := Parts(cell.ID, text)
			cells = append(cells, c)
		} else if m := regexp.MustCompile(`(?m)^# +(.*)`).FindStringSubmatch(text); title == "" && m != nil {
			title = m[1]
		}
	}
	return cells, title, nil
}

// Source is the program: all imports, all declarations, the later of two with one
// name, a function for each body, and a main that runs them, each in a process of
// its own, as in a notebook nothing but declarations passes from cell to cell.
func Source(cells []Cell, title string) ([]byte, error) {
	imports := []string{`import "fmt"`, `import "os"`, `import "os/exec"`, `import "os/signal"`, `import "slices"`}
	var rest, table []string
	place := map[string]int{} // of a declared name in rest
	for i, c := range cells {
		src := "package main\n" + c.Declarations
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, c.ID, src, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("cell %s: %w", c.ID, err)
		}
		note := "// Cell " + c.ID + "."
		for _, line := range c.Dropped {
			note += "\n// Not here: " + line
		}
		rest = append(rest, note+"\n")
		run := ""
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
				for _, s := range g.Specs {
					var b bytes.Buffer
					printer.Fprint(&b, fset, s)
					imports = append(imports, "import "+b.String())
				}
				continue
			}
			if fn, ok := d.(*ast.FuncDecl); ok && c.Test && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
				run += fmt.Sprintf("{Name: %q, F: %s}, ", fn.Name.Name, fn.Name.Name)
			}
			from := d.Pos()
			if doc := comment(d); doc != nil {
				from = doc.Pos()
			}
			text := src[fset.Position(from).Offset:fset.Position(d.End()).Offset]
			key := declared(d)
			if at, ok := place[key]; ok {
				rest[at] = text
				continue
			}
			place[key] = len(rest)
			rest = append(rest, text)
		}
		body := c.Body
		if strings.TrimSpace(body) != "" {
			imports = append(imports, `import "flag"`)
			body = "flag.Parse()\n" + body
		}
		if run != "" {
			imports = append(imports, `import "testing"`)
			body = "testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{" + run + "}, nil, nil)\n"
		}
		if strings.TrimSpace(body) != "" {
			rest = append(rest, fmt.Sprintf("func cell%d() {\n%s\n}", i, strings.TrimRight(body, "\n")))
			table = append(table, fmt.Sprintf("{%q, cell%d, %#v},\n", c.ID, i, c.Flags))
		}
	}
	slices.Sort(imports)
	head := "// " + strings.ReplaceAll(title, "\n", " ") + "\n//\n// The cells of a notebook as a program, made by inkling notebook; words behind it are\n// the cells to run, and none are all.\npackage main\n"
	whole := head + strings.Join(slices.Compact(imports), "\n") + "\n\n" + strings.Join(rest, "\n\n") + "\n" + fmt.Sprintf(mainSource, strings.Join(table, ""))
	formatted, err := format.Source([]byte(whole))
	if err != nil {
		return nil, fmt.Errorf("the cells do not make a program: %w", err)
	}
	return formatted, nil
}

// mainSource runs each cell in a process of its own. An interrupt goes to the cell,
// which saves, and then ends the program.
const mainSource = `
var notebookCells = []struct {
	id    string
	run   func()
	flags []string
}{
%s}

func main() {
	if id := os.Getenv("INKLING_CELL"); id != "" {
		for _, c := range notebookCells {
			if c.id == id {
				c.run()
			}
		}
		return
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	for _, c := range notebookCells {
		if len(os.Args) > 1 && !slices.Contains(os.Args[1:], c.id) {
			continue
		}
		fmt.Printf("\n== %%s\n", c.id)
		cell := exec.Command(os.Args[0], c.flags...)
		cell.Env = append(os.Environ(), "INKLING_CELL="+c.id)
		cell.Stdin = os.Stdin
		cell.Stdout, cell.Stderr = os.Stdout, os.Stderr
		if err := cell.Run(); err != nil {
			fmt.Fprintf(os.Stderr, "cell %%s: %%v\n", c.id, err)
			os.Exit(1)
		}
		if len(interrupted) > 0 {
			os.Exit(130)
		}
	}
}
`

func comment(d ast.Decl) *ast.CommentGroup {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Doc
	case *ast.GenDecl:
		return d.Doc
	}
	return nil
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
