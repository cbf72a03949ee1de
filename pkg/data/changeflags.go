package data

import (
	"flag"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// changes are those that RegisterChange has given a flag.
var changes struct {
	sync.RWMutex
	all []changeKind
}

type changeKind struct {
	name, usage string
	of          reflect.Type
	make        func(amount float64) Change
}

// RegisterChange gives a change of one amount a flag, in every Augment: a line in
// the file, or the notebook cell, that declares it.
//
//	var _ = data.RegisterChange(Salt(0), "share of the pixels that are set at random, 0 to 1")
//
// The flag is called as the type, in lower case: --salt. With 0 there is no such
// change. It returns c. A name that is taken is a caller's bug.
func RegisterChange[C interface {
	~float64
	Change
}](c C, usage string) C {
	t := reflect.TypeOf(c)
	name := strings.ToLower(t.Name())
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	new(Augment).Register(fs)
	if fs.Lookup(name) != nil {
		panic(fmt.Sprintf("data: RegisterChange: there is a flag --%s already", name))
	}
	changes.Lock()
	defer changes.Unlock()
	changes.all = append(changes.all, changeKind{name, usage, t, func(amount float64) Change { return C(amount) }})
	slices.SortFunc(changes.all, func(a, b changeKind) int { return strings.Compare(a.name, b.name) })
	return c
}

func changeKinds() []changeKind {
	changes.RLock()
	defer changes.RUnlock()
	return slices.Clone(changes.all)
}

// changeFlag is the amount of one kind of change in an Augment.
type changeFlag struct {
	a *Augment
	changeKind
}

func (f changeFlag) at() int {
	return slices.IndexFunc(f.a.More, func(c Change) bool { return reflect.TypeOf(c) == f.of })
}

func (f changeFlag) Get() any {
	if i := f.at(); i >= 0 {
		return reflect.ValueOf(f.a.More[i]).Float()
	}
	return 0.0
}

func (f changeFlag) String() string {
	if f.a == nil { // package flag asks the zero value
		return "0"
	}
	return strconv.FormatFloat(f.Get().(float64), 'g', -1, 64)
}

func (f changeFlag) Set(s string) error {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v-v != 0 {
		return fmt.Errorf("%.40q, want a finite number", s)
	}
	more, i := slices.Clone(f.a.More), f.at() // another Augment may share the array
	switch {
	case i < 0 && v != 0:
		more = append(more, f.make(v))
	case i >= 0 && v != 0:
		more[i] = f.make(v)
	case i >= 0:
		more = slices.Delete(more, i, i+1)
	}
	if err := checkChanges(more); err != nil {
		return err
	}
	f.a.More = more
	return nil
}

// Others are the changes of More that no flag tells of.
func (a Augment) Others() (list []Change) {
	kinds := changeKinds()
	for _, c := range a.More {
		if !slices.ContainsFunc(kinds, func(k changeKind) bool { return k.of == reflect.TypeOf(c) }) {
			list = append(list, c)
		}
	}
	return list
}

// changeText is what a change calls itself, or its value.
func changeText(c Change) string {
	if s, ok := c.(fmt.Stringer); ok {
		return s.String()
	}
	for _, k := range changeKinds() {
		if k.of == reflect.TypeOf(c) {
			return fmt.Sprintf("%s %v", k.name, reflect.ValueOf(c).Float())
		}
	}
	if reflect.TypeOf(c).Kind() == reflect.Struct {
		return fmt.Sprintf("%#v", c)
	}
	return fmt.Sprintf("%T(%v)", c, c)
}
