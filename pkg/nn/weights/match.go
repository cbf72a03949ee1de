package weights

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// A foreign is a layer of a file: arrays that belong together by their names.
type foreign struct {
	name, kind string
	arrays     map[string]*array // by role
}

// parts are the layer that an array belongs to by its name, and its role there;
// none if the name says no role. "params/Dense_0/kernel", "fc.weight", "dense/bias:0"
// and "W1" do.
func parts(name string) (layer, role string) {
	name = strings.TrimSuffix(strings.TrimSuffix(name, ":0"), ".value")
	layer, last := cutLast(name, "./")
	for _, c := range collections {
		if rest, ok := strings.CutPrefix(layer, c); ok && (rest == "" || rest[0] == '.' || rest[0] == '/') {
			layer = strings.TrimLeft(rest, "./")
		}
	}
	if role = roles[last]; role != "" {
		return layer, role
	}
	word := strings.TrimRight(last, "0123456789")
	if role = roles[strings.TrimSuffix(word, "_")]; role != "" && word != last {
		return strings.TrimLeft(layer+"."+last[len(word):], "."), role
	}
	return "", ""
}

// foreigners are the layers of a file in the order of their names, or as they stand
// if ordered, and the arrays that are of no layer.
func foreigners(arrays []array, ordered bool) (layers []*foreign, rest []*array) {
	byName := map[string]*foreign{}
	for i := range arrays {
		a := &arrays[i]
		name, role := parts(a.name)
		if role == "" {
			rest = append(rest, a)
			continue
		}
		l := byName[name]
		if l == nil {
			l = &foreign{name: name, arrays: map[string]*array{}}
			byName[name], layers = l, append(layers, l)
		}
		if l.arrays[role] != nil {
			rest = append(rest, a)
			continue
		}
		l.arrays[role] = a
	}
	for _, l := range layers {
		l.classify()
	}
	if !ordered {
		slices.SortStableFunc(layers, func(a, b *foreign) int { return natural(a.name, b.name) })
		slices.SortStableFunc(rest, func(a, b *array) int { return natural(a.name, b.name) })
	}
	return layers, rest
}

// classify says what layer it is. In one that normalizes, the weight and the bias
// are what is called gamma and beta here.
func (l *foreign) classify() {
	w := l.arrays["W"]
	switch {
	case l.arrays["running_mean"] != nil || l.arrays["running_var"] != nil || l.arrays["gamma"] != nil || w != nil && len(w.dims) == 1:
		l.kind = batchNorm
		for from, to := range map[string]string{"W": "gamma", "b": "beta"} {
			if a := l.arrays[from]; a != nil && l.arrays[to] == nil {
				l.arrays[to] = a
				delete(l.arrays, from)
			}
		}
	case w != nil && len(w.dims) == 2:
		l.kind = linear
	case w != nil && len(w.dims) == 4:
		l.kind = conv
	}
}

// main is the array by which layers of a kind are told apart.
func (l *foreign) main() *array {
	for _, role := range []string{"W", "gamma", "running_mean", "running_var"} {
		if a := l.arrays[role]; a != nil {
			return a
		}
	}
	return nil
}

// natural orders names as people count: 2 before 10.
func natural(a, b string) int {
	for a != "" && b != "" {
		x, y := word(a), word(b)
		if unicode.IsDigit(rune(x[0])) && unicode.IsDigit(rune(y[0])) {
			p, q := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if c := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q)); c != 0 {
				return c
			}
		} else if c := cmp.Compare(x, y); c != 0 {
			return c
		}
		a, b = a[len(x):], b[len(y):]
	}
	return cmp.Compare(len(a), len(b))
}

// word is the number, or all that is none, with which s begins.
func word(s string) string {
	digit := unicode.IsDigit(rune(s[0]))
	if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsDigit(r) != digit }); i > 0 {
		return s[:i]
	}
	return s
}

// skeleton is a name without what is counted in it.
func skeleton(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) || r == '_' {
			return -1
		}
		return r
	}, name)
}

// A matching is which array fills which slot.
type matching struct {
	from       Framework
	of         map[*slot]*array
	unexpected []*array
	wrong      []string // ways in which it is none
	notes      []string
}

func (m *matching) pair(s *slot, a *array) {
	m.of[s] = a
}

// match finds the array of each slot: by the names that were given, by our own
// names, by kind and shape and, among layers that are alike, by their order. Arrays
// whose names say nothing are taken one after the other.
func (f From) match(layers []*layer, src *source) (*matching, error) {
	m := &matching{from: f.Framework, of: map[*slot]*array{}}
	arrays := slices.DeleteFunc(slices.Clone(src.arrays), func(a array) bool {
		return slices.ContainsFunc(f.Ignore, func(name string) bool { return within(a.name, name) })
	})
	arrays, err := f.named(m, layers, arrays)
	if err != nil {
		return nil, err
	}
	var open []*layer
	for _, l := range layers {
		if slices.ContainsFunc(l.slots, func(s *slot) bool { return m.of[s] == nil }) {
			open = append(open, l)
		}
	}
	theirs, rest := foreigners(arrays, src.ordered)
	if len(theirs) == 0 {
		rest = m.inOrder(open, rest)
	}
	m.unexpected = rest
	for _, kind := range []string{conv, linear, batchNorm, other} {
		of := slices.Collect(filter(open, func(l *layer) bool { return l.kind == kind }))
		got := slices.Collect(filter(theirs, func(l *foreign) bool { return l.kind == kind }))
		if err := m.alike(of, got, src.ordered); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func filter[T any](list []T, keep func(T) bool) func(yield func(T) bool) {
	return func(yield func(T) bool) {
		for _, v := range list {
			if keep(v) && !yield(v) {
				return
			}
		}
	}
}

// within reports whether an array is the one of that name, or of the layer, or of
// what holds it.
func within(array, name string) bool {
	rest, ok := strings.CutPrefix(array, name)
	return ok && (rest == "" || strings.IndexByte("./:", rest[0]) >= 0)
}

// named pairs what the caller's names, or our own, say. It returns the other arrays.
func (f From) named(m *matching, layers []*layer, arrays []array) ([]array, error) {
	taken := map[string]bool{}
	take := func(s *slot, name string) bool {
		i := slices.IndexFunc(arrays, func(a array) bool { return a.name == name })
		if i >= 0 && m.of[s] == nil {
			m.pair(s, &arrays[i])
			taken[name] = true
		}
		return i >= 0
	}
	used := map[string]bool{}
	for _, l := range layers {
		for _, s := range l.slots {
			if name, ok := f.Names[s.name]; ok {
				used[s.name] = true
				if !take(s, name) {
					return nil, fmt.Errorf("%s is to be %.80q, and there is no such array", s.name, name)
				}
			}
		}
		if name, ok := f.Names[l.name]; ok {
			used[l.name] = true
			own := slices.DeleteFunc(slices.Clone(arrays), func(a array) bool {
				layer, _ := parts(a.name)
				return layer != name && !within(a.name, name)
			})
			theirs, _ := foreigners(own, true)
			if len(theirs) != 1 {
				have := theirs // more than one
				if len(have) == 0 {
					have, _ = foreigners(arrays, false)
				}
				return nil, fmt.Errorf("%s is to be %.80q, and %d layers have such a name; the file has %s", l.name, name, len(theirs), called(have))
			}
			for role, a := range theirs[0].arrays {
				taken[a.name] = true
				if s := l.slot(role); s != nil {
					take(s, a.name)
				} else if role != "count" {
					m.unexpected = append(m.unexpected, a)
				}
			}
		}
		for _, s := range l.slots {
			take(s, s.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Names)) {
		if !used[name] {
			return nil, fmt.Errorf("a name for %.80q, want one of %s", name, some(namesOf(layers), ", "))
		}
	}
	left := m.unexpected
	m.unexpected = nil
	rest := slices.DeleteFunc(slices.Clone(arrays), func(a array) bool { return taken[a.name] })
	for _, a := range left {
		m.wrong = append(m.wrong, fmt.Sprintf("unexpected %.80q %v", a.name, a.dims))
	}
	return rest, nil
}

func namesOf(layers []*layer) (names []string) {
	for _, l := range layers {
		names = append(names, l.name)
	}
	return names
}

// inOrder pairs arrays whose names say nothing, one slot after the other.
func (m *matching) inOrder(layers []*layer, arrays []*array) (rest []*array) {
	for _, l := range layers {
		for _, s := range l.slots {
			if m.of[s] == nil && len(arrays) > 0 {
				m.pair(s, arrays[0])
				arrays = arrays[1:]
			}
		}
	}
	return arrays
}

// signature is equal for layers that could be each other.
func (m *matching) signature(l *layer) string { return fmt.Sprint(l.slots[0].shape(m.from)) }

// alike pairs layers of a kind by their shapes and, where several have the same, by
// their order. That is trusted only if their names differ in numbers alone, or the
// file has an order of its own.
func (m *matching) alike(ours []*layer, theirs []*foreign, ordered bool) error {
	shape := func(l *foreign) string {
		if a := l.main(); a != nil {
			return fmt.Sprint(a.dims)
		}
		return ""
	}
	classes := map[string][]*foreign{}
	for _, t := range theirs {
		classes[shape(t)] = append(classes[shape(t)], t)
	}
	var lost []*layer
	count := map[string]int{}
	for _, o := range ours {
		count[m.signature(o)]++
	}
	for _, o := range ours {
		sign := m.signature(o)
		class := classes[sign]
		if o.kind == other || len(class) == 0 || len(class) < count[sign] {
			lost = append(lost, o)
			continue
		}
		if !ordered {
			for _, t := range class[1:] {
				if skeleton(t.name) != skeleton(class[0].name) {
					return fmt.Errorf("%s could be %.80q or %.80q, which are alike: say which (--map=%s=%s,…)", o.name, class[0].name, t.name, o.name, class[0].name)
				}
			}
		}
		m.layer(o, class[0])
		classes[sign] = class[1:]
		count[sign]--
	}
	var left []*foreign
	for _, t := range theirs {
		if slices.Contains(classes[shape(t)], t) {
			left = append(left, t)
		}
	}
	for i, o := range lost { // as they come, so that it can be told what does not fit
		if i < len(left) && o.kind != other {
			m.layer(o, left[i])
		}
	}
	for _, t := range left[min(len(left), len(lost)):] {
		for _, role := range slices.Sorted(maps.Keys(t.arrays)) {
			if role != "count" {
				m.unexpected = append(m.unexpected, t.arrays[role])
			}
		}
	}
	return nil
}

// called are the names of layers.
func called(layers []*foreign) string {
	var list []string
	for _, l := range layers {
		list = append(list, fmt.Sprintf("%.80q", l.name))
	}
	if len(list) == 0 {
		return "none"
	}
	return some(list, ", ")
}

// layer pairs the arrays of two layers.
func (m *matching) layer(o *layer, t *foreign) {
	for _, role := range slices.Sorted(maps.Keys(t.arrays)) {
		switch s := o.slot(role); {
		case s != nil && m.of[s] == nil:
			m.pair(s, t.arrays[role])
		case role == "b" && s == nil:
			m.wrong = append(m.wrong, fmt.Sprintf("unexpected %.80q %v: %s has no_bias", t.arrays[role].name, t.arrays[role].dims, o.name))
		case role != "count":
			m.unexpected = append(m.unexpected, t.arrays[role])
		}
	}
	for _, s := range o.slots {
		switch {
		case m.of[s] != nil:
		case s.kind == batchNorm && (s.role == "gamma" || s.role == "beta"):
			v := float32(0)
			if s.role == "gamma" {
				v = 1
			}
			for i := range s.data {
				s.data[i] = v
			}
			m.of[s] = given
			m.notes = append(m.notes, fmt.Sprintf("%s is not in the file, %.80q has none: all %v", s.name, t.name, v))
		case s.role == "b":
			m.wrong = append(m.wrong, fmt.Sprintf("missing %s %v: %.80q has no bias, want no_bias in the layer", s.name, s.dims, t.name))
			m.of[s] = given
		}
	}
}

// given stands for an array that is none: its slot is told of elsewhere.
var given = &array{}
