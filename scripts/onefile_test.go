package scripts

import (
	"go/ast"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// toys are things added to a copy of the library, each as CONTRIBUTING.md tells:
// the folder of testdata/onefile with its files, what of the output of the tests
// says that the suites have walked it, and the flags that choose it.
var toys = []struct {
	kind   string
	passes []string
	flags  []string
}{
	{"layer", []string{"TestConformance/nn.ChannelGain{}", "TestConformance/nn.ChannelGain{}/gradients", "TestConformance/nn.ChannelGain{}/allocations"}, nil},
	{"activation", []string{"TestConformance/nn.Softplus{}", "TestConformance/nn.Softplus{}/gradients"}, []string{"--activation=softplus"}},
	{"optimizer", []string{"TestStateContinues/optim.SignDescent{Decay:0}", "TestDecayOfAParameter/optim.SignDescent{Decay:0}"}, []string{"--optimizer=signdescent", "--lr=0.001"}},
	{"schedule", []string{"TestInverseSqrt", "TestSchedulesAreNamed"}, []string{"--schedule=inversesqrt"}},
	{"augmentation", []string{"TestSalt"}, []string{"--salt=0.05"}},
	{"figure", []string{"TestEveryFigure/empty/stems", "TestEveryFigure/constant/stems"}, nil},
}

// TestAThingIsOneFile adds a layer, an activation, an optimizer, a schedule, an
// augmentation and a figure to a copy of the library: one file and its tests
// each, and not a line of another file. They must pass the suites that walk all
// of their kind, be known to the flags of the command, and train there.
func TestAThingIsOneFile(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the library anew")
	}
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum", "pkg", filepath.Join("scripts", "inkling")} {
		copyAll(t, filepath.Join("..", name), filepath.Join(dir, name))
	}
	var wants, flags []string
	for _, toy := range toys {
		production := 0
		from := filepath.Join("testdata", "onefile", toy.kind)
		for _, file := range filesBelow(t, from) {
			to := filepath.Join(dir, file)
			if _, err := os.Stat(to); err == nil {
				t.Errorf("%s: %s is there already: a thing changes no file", toy.kind, file)
			}
			if !strings.HasSuffix(file, "_test.go") {
				production++
			}
			copyAll(t, filepath.Join(from, file), to)
		}
		if production != 1 {
			t.Errorf("%s: %d files beside tests, want 1", toy.kind, production)
		}
		wants, flags = append(wants, toy.passes...), append(flags, toy.flags...)
	}
	run := func(env []string, args ...string) string {
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			said := slices.DeleteFunc(strings.Split(string(out), "\n"), func(line string) bool {
				line = strings.TrimSpace(line)
				return strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- PASS") || strings.HasPrefix(line, "--- SKIP")
			})
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, strings.Join(said, "\n"))
		}
		return string(out)
	}
	out := run(nil, "test", "-vet=off", "-v", "-run", strings.Join([]string{
		"TestConformance/(nn.ChannelGain|nn.Softplus)", "^TestEveryLayerIsEverywhere$", // nn
		"^TestEveryOptimizerIsNamed$", "^TestSchedulesAreNamed$", "^TestStateContinues$", "^TestDecayOfAParameter$", "^TestDescent$", "^TestInverseSqrt$", // optim
		"^TestSalt$", "^TestEveryFigure$/^(empty|constant|gaps|huge)$/^stems$", // data, viz
	}, "|"), "./pkg/nn", "./pkg/nn/optim", "./pkg/data", "./pkg/viz")
	for _, want := range wants {
		if !strings.Contains(out, "--- PASS: "+want+" (") {
			t.Errorf("no %s passed in the tests", want)
		}
	}
	out = run([]string{"INKLING_DATA=synthetic", "INKLING_QUICK=1", "INKLING_RUNS=" + filepath.Join(dir, "runs")},
		append([]string{"run", "./scripts/inkling", "train", "--momentum=0", "--hidden=16", "--epochs=1", "--size=500"}, flags...)...)
	if !strings.Contains(out, "1.softplus") {
		t.Errorf("the network has no softplus:\n%s", out)
	}
	record := ""
	for _, file := range filesBelow(t, filepath.Join(dir, "runs")) {
		if filepath.Base(file) == "run.json" {
			b, err := os.ReadFile(filepath.Join(dir, "runs", file))
			if err != nil {
				t.Fatal(err)
			}
			record += string(b)
		}
	}
	record = strings.ReplaceAll(record, " ", "")
	for _, want := range []string{`"activation":"softplus"`, `"optimizer":"signdescent"`, `"schedule":"inversesqrt"`, `"salt":0.05`} {
		if !strings.Contains(record, want) {
			t.Errorf("the record of the run has no %s:\n%s", want, record)
		}
	}
}

// filesBelow are the files below a folder, by their paths there.
func filesBelow(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		files = append(files, rel)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no files below %s", dir)
	}
	return files
}

// copyAll copies a file, or a folder with all that is in it.
func copyAll(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if err == nil && info.IsDir() {
		err = os.CopyFS(to, os.DirFS(from))
	} else if err == nil {
		var b []byte
		if b, err = os.ReadFile(from); err == nil {
			if err = os.MkdirAll(filepath.Dir(to), 0o755); err == nil {
				err = os.WriteFile(to, b, 0o644)
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestNobodyListsKinds looks for code that asks whether a value is this or that
// layer or optimizer, outside the file that declares it: such a place would have
// to learn of every new one.
func TestNobodyListsKinds(t *testing.T) {
	declares := map[string]string{} // "nn.Linear", and its file
	for _, c := range []struct{ dir, pkg, method string }{{"../pkg/nn", "nn", "Build"}, {"../pkg/nn/optim", "optim", "New"}} {
		for file, f := range goFiles(t, c.dir) {
			if strings.HasSuffix(file, "_test.go") || f.Name.Name != c.pkg {
				continue
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil && fn.Name.Name == c.method {
					if id, ok := fn.Recv.List[0].Type.(*ast.Ident); ok {
						declares[c.pkg+"."+id.Name] = file
					}
				}
			}
		}
	}
	if len(declares) < 20 {
		t.Fatalf("only %v found", declares)
	}
	for file, f := range goFiles(t, "../pkg") {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		check := func(e ast.Expr) {
			name := ""
			switch e := e.(type) {
			case *ast.SelectorExpr:
				if x, ok := e.X.(*ast.Ident); ok {
					name = x.Name + "." + e.Sel.Name
				}
			case *ast.Ident:
				name = f.Name.Name + "." + e.Name
			}
			if own, ok := declares[name]; ok && own != file {
				t.Errorf("%s asks whether a value is a %s: let the type say what is wanted by a method, in %s", file, name, own)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeAssertExpr:
				check(n.Type)
			case *ast.TypeSwitchStmt:
				for _, c := range n.Body.List {
					for _, e := range c.(*ast.CaseClause).List {
						check(e)
					}
				}
			}
			return true
		})
	}
}
