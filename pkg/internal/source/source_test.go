package source

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"inkling/pkg/internal/code"
)

// A program of one package main and one beside it, with a type for every kind
// of code. Lines that end in "// →" are changed to what follows in the second
// program; all else stays as it is.
const mainSource = `package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"sort"
	"strings"
	"text/template"
	"time"
	_ "unsafe"

	"golang.org/x/sys/unix"
	"gonum.org/v1/gonum/blas/blas64"
	blasgonum "gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"inkling/pkg/internal/source"
	. "inkling/pkg/probe/dotted"
	"inkling/pkg/probe/helper"
)

var ours = func(pkg string) bool { return pkg == "inkling/pkg/nn" }

func show(name string, v any) {
	d := source.Describe(v, ours)
	o := d.Own(ours)
	fmt.Printf("%s|%s|%s|%s\n", name, o.Digest, o.Unknown, d.Text)
}

// What counts.

type body struct{ n int }
func (b body) Eval() float64 { return 1 } // → func (b body) Eval() float64 { return 2 }

type onPointer struct{ n int }
func (b *onPointer) Eval() float64 { return 1 } // → func (b *onPointer) Eval() float64 { return 2 }

type viaHelper struct{}
func (viaHelper) Eval() float64 { return double(3) }
func double(x float64) float64 { return x + x } // → func double(x float64) float64 { return x * 2 }

type viaPackage struct{}
func (viaPackage) Eval() float64 { return helper.Twice(3) }

type viaConst struct{}
func (viaConst) Eval() float64 { return factor }

type viaIota struct{}
func (viaIota) Eval() float64 { return float64(third) }
const (
	first = iota * 3 // → first = iota * 4
	second
	third
)

type viaVar struct{}
func (viaVar) Eval() float64 { return table[1] + dot(table[:]) }
func dot(v []float64) float64 { return v[0] * v[1] }
var table = [2]float64{1, 2} // → var table = [2]float64{1, 3}

type generic[T any] struct{ of T }
func (g generic[T]) Eval() float64 { return 1 } // → func (g generic[T]) Eval() float64 { return 2 }

type argument struct{}
func (argument) Eval() float64 { return 1 } // → func (argument) Eval() float64 { return 2 }

type embedding struct{ body }

type holder struct{ f func(float64) float64 }
func (h holder) Eval() float64 { return h.f(1) }
func square(x float64) float64 { return x * x } // → func square(x float64) float64 { return x * x * x }

type nested struct {
	parts []any
	more  map[string]any
}

type viaMethod struct{}
func (viaMethod) Eval() float64 { return newHidden().deep() }
func newHidden() hidden { return hidden{} }
type hidden struct{ inner }
type inner struct{}
func (inner) deep() float64 { return 1 } // → func (inner) deep() float64 { return 2 }

type viaOtherFile struct{}
func (viaOtherFile) Eval() float64 { return elsewhere() }

type viaDot struct{}
func (viaDot) Eval() float64 { return Dotted() }

type viaNamed float64
func (v viaNamed) Eval() float64 { return float64(v) } // → func (v viaNamed) Eval() float64 { return float64(v) + 1 }

type viaTagged struct{}
func (viaTagged) Eval() float64 { return tagged() }

type viaInterface struct{ of interface{ Eval() float64 } }

// A key of a map or an array is no name of a field.

type viaKey struct{}
func (viaKey) Eval() float64 { return rates[1] }
const key = 1 // → const key = 2
var rates = helper.Rates{key: 0.5}

type viaLocalKey struct{}
func (viaLocalKey) Eval() float64 { type local map[int]float64; return local{key: 2}[1] }

type viaIndex struct{}
func (viaIndex) Eval() float64 { return helper.Index{place: 2}[1] }
const place = 1 // → const place = 0

// Methods that nobody names, but what the value is given to calls.

type marshals struct{}
func (marshals) MarshalJSON() ([]byte, error) { return []byte("1"), nil } // → func (marshals) MarshalJSON() ([]byte, error) { return []byte("2"), nil }
type viaJSON struct{}
func (viaJSON) Eval() float64 { b, _ := json.Marshal(marshals{}); return float64(b[0]) }

type prints struct{}
func (prints) String() string { return "1" } // → func (prints) String() string { return "2" }
type viaPrint struct{}
func (viaPrint) Eval() float64 { return float64(fmt.Sprint(prints{})[0]) }

type fails struct{}
func (fails) Error() string { return "1" } // → func (fails) Error() string { return "2" }
type viaErrors struct{}
func (viaErrors) Eval() float64 { return float64(errors.Join(fails{}).Error()[0]) }

type sorts []float64
func (s sorts) Len() int { return len(s) }
func (s sorts) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s sorts) Less(i, j int) bool { return s[i] < s[j] } // → func (s sorts) Less(i, j int) bool { return s[i] > s[j] }
type viaSort struct{}
func (viaSort) Eval() float64 { s := sorts{1, 2}; sort.Sort(s); return s[0] }

// What computes in another's module.

type viaModule struct{}
func (viaModule) Eval() float64 { return gain() * floats.Sum([]float64{1, 2}) + stat.Mean([]float64{1}, nil) }
func gain() float64 { return 1 } // → func gain() float64 { return 2 }

// What does not.

type laidOut struct{}
func (laidOut) Eval() float64 { return math.Max(1, 2) } // → /* said */ func (laidOut) Eval() float64 {;;return math.Max(1,;; 2,;; );;}; // said

type alone struct{}
func (alone) Eval() float64 { return helper.Constant }
func (alone) String() string { return "a" } // → func (alone) String() string { return "b" }

type shadowing struct{ scale float64 }
func (s shadowing) Eval() float64 { scale := s.scale; scale++; return shadowing{scale: scale}.scale }

type local struct{}
func (local) Eval() float64 { rng := rand.New(rand.NewPCG(1, 2)); return rng.Float64() * float64(time.Second) }

var unrelated = 1 // → var unrelated = 2

// What cannot be known.

var scale = 1.0
type viaSet struct{}
func (viaSet) Eval() float64 { return scale }

var settings = map[string]float64{"a": 1}
type viaElement struct{}
func (viaElement) Eval() float64 { return settings["a"] }

var counted struct{ n int }
type viaCount struct{}
func (viaCount) Eval() float64 { return float64(counted.n) }

var pointed = 1.0
type viaPointer struct{}
func (viaPointer) Eval() float64 { return pointed }

var handed = []float64{1, 2}
type viaHanded struct{}
func (viaHanded) Eval() float64 { return handed[0] }

type viaEnv struct{}
func (viaEnv) Eval() float64 { return float64(len(os.Getenv("HOME"))) }

type viaClock struct{}
func (viaClock) Eval() float64 { return float64(time.Now().Unix()) }

type viaChance struct{}
func (viaChance) Eval() float64 { return rand.Float64() }

type viaDeep struct{}
func (viaDeep) Eval() float64 { return depth() }
func depth() float64 { return deeper }
var deeper = float64(time.Now().Unix())

type viaExported struct{}
func (viaExported) Eval() float64 { return helper.Read() }

var calledState = counter()
func counter() func() float64 { n := 0.0; return func() float64 { n++; return n } }
type viaState struct{}
func (viaState) Eval() float64 { return calledState() }

type viaFile struct{}
func (viaFile) Eval() float64 { t, _ := template.ParseFiles("x"); return float64(len(t.Name())) }

type viaModuleEnv struct{}
func (viaModuleEnv) Eval() float64 { v, _ := unix.Getenv("HOME"); return float64(len(v)) }

type viaSystemCall struct{}
func (viaSystemCall) Eval() float64 { return float64(unix.Getpid()) }

type viaModuleSet struct{}
func (viaModuleSet) Eval() float64 { return blas64.Asum(blas64.Vector{N: 1, Data: []float64{1}, Inc: 1}) }

type viaLinker struct{}
func (viaLinker) Eval() float64 { return float64(len(linked)) }
var linked = "a"

type viaEmbed struct{}
func (viaEmbed) Eval() float64 { return float64(len(embedded)) }

type viaLinkname struct{}
func (viaLinkname) Eval() float64 { return float64(elsewhereSet) }
//go:linkname elsewhereSet inkling/pkg/probe/helper.hidden
var elsewhereSet int

type reads struct{ from io.Reader }

type channel struct{ c chan int }

func init() { scale = 2 }

func main() {
	if path := os.Getenv("CHANGE"); path != "" { // by another, while the program runs
		text, err := os.ReadFile(path)
		if err != nil {
			panic(err)
		}
		os.WriteFile(path, text, 0o644)
		os.Chtimes(path, time.Time{}, time.Unix(0, 0)) // moved over the other, with its time
	}
	if dir := os.Getenv("REMOVE"); dir != "" {
		os.RemoveAll(dir)
	}
	show("body", body{1})
	show("onPointer", &onPointer{1})
	show("viaHelper", viaHelper{})
	show("viaPackage", viaPackage{})
	show("viaConst", viaConst{})
	show("viaIota", viaIota{})
	show("viaVar", viaVar{})
	show("generic", generic[int]{})
	show("genericOf", wrap[argument]{})
	show("embedding", embedding{})
	show("holder", holder{square})
	show("nested", nested{parts: []any{1, &onPointer{}}, more: map[string]any{"a": 1}})
	show("nestedMap", nested{more: map[string]any{"a": body{}, "b": 2}})
	show("viaMethod", viaMethod{})
	show("viaOtherFile", viaOtherFile{})
	show("viaDot", viaDot{})
	show("viaNamed", viaNamed(2))
	show("viaTagged", viaTagged{})
	show("viaInterface", viaInterface{body{}})
	show("viaKey", viaKey{})
	show("viaLocalKey", viaLocalKey{})
	show("viaIndex", viaIndex{})
	show("viaJSON", viaJSON{})
	show("viaPrint", viaPrint{})
	show("viaErrors", viaErrors{})
	show("viaSort", viaSort{})
	show("viaModule", viaModule{})
	show("elsewhere", helper.Type{})
	show("literal", holder{func(x float64) float64 { return x + 1 }}) // → show("literal", holder{func(x float64) float64 { return x + 2 }})
	show("fields", struct{ A any }{struct{ body }{}})

	show("same laidOut", laidOut{})
	show("same alone", alone{})
	show("same shadowing", shadowing{1})
	show("same local", local{})
	show("same std", time.Second)
	show("same function", nested{parts: []any{math.Sin, rand.New(rand.NewPCG(1, 2)), strings.NewReader("a"), time.Second, errors.New("a")}})
	type inside struct{ n int }
	show("same inside", inside{1})

	settings["a"] = 2
	counted.n++
	p := &pointed
	*p = 3
	change(handed)
	helper.Exported = 4
	by := 2.0
	show("not viaSet", viaSet{})
	show("not viaElement", viaElement{})
	show("not viaCount", viaCount{})
	show("not viaPointer", viaPointer{})
	show("not viaHanded", viaHanded{})
	show("not viaEnv", viaEnv{})
	show("not viaClock", viaClock{})
	show("not viaChance", viaChance{})
	show("not viaDeep", viaDeep{})
	show("not viaExported", viaExported{})
	show("not viaState", viaState{})
	blas64.Use(other{})
	show("not viaFile", viaFile{})
	show("not viaModuleEnv", viaModuleEnv{})
	show("not viaSystemCall", viaSystemCall{})
	show("not viaModuleSet", viaModuleSet{})
	show("not viaLinker", viaLinker{})
	show("not viaEmbed", viaEmbed{})
	show("not viaLinkname", viaLinkname{})
	show("not reader", reads{os.Stdin})
	show("not buffered reader", reads{bufio.NewReader(os.Stdin)})
	show("not a function of chance", nested{parts: []any{rand.Float64}})
	show("not a function of the clock", nested{parts: []any{time.Now}})
	show("not channel", channel{make(chan int)})
	show("not closure", holder{func(x float64) float64 { return x + by }})
	show("not methodValue", holder{viaBound{2}.times})
	show("not generic function", holder{identity[float64]})
}

type wrap[T any] struct{}
type viaBound struct{ n float64 }
func (v viaBound) times(x float64) float64 { return v.n * x }
func identity[T any](x T) T { return x }
func change(v []float64) { v[0] = 9 }
type other struct{ blasgonum.Implementation }
`

var sources = map[string]string{
	"main.go":          mainSource,
	"consts.go":        "package main\n\nconst factor = 2 // → const factor = 3\n\nfunc elsewhere() float64 { return 1 } // → func elsewhere() float64 { return 2 }\n",
	"tagged_x.go":      "//go:build special\n\npackage main\n\nfunc tagged() float64 { return 1 } // → func tagged() float64 { return 2 }\n",
	"tagged_y.go":      "//go:build !special\n\npackage main\n\nfunc tagged() float64 { return 7 }\n",
	"embed.go":         "package main\n\nimport _ \"embed\"\n\n//go:embed\tembed.txt\n\n// embedded is what the directive above is for.\nvar embedded string\n",
	"embed.txt":        "text",
	"dotted/dotted.go": "package dotted\n\nfunc Dotted() float64 { return 1 } // → func Dotted() float64 { return 2 }\n",
	"helper/helper.go": `// Package helper is beside the program.
package helper

const Constant = 3

var hidden int

var Exported = 1.0

func Twice(x float64) float64 { return x * 2 } // → func Twice(x float64) float64 { return x * 2.5 }
func Read() float64 { return Exported }

type Rates map[int]float64
type Index [3]float64

type Type struct{}

func (Type) Eval() float64 { return 1 } // → func (Type) Eval() float64 { return 2 }
`,
}

// write makes a module of the sources in dir, as they are or changed.
func write(t *testing.T, dir string, changed bool) {
	t.Helper()
	repository, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(repository, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"go.mod": "module inkling/pkg/probe\n\ngo 1.26.0\n\nrequire inkling v0.0.0\n\nreplace inkling => " + strconv.Quote(repository) + "\n", "go.sum": string(sums)}
	for name, text := range sources {
		var lines []string
		for line := range strings.Lines(text) {
			if head, tail, ok := strings.Cut(line, " // → "); ok {
				if line = head + "\n"; changed {
					line = strings.ReplaceAll(tail, ";;", "\n")
				}
			}
			lines = append(lines, line)
		}
		files[name] = strings.Join(lines, "")
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

type told struct{ digest, unknown, text string }

// run is the command for the sources as they are.
var run = []string{"go", "run", "-tags", "special", "-ldflags", "-X main.linked=b"}

// tell runs a command, after what its environment has more, that shows the values, and reads what it tells.
func tell(t *testing.T, dir string, command ...string) map[string]told {
	t.Helper()
	i := slices.IndexFunc(command, func(s string) bool { return !strings.Contains(s, "=") })
	cmd := exec.Command(command[i], command[i+1:]...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off"), command[:i]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, stderr.Bytes())
	}
	all := map[string]told{}
	for line := range strings.Lines(string(out)) {
		if p := strings.SplitN(strings.TrimSuffix(line, "\n"), "|", 4); len(p) == 4 {
			all[p[0]] = told{p[1], p[2], p[3]}
		}
	}
	return all
}

func TestCodeOfPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	first, second := t.TempDir(), t.TempDir()
	write(t, first, false)
	write(t, second, true)
	before := tell(t, first, append(run, ".")...)
	after := tell(t, second, append(run, ".")...)
	if len(before) < 40 || len(after) != len(before) {
		t.Fatalf("%d and %d values", len(before), len(after))
	}
	for name, b := range before {
		a := after[name]
		switch {
		case a.text != b.text:
			t.Errorf("%s: text %q, then %q", name, b.text, a.text)
		case strings.HasPrefix(name, "not "):
			if b.unknown == "" || b.digest != "" {
				t.Errorf("%s: digest %q, want a reason", name, b.digest)
			}
			t.Log(b.unknown)
		case b.unknown != "":
			t.Errorf("%s: unknown: %s", name, b.unknown)
		case strings.HasPrefix(name, "same "):
			if b.digest != a.digest {
				t.Errorf("%s: two digests for the same code", name)
			}
		case b.digest == a.digest || b.digest == "":
			t.Errorf("%s: digest %q for other code", name, b.digest)
		}
	}
	if before["same std"].digest != "" {
		t.Error("a value of Go's library has code of its own")
	}

	t.Run("the same code in another folder and another main", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, false)
		path := filepath.Join(dir, "main.go")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		moved := bytes.Replace(text, []byte("func main() {"), []byte("// first comes another\nfunc another() {}\n\nfunc main() {\n\tanother()\n"), 1)
		if err := os.WriteFile(path, moved, 0o644); err != nil {
			t.Fatal(err)
		}
		for name, again := range tell(t, dir, append(run, ".")...) {
			if again.digest != before[name].digest {
				t.Errorf("%s: digest %q, then %q %s", name, before[name].digest, again.digest, again.unknown)
			}
		}
	})
	expect := func(t *testing.T, all map[string]told, want string) {
		t.Helper()
		if got := all["body"]; !strings.Contains(got.unknown, want) || got.digest != "" {
			t.Errorf("digest %q, unknown %q, want a reason with %q", got.digest, got.unknown, want)
		}
	}
	t.Run("trimpath", func(t *testing.T) {
		expect(t, tell(t, first, append(run, "-gcflags=-trimpath="+first, ".")...), "-trimpath")
		expect(t, tell(t, first, append(run, "-trimpath", ".")...), "-trimpath")
	})
	t.Run("an overlay", func(t *testing.T) {
		overlay := filepath.Join(t.TempDir(), "o.json")
		if err := os.WriteFile(overlay, []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
		expect(t, tell(t, first, append(run, "-overlay", overlay, ".")...), "-overlay")
		expect(t, tell(t, first, append([]string{"GOFLAGS=-mod=mod -overlay=" + overlay}, append(run, ".")...)...), "-overlay")
	})
	t.Run("a program that was built before", func(t *testing.T) {
		program := filepath.Join(t.TempDir(), "program")
		tell(t, first, "go", "build", "-tags", "special", "-o", program, ".")
		expect(t, tell(t, first, program), "go run")
		cached := filepath.Join(t.TempDir(), "ab", strings.Repeat("0", 64)+"-d", "program") // as in the cache, but not started by go
		if err := os.MkdirAll(filepath.Dir(cached), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(program, cached); err != nil {
			t.Fatal(err)
		}
		expect(t, tell(t, first, cached), "go run")
	})
	t.Run("source that changes while the program runs", func(t *testing.T) {
		expect(t, tell(t, first, append([]string{"CHANGE=" + filepath.Join(first, "main.go")}, append(run, ".")...)...), "main.go was changed after")
		if again := tell(t, first, append(run, ".")...)["body"]; again.digest != before["body"].digest {
			t.Errorf("built again: %+v", again)
		}
	})
	t.Run("files by name", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, false)
		edit := func(name, from, to string) {
			t.Helper()
			path := filepath.Join(dir, name)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(strings.Replace(string(text), from, to, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		// A second program in the folder, whose names come later, and one of
		// constants that the build would leave out if it were not named.
		text, err := os.ReadFile(filepath.Join(dir, "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "z.go"), bytes.ReplaceAll(text, []byte("return 1"), []byte("return 9")), 0o644); err != nil {
			t.Fatal(err)
		}
		edit("main.go", "package main", "//go:build ignore\n\npackage main")
		edit("consts.go", "package main", "//go:build ignore\n\npackage main")
		named := append(run, "main.go", "consts.go", "tagged_x.go", "embed.go")
		all := tell(t, dir, named...)
		for name, b := range before {
			if name == "viaTagged" { // inlined, and in two files that both may have been named
				continue
			}
			if a := all[name]; a.digest != b.digest || a.unknown == "" != (b.unknown == "") {
				t.Errorf("%s: digest %q %q, then %q %q", name, b.digest, b.unknown, a.digest, a.unknown)
			}
		}
		edit("main.go", "func (b body) Eval() float64 { return 1 }", "func (b body) Eval() float64 { return 2 }")
		edit("consts.go", "factor = 2", "factor = 3")
		again := tell(t, dir, named...)
		for _, name := range []string{"body", "viaConst"} {
			if a := again[name]; a.digest == all[name].digest || a.digest != after[name].digest {
				t.Errorf("%s: digest %q, then %q %s", name, all[name].digest, a.digest, a.unknown)
			}
		}
	})
	t.Run("no source", func(t *testing.T) {
		expect(t, tell(t, first, append([]string{"REMOVE=" + first}, append(run, ".")...)...), "not there")
	})
}

func TestTokens(t *testing.T) {
	same := []string{"func f() { return g(1, 2) }", "func f() {\n\t// said\n\treturn g(\n\t\t1, /* one */\n\t\t2,\n\t)\n}", "func f(){return g(1,2)}"}
	for _, s := range same[1:] {
		if a, b := code.Tokens([]byte(same[0])), code.Tokens([]byte(s)); a != b {
			t.Errorf("%q and %q", a, b)
		}
	}
	other := []string{"x := a\n(b).c()", "x := a(b).c()", "x := \"a b\"", "x := \"a  b\"", "for ; a; {}", "for a {}"}
	seen := map[string]string{}
	for _, s := range other {
		k := code.Tokens([]byte(s))
		if seen[k] != "" {
			t.Errorf("%q and %q have the same tokens", s, seen[k])
		}
		seen[k] = s
	}
}

func TestSymbols(t *testing.T) {
	for symbol, want := range map[string][2]string{
		"main.main":                              {"main", "main"},
		"main.(*T).M":                            {"main", "(*T).M"},
		"example.com/a/b%2ec.F[...]":             {"example.com/a/b.c", "F[...]"},
		"example.com/a.G[example.com/x/h.T].M":   {"example.com/a", "G[example.com/x/h.T].M"},
		"inkling/pkg/nn.(*linear).Forward.func1": {"inkling/pkg/nn", "(*linear).Forward.func1"},
	} {
		if pkg, name := splitSymbol(symbol); pkg != want[0] || name != want[1] {
			t.Errorf("%s: %q %q, want %q", symbol, pkg, name, want)
		}
	}
	for name, want := range map[string]bool{"main.func1": true, "f": false, "init.func2": true, "T.M.func1.2": true, "glob..func1": true, "func1": false} {
		if got := literal.MatchString(name); got != want {
			t.Errorf("%s: a literal %v, want %v", name, got, want)
		}
	}
}

func ExampleDescribe() {
	one := 0.1
	fmt.Println(Describe(struct {
		A, B *float64
		C    map[string]any
	}{&one, &one, map[string]any{"b": []float32{0.1}, "a": nil}}, func(string) bool { return true }).Text)
	// Output: struct { A *float64; B *float64; C map[string]interface {} }{A:&0.1, B:&#0, C:{"a":nil, "b":[]float32({0.1})}}
}
