package source

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Own is the code that others wrote and a value runs: its digest, or why it
// cannot be known. Both are empty if there is none.
type Own struct {
	Digest  string
	Unknown string
}

// Own follows what the value is made of to all declarations that it reaches.
// Packages that ours names are known by their own digests and not followed.
func (d Described) Own(ours func(pkg string) bool) Own {
	if !d.Foreign() {
		return Own{}
	}
	if len(d.unknown) > 0 {
		return Own{Unknown: d.unknown[0]}
	}
	if !modules().known {
		return Own{Unknown: "the program does not say which modules it was built from"}
	}
	r := &reach{ours: ours, found: map[*decl]bool{}, by: map[*decl]*decl{}, versions: map[string]bool{}, mentioned: map[string]bool{}}
	h := sha256.New()
	for _, root := range d.roots {
		fmt.Fprintf(h, "%s.%s\n", root.pkg, root.name)
		if root.file != "" {
			fmt.Fprintln(h, r.literal(root))
		} else {
			r.name(nil, root.pkg, root.name, token.NoPos)
		}
	}
	r.follow()
	if r.unknown != "" {
		return Own{Unknown: r.unknown}
	}
	var all []string
	for d := range r.found {
		all = append(all, d.path()+"\n"+d.text+"\n")
	}
	slices.Sort(all)
	for _, text := range all {
		h.Write([]byte(text))
	}
	for _, v := range slices.Sorted(maps.Keys(r.versions)) {
		fmt.Fprintln(h, v)
	}
	return Own{Digest: hex.EncodeToString(h.Sum(nil)[:8])}
}

// reach collects declarations from roots on.
type reach struct {
	ours      func(string) bool
	found     map[*decl]bool
	queue     []*decl
	by        map[*decl]*decl // what led to a declaration
	types     []*decl
	mentioned map[string]bool // names after a dot: perhaps methods
	leaves    bool            // a package is used that may call any method of what it is given
	versions  map[string]bool // of modules that are known by them
	unknown   string          // the first reason
}

func (r *reach) cannot(format string, args ...any) {
	if r.unknown == "" {
		r.unknown = fmt.Sprintf(format, args...)
	}
}

// path names a declaration as a program does.
func (d *decl) path() string { return d.file.unit.pkg + "." + d.name }

// name reaches what from calls pkg.name.
func (r *reach) name(from *decl, pkg, name string, pos token.Pos) {
	who := "the configuration"
	if from != nil {
		who = from.path()
		if pos.IsValid() {
			who += " (" + from.file.at(pos) + ")"
		}
	}
	switch {
	case pkg == "C":
		r.cannot("%s calls C", who)
		return
	case r.ours(pkg):
		if reads[pkg[strings.LastIndex(pkg, "/")+1:]+"."+name] {
			r.cannot("%s uses %s.%s: what it reads from a file cannot be known", who, pkg, name)
		}
		return
	case modules().std(pkg):
		if !quiet[pkg] {
			r.leaves = true
		}
		// What uses memory by its address in a module's version is believed to know why.
		if outer(pkg, name) && !(pkg == "unsafe" && from != nil && modules().version(from.file.unit.pkg) != "") {
			r.cannot("%s uses %s.%s: what it gives cannot be known", who, pkg, name)
		}
		return
	}
	if v := modules().version(pkg); v != "" {
		r.versions[v] = true
	}
	u, err := load(pkg)
	if err != nil {
		r.cannot("%v", err)
		return
	}
	d := u.decls[name]
	if d == nil {
		// A type inside of a function has no methods of its own; what it embeds
		// or holds is in the value. Other names are Go's own, or no names of the
		// package at all.
		return
	}
	r.add(from, d)
}

func (r *reach) add(from, d *decl) {
	for _, other := range d.also {
		r.add(from, other)
	}
	if r.found[d] {
		return
	}
	r.found[d] = true
	r.by[d] = from
	r.queue = append(r.queue, d)
	if d.file.unit.types[d.name] != nil {
		r.types = append(r.types, d)
	}
}

// follow reaches all there is, methods last: those that something could call.
func (r *reach) follow() {
	for r.unknown == "" {
		if len(r.queue) > 0 {
			d := r.queue[0]
			r.queue = r.queue[1:]
			r.decl(d)
			continue
		}
		before := len(r.found)
		for _, t := range slices.Clone(r.types) {
			for _, m := range t.file.unit.types[t.name] {
				if r.calls(m.fn.Name.Name) {
					r.add(t, m)
				}
			}
		}
		if len(r.found) == before {
			return
		}
	}
}

// calls says whether a method of that name could be called. One whose name
// stands nowhere may still be called by a package that the value is given to,
// through an interface; only what prints or stores a value is left out, where
// all that is called computes.
func (r *reach) calls(method string) bool {
	switch method {
	case "String", "GoString", "Format", "Error", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "Set":
		return r.leaves || r.mentioned[method]
	}
	return true
}

// decl looks at one declaration.
func (r *reach) decl(d *decl) {
	f := d.file
	switch {
	case d.embed:
		r.cannot("%s holds an embedded file", d.path())
	case f.linked[d.name]:
		r.cannot("%s (%s) is that of another package, by go:linkname", d.path(), f.at(d.pos))
	case d.fn != nil && d.fn.Body == nil && !f.unit.assembly():
		r.cannot("%s (%s) has no body in Go", d.path(), f.at(d.pos))
	case d.fn != nil && d.fn.Body != nil && running().moved(d):
		r.cannot("%s is not where it was when the program was built", f.at(d.pos))
	case d.isVar && strings.Contains(modules().settings["-ldflags"], "."+d.name+"="):
		r.cannot("%s is set by -ldflags -X", d.path())
	case d.isVar:
		if modules().version(f.unit.pkg) != "" {
			for _, n := range f.unit.inits {
				r.add(d, n)
			}
		}
		if why := set(d); why != "" {
			reader := ""
			if by := r.by[d]; by != nil {
				reader = " and read by " + by.path()
			}
			r.cannot("%s %s%s", d.path(), why, reader)
		}
	}
	for _, n := range d.nodes {
		r.refs(d, n)
	}
}

// refs reaches every name of a package in n.
func (r *reach) refs(d *decl, n ast.Node) {
	f := d.file
	skip := map[*ast.Ident]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.StructType:
			skipNames(skip, x.Fields)
		case *ast.InterfaceType:
			skipNames(skip, x.Methods)
		case *ast.CompositeLit:
			f.skipKeys(skip, x)
		case *ast.SelectorExpr:
			r.mentioned[x.Sel.Name] = true
			skip[x.Sel] = true
			if pkg := f.imported(x.X); pkg != "" {
				skip[x.X.(*ast.Ident)] = true
				for _, path := range f.paths(x.X.(*ast.Ident).Name) {
					r.name(d, path, x.Sel.Name, x.Pos())
				}
			} else if id, ok := x.X.(*ast.Ident); ok && id.Obj == nil && f.unit.decls[id.Name] == nil && !predeclared[id.Name] && len(f.dots) == 0 {
				r.cannot("%s (%s): which package %s is cannot be told from its path", d.path(), f.at(x.Pos()), id.Name)
			}
		case *ast.Ident:
			if skip[x] || f.local(x) || x == declared(d) {
				return true
			}
			if t := f.unit.decls[x.Name]; t != nil {
				r.add(d, t)
			} else if !predeclared[x.Name] || len(f.dots) > 0 {
				for _, path := range f.dots {
					r.name(d, path, x.Name, x.Pos())
				}
			}
		}
		return true
	})
}

// paths are the packages that a name may stand for in a file: one, unless two
// imports could both go by it.
func (f *file) paths(name string) []string {
	paths := []string{f.imports[name]}
	for _, spec := range f.ast.Imports {
		to, _ := strconv.Unquote(spec.Path.Value)
		if spec.Name == nil && to != paths[0] && slices.Contains(namesOf(to), name) {
			paths = append(paths, to)
		}
	}
	return paths
}

// declared is the name that a declaration is of, where it stands in its nodes.
func declared(d *decl) *ast.Ident {
	if d.fn != nil {
		return d.fn.Name
	}
	return nil
}

func skipNames(skip map[*ast.Ident]bool, fields *ast.FieldList) {
	if fields == nil {
		return
	}
	for _, field := range fields.List {
		for _, name := range field.Names {
			skip[name] = true
		}
	}
}

// skipKeys leaves out the names of fields in a literal of a struct. Where the
// type is not seen to be one, a key that is a name of the package counts as one.
func (f *file) skipKeys(skip map[*ast.Ident]bool, lit *ast.CompositeLit) {
	if !f.isStruct(lit.Type, 0) {
		return
	}
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok {
				skip[id] = true
			}
		}
	}
}

// isStruct says whether t is certainly a struct.
func (f *file) isStruct(t ast.Expr, level int) bool {
	if level > 8 {
		return false
	}
	spec := func(f *file, n any) bool {
		s, ok := n.(*ast.TypeSpec)
		return ok && f.isStruct(s.Type, level+1)
	}
	switch t := t.(type) {
	case *ast.StructType:
		return true
	case *ast.ParenExpr:
		return f.isStruct(t.X, level+1)
	case *ast.IndexExpr:
		return f.isStruct(t.X, level+1)
	case *ast.IndexListExpr:
		return f.isStruct(t.X, level+1)
	case *ast.Ident:
		if f.local(t) {
			return spec(f, t.Obj.Decl)
		}
		d := f.unit.decls[t.Name]
		return d != nil && len(d.also) == 0 && spec(d.file, d.nodes[0])
	case *ast.SelectorExpr:
		if f.imported(t.X) == "" {
			return false
		}
		paths := f.paths(t.X.(*ast.Ident).Name)
		if len(paths) != 1 || modules().std(paths[0]) {
			return false
		}
		if u, err := load(paths[0]); err == nil {
			d := u.decls[t.Sel.Name]
			return d != nil && len(d.also) == 0 && len(d.nodes) > 0 && spec(d.file, d.nodes[0])
		}
	}
	return false
}

// assembly says whether functions without a body are believed to compute: those
// of a module's version, in a package that cannot reach the system.
func (u *unit) assembly() bool {
	return modules().version(u.pkg) != "" && !slices.ContainsFunc(u.files, func(f *file) bool {
		return slices.ContainsFunc(f.ast.Imports, func(s *ast.ImportSpec) bool {
			path, _ := strconv.Unquote(s.Path.Value)
			return path == "unsafe" || path == "C" || modules().std(path) && !pure[path] && pureNames[path] == nil
		})
	})
}

// literal reaches what a function literal does and returns its tokens. One that
// uses a variable of the function around it cannot be known.
func (r *reach) literal(root root) string {
	u, err := load(root.pkg)
	if err != nil {
		r.cannot("%v", err)
		return ""
	}
	for _, f := range u.files {
		if f.name != root.file {
			continue
		}
		line := func(p token.Pos) int { return u.fset.PositionFor(p, false).Line }
		var at []*ast.FuncLit // the innermost ones around the line
		ast.Inspect(f.ast, func(n ast.Node) bool {
			lit, ok := n.(*ast.FuncLit)
			if !ok || line(lit.Pos()) > root.line || line(lit.End()) < root.line {
				return true
			}
			if len(at) > 0 && at[len(at)-1].End() > lit.End() {
				at = at[:len(at)-1]
			}
			at = append(at, lit)
			return true
		})
		if len(at) != 1 {
			break
		}
		lit := at[0]
		captured := ""
		ast.Inspect(lit, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if ok && f.local(id) && id.Obj.Kind != ast.Lbl && (id.Obj.Pos() < lit.Pos() || id.Obj.Pos() >= lit.End()) {
				captured = id.Name
			}
			return true
		})
		if captured != "" {
			r.cannot("the function at %s keeps %s of its surroundings, whose value cannot be known", f.at(lit.Pos()), captured)
			return ""
		}
		d := &decl{file: f, name: "a function at " + f.at(lit.Pos()), pos: lit.Pos()}
		r.refs(d, lit)
		return f.text(lit)
	}
	r.cannot("a function of %s is not found in its source", place(root.pkg, root.file, root.line))
	return ""
}

var predeclared = func() map[string]bool {
	m := map[string]bool{}
	for _, name := range strings.Fields(`any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64
		rune string uint uint8 uint16 uint32 uint64 uintptr true false iota nil
		append cap clear close complex copy delete imag len make max min new panic print println real recover _`) {
		m[name] = true
	}
	return m
}()
