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

// Every layer of this package has a place in every table and says what can be
// asked of a layer. A new one fails here until it has, with where to add it.
func TestEveryLayerIsEverywhere(t *testing.T) {
	typeOf := func(l Layer) string { return reflect.TypeOf(l).Name() }
	rows := map[string][]conformance{}
	for _, c := range conformances {
		rows[typeOf(c.layer)] = append(rows[typeOf(c.layer)], c)
	}
	proved := map[string]bool{}
	var note func(layers []Layer)
	note = func(layers []Layer) {
		for _, l := range layers {
			proved[typeOf(l)] = true
			if r, ok := l.(Residual); ok {
				note(r.Body)
				note(r.Shortcut)
			}
		}
	}
	for _, p := range proofs {
		note(p.layers)
	}
	containers := []string{"Residual"} // what they see depends on what they hold
	for _, name := range layerTypes(t) {
		k, ok := kindNamed(strings.ToLower(name))
		if !ok || !k.own || k.layer.Name() != name {
			t.Errorf("%s is no kind of layer that files hold: add it to ours(…) in architecture.go", name)
		}
		if !proved[name] {
			t.Errorf("%s has no proof of its gradient: add a row to proofs in gradcheck_test.go", name)
		}
		if len(rows[name]) == 0 {
			t.Errorf("%s has no row in conformances in conformance_test.go", name)
			continue
		}
		for _, c := range rows[name] {
			l := c.layer
			m := build(t, 1, c.in, l)
			mod := m.chain.modules[0]
			if _, err := oracleLayer(l, c.in, mod); err != nil {
				t.Errorf("%s has no counterpart in float64: add a case to oracleLayer in gradcheck.go, and an Op to internal/oracle", name)
			}
			if _, ok := l.(Receptive); !ok && !slices.Contains(containers, name) {
				t.Errorf("%s does not say which places of its input decide one of its output: give it a method Receptive", name)
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
