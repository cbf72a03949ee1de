package lab

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestAllThatComputesIsInTheKey walks from the loop along imports: whatever of
// ours a computing file imports must have a digest in the key, and a computing
// file may use nothing that a file aside declares, but for what is listed with
// its reason.
func TestAllThatComputesIsInTheKey(t *testing.T) {
	const module = "inkling/"
	root := filepath.Join("..", "..")
	aside := map[string][]string{ // of the packages that compute
		"pkg/nn": asideOf(t, "../nn/version.go"), "pkg/nn/optim": {"register.go", "version.go"}, "pkg/nn/internal/f32": {"doc.go", "version.go"},
		"pkg/internal/parallel": {"version.go"}, "pkg/data": asideOf(t, "../data/version.go"), "pkg/nn/train": asideOf(t, "../nn/train/version.go"),
	}
	// What files aside declare and computing ones use: it tells or refuses, and
	// changes no number of a run.
	tells := map[string]string{
		"pkg/nn/train.Event":            "what is told",
		"pkg/nn/train.Kind":             "what is told",
		"pkg/nn/train.Train":            "what is told",
		"pkg/nn/train.Dev":              "what is told",
		"pkg/nn/train.Best":             "what is told",
		"pkg/nn/train.describeEach":     "refuses a callback that remembers",
		"pkg/nn/train.maxSteps":         "refuses what cannot be",
		"pkg/nn/train.optimizerKey":     "names in files",
		"pkg/nn/train.objectiveKey":     "names in files",
		"pkg/nn/train.whole":            "refuses a damaged file",
		"pkg/nn.kindNamed":              "names of layers",
		"pkg/nn.ours":                   "names of layers",
		"pkg/nn.EncodeLayers":           "layers in files",
		"pkg/nn.DecodeLayers":           "layers in files",
		"pkg/nn.strictJSON":             "layers in files",
		"pkg/nn/optim.Knobs":            "names of optimizers",
		"pkg/nn/optim.Register":         "names of optimizers",
		"pkg/nn/optim.commas":           "words of an error",
		"pkg/nn/optim.ScheduleKnobs":    "names of schedules",
		"pkg/nn/optim.RegisterSchedule": "names of schedules",
		"pkg/nn.Graph":                  "a layer in files of others",
		"pkg/nn.Node":                   "a layer in files of others",
		"pkg/nn.Attr":                   "a layer in files of others",
		"pkg/nn.arrays":                 "a layer in files of others",
		"pkg/nn.oracleOf":               "checks gradients",
		"pkg/nn.float64s":               "checks gradients",
	}
	refuses := map[string]string{
		"pkg/internal/memory":    "refuses what does not fit the machine",
		"pkg/nn/internal/oracle": "checks gradients",
		"pkg/nn/safetensors":     "arrays in a file, as they were",
		"pkg/internal/printable": "words of an error",
	}
	queue, seen := []string{"pkg/nn/train"}, map[string]bool{}
	for len(queue) > 0 {
		pkg := queue[0]
		queue = queue[1:]
		if seen[pkg] || refuses[pkg] != "" {
			continue
		}
		seen[pkg] = true
		if _, ok := aside[pkg]; !ok {
			t.Errorf("%s computes and has no digest in the key", pkg)
			continue
		}
		dir := filepath.Join(root, filepath.FromSlash(pkg))
		files := token.NewFileSet()
		declared := map[string]string{}
		var computing []*ast.File
		for _, name := range goFilesIn(t, dir) {
			f, err := parser.ParseFile(files, filepath.Join(dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(aside[pkg], name) {
				computing = append(computing, f)
				continue
			}
			for id := range f.Scope.Objects {
				declared[id] = name
			}
		}
		for _, f := range computing {
			for _, spec := range f.Imports {
				if to, _ := strconv.Unquote(spec.Path.Value); strings.HasPrefix(to, module) {
					queue = append(queue, strings.TrimPrefix(to, module))
				}
			}
			for _, id := range f.Unresolved {
				if file := declared[id.Name]; file != "" && tells[pkg+"."+id.Name] == "" {
					t.Errorf("%s computes and uses %s of %s, which is in no digest", files.Position(id.Pos()), id.Name, file)
				}
			}
		}
	}
	if len(seen) < 5 {
		t.Errorf("the walk met %v, there is more", seen)
	}
}

// asideOf reads the list aside of a package.
func asideOf(t *testing.T, file string) (names []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range f.Scope.Lookup("aside").Decl.(*ast.ValueSpec).Values[0].(*ast.CompositeLit).Elts {
		names = append(names, must(strconv.Unquote(e.(*ast.BasicLit).Value)))
	}
	return names
}

// goFilesIn are the Go files of a folder but for tests.
func goFilesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	for _, e := range must(os.ReadDir(dir)) {
		if n := e.Name(); strings.HasSuffix(n, ".go") && !strings.HasSuffix(n, "_test.go") {
			names = append(names, n)
		}
	}
	return names
}
