package nn

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// layerTypes are the names of all types of this package that have a method
// Build, read from its files: nobody can forget to list one.
func layerTypes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Name.Name != "Build" {
				continue
			}
			receiver := fn.Recv.List[0].Type
			if star, ok := receiver.(*ast.StarExpr); ok {
				receiver = star.X
			}
			types = append(types, receiver.(*ast.Ident).Name)
		}
	}
	if len(types) < 10 {
		t.Fatalf("only %d layers found in %v", len(types), files)
	}
	return types
}

// Every layer of this package is registered, has a row for the suite and says
// what can be asked of a layer, all in files of its own. A new one fails here
// until it does, with what to write.
func TestEveryLayerIsEverywhere(t *testing.T) {
	typeOf := func(l Layer) string { return reflect.TypeOf(l).Name() }
	rows := map[string][]conformance{}
	for _, c := range conformances {
		rows[typeOf(c.layer)] = append(rows[typeOf(c.layer)], c)
	}
	for _, name := range layerTypes(t) {
		k, ok := kindNamed(strings.ToLower(name))
		if !ok || !k.own || reflect.TypeOf(k.layer).Name() != name {
			t.Errorf("%s is no kind of layer that files hold: write var _ = ours(%s{}) below its type", name, name)
		}
		if len(rows[name]) == 0 {
			t.Errorf("%s has no row: in a test, var _ = conforms(conformance{%s{…}, …})", name, name)
			continue
		}
		for _, c := range rows[name] {
			l := c.layer
			m := build(t, 1, c.in, l)
			mod := m.chain.modules[0]
			if _, err := oracleLayer(l, c.in, mod); err != nil {
				t.Errorf("%s has no counterpart in float64: give it a method oracle, with an Op of internal/oracle", name)
			}
			_, window := l.(Receptive)
			if _, branches := l.(Branching); !window && !branches {
				t.Errorf("%s does not say which places of its input decide one of its output: give it a method Receptive (or Branches)", name)
			}
			if _, err := m.Graph(); err != nil {
				t.Errorf("%s does not say in operators what it computes: %v", name, err)
			}
			if _, ok := mod.(Sizer); !ok {
				t.Errorf("the module of %s does not say what it keeps for each example: give %T a method Sizes", name, mod)
			}
			if len(mod.Params()) > 0 && m.FLOPs() == 0 {
				t.Errorf("the module of %s does not say what it costs: give %T a method FLOPs", name, mod)
			}
			if len(c.states) > 0 != (len(m.States()) > 0) {
				t.Errorf("%s has states %v, want %v", name, m.States(), c.states)
			}
			if !strings.Contains(m.String(), "0."+strings.ToLower(name)) {
				t.Errorf("the summary does not name %s:\n%v", name, m)
			}
		}
	}
	for name := range rows {
		if !slices.Contains(layerTypes(t), name) {
			t.Errorf("a row of conformances for %s, which has no Build in this package", name)
		}
	}
}
