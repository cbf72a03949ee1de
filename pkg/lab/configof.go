package lab

import (
	"flag"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"inkling/pkg/data"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// ConfigOf is the configuration of a run, as its record writes it out: what Fit was
// asked for, with what the run's length has decided filled in. A value of a type of
// somebody's own is in the program that has the type alone, so Fit must have been
// asked for that run.
func (l *Lab) ConfigOf(r *Result) (train.Config, error) {
	if cfg, ok := l.known[r.key()]; ok {
		return cfg, nil
	}
	var c train.Config
	layers, err := nn.DecodeLayers(r.Layers)
	if err != nil {
		return c, fmt.Errorf("lab: %s (%s) has layers that this program does not know, ask Fit for it first: %w", r.Name, r.ID(), err)
	}
	p := &configReader{rest: r.Config}
	v := reflect.ValueOf(&c).Elem()
	p.take(fullName(v.Type()))
	p.value(v)
	if p.wrong == "" && p.rest != "" {
		p.fail("nothing more")
	}
	c.Layers = layers
	if p.wrong == "" {
		if key, _ := identify(c); key != r.Config {
			p.wrong = "its record writes layers otherwise"
		}
	}
	if p.wrong != "" {
		return c, fmt.Errorf("lab: the configuration of %s (%s) cannot be made from its record, %s: ask Fit for it first", r.Name, r.ID(), p.wrong)
	}
	return c, nil
}

// writable are the types of which a record holds values behind interfaces, by their
// names there. Layers have a form of their own.
var writable = sync.OnceValue(func() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	add := func(v any) {
		if t := reflect.TypeOf(v); t != nil {
			types[fullName(t)] = t
		}
	}
	for _, make := range optim.Optimizers() {
		add(make(optim.Knobs{}))
	}
	for _, make := range optim.Schedules() {
		if s, err := make(optim.ScheduleKnobs{LR: 0.1, Gamma: 0.5, Milestones: []int{1}, Epochs: 1}); err == nil {
			add(s)
		}
	}
	for _, v := range []any{ // those that no flag has
		nn.CrossEntropy{}, nn.ProbabilityCrossEntropy{}, nn.MSE{}, optim.Warmup{}, optim.Joined{}, optim.LinearLR{}, optim.ExponentialLR{}, optim.StepLR{}, Snapshots{},
	} {
		add(v)
	}
	var a data.Augment
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	a.Register(fs)
	fs.VisitAll(func(f *flag.Flag) { f.Value.Set("0.5") })
	for _, change := range a.Others() {
		add(change)
	}
	return types
})

func fullName(t reflect.Type) string {
	if t.PkgPath() == "" {
		return t.String()
	}
	return t.PkgPath() + "." + t.Name()
}

// configReader reads what source.Describe writes, of the values that records hold.
type configReader struct {
	rest  string
	wrong string
	deep  int // values within values
}

// deepest is more than a configuration has.
const deepest = 100

func (p *configReader) fail(want string) {
	if p.wrong == "" {
		p.wrong = fmt.Sprintf("which has %.40q where this program wants %s", p.rest, want)
	}
	p.rest = ""
}

// take reads text.
func (p *configReader) take(text string) {
	rest, ok := strings.CutPrefix(p.rest, text)
	if !ok {
		p.fail(strconv.Quote(text))
		return
	}
	p.rest = rest
}

// next says whether text comes next, and reads it then.
func (p *configReader) next(text string) bool {
	rest, ok := strings.CutPrefix(p.rest, text)
	if ok {
		p.rest = rest
	}
	return ok
}

// word reads up to one of the characters that end a plain value.
func (p *configReader) word() string {
	i := strings.IndexAny(p.rest, ",(){}")
	if i < 0 {
		i = len(p.rest)
	}
	word := p.rest[:i]
	p.rest = p.rest[i:]
	return word
}

// value reads v, whose type is known.
func (p *configReader) value(v reflect.Value) {
	if p.wrong != "" {
		return
	}
	if p.deep++; p.deep > deepest {
		p.fail(fmt.Sprint("at most ", deepest, " values within each other"))
		return
	}
	defer func() { p.deep-- }()
	t := v.Type()
	switch t.Kind() {
	case reflect.String:
		quoted, err := strconv.QuotedPrefix(p.rest)
		if err != nil {
			p.fail("a text")
			return
		}
		text, _ := strconv.Unquote(quoted)
		v.SetString(text)
		p.rest = p.rest[len(quoted):]
	case reflect.Struct:
		p.take("{")
		for first := true; p.wrong == "" && !p.next("}"); first = false {
			if !first {
				p.take(", ")
			}
			name, _, _ := strings.Cut(p.rest, ":")
			f := v.FieldByName(name)
			if !f.IsValid() || !f.CanSet() {
				p.fail("a field of " + t.String())
				return
			}
			p.take(name + ":")
			if t == reflect.TypeFor[train.Config]() && name == "Layers" {
				p.skip()
				continue
			}
			p.value(f)
		}
	case reflect.Slice:
		if p.next("nil") {
			return
		}
		v.Set(reflect.MakeSlice(t, 0, 0))
		p.take("{")
		for first := true; p.wrong == "" && !p.next("}"); first = false {
			if !first {
				p.take(", ")
			}
			e := reflect.New(t.Elem()).Elem()
			p.value(e)
			v.Set(reflect.Append(v, e))
		}
	case reflect.Interface:
		if p.next("nil") {
			return
		}
		name := p.word()
		of, ok := writable()[name]
		if !ok || !of.Implements(t) {
			p.rest = name
			p.fail("a type of the library's")
			return
		}
		e := reflect.New(of).Elem()
		if of.Kind() == reflect.Struct {
			p.value(e)
		} else {
			p.take("(")
			p.value(e)
			p.take(")")
		}
		if p.wrong == "" {
			v.Set(e)
		}
	default:
		p.plain(v, p.word())
	}
}

// plain reads a number or a truth value.
func (p *configReader) plain(v reflect.Value, word string) {
	var err error
	switch v.Kind() {
	case reflect.Bool:
		var b bool
		b, err = strconv.ParseBool(word)
		v.SetBool(b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		var n int64
		n, err = strconv.ParseInt(word, 10, v.Type().Bits())
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		var n uint64
		n, err = strconv.ParseUint(word, 10, v.Type().Bits())
		v.SetUint(n)
	case reflect.Float32, reflect.Float64:
		var f float64
		f, err = strconv.ParseFloat(word, v.Type().Bits())
		v.SetFloat(f)
	default:
		err = strconv.ErrSyntax
	}
	if err != nil {
		p.rest = word + p.rest
		p.fail("a " + v.Type().String())
	}
}

// skip reads over a value in braces.
func (p *configReader) skip() {
	if p.next("nil") {
		return
	}
	deep := 0
	for p.wrong == "" {
		switch {
		case p.rest == "":
			p.fail("}")
		case p.rest[0] == '"':
			quoted, err := strconv.QuotedPrefix(p.rest)
			if err != nil {
				p.fail("a text")
				return
			}
			p.rest = p.rest[len(quoted):]
			continue
		case p.rest[0] == '{':
			deep++
		case p.rest[0] == '}':
			deep--
		}
		if p.wrong == "" {
			p.rest = p.rest[1:]
		}
		if deep == 0 {
			return
		}
	}
}
