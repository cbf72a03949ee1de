// Package scripts holds the tests of the repository's own rules: which way
// imports run, what a committed notebook may hold, what does not belong here.
package scripts

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "inkling"

// mayImport lists, for each layer, the other layers it may build on. The
// longest name that fits a package decides; a layer may use its own
// sub-packages unless they are layers themselves.
var mayImport = map[string][]string{
	"pkg/internal":    {},
	"pkg/data":        {"pkg/internal"},
	"pkg/viz":         {"pkg/internal"},
	"pkg/embed":       {"pkg/internal"},
	"pkg/nn/internal": {"pkg/internal"},
	"pkg/nn":          {"pkg/internal", "pkg/nn/internal"},
	"pkg/nn/inspect":  {"pkg/nn"},
	"pkg/nn/export":   {"pkg/internal", "pkg/nn"},
	"pkg/nn/onnx":     {"pkg/internal", "pkg/nn"},
	"pkg/nn/weights":  {"pkg/internal", "pkg/nn"},
	"pkg/nn/optim":    {"pkg/internal", "pkg/nn", "pkg/nn/internal"},
	"pkg/nn/train":    {"pkg/internal", "pkg/nn", "pkg/nn/internal", "pkg/nn/optim", "pkg/data"},
	"pkg/nn/metric":   {"pkg/nn", "pkg/nn/train", "pkg/data"},
	"pkg/lab/words":   {"pkg/internal"},
	"pkg/lab":         {"pkg/internal", "pkg/lab/words", "pkg/nn", "pkg/nn/optim", "pkg/nn/train", "pkg/nn/metric", "pkg/data"},
	"pkg/lab/compare": {"pkg/internal", "pkg/lab", "pkg/nn", "pkg/nn/metric", "pkg/data", "pkg/viz"},
	"pkg/lab/curves":  {"pkg/internal", "pkg/lab", "pkg/nn/train"},
	"pkg/lab/predict": {"pkg/internal", "pkg/lab", "pkg/nn", "pkg/nn/metric", "pkg/data", "pkg/viz"},
	"pkg/lab/search":  {"pkg/internal", "pkg/lab", "pkg/nn", "pkg/nn/train", "pkg/nn/optim", "pkg/data", "pkg/viz"},
	"pkg/lab/study":   {"pkg/lab", "pkg/nn", "pkg/nn/optim", "pkg/nn/train", "pkg/nn/metric", "pkg/data"},
	"pkg/notebook":    {"pkg/lab", "pkg/lab/compare", "pkg/lab/predict", "pkg/lab/search", "pkg/lab/study", "pkg/nn", "pkg/nn/inspect", "pkg/nn/metric", "pkg/nn/train", "pkg/data", "pkg/embed", "pkg/viz", "pkg/internal"},
}

// layer is the longest name in mayImport that holds the package, or "".
func layer(pkg string) string {
	for ; pkg != "."; pkg = path.Dir(pkg) {
		if _, ok := mayImport[pkg]; ok {
			return pkg
		}
	}
	return ""
}

func TestImportsRunOneWay(t *testing.T) {
	type listed struct {
		ImportPath, Name string
		Imports, SFiles  []string
	}
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Name,Imports,SFiles", module+"/...")
	cmd.Dir = ".."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	seen := 0
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		if !strings.HasPrefix(name, "pkg/") || p.Name == "main" {
			continue // programs stand above all layers
		}
		seen++
		from := layer(name)
		if from == "" {
			t.Errorf("%s stands in no layer: give it its place in mayImport", name)
			continue
		}
		if len(p.SFiles) > 0 && name != "pkg/nn/internal/f32" {
			t.Errorf("%s has assembly (%s), only pkg/nn/internal/f32 may", name, p.SFiles)
		}
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, "github.com/janpfeifer/gonb/") && from != "pkg/viz" {
				t.Errorf("%s imports %s, only pkg/viz talks to GoNB", name, imported)
			}
			ours, ok := strings.CutPrefix(imported, module+"/")
			if !ok {
				continue
			}
			if to := layer(ours); to != from && !slices.Contains(mayImport[from], to) {
				t.Errorf("%s imports %s; %s may import %q", name, ours, from, mayImport[from])
			}
		}
	}
	if seen < 4 {
		t.Errorf("go list named %d packages under pkg/, the layout has more", seen)
	}
}

func TestOneFileTalksToGoNB(t *testing.T) {
	var files []string
	for file, f := range goFiles(t, "../pkg") {
		for _, imp := range f.Imports {
			if strings.HasPrefix(imp.Path.Value, `"github.com/janpfeifer/gonb/`) && !strings.HasSuffix(file, "_test.go") {
				files = append(files, filepath.ToSlash(file))
			}
		}
	}
	slices.Sort(files)
	if files = slices.Compact(files); !slices.Equal(files, []string{"../pkg/viz/deliver_gonb.go"}) {
		t.Errorf("files that import GoNB: %q, want only pkg/viz/deliver_gonb.go", files)
	}
}

// TestLibraryCalls keeps two laws of the design: a library does not end its
// caller's program, and every random draw comes from a seed that was given.
func TestLibraryCalls(t *testing.T) {
	ends := regexp.MustCompile(`^(log\.(Fatal|Fatalf|Fatalln)|os\.Exit)$`)
	mayEnd := map[string]string{ // file: why
		"../pkg/lab/cell.go":      "the words of a %% line are read inside flag.Parse, which has no error to return",
		"../pkg/lab/hyper.go":     "flag.Usage of a program that calls Flags",
		"../pkg/notebook/open.go": "a cell is a program, and this is its main",
	}
	for file, f := range goFiles(t, "../pkg") {
		if strings.HasSuffix(file, "_test.go") || f.Name.Name == "main" {
			continue
		}
		imported := map[string]string{}
		for _, imp := range f.Imports {
			p, _ := strconv.Unquote(imp.Path.Value)
			name := path.Base(strings.TrimSuffix(p, "/v2"))
			if imp.Name != nil {
				name = imp.Name.Name
			}
			imported[name] = p
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := sel.X.(*ast.Ident)
			if !ok || x.Obj != nil {
				return true
			}
			switch p := imported[x.Name]; {
			case p != "" && ends.MatchString(path.Base(p)+"."+sel.Sel.Name) && mayEnd[filepath.ToSlash(file)] == "":
				t.Errorf("%s calls %s.%s: a library returns errors", file, p, sel.Sel.Name)
			case (p == "math/rand" || p == "math/rand/v2") && !strings.HasPrefix(sel.Sel.Name, "New"):
				t.Errorf("%s calls %s.%s, which draws from a global source", file, p, sel.Sel.Name)
			}
			return true
		})
	}
}

// TestFilesAreOpenedInOnePlace keeps a law of robustness: what is read is a
// regular file of bounded size, and nothing is written through a link. Only
// package atomicfile knows how.
func TestFilesAreOpenedInOnePlace(t *testing.T) {
	opens := regexp.MustCompile(`^((os|ioutil)\.(Open|OpenFile|OpenInRoot|ReadFile|WriteFile|Create|CreateTemp|Truncate|CopyFS|Symlink|Link)|syscall\.(Open|Creat)|os\.DirFS)$`)
	allowed := map[string]string{ // file and call: why
		"../pkg/internal/atomicfile/read.go os.OpenFile":         "the one place for reading, and for writing to a file of ours",
		"../pkg/internal/atomicfile/atomicfile.go os.CreateTemp": "makes a file that was not there (O_EXCL)",
		"../pkg/internal/atomicfile/atomicfile.go os.Open":       "the folder, for its sync",
		"../pkg/internal/source/bound.go os.ReadFile":            "/proc, which has no size",
		"../pkg/internal/memory/machine_linux.go os.ReadFile":    "/proc and /sys/fs/cgroup, which have no size",
		"../scripts/inkling/notebook_new.go os.OpenFile":         "makes a file that was not there (O_EXCL)",
		"../scripts/benchmark/measure.go os.ReadFile":            "/proc/cpuinfo, which has no size",
		"../scripts/benchmark/waited_linux.go os.ReadFile":       "/proc, which has no size",
		"../scripts/benchmark/report.go os.WriteFile":            "the report of the person who started it, where she wants it",
	}
	used := map[string]bool{}
	for _, folder := range []string{"../pkg", "../scripts"} {
		for file, f := range goFiles(t, folder) {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if x, ok := sel.X.(*ast.Ident); ok && x.Obj == nil && opens.MatchString(x.Name+"."+sel.Sel.Name) {
					use := filepath.ToSlash(file) + " " + x.Name + "." + sel.Sel.Name
					if allowed[use] == "" {
						t.Errorf("%s: open files with package atomicfile, which refuses what is no regular file", use)
					}
					used[use] = true
				}
				return true
			})
		}
	}
	for use := range allowed {
		if !used[use] {
			t.Errorf("%s is allowed and does not occur", use)
		}
	}
}

func TestLayout(t *testing.T) {
	known := []string{".binder", ".ci", ".devcontainer", ".gitattributes", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md",
		"docs", "findings", "go.mod", "go.sum", "notebooks", "pkg", "scripts"}
	for _, file := range tracked(t) {
		top, _, _ := strings.Cut(file, "/")
		if !slices.Contains(known, top) {
			t.Errorf("%s: the top level holds %q", file, known)
		}
	}
}

// TestNothingOfThisMachine looks for what must not be committed: paths of the
// machine it was written on, data, weights and products.
func TestNothingOfThisMachine(t *testing.T) {
	const maxSize = 500 << 10
	// A home folder or a workplace, but not the end of a longer path or address.
	paths := regexp.MustCompile(`(^|[^\w./>~-])/(` + strings.Join([]string{"home", "root", "Users", "work", "farm"}, "|") + `)/[A-Za-z]`)
	products := regexp.MustCompile(`(?i)\.(gz|idx[13]-ubyte|safetensors|npz|npy|pt|onnx|so|o|test|exe|pyc)$`)
	for _, file := range tracked(t) {
		raw, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			continue // removed, and not yet committed
		}
		if len(raw) > maxSize {
			t.Errorf("%s has %d kB, a file here has at most %d", file, len(raw)>>10, maxSize>>10)
		}
		if products.MatchString(file) && !strings.Contains(file, "/testdata/") {
			t.Errorf("%s is data or a product", file)
		}
		if bytes.IndexByte(raw, 0) >= 0 {
			continue
		}
		for i, line := range strings.Split(string(raw), "\n") {
			if m := paths.FindString(line); m != "" {
				t.Errorf("%s:%d names a path of some machine: %.100q", file, i+1, line)
			}
		}
	}
}

func TestEntryPointsAreExecutable(t *testing.T) {
	for _, file := range []string{"scripts/report", "scripts/lab", "scripts/dask", "scripts/test", ".ci/run"} {
		info, err := os.Stat(filepath.Join("..", file))
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm()&0o111 == 0 {
			t.Errorf("%s is not executable (%v)", file, info.Mode())
		}
	}
}

// tracked lists the files git holds, as slash paths from the repository's
// root; outside of a clone, all files but the products.
func tracked(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = ".."
	if out, err := cmd.Output(); err == nil && len(out) > 0 {
		return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
	}
	var files []string
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		file = filepath.ToSlash(strings.TrimPrefix(file, ".."+string(filepath.Separator)))
		if d.IsDir() {
			if slices.Contains([]string{".git", ".tools", "runs", "reports", "figures", ".ipynb_checkpoints"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		files = append(files, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// goFiles parses the Go files below a folder.
func goFiles(t *testing.T, folder string) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	fset := token.NewFileSet()
	err := filepath.WalkDir(folder, func(file string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(file, ".go") {
			files[file], err = parser.ParseFile(fset, file, nil, 0)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestREADMECountsLines compares the lines that README says each folder has with
// those it has: within a sixth, so that it is a matter of some hundred lines.
func TestREADMECountsLines(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| \[(?:pkg|scripts)[^\]]*\]\(([^)]*)\) \| ([\d,]+) \|`).FindAllStringSubmatch(string(readme), -1)
	told := map[string]int{}
	for _, row := range rows {
		told[row[1]], _ = strconv.Atoi(strings.ReplaceAll(row[2], ",", ""))
	}
	counted := map[string]int{}
	for _, file := range tracked(t) {
		if ext := path.Ext(file); !slices.Contains([]string{".go", ".s", ".h"}, ext) || strings.HasSuffix(file, "_test.go") || strings.Contains(file, "/testdata/") {
			continue
		}
		raw, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			continue // removed, and not yet committed
		}
		folder := path.Dir(file)
		for folder != "." && told[folder] == 0 {
			folder = path.Dir(folder)
		}
		counted[folder] += bytes.Count(raw, []byte("\n"))
	}
	if len(rows) < 10 || counted["."] > 0 {
		t.Errorf("README counts %d folders, and leaves out %d lines", len(rows), counted["."])
	}
	for folder, n := range told {
		if d := counted[folder] - n; 6*max(d, -d) > n+300 {
			t.Errorf("README says that %s has %d lines, it has %d", folder, n, counted[folder])
		}
	}
}
