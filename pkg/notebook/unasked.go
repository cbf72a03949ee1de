package notebook

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"inkling/pkg/internal/atomicfile"
)

// unasked is a parameter that papermill was given and the notebook does not have: a
// variable that nobody would ever read. papermill puts a cell behind the one tagged
// parameters, which declares all that it was given,
//
//	var lrr = 0.1;
//
// and of which the program of a cell, that GoNB makes of all declarations, does not tell
// where they came from. But the cell of the parameters is the first that calls this, in
// a kernel, and keeps the names that there are then; if the next cell adds variables
// with plain values and nothing else, these are meant as parameters.
func unasked() string {
	folder := os.Getenv("GONB_TMP_DIR")
	if program, err := os.Executable(); err != nil || folder == "" || filepath.Dir(program) != filepath.Clean(folder) {
		return "" // of no cell, but started by one perhaps
	}
	// Without a folder that can be written in there is no kernel.
	kept := filepath.Join(folder, "parameters.txt")
	source, err := atomicfile.ReadFile(filepath.Join(folder, "main.go"), 16<<20)
	if err != nil {
		return ""
	}
	before, err := atomicfile.ReadFile(kept, 1<<20)
	switch {
	case err != nil:
		keep(kept, strings.Join(declared(source), "\n"))
		return ""
	case len(before) == 0: // looked at
		return ""
	}
	keep(kept, "")
	return firstAdded(source, strings.Fields(string(before)))
}

// keep writes a file of the kernel's folder, if it can.
func keep(path, text string) {
	atomicfile.Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// declared are the names that a program declares, but for main.
func declared(source []byte) (names []string) {
	parsed, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	for _, d := range parsed.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name != "main" {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					for _, n := range s.Names {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	return names
}

// firstAdded is a variable that a program has more than it had, "" if there is none, if
// more than variables with plain values came with it, or if the program does something.
func firstAdded(source []byte, before []string) (first string) {
	parsed, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	if err != nil {
		return ""
	}
	plain := map[string]bool{}
	for _, d := range parsed.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == "main" && len(d.Body.List) > 1 { // flag.Parse() is always there
				return ""
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if s, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.VAR && s.Type == nil && len(s.Names) == 1 && len(s.Values) == 1 {
					plain[s.Names[0].Name] = isPlain(s.Values[0])
				}
			}
		}
	}
	for _, name := range declared(source) {
		switch {
		case slices.Contains(before, name):
		case !plain[name]:
			return ""
		case first == "":
			first = name
		}
	}
	return first
}

// isPlain reports whether a value is a number, a text or a truth value.
func isPlain(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.UnaryExpr:
		return isPlain(e.X)
	case *ast.Ident:
		return e.Name == "true" || e.Name == "false"
	}
	return false
}
