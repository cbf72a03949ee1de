package train

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn/optim"
)

func TestCodeOfOlderRecords(t *testing.T) {
	var r Record
	if err := json.Unmarshal([]byte(`{"Name":"a","Code":"0123 4567 avx2"}`), &r); err != nil {
		t.Fatal(err)
	}
	if want := (Code{Older: "0123 4567 avx2"}); r.Code != want {
		t.Errorf("%+v, want %+v", r.Code, want)
	}
	for _, c := range []Code{r.Code, Today(), {Library: "l", Own: "o", Unknown: "u", Once: "1"}} {
		var back Code
		if err := json.Unmarshal(must(json.Marshal(c)), &back); err != nil || back != c {
			t.Errorf("%+v comes back as %+v, %v", c, back, err)
		}
		if c.Older != "" && c == Today() {
			t.Error("older code is today's")
		}
	}
	if err := json.Unmarshal([]byte(`{"Code":3}`), &r); err == nil {
		t.Error("a number is code")
	}
}

// TestAllThatComputesIsInTheKey walks from the loop along imports: whatever of
// ours a computing file imports must have a digest in the key, and a computing
// file may use nothing that a file aside declares, but for what is listed with
// its reason.
func TestAllThatComputesIsInTheKey(t *testing.T) {
	const module = "inkling/"
	root := filepath.Join("..", "..", "..")
	aside := map[string][]string{ // of the packages that compute
		"pkg/nn": asideOf(t, "../version.go"), "pkg/nn/optim": {"register.go", "version.go"}, "pkg/nn/internal/f32": {"doc.go", "version.go"},
		"pkg/data": asideOf(t, "../../data/version.go"), "pkg/nn/train": nil,
	}
	for _, name := range goFilesIn(t, ".") {
		if !slices.Contains(loop, name) {
			aside["pkg/nn/train"] = append(aside["pkg/nn/train"], name)
		}
	}
	// What files aside declare and computing ones use: it tells or refuses, and
	// changes no number of a run.
	tells := map[string]string{
		"pkg/nn/train.Event":            "what is told",
		"pkg/nn/train.Kind":             "what is told",
		"pkg/nn/train.Train":            "what is told",
		"pkg/nn/train.Dev":              "what is told",
		"pkg/nn/train.Best":             "what is told",
		"pkg/nn/train.Count":            "words of an error",
		"pkg/nn/train.identity":         "what a state belongs to",
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
		"pkg/nn.oracleOf":               "checks gradients",
		"pkg/nn.float64s":               "checks gradients",
	}
	refuses := map[string]string{
		"pkg/internal/memory":    "refuses what does not fit the machine",
		"pkg/nn/internal/oracle": "checks gradients",
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

// Sets that someone has changed are other data.
func TestChangedSetsAreOtherData(t *testing.T) {
	root := t.TempDir()
	first := must(testLab(t, root).Fit(mlp()))[0]
	for _, c := range []struct {
		name   string
		change func(l *Lab)
		stored bool
	}{
		{"nothing", func(*Lab) {}, true},
		{"a label", func(l *Lab) { l.Train.Labels[3] = (l.Train.Labels[3] + 1) % 10 }, false},
		{"a pixel of the dev split", func(l *Lab) { l.Dev.Pixels[100] ^= 1 }, false},
		{"another dev split", func(l *Lab) { l.Dev = l.Dev.First(15) }, false},
		{"a label between two runs", func(l *Lab) {
			c := mlp()
			c.TrainSize = 60
			must(l.Fit(c)) // draws a subset
			for i := range l.Train.Labels {
				l.Train.Labels[i] = 9 - l.Train.Labels[i]
			}
		}, false},
		{"a copy", func(l *Lab) { l.Train = data.Concat(l.Train.Name, l.Train) }, true},
	} {
		l := testLab(t, root)
		c.change(l)
		l.look()
		if s := l.drawn.subset(l.Train, 60); s.Fingerprint() != Subset(l.Train, 60).Fingerprint() {
			t.Errorf("%s: the subset is an old one", c.name)
		}
		if r := must(l.Fit(mlp()))[0]; r.Stored != c.stored || c.stored && r.Dir != first.Dir {
			t.Errorf("%s: stored %v, want %v", c.name, r.Stored, c.stored)
		}
	}
}

// A state in the folder of another run is refused in one line that says what to
// do, and never continued.
func TestStateThatBelongsElsewhere(t *testing.T) {
	for _, c := range []struct {
		name, want string
		other      func(l *Lab, cfg *Config)
	}{
		{"data", "other data", func(l *Lab, _ *Config) { l.dataSum = "other" }},
		{"split", "other data", func(l *Lab, _ *Config) { l.Split.Seed = 7 }},
		{"configuration", "another configuration", func(_ *Lab, c *Config) { c.Optimizer = optim.SGD{Momentum: 0.8} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			here, there := t.TempDir(), t.TempDir()
			mine := interruptAt(t, testLab(t, here), mlp(), 6)
			l, cfg := testLab(t, there), mlp()
			c.other(l, &cfg)
			theirs := interruptAt(t, l, cfg, 6)
			if mine.Dir == theirs.Dir {
				t.Fatal("two runs in one folder")
			}
			state := must(os.ReadFile(filepath.Join(theirs.Dir, stateFile)))
			if err := os.WriteFile(filepath.Join(mine.Dir, stateFile), state, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := testLab(t, here).Fit(mlp())
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "remove ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q and what to do", err, c.want)
			}
			if err := os.RemoveAll(mine.Dir); err != nil {
				t.Fatal(err)
			}
			if r := must(testLab(t, here).Fit(mlp()))[0]; r.Stored || r.Status != Finished {
				t.Errorf("after the advice: %+v", r.Record)
			}
		})
	}
	tr := newTrainer(t, mlp())
	f := must(tr.File())
	for _, key := range []string{codeKey, dataKey} {
		meta := f.Meta[key]
		f.Meta[key] = "another"
		if err := newTrainer(t, mlp()).Restore(f); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", key, err)
		}
		f.Meta[key] = meta
	}
	if err := newTrainer(t, mlp()).Restore(f); err != nil {
		t.Error(err)
	}
}
