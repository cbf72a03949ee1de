package source

import (
	"crypto/sha256"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Described is a value written out.
type Described struct {
	// Text tells the value from every other one of its type: all fields, what
	// pointers point to, floats exactly. It is the same in every program.
	Text string

	roots   []root   // what others wrote in it, in the order of the text
	unknown []string // what of it no text can tell
}

// A root is a type or a function in a value, by its package and name; or a
// function literal, by its place.
type root struct {
	pkg, name string
	file      string
	line      int
}

// Describe writes out v. Types and functions of the packages that ours names
// are not looked into further; all others but Go's own are kept for Own.
func Describe(v any, ours func(pkg string) bool) Described {
	d := &describer{ours: ours, seen: map[pointer]int{}}
	d.dynamic(reflect.ValueOf(v), "")
	return Described{Text: d.b.String(), roots: d.roots, unknown: d.unknown}
}

// tag is the key of a struct tag: a field with described:"omitzero" is left out
// where it is zero. So a field that is new leaves the texts of before as they were,
// and values still have different texts where they differ.
const tag = "described"

// Foreign says whether v holds code of others.
func (d Described) Foreign() bool { return len(d.roots)+len(d.unknown) > 0 }

type describer struct {
	b       strings.Builder
	ours    func(string) bool
	seen    map[pointer]int // numbered in the order they are met
	roots   []root
	unknown []string
}

type pointer struct {
	at  uintptr
	typ reflect.Type
	n   int // of a slice
}

// dynamic writes a value with its type.
func (d *describer) dynamic(v reflect.Value, path string) {
	if !v.IsValid() {
		d.b.WriteString("nil")
		return
	}
	d.b.WriteString(d.typeName(v.Type()))
	// What is behind an interface is in no declaration.
	t := v.Type()
	for t.Kind() == reflect.Pointer && t.Name() == "" {
		t = t.Elem()
	}
	if t.Name() != "" && t.PkgPath() != "" && modules().std(t.PkgPath()) && outer(t.PkgPath(), t.Name()) {
		d.cannot(path, "a "+v.Type().String())
		return
	}
	if v.Kind() == reflect.Struct {
		d.value(v, path)
		return
	}
	d.b.WriteByte('(')
	d.value(v, path)
	d.b.WriteByte(')')
}

// value writes a value whose type the text before has told.
func (d *describer) value(v reflect.Value, path string) {
	d.typeName(v.Type()) // notes it
	b := &d.b
	switch v.Kind() {
	case reflect.Bool:
		fmt.Fprint(b, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		b.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		b.WriteString(strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		b.WriteString(float(v.Float(), v.Type().Bits()))
	case reflect.Complex64, reflect.Complex128:
		c := v.Complex()
		b.WriteString(float(real(c), 64) + "+" + float(imag(c), 64) + "i")
	case reflect.String:
		b.WriteString(strconv.Quote(v.String()))
	case reflect.Struct:
		t := v.Type()
		b.WriteByte('{')
		sep := ""
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Tag.Get(tag) == "omitzero" && v.Field(i).IsZero() {
				continue
			}
			b.WriteString(sep + f.Name + ":")
			d.value(v.Field(i), join(path, f.Name))
			sep = ", "
		}
		b.WriteByte('}')
	case reflect.Slice:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		// An empty slice shares nothing, and its address means nothing.
		if v.Len() > 0 && v.Type().Elem().Size() > 0 && d.met(pointer{v.Pointer(), v.Type(), v.Len()}) {
			return
		}
		d.elements(v, path)
	case reflect.Array:
		d.elements(v, path)
	case reflect.Map:
		d.entries(v, path)
	case reflect.Interface:
		d.dynamic(v.Elem(), path)
	case reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		if p := v.Type().Elem().PkgPath(); p == "internal/abi" || p == "reflect" {
			d.cannot(path, "a "+v.Type().String())
			return
		}
		b.WriteByte('&')
		// What has no size has no place of its own either.
		if v.Type().Elem().Size() == 0 || !d.met(pointer{v.Pointer(), v.Type(), 0}) {
			d.value(v.Elem(), path)
		}
	case reflect.Func:
		d.function(v, path)
	default: // Chan, UnsafePointer
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		d.cannot(path, "a "+v.Kind().String())
	}
}

// float is exact, and tells zeros and values that are no numbers apart.
func float(v float64, bits int) string {
	if math.IsNaN(v) {
		return fmt.Sprintf("NaN:%x", math.Float64bits(v))
	}
	return strconv.FormatFloat(v, 'g', -1, bits)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// met says whether p was met before, and writes its number then: a value that
// holds one thing twice is another than one that holds two equal things.
func (d *describer) met(p pointer) bool {
	n, ok := d.seen[p]
	if ok {
		fmt.Fprintf(&d.b, "#%d", n)
		return true
	}
	d.seen[p] = len(d.seen)
	return false
}

// longest is how many plain values are written out; of more there is a digest.
const longest = 64

func (d *describer) elements(v reflect.Value, path string) {
	switch v.Type().Elem().Kind() {
	case reflect.Struct, reflect.Slice, reflect.Array, reflect.Map, reflect.Interface, reflect.Pointer, reflect.Func, reflect.Chan, reflect.UnsafePointer:
	default:
		if v.Len() > longest {
			h := sha256.New()
			one := &describer{ours: d.ours}
			for i := range v.Len() {
				one.b.Reset()
				one.value(v.Index(i), "")
				h.Write([]byte(one.b.String() + "\n"))
			}
			d.roots = append(d.roots, one.roots...)
			fmt.Fprintf(&d.b, "{%d values with the SHA-256 %x}", v.Len(), h.Sum(nil))
			return
		}
	}
	d.b.WriteByte('{')
	for i := range v.Len() {
		if i > 0 {
			d.b.WriteString(", ")
		}
		d.value(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
	d.b.WriteByte('}')
}

func (d *describer) entries(v reflect.Value, path string) {
	if v.IsNil() {
		d.b.WriteString("nil")
		return
	}
	if d.met(pointer{v.Pointer(), v.Type(), 0}) {
		return
	}
	type entry struct {
		key   string
		value reflect.Value
	}
	var all []entry
	for it := v.MapRange(); it.Next(); {
		one := &describer{ours: d.ours, seen: d.seen}
		one.value(it.Key(), path)
		d.roots, d.unknown = append(d.roots, one.roots...), append(d.unknown, one.unknown...)
		all = append(all, entry{one.b.String(), it.Value()})
	}
	slices.SortStableFunc(all, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	d.b.WriteByte('{')
	for i, e := range all {
		if i > 0 {
			d.b.WriteString(", ")
		}
		d.b.WriteString(e.key + ":")
		d.value(e.value, fmt.Sprintf("%s[%s]", path, e.key))
	}
	d.b.WriteByte('}')
}

func (d *describer) cannot(path, what string) {
	d.b.WriteString("?")
	if path == "" {
		path = "the value"
	}
	d.unknown = append(d.unknown, fmt.Sprintf("%s holds %s, whose state cannot be known", path, what))
}

// typeName names a type with the whole path of its package, and notes it and
// the types it is made of.
func (d *describer) typeName(t reflect.Type) string {
	if t.Name() != "" {
		if t.PkgPath() == "" {
			return t.Name() // predeclared
		}
		name, arguments, _ := strings.Cut(t.Name(), "[")
		d.note(root{pkg: t.PkgPath(), name: name})
		for _, m := range qualified.FindAllStringSubmatch(arguments, -1) {
			d.note(root{pkg: unescape(m[1]), name: m[2]})
		}
		return t.PkgPath() + "." + t.Name()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + d.typeName(t.Elem())
	case reflect.Slice:
		return "[]" + d.typeName(t.Elem())
	case reflect.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), d.typeName(t.Elem()))
	case reflect.Map:
		return "map[" + d.typeName(t.Key()) + "]" + d.typeName(t.Elem())
	}
	return t.String()
}

// qualified is a type in the brackets of a generic type's name.
var qualified = regexp.MustCompile(`([\w./@~%+-]+)\.(\w+)`)

func (d *describer) note(r root) {
	if !d.ours(r.pkg) && !modules().std(r.pkg) && !slices.Contains(d.roots, r) {
		d.roots = append(d.roots, r)
	}
}

// function writes a function by its name, which does for one that is declared
// in a package. A literal is known by its text, if it captures nothing.
func (d *describer) function(v reflect.Value, path string) {
	if v.IsNil() {
		d.b.WriteString("nil")
		return
	}
	f := runtime.FuncForPC(v.Pointer())
	if f == nil {
		d.cannot(path, "a function")
		return
	}
	pkg, name := splitSymbol(f.Name())
	switch {
	case strings.HasSuffix(name, "-fm"):
		d.cannot(path, "the method value "+pkg+"."+strings.TrimSuffix(name, "-fm"))
	case strings.Contains(name, "["):
		d.cannot(path, "an instance of the generic function "+pkg+"."+name)
	case literal.MatchString(name):
		file, line := f.FileLine(f.Entry())
		d.b.WriteString("a function literal of " + pkg)
		d.note(root{pkg: pkg, file: file, line: line})
		if d.ours(pkg) {
			d.cannot(path, "the function "+f.Name())
		}
	default:
		d.b.WriteString(pkg + "." + name)
		first, _, _ := strings.Cut(strings.NewReplacer("(*", "", ")", "").Replace(name), ".") // T of a method expression
		if modules().std(pkg) && outer(pkg, first) {
			d.cannot(path, "the function "+pkg+"."+name)
		}
		d.note(root{pkg: pkg, name: first})
	}
}

// literal is the end of what the compiler calls a function literal.
var literal = regexp.MustCompile(`\.func\d+(\.\d+)*(-range\d+)?$|\.gowrap\d+$|^init\.\d*\.?func|\.func\d+\.`)

// splitSymbol splits the name that the linker has for a function.
func splitSymbol(symbol string) (pkg, name string) {
	head := symbol
	if i := strings.IndexAny(head, "[("); i >= 0 {
		head = head[:i]
	}
	slash := strings.LastIndex(head, "/") + 1
	dot := strings.Index(symbol[slash:], ".")
	if dot < 0 {
		return "", symbol
	}
	return unescape(symbol[:slash+dot]), symbol[slash+dot+1:]
}

// unescape undoes what the linker does to the dots of a path's last element.
func unescape(path string) string {
	if p, err := url.PathUnescape(path); err == nil {
		return p
	}
	return path
}
