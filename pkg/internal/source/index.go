package source

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"inkling/pkg/internal/atomicfile"
	"inkling/pkg/internal/code"
)

// A unit is the parsed source of one package.
type unit struct {
	pkg   string
	fset  *token.FileSet
	files []*file
	decls map[string]*decl   // by name; a method as T.M
	types map[string][]*decl // methods of a type, in the order of the source
	inits []*decl
}

type file struct {
	unit    *unit
	name    string
	sure    bool // certainly compiled
	src     []byte
	ast     *ast.File
	imports map[string]string // path by the name it may have in the file
	dots    []string          // paths of dot imports
	embeds  bool              // has a go:embed directive
	linked  map[string]bool   // names that a go:linkname directive gives to something elsewhere
}

// A decl is one declaration of a package: what one name stands for.
type decl struct {
	file  *file
	name  string // as in unit.decls
	pos   token.Pos
	nodes []ast.Node // what refers to other declarations
	text  string     // tokens
	typ   ast.Expr   // of a variable, where it is written
	value ast.Expr   // the initialiser of a variable, if it has one of its own
	fn    *ast.FuncDecl
	isVar bool
	embed bool    // may have a go:embed directive
	also  []*decl // the same name in files of which perhaps another was compiled
}

var units sync.Map // *unit or error, by package

// load parses a package's compiled files, once.
func load(pkg string) (*unit, error) {
	if u, ok := units.Load(pkg); ok {
		if err, ok := u.(error); ok {
			return nil, err
		}
		return u.(*unit), nil
	}
	u, err := parse(pkg)
	if err != nil {
		units.Store(pkg, err)
		return nil, err
	}
	units.Store(pkg, u)
	return u, nil
}

func parse(pkg string) (*unit, error) {
	p := running()
	dir, err := p.folder(pkg)
	if err != nil {
		return nil, err
	}
	u := &unit{pkg: pkg, fset: token.NewFileSet(), decls: map[string]*decl{}, types: map[string][]*decl{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("the source of %s is not there: %w", pkg, err)
	}
	// Certainly compiled are the files of functions that the program holds. Of
	// the others (of constants and types, or of what is nowhere called) those
	// were that the build takes; but a person who names files on the command line
	// takes any, and of these no more is known than that no name has two meanings.
	sure, named := p.files[pkg], p.named && (pkg == "main" || strings.HasPrefix(pkg, "command-line-arguments"))
	ctx := buildContext()
	var other []string
	missing := maps.Clone(sure)
	for _, e := range entries {
		name := e.Name()
		delete(missing, name)
		switch {
		case sure[name]:
			if err := u.add(filepath.Join(dir, name), p, true); err != nil {
				return nil, err
			}
		case filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") && !p.test:
		case named:
			other = append(other, name)
		default:
			if ok, err := ctx.MatchFile(dir, name); err == nil && ok { // what cannot be read is not compiled either
				other = append(other, name)
			}
		}
	}
	for name := range missing {
		return nil, fmt.Errorf("%s was removed after the program was built from it", place(pkg, filepath.Join(dir, name), 0))
	}
	for _, name := range other {
		if err := u.add(filepath.Join(dir, name), p, false); err != nil {
			return nil, err
		}
	}
	if len(u.files) == 0 {
		return nil, fmt.Errorf("the source of %s is not there", pkg)
	}
	return u, nil
}

// buildContext chooses files as the build of the running program did.
var buildContext = sync.OnceValue(func() *build.Context {
	ctx := build.Default
	set := modules().settings
	ctx.GOOS, ctx.GOARCH, ctx.Compiler = runtime.GOOS, runtime.GOARCH, runtime.Compiler
	ctx.CgoEnabled = set["CGO_ENABLED"] == "1"
	ctx.BuildTags = strings.FieldsFunc(set["-tags"], func(r rune) bool { return r == ',' || r == ' ' })
	if set["-race"] == "true" {
		ctx.BuildTags = append(ctx.BuildTags, "race")
	}
	ctx.ToolTags = nil
	for _, t := range build.Default.ToolTags {
		if !strings.HasPrefix(t, runtime.GOARCH+".") { // these follow the environment of today, not that of the build
			ctx.ToolTags = append(ctx.ToolTags, t)
		}
	}
	if v, ok := strings.CutPrefix(set["GOAMD64"], "v"); ok && runtime.GOARCH == "amd64" {
		for i, n := 1, int(v[0]-'0'); i <= n; i++ {
			ctx.ToolTags = append(ctx.ToolTags, fmt.Sprint("amd64.v", i))
		}
	}
	return &ctx
})

// largest is more than any source file that a person writes has.
const largest = 64 << 20

// add parses a file, if it is of the package and not only beside it: one that
// declares what a file does that was surely compiled was not.
func (u *unit) add(path string, p *program, sure bool) error {
	src, err := atomicfile.ReadFile(path, largest)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	parsed, err := parser.ParseFile(u.fset, path, src, parser.ParseComments)
	if parsed == nil || !sure && (parsed.Name.Name == "documentation" || !u.holds(parsed.Name.Name) || u.declares(parsed)) {
		return nil
	}
	if atomicfile.Changed(info).After(p.limit) {
		return fmt.Errorf("%s was changed after the program was built from it", place(u.pkg, path, 0))
	}
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", place(u.pkg, path, 0), err)
	}
	f := &file{unit: u, name: path, src: src, ast: parsed, sure: sure, imports: map[string]string{}, embeds: embeds(parsed), linked: linknames(parsed)}
	for _, spec := range parsed.Imports {
		to, _ := strconv.Unquote(spec.Path.Value)
		switch {
		case spec.Name == nil:
			for _, name := range namesOf(to) {
				f.imports[name] = to
			}
		case spec.Name.Name == ".":
			f.dots = append(f.dots, to)
		default:
			f.imports[spec.Name.Name] = to
		}
	}
	u.files = append(u.files, f)
	for _, d := range parsed.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			u.addFunc(f, d)
		case *ast.GenDecl:
			u.addGen(f, d)
		}
	}
	return nil
}

// holds says whether files with this package clause are of u and not of the
// tests from outside, which lie in the same folder.
func (u *unit) holds(clause string) bool {
	for _, f := range u.files {
		if f.sure {
			return clause == f.ast.Name.Name
		}
	}
	outside := strings.HasSuffix(clause, "_test") && running().test
	return outside == strings.HasSuffix(u.pkg, "_test")
}

// declares says whether a file of u that was surely compiled declares a name
// that other does as well.
func (u *unit) declares(other *ast.File) bool {
	twice := func(name string) bool {
		d := u.decls[name]
		return name != "_" && name != "init" && d != nil && d.file.sure
	}
	return slices.ContainsFunc(other.Decls, func(d ast.Decl) bool {
		switch d := d.(type) {
		case *ast.FuncDecl:
			return twice(declName(d))
		case *ast.GenDecl:
			return slices.ContainsFunc(d.Specs, func(spec ast.Spec) bool {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					return twice(s.Name.Name)
				case *ast.ValueSpec:
					return slices.ContainsFunc(s.Names, func(id *ast.Ident) bool { return twice(id.Name) })
				}
				return false
			})
		}
		return false
	})
}

// declName is the name of a function in unit.decls.
func declName(d *ast.FuncDecl) string {
	if d.Recv != nil && len(d.Recv.List) == 1 {
		return receiver(d.Recv.List[0].Type) + "." + d.Name.Name
	}
	return d.Name.Name
}

// put notes a declaration.
func (u *unit) put(n *decl) {
	if first := u.decls[n.name]; first != nil {
		first.also = append(first.also, n)
		return
	}
	u.decls[n.name] = n
}

var versionPart = regexp.MustCompile(`^v\d+$`)

// namesOf are the names that a package may have by its path.
func namesOf(path string) []string {
	parts := strings.Split(path, "/")
	last := parts[len(parts)-1]
	if versionPart.MatchString(last) && len(parts) > 1 {
		last = parts[len(parts)-2]
	}
	last, _, _ = strings.Cut(last, ".v")
	names := []string{last}
	if i := strings.LastIndexAny(last, "-."); i >= 0 {
		names = append(names, last[i+1:], last[:i], strings.NewReplacer("-", "", ".", "").Replace(last))
	}
	return names
}

func (u *unit) addFunc(f *file, d *ast.FuncDecl) {
	n := &decl{file: f, name: declName(d), pos: d.Pos(), nodes: []ast.Node{d}, fn: d, text: f.text(d)}
	if d.Recv != nil && len(d.Recv.List) == 1 {
		t := receiver(d.Recv.List[0].Type)
		u.types[t] = append(u.types[t], n)
	}
	switch n.name {
	case "_":
	case "init":
		u.inits = append(u.inits, n)
	default:
		u.put(n)
	}
}

// receiver is the name of a receiver's type: T of T, *T, T[P] and *T[P, Q].
func receiver(t ast.Expr) string {
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

func (u *unit) addGen(f *file, d *ast.GenDecl) {
	var before *ast.ValueSpec // the constants that a bare line repeats
	for i, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			u.put(&decl{file: f, name: s.Name.Name, pos: s.Pos(), nodes: []ast.Node{s}, text: "type " + f.text(s)})
		case *ast.ValueSpec:
			from := s
			if d.Tok == token.CONST {
				if s.Type == nil && s.Values == nil && before != nil {
					from = before
				} else {
					before = s
				}
			}
			for k, name := range s.Names {
				if name.Name == "_" {
					continue
				}
				n := &decl{file: f, name: name.Name, pos: name.Pos(), typ: from.Type, isVar: d.Tok == token.VAR, embed: d.Tok == token.VAR && f.embeds && len(s.Values) == 0}
				n.text = d.Tok.String() + " " + name.Name + " "
				if from.Type != nil {
					n.text += f.text(from.Type)
					n.nodes = append(n.nodes, from.Type)
				}
				// One value for each name, or one call for all.
				values := from.Values
				if len(values) == len(s.Names) {
					values = values[k : k+1]
				} else if len(values) > 0 {
					n.text += fmt.Sprintf("%d of ", k)
				}
				for _, v := range values {
					n.text += "= " + f.text(v)
					n.nodes = append(n.nodes, v)
					if d.Tok == token.CONST && usesIota(v) {
						n.text += fmt.Sprintf("where iota is %d ", i)
					}
				}
				if len(values) == 1 && len(s.Values) == len(s.Names) {
					n.value = values[0]
				}
				u.put(n)
			}
		}
	}
}

// embeds says whether a file has a go:embed directive. Which of its variables
// without a value it is for is left to the compiler: it need not stand above.
func embeds(f *ast.File) bool {
	return slices.ContainsFunc(f.Comments, func(c *ast.CommentGroup) bool {
		return slices.ContainsFunc(c.List, func(line *ast.Comment) bool { return strings.HasPrefix(line.Text, "//go:embed") })
	})
}

// linknames are the names of a file that stand for something of another package.
func linknames(f *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, c := range f.Comments {
		for _, line := range c.List {
			if words := strings.Fields(line.Text); len(words) > 1 && words[0] == "//go:linkname" {
				names[words[1]] = true
			}
		}
	}
	return names
}

func usesIota(n ast.Node) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && id.Name == "iota"
		return true
	})
	return found
}

// text is a node as tokens.
func (f *file) text(n ast.Node) string {
	start := f.ast.FileStart
	return code.Tokens(f.src[n.Pos()-start : n.End()-start])
}

// at is the place of a position, for a person: file and line. A notebook's cell
// is written into a file that its author never sees.
func (f *file) at(pos token.Pos) string {
	p := f.unit.fset.PositionFor(pos, false)
	return place(f.unit.pkg, p.Filename, p.Line)
}

func place(pkg, file string, line int) string {
	if pkg == "main" && strings.HasPrefix(filepath.Base(filepath.Dir(file)), "gonb_") {
		return "the cell"
	}
	if line == 0 {
		return filepath.Base(file)
	}
	return fmt.Sprintf("%s:%d", filepath.Base(file), line)
}

// local says whether an identifier is declared inside of a function, or is a
// field, a parameter or a label: whether it cannot be a name of the package.
func (f *file) local(id *ast.Ident) bool {
	return id.Obj != nil && f.ast.Scope.Lookup(id.Name) != id.Obj
}

// imported is the package that the identifier before a dot stands for, or "".
func (f *file) imported(x ast.Expr) string {
	id, ok := x.(*ast.Ident)
	if !ok || id.Obj != nil || f.unit.decls[id.Name] != nil {
		return ""
	}
	return f.imports[id.Name]
}
