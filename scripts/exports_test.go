package scripts

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An export is a package-level name that other packages can see.
type export struct {
	needs []string        // exported names in its type, its signature, its fields, its methods
	group string          // constants that stand in one block are offered together
	users map[string]bool // packages, commands, notebooks, Examples that name it
}

// mentions are the exported names in what a declaration shows of itself: not
// the unexported fields of a struct, nor a function's body.
func mentions(shown ...ast.Node) (names []string) {
	for _, n := range shown {
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Field:
				return len(n.Names) == 0 || slices.ContainsFunc(n.Names, (*ast.Ident).IsExported)
			case *ast.Ident:
				if n.IsExported() {
					names = append(names, n.Name)
				}
			}
			return true
		})
	}
	return names
}

// signature are the types in the head of a function.
func signature(f *ast.FuncType) (types []ast.Node) {
	for _, list := range []*ast.FieldList{f.TypeParams, f.Params, f.Results} {
		if list != nil {
			for _, field := range list.List {
				types = append(types, field.Type)
			}
		}
	}
	return types
}

// receiver is the name of the type that a method belongs to.
func receiver(m *ast.FuncDecl) string {
	of := m.Recv.List[0].Type
	if p, ok := of.(*ast.StarExpr); ok {
		of = p.X
	}
	if g, ok := of.(*ast.IndexExpr); ok {
		of = g.X
	}
	return of.(*ast.Ident).Name
}

// exports reads what a folder's package offers.
func exports(files map[string]*ast.File) map[string]*export {
	all := map[string]*export{}
	add := func(name, group string, shown ...ast.Node) {
		if all[name] == nil {
			all[name] = &export{users: map[string]bool{}}
		}
		e := all[name]
		e.group = max(e.group, group)
		e.needs = append(e.needs, mentions(shown...)...)
	}
	for file, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				name := d.Name.Name
				if d.Recv != nil {
					name = receiver(d) // its methods are part of what a type offers
				}
				if d.Name.IsExported() && ast.IsExported(name) {
					add(name, "", signature(d.Type)...)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						if s.Name.IsExported() {
							add(s.Name.Name, "", s.Type)
						}
					case *ast.ValueSpec:
						var types []ast.Node
						if s.Type != nil {
							types = append(types, s.Type)
						}
						for _, n := range s.Names {
							if n.IsExported() {
								add(n.Name, fmt.Sprint(file, d.Pos()), types...)
							}
						}
					}
				}
			}
		}
	}
	return all
}

// named adds user to whatever of the packages f names.
func named(f *ast.File, user string, packages map[string]map[string]*export) {
	local := map[string]string{}
	for _, imp := range f.Imports {
		p := strings.Trim(imp.Path.Value, `"`)
		name := path.Base(p)
		if imp.Name != nil {
			name = imp.Name.Name
		}
		local[name] = strings.TrimPrefix(p, module+"/")
	}
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok {
			if e := packages[local[x.Name]][sel.Sel.Name]; e != nil {
				e.users[user] = true
			}
		}
		return true
	})
}

// surface is what every package under pkg/ offers, and who names it.
func surface(t *testing.T) map[string]map[string]*export {
	byFolder := map[string]map[string]*ast.File{}
	for file, f := range goFiles(t, "..") {
		folder := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(file)), "../")
		if byFolder[folder] == nil {
			byFolder[folder] = map[string]*ast.File{}
		}
		byFolder[folder][file] = f
	}
	packages := map[string]map[string]*export{}
	for folder, files := range byFolder {
		if !strings.HasPrefix(folder, "pkg/") || strings.Contains(folder, "/internal") || strings.Contains(folder, "/testdata") {
			continue
		}
		code := map[string]*ast.File{}
		for file, f := range files {
			if !strings.HasSuffix(file, "_test.go") && f.Name.Name != "main" {
				code[file] = f
			}
		}
		packages[folder] = exports(code)
	}
	for folder, files := range byFolder {
		for file, f := range files {
			switch {
			case !strings.HasSuffix(file, "_test.go"):
				named(f, folder, packages)
			case strings.HasSuffix(f.Name.Name, "_test"):
				// Of a file with a single Example godoc shows all.
				base := filepath.Base(file)
				whole := strings.HasPrefix(base, "example_") && base != "example_test.go"
				for _, d := range f.Decls {
					if fn, ok := d.(*ast.FuncDecl); whole || ok && strings.HasPrefix(fn.Name.Name, "Example") {
						named(&ast.File{Name: f.Name, Imports: f.Imports, Decls: []ast.Decl{d}}, "Example", packages)
					}
				}
			}
		}
	}
	names, read := notebooks(t)
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), name, joined(t, name, read[name]), 0)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		named(f, "notebook "+name, packages)
	}
	// A block of constants is offered whole, and what a name that is used needs is used.
	for changed := true; changed; {
		changed = false
		for _, all := range packages {
			for _, e := range all {
				if len(e.users) == 0 {
					continue
				}
				for name, other := range all {
					if len(other.users) == 0 && (e.group != "" && e.group == other.group || slices.Contains(e.needs, name)) {
						other.users["what needs it"] = true
						changed = true
					}
				}
			}
		}
	}
	return packages
}

// What a package offers is used: by another package, a command, two notebooks,
// or an Example that shows it. The table is what `go test -v` prints.
func TestExportsAreUsed(t *testing.T) {
	packages := surface(t)
	var folders []string
	for folder := range packages {
		folders = append(folders, folder)
	}
	slices.Sort(folders)
	t.Logf("%-18s %8s %8s %12s", "package", "exported", "unused", "one notebook")
	for _, folder := range folders {
		var unused, single []string
		for name, e := range packages[folder] {
			if len(e.users) == 0 {
				unused = append(unused, name)
			}
			if len(e.users) == 1 {
				for user := range e.users {
					if strings.HasPrefix(user, "notebook ") {
						single = append(single, name)
					}
				}
			}
		}
		slices.Sort(unused)
		slices.Sort(single)
		t.Logf("%-18s %8d %8d %12d", folder, len(packages[folder]), len(unused), len(single))
		if len(unused) > 0 {
			t.Errorf("%s offers what nobody uses: %s", folder, strings.Join(unused, " "))
		}
		if len(single) > 0 {
			t.Errorf("%s offers what one notebook alone uses: %s: it belongs there, or an Example shows what it is good for", folder, strings.Join(single, " "))
		}
	}
}
