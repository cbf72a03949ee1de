package source

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"debug/macho"
	"debug/pe"
	"fmt"
	"go/ast"
	"go/build"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"inkling/pkg/internal/atomicfile"
)

// buildInfo is what the running program says of its modules.
type buildInfo struct {
	known    bool
	path     string            // of the package that was built
	main     string            // path of the main module, "" outside of one
	deps     []*debug.Module   // the others
	settings map[string]string // of the build
}

var modules = sync.OnceValue(func() *buildInfo {
	b := &buildInfo{settings: map[string]string{}}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.known, b.path, b.main, b.deps = true, info.Path, info.Main.Path, info.Deps
	for _, s := range info.Settings {
		b.settings[s.Key] = s.Value
	}
	return b
})

func within(pkg, module string) bool {
	return module != "" && (pkg == module || strings.HasPrefix(pkg, module+"/"))
}

// module is the one of several that pkg is in, by the longest path; nil for a
// package of the main module or of none.
func (b *buildInfo) module(pkg string) *debug.Module {
	var best *debug.Module
	for _, m := range b.deps {
		if within(pkg, m.Path) && (best == nil || len(m.Path) > len(best.Path)) {
			best = m
		}
	}
	if best != nil && within(pkg, b.main) && len(b.main) > len(best.Path) {
		return nil
	}
	return best
}

// library is the path of the module that this package is of. What is built by
// go test does not name the modules that it depends on.
var library, _, _ = strings.Cut(reflect.TypeFor[buildInfo]().PkgPath(), "/")

// std says whether pkg is of Go's own library.
func (b *buildInfo) std(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	if first == library {
		return false
	}
	return b.known && pkg != "main" && pkg != "command-line-arguments" && !strings.Contains(first, ".") &&
		!within(strings.TrimSuffix(pkg, "_test"), b.main) && b.module(pkg) == nil
}

// version identifies the code of a package that came as a version of a module,
// which is checked against a sum; "" for code in a folder, which is not.
func (b *buildInfo) version(pkg string) string {
	m := b.module(pkg)
	if m == nil {
		return ""
	}
	if m.Replace != nil {
		m = m.Replace
	}
	if m.Version == "" || m.Version == "(devel)" || m.Sum == "" {
		return ""
	}
	return m.Path + "@" + m.Version + " " + m.Sum
}

// started is about when the process was: a little earlier, as the times of files
// lag behind the clock by some milliseconds, and no program is linked in these.
var started = time.Now().Add(-10 * time.Millisecond)

// A program is where the running program's packages are, and how new their
// files may be to be what it was built from.
type program struct {
	folders map[string]string          // by package; "" where the build has left the folder out
	files   map[string]map[string]bool // by package: files in its folder of which there are functions
	lines   map[string]int             // where functions begin, by package and name as the linker has it
	symbols []byte                     // the names of all functions, inlined ones too, between zeros
	named   bool                       // built from files that a person has named, not from a package
	test    bool
	limit   time.Time // a file changed later is not what was compiled
	err     error
}

var running = sync.OnceValue(func() *program {
	p := &program{folders: map[string]string{}, files: map[string]map[string]bool{}, lines: map[string]int{}, limit: started}
	p.err = p.read()
	return p
})

func (p *program) read() error {
	path, err := os.Executable()
	if err != nil {
		return err
	}
	b := modules()
	if err := bound(path, b.settings); err != nil {
		return err
	}
	p.named = strings.HasPrefix(b.path, "command-line-arguments")
	const limit = 8 << 30
	f, err := atomicfile.Open("/proc/self/exe", limit) // the program that runs, even if the file of its name is another by now
	if err != nil {
		f, err = atomicfile.Open(path, limit)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if inCell(path) {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if info.ModTime().Before(p.limit) {
			p.limit = info.ModTime()
		}
	}
	table, data, err := functions(f)
	if err != nil {
		return err
	}
	p.symbols = data
	// The program may lie elsewhere in memory than its file says.
	here := reflect.ValueOf(splitSymbol).Pointer()
	var slide uint64
	if f := table.LookupFunc(runtime.FuncForPC(here).Name()); f != nil {
		slide = uint64(here) - f.Entry
	}
	type found struct{ pkg, file string }
	var all []found
	// A function literal that came in with an inlined function of another package, as
	// that of sync.OnceValue, goes by the name of this one and lies in that one's file.
	library, _ := runtime.FuncForPC(reflect.ValueOf(strings.ToLower).Pointer()).FileLine(reflect.ValueOf(strings.ToLower).Pointer())
	library = filepath.Dir(filepath.Dir(library)) + string(filepath.Separator)
	for i := range table.Funcs {
		f := &table.Funcs[i]
		name := f.Name
		if strings.HasPrefix(name, "type:") || strings.HasPrefix(name, "go:") {
			continue
		}
		pkg, short := splitSymbol(name)
		if pkg == "" || b.std(pkg) {
			continue
		}
		file, line := origin(f, slide)
		switch {
		case strings.HasSuffix(file, "_testmain.go"):
			p.test = true
		case strings.HasPrefix(filepath.Base(file), "_cgo_"):
		case filepath.IsAbs(filepath.FromSlash(file)):
			if file = filepath.FromSlash(file); strings.HasPrefix(file, library) {
				continue
			}
			if p.folders[pkg] == "" {
				p.folders[pkg] = filepath.Dir(file)
			}
			all = append(all, found{pkg, file})
			p.lines[pkg+"."+bare(short)] = line
		default: // <autogenerated>, or a path cut short by -trimpath
			if p.folders[pkg] == "" {
				p.folders[pkg] = ""
			}
		}
	}
	for _, f := range all {
		if p.files[f.pkg] == nil {
			p.files[f.pkg] = map[string]bool{}
		}
		if filepath.Dir(f.file) == p.folders[f.pkg] && filepath.Ext(f.file) == ".go" {
			p.files[f.pkg][filepath.Base(f.file)] = true
		}
	}
	return nil
}

// origin is the file of a function and the line where it begins, 0 if unknown.
// A first instruction may be of another function that was inlined: one that is
// not is looked for.
func origin(f *gosym.Func, slide uint64) (file string, line int) {
	name := bare(f.Name)
	for pc := f.Entry; pc < f.End; pc++ {
		frame, _ := runtime.CallersFrames([]uintptr{uintptr(pc + slide + 1)}).Next()
		if frame.File == "" || bare(frame.Function) != name {
			continue
		}
		if v := reflect.ValueOf(frame).FieldByName("startLine"); v.IsValid() && v.CanInt() {
			line = int(v.Int())
		}
		return frame.File, line
	}
	return "", 0
}

// bare is a symbol without the arguments of generic types and functions.
func bare(symbol string) string {
	var b strings.Builder
	deep := 0
	for _, r := range symbol {
		switch {
		case r == '[':
			deep++
		case r == ']':
			deep--
		case deep == 0:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// symbol is what the linker calls a function, but for its package.
func symbol(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) != 1 {
		return d.Name.Name
	}
	t := receiver(d.Recv.List[0].Type)
	if _, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok {
		t = "(*" + t + ")"
	}
	return t + "." + d.Name.Name
}

// moved says whether the program has a function at another line than its source.
func (p *program) moved(d *decl) bool {
	line := p.lines[d.file.unit.pkg+"."+symbol(d.fn)]
	at := func(pos token.Pos) int { return d.file.unit.fset.Position(pos).Line }
	return line != 0 && (line < at(d.fn.Pos()) || line > at(d.fn.Name.Pos()))
}

// holds says whether a function may be in the program, of its own or inlined.
func (p *program) holds(pkg string, d *ast.FuncDecl) bool {
	if d.Type.TypeParams != nil || d.Recv != nil && bytes.ContainsRune([]byte(types.ExprString(d.Recv.List[0].Type)), '[') {
		return true
	}
	return bytes.Contains(p.symbols, []byte("\x00"+pkg+"."+symbol(d)+"\x00"))
}

// functions reads the function table that every Go program has.
func functions(r io.ReaderAt) (*gosym.Table, []byte, error) {
	var data []byte
	var text uint64
	var err error
	if f, e := elf.NewFile(r); e == nil {
		text = f.Section(".text").Addr
		for _, s := range f.Sections {
			if s.Name == ".gopclntab" || s.Name == ".data.rel.ro.gopclntab" {
				data, err = s.Data()
			}
		}
	} else if f, e := macho.NewFile(r); e == nil {
		if s := f.Section("__text"); s != nil {
			text = s.Addr
		}
		if s := f.Section("__gopclntab"); s != nil {
			data, err = s.Data()
		}
	} else if f, e := pe.NewFile(r); e == nil {
		data, text, err = windowsTable(f)
	}
	if err != nil {
		return nil, nil, err
	}
	if data == nil {
		return nil, nil, fmt.Errorf("the program has no table of functions")
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, text))
	return table, data, err
}

// windowsTable finds the table by its symbols: there is no section for it.
func windowsTable(f *pe.File) (data []byte, text uint64, err error) {
	var from, to *pe.Symbol
	for _, s := range f.Symbols {
		switch s.Name {
		case "runtime.pclntab":
			from = s
		case "runtime.epclntab":
			to = s
		}
	}
	if s := f.Section(".text"); s != nil {
		text = uint64(s.VirtualAddress)
		switch h := f.OptionalHeader.(type) {
		case *pe.OptionalHeader64:
			text += h.ImageBase
		case *pe.OptionalHeader32:
			text += uint64(h.ImageBase)
		}
	}
	if from == nil || to == nil || from.SectionNumber != to.SectionNumber || int(from.SectionNumber) > len(f.Sections) || from.SectionNumber < 1 {
		return nil, 0, nil
	}
	data, err = f.Sections[from.SectionNumber-1].Data()
	if err != nil || from.Value > to.Value || int(to.Value) > len(data) {
		return nil, 0, err
	}
	return data[from.Value:to.Value], text, nil
}

// folder is where the source of pkg is. A package of which the linker has kept
// no function (one of constants, or inlined altogether) lies where its module
// says that it does.
func (p *program) folder(pkg string) (string, error) {
	if p.err != nil {
		return "", p.err
	}
	name := strings.TrimSuffix(pkg, "_test")
	dir, ok := p.folders[pkg]
	if !ok || dir == "" {
		dir, ok = p.folders[name]
	}
	if dir != "" {
		return dir, nil
	}
	b := modules()
	path := b.main
	m := b.module(pkg)
	if m != nil {
		path = m.Path
	}
	if within(name, path) {
		for other, dir := range p.folders {
			if dir == "" {
				continue
			}
			root := ""
			switch {
			case within(other, path) && strings.HasSuffix(filepath.ToSlash(dir), strings.TrimPrefix(other, path)):
				root = dir[:len(dir)-len(strings.TrimPrefix(other, path))]
			case other == "main" && (m == nil || m.Replace == nil && declares(moduleRoot(dir), path)):
				root = moduleRoot(dir)
			default:
				continue
			}
			dir = filepath.Join(root, filepath.FromSlash(strings.TrimPrefix(name, path)))
			if info, err := os.Stat(dir); root != "" && err == nil && info.IsDir() {
				return dir, nil
			}
		}
		if m != nil && m.Replace != nil && filepath.IsAbs(m.Replace.Path) {
			return filepath.Join(m.Replace.Path, filepath.FromSlash(strings.TrimPrefix(name, path))), nil
		}
		if m != nil && b.version(name) != "" {
			if m.Replace != nil {
				m = m.Replace
			}
			return filepath.Join(moduleCache(), filepath.FromSlash(escaped(m.Path)+"@"+escaped(m.Version)+strings.TrimPrefix(name, path))), nil
		}
	}
	if ok {
		return "", fmt.Errorf("the program does not know where the source of %s is (was it built with -trimpath?)", pkg)
	}
	return "", fmt.Errorf("the source of %s is not found", pkg)
}

// moduleCache is where the go command keeps the versions of modules.
func moduleCache() string {
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir
	}
	first, _, _ := strings.Cut(build.Default.GOPATH, string(filepath.ListSeparator))
	return filepath.Join(first, "pkg", "mod")
}

// escaped is a path or a version as the module cache writes it.
func escaped(path string) string {
	return regexp.MustCompile("[A-Z]").ReplaceAllStringFunc(path, func(s string) string { return "!" + strings.ToLower(s) })
}

// declares says whether the go.mod in a folder is that of a module.
func declares(dir, module string) bool {
	b, err := atomicfile.ReadFile(filepath.Join(dir, "go.mod"), largest)
	return err == nil && regexp.MustCompile(`(?m)^module\s+"?`+regexp.QuoteMeta(module)+`"?\s*(//.*)?$`).Match(b)
}

// moduleRoot is the folder with a go.mod at or above dir, or "".
func moduleRoot(dir string) string {
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// minor is Go's version without what only mends it: go1.26 of go1.26.8.
func minor() string {
	v, _, _ := strings.Cut(runtime.Version(), " ")
	if parts := strings.SplitN(v, ".", 3); len(parts) == 3 && strings.HasPrefix(v, "go1.") {
		return parts[0] + "." + parts[1]
	}
	return v
}
