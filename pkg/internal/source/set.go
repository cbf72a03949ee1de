package source

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// set says how the value of a package's variable may differ from what its
// declaration gives it, or "": where it is assigned, or handed to something
// that could change it.
func set(d *decl) string {
	u := d.file.unit
	list := []*unit{u}
	if ast.IsExported(d.name) {
		p := running()
		for pkg := range p.folders {
			// Only who imports a package can set its variables, and of modules that
			// have a version, only its own is taken for one who does.
			if pkg == u.pkg || modules().std(pkg) || modules().version(pkg) != "" && modules().module(pkg) != modules().module(u.pkg) {
				continue
			}
			other, err := load(pkg)
			if err != nil {
				return "could be set in " + pkg + ", of which " + err.Error() + ","
			}
			list = append(list, other)
		}
	}
	slices.SortFunc(list, func(a, b *unit) int { return strings.Compare(a.pkg, b.pkg) })
	for _, other := range list {
		for _, f := range other.files {
			if why := f.sets(d); why != "" {
				return why
			}
		}
	}
	return ""
}

// sets looks through a file for what could change d.
func (f *file) sets(d *decl) (why string) {
	if f.unit != d.file.unit && !slices.ContainsFunc(f.ast.Imports, func(s *ast.ImportSpec) bool { return strings.Trim(s.Path.Value, "\"`") == d.file.unit.pkg }) {
		return ""
	}
	dot := slices.Contains(f.dots, d.file.unit.pkg)
	var stack []ast.Node
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		if why != "" {
			return true
		}
		hit := false
		switch x := n.(type) {
		case *ast.Ident:
			hit = x.Name == d.name && !f.local(x) && x.Pos() != d.pos && (f.unit == d.file.unit || dot)
			if hit && len(stack) > 1 {
				switch up := stack[len(stack)-2].(type) {
				case *ast.SelectorExpr:
					hit = up.Sel != x
				case *ast.File, *ast.ImportSpec: // names of packages
					hit = false
				}
			}
		case *ast.SelectorExpr:
			hit = x.Sel.Name == d.name && f.unit != d.file.unit && f.imported(x.X) != "" && slices.Contains(f.paths(x.X.(*ast.Ident).Name), d.file.unit.pkg)
		}
		if hit {
			if verb := changes(d, stack); verb != "" && f.runs(stack) {
				why = verb + " in " + f.function(stack) + " (" + f.at(n.Pos()) + ")"
			}
		}
		return true
	})
	return why
}

// runs says whether the function around a node could run at another time than
// at the start. In a module's version, what init does is the same in every
// program that reaches it, and a function that is not in the program does nothing.
func (f *file) runs(stack []ast.Node) bool {
	if modules().version(f.unit.pkg) == "" {
		return true
	}
	for _, n := range stack {
		if d, ok := n.(*ast.FuncDecl); ok {
			return d.Name.Name != "init" && running().holds(f.unit.pkg, d)
		}
	}
	return true
}

// function names the declaration that a node stands in.
func (f *file) function(stack []ast.Node) string {
	for _, n := range stack {
		if d, ok := n.(*ast.FuncDecl); ok {
			if d.Recv != nil && len(d.Recv.List) == 1 {
				return f.unit.pkg + "." + receiver(d.Recv.List[0].Type) + "." + d.Name.Name
			}
			return f.unit.pkg + "." + d.Name.Name
		}
	}
	return f.unit.pkg
}

// changes says what the last expression of the stack, a variable, is used for
// if that may change what it holds.
func changes(d *decl, stack []ast.Node) string {
	at := len(stack) - 1
	deep := depth(d) // how many more steps into the value lead to what is shared, not copied
	for ; at > 0; at-- {
		cur, up := stack[at], stack[at-1]
		switch p := up.(type) {
		case *ast.ParenExpr, *ast.TypeAssertExpr:
			continue
		case *ast.IndexExpr:
			if p.X != cur {
				return ""
			}
			deep--
			continue
		case *ast.StarExpr:
			deep--
			continue
		case *ast.SliceExpr:
			if p.X != cur {
				return ""
			}
			continue
		case *ast.SelectorExpr:
			if at >= 2 {
				if call, ok := stack[at-2].(*ast.CallExpr); ok && call.Fun == p {
					return method(d, p.Sel.Name)
				}
			}
			continue
		case *ast.AssignStmt:
			if slices.Contains(p.Lhs, cur.(ast.Expr)) {
				return "is set"
			}
			return aliased(deep)
		case *ast.IncDecStmt:
			return "is set"
		case *ast.UnaryExpr:
			switch p.Op {
			case token.AND:
				return "has its address taken"
			case token.ARROW:
				return "is received from"
			}
			return ""
		case *ast.SendStmt:
			if p.Chan == cur {
				return "is sent to"
			}
			return aliased(deep)
		case *ast.RangeStmt:
			if p.Key == cur || p.Value == cur {
				return "is set"
			}
			return aliased(deep - 1)
		case *ast.CallExpr:
			if p.Fun == cur {
				if _, made := d.value.(*ast.CallExpr); made || d.value == nil {
					return "is a function with a state of its own that is called"
				}
				return ""
			}
			if id, ok := p.Fun.(*ast.Ident); ok && id.Obj == nil {
				switch id.Name {
				case "len", "cap", "print", "println", "min", "max", "panic", "string", "float64", "float32", "int":
					return ""
				case "copy":
					if len(p.Args) == 2 && p.Args[1] == cur {
						return aliased(deep - 1)
					}
					return "is copied into"
				case "clear", "delete", "close":
					return "is changed"
				}
			}
			return aliased(deep)
		case *ast.BinaryExpr, *ast.IfStmt, *ast.SwitchStmt, *ast.ForStmt, *ast.ExprStmt, *ast.CaseClause:
			return ""
		default: // returned, held by another value, …
			return aliased(deep)
		}
	}
	return ""
}

func aliased(deep int) string {
	if deep > 0 {
		return "is handed on, and may be changed,"
	}
	return ""
}

// method says whether a call of a method could change the variable.
func method(d *decl, name string) string {
	for _, methods := range d.file.unit.types {
		for _, m := range methods {
			if m.fn.Name.Name != name {
				continue
			}
			if _, pointer := m.fn.Recv.List[0].Type.(*ast.StarExpr); pointer {
				return "has its method " + name + " called, which may change it,"
			}
		}
	}
	if depth(d) > 0 {
		return "has its method " + name + " called, which may change it,"
	}
	return ""
}

// unknownDepth is the depth of a value whose type is not seen.
const unknownDepth = 1 << 20

// depth is how many references a variable's value leads through: 0 for a plain
// value, which a copy cannot change, 1 for a slice of such values.
func depth(d *decl) int {
	if d.typ != nil {
		return typeDepth(d.file, d.typ, 0)
	}
	if d.value != nil {
		return valueDepth(d.file, d.value)
	}
	return unknownDepth
}

func typeDepth(f *file, t ast.Expr, level int) int {
	if level > 8 {
		return unknownDepth
	}
	switch t := t.(type) {
	case *ast.ParenExpr:
		return typeDepth(f, t.X, level+1)
	case *ast.Ident:
		if d := f.unit.decls[t.Name]; d != nil {
			if spec, ok := d.nodes[0].(*ast.TypeSpec); ok && spec.TypeParams == nil && len(d.also) == 0 {
				return typeDepth(d.file, spec.Type, level+1)
			}
			return unknownDepth
		}
		if predeclared[t.Name] && t.Name != "any" && t.Name != "error" {
			return 0
		}
	case *ast.SelectorExpr:
		pkg := f.imported(t.X)
		if pkg == "" || modules().std(pkg) || len(f.paths(t.X.(*ast.Ident).Name)) != 1 {
			return unknownDepth
		}
		if u, err := load(pkg); err == nil && u.decls[t.Sel.Name] != nil {
			if d := u.decls[t.Sel.Name]; len(d.also) == 0 {
				return typeDepth(d.file, ast.NewIdent(t.Sel.Name), level+1)
			}
		}
	case *ast.ArrayType:
		n := typeDepth(f, t.Elt, level+1)
		if t.Len == nil || n > 0 {
			n++
		}
		return n
	case *ast.MapType:
		return 1 + typeDepth(f, t.Value, level+1)
	case *ast.FuncType:
		return 0 // whatever a literal captures is met where it is looked at
	case *ast.StructType:
		n := 0
		for _, field := range t.Fields.List {
			if k := typeDepth(f, field.Type, level+1); k > 0 {
				n = max(n, 1+k)
			}
		}
		return n
	}
	return unknownDepth
}

func valueDepth(f *file, v ast.Expr) int {
	switch v := v.(type) {
	case *ast.BasicLit, *ast.BinaryExpr, *ast.FuncLit:
		return 0
	case *ast.ParenExpr:
		return valueDepth(f, v.X)
	case *ast.UnaryExpr:
		if v.Op != token.AND && v.Op != token.ARROW {
			return 0
		}
	case *ast.CompositeLit:
		if v.Type != nil {
			return typeDepth(f, v.Type, 0)
		}
	case *ast.CallExpr:
		switch fn := v.Fun.(type) {
		case *ast.Ident:
			if f.unit.decls[fn.Name] == nil && slices.Contains([]string{"float64", "float32", "int", "uint64", "uint8", "int64", "string", "len", "min", "max"}, fn.Name) {
				return 0
			}
			if fn.Name == "make" && len(v.Args) > 0 {
				return typeDepth(f, v.Args[0], 0)
			}
			if d := f.unit.decls[fn.Name]; d != nil && d.fn != nil && d.fn.Type.Results != nil && len(d.fn.Type.Results.List) == 1 {
				return typeDepth(d.file, d.fn.Type.Results.List[0].Type, 0)
			}
		case *ast.ArrayType, *ast.MapType:
			return typeDepth(f, fn, 0)
		case *ast.SelectorExpr:
			switch pkg := f.imported(fn.X); {
			case pkg == "math", pkg == "math/bits", pkg == "unsafe", pkg == "encoding/binary" && fn.Sel.Name == "Size":
				return 0 // numbers
			case pkg == "errors", pkg == "fmt" && fn.Sel.Name == "Errorf":
				return 0 // an error that nothing can change
			}
		}
	case *ast.Ident:
		if v.Name == "true" || v.Name == "false" {
			return 0
		}
		if d := f.unit.decls[v.Name]; d != nil && !d.isVar && d.fn == nil {
			return 0
		}
		if d := f.unit.decls[v.Name]; d != nil && d.fn != nil {
			return 0
		}
	}
	return unknownDepth
}
