package nn

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// maxNesting bounds the brackets within brackets of an architecture in JSON; a
// Residual within another one takes three more.
const maxNesting = 32

// maxLayers bounds one list of layers in files.
const maxLayers = 1000

// A kind is a type of layer that files and flags may hold.
type kind struct {
	layer Layer // as it was registered
	own   bool  // of this package
}

func (k kind) is(l Layer) bool { return reflect.TypeOf(k.layer) == reflect.TypeOf(l) }

// kinds are the registered layers, by name.
var (
	kinds   = map[string]kind{}
	kindsMu sync.RWMutex // Register may come while files are read
)

// Register lets files and architectures hold a kind of layer that is not of
// this package: one line in the file, or the notebook cell, that declares it.
//
//	var _ = nn.Register(Scale{})
//
// It is called by the name of its type in lower case, as ours are, in files
// ([{"scale":{}}]) and in the names of its parameters ("2.scale.W"). What is
// written are its exported fields, as JSON. An [Activation] has that name for
// flags as well, and is the value l there. It returns l. A name that another
// type has already, or a type that is no plain value, is a caller's bug.
func Register[L Layer](l L) L { return register(l, false) }

// ours is Register in the file of each layer of this package. Those trust each
// other: neighbours may do each other's work (see fuser).
func ours[L Layer](l L) L { return register(l, true) }

func register[L Layer](l L, own bool) L {
	t := reflect.TypeOf(l)
	kindsMu.Lock()
	defer kindsMu.Unlock()
	if t == nil || t.Kind() == reflect.Pointer || t.Name() == "" {
		panic(fmt.Sprintf("nn: Register: a %T, want a plain value of a named type: methods with value receivers, and Register(T{})", l))
	}
	name := strings.ToLower(t.Name())
	if strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' }) {
		panic(fmt.Sprintf("nn: Register: a %T would be called %q in files, want letters, digits and _ only", l, name))
	}
	if k, taken := kinds[name]; taken && !k.is(l) {
		panic(fmt.Sprintf("nn: Register: %v and %T would both be called %q in files: rename one", t, k.layer, name))
	}
	kinds[name] = kind{l, own}
	return l
}

// decode reads a layer of the kind k.
func (k kind) decode(data []byte) (Layer, error) {
	v := reflect.New(reflect.TypeOf(k.layer))
	err := strictJSON(data, v.Interface())
	return v.Elem().Interface().(Layer), err
}

// kindNames are the names by which files hold layers, sorted.
func kindNames() []string {
	kindsMu.RLock()
	defer kindsMu.RUnlock()
	return slices.Sorted(maps.Keys(kinds))
}

// Activations are the registered layers that may stand behind a Linear in MLP,
// by name, as flags choose them.
func Activations() map[string]Activation {
	kindsMu.RLock()
	defer kindsMu.RUnlock()
	all := map[string]Activation{}
	for name, k := range kinds {
		if a, ok := k.layer.(Activation); ok {
			all[name] = a
		}
	}
	return all
}

// kindNamed is the kind of that name.
func kindNamed(name string) (kind, bool) {
	kindsMu.RLock()
	defer kindsMu.RUnlock()
	k, ok := kinds[name]
	return k, ok
}

// EncodeLayers writes an architecture as JSON: [{"linear":{"out":600}}, {"relu":{}}].
func EncodeLayers(layers []Layer) ([]byte, error) {
	list := make([]map[string]any, len(layers))
	for i, l := range layers {
		kind := kindOf(l)
		k, ok := kindNamed(kind)
		if l == nil || !ok || !k.is(l) {
			return nil, fmt.Errorf("nn: layer %d: a %T cannot be written to a file: %s", i, l, toRegister(l))
		}
		if !k.own {
			if err := comesBack(l, k); err != nil {
				return nil, fmt.Errorf("nn: layer %d: %w", i, err)
			}
		}
		list[i] = map[string]any{kind: l}
	}
	b, err := json.Marshal(list)
	if in := (*json.MarshalerError)(nil); errors.As(err, &in) {
		err = in.Err // of a layer that holds others
	}
	return b, err
}

// toRegister says what to do about a layer that is no known kind.
func toRegister(l Layer) string {
	switch t := reflect.TypeOf(l); {
	case t == nil:
		return "there is no layer"
	case t.Kind() == reflect.Pointer:
		return fmt.Sprintf("it is a pointer; give its methods value receivers and register its type with nn.Register(%v{})", t.Elem())
	default:
		name, _, _ := strings.Cut(t.Name(), "[")
		if k, taken := kindNamed(strings.ToLower(name)); taken {
			return fmt.Sprintf("files call a %T so already; rename the type and register it with nn.Register", k.layer)
		}
		return fmt.Sprintf("register its type where it is declared, var _ = nn.Register(%v{})", t)
	}
}

// comesBack reports a layer that is not all in its JSON.
func comesBack(l Layer, k kind) error {
	b, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("a %T cannot be written as JSON: %w", l, err)
	}
	back, err := k.decode(b)
	if err != nil {
		return fmt.Errorf("a %T is written as %.200s and cannot be read from that: %w", l, b, err)
	}
	if !reflect.DeepEqual(l, back) {
		return fmt.Errorf("a %.200s is written as %.200s and comes back as %.200s: want all of its fields exported and in its JSON",
			fmt.Sprintf("%#v", l), b, fmt.Sprintf("%#v", back))
	}
	return nil
}

// DecodeLayers reads what EncodeLayers wrote. Unknown kinds and fields are
// errors. A layer that holds others is read by its own UnmarshalJSON.
func DecodeLayers(data []byte) ([]Layer, error) {
	if nesting(data) > maxNesting {
		return nil, fmt.Errorf("nn: architecture: layers nested deeper than %d brackets", maxNesting)
	}
	var list []map[string]json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("nn: architecture: %w", err)
	}
	if len(list) > maxLayers {
		return nil, fmt.Errorf("nn: architecture of %d layers, want at most %d", len(list), maxLayers)
	}
	var layers []Layer
	for i, item := range list {
		if len(item) != 1 {
			return nil, fmt.Errorf("nn: architecture: layer %d has %d kinds, want one", i, len(item))
		}
		for kind, raw := range item {
			k, ok := kindNamed(kind)
			if !ok {
				return nil, fmt.Errorf("nn: architecture: layer %d is of unknown kind %.40q, want one of %v, or a type of one's own that this program has given to nn.Register", i, kind, kindNames())
			}
			l, err := k.decode(raw)
			if err != nil {
				return nil, fmt.Errorf("nn: architecture: layer %d (%s): %w", i, kind, err)
			}
			layers = append(layers, l)
		}
	}
	return layers, nil
}

// nesting is how deep brackets stand within brackets in JSON, strings left out.
func nesting(data []byte) (deepest int) {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
			deepest = max(deepest, depth)
		case c == ']' || c == '}':
			depth--
		}
	}
	return deepest
}

func strictJSON(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		if _, own := v.(json.Unmarshaler); !own && strings.HasPrefix(err.Error(), "json: unknown field ") {
			fields := fieldsOf(reflect.TypeOf(v).Elem())
			if len(fields) == 0 {
				return fmt.Errorf("%w, there are none", err)
			}
			return fmt.Errorf("%w, known: %s", err, strings.Join(fields, ", "))
		}
		return err
	}
	if dec.More() {
		return errors.New("more than one JSON value")
	}
	return nil
}

// A LayerKind is what files and flags say of one kind of layer.
type LayerKind struct {
	Name    string
	Fields  []string       // as JSON has them; "init (scheme, std)" has fields itself
	Example []FieldExample // of the fields that have no default
}

// FieldExample is a field with a value that it may have.
type FieldExample struct{ Name, JSON string }

// JSON is the example as EncodeLayers writes a layer.
func (k LayerKind) JSON() string {
	var fields []string
	for _, f := range k.Example {
		fields = append(fields, fmt.Sprintf("%q:%s", f.Name, f.JSON))
	}
	return fmt.Sprintf("{%q:{%s}}", k.Name, strings.Join(fields, ","))
}

// Kinds are the registered layers, sorted by name.
func Kinds() (list []LayerKind) {
	for _, name := range kindNames() {
		k, _ := kindNamed(name)
		t := reflect.TypeOf(k.layer)
		if _, own := reflect.New(t).Interface().(json.Unmarshaler); own {
			t = reflect.TypeFor[branches]()
			if _, err := k.decode([]byte(`{"body":[{"relu":{}}]}`)); err != nil {
				list = append(list, LayerKind{Name: name})
				continue
			}
		}
		kind := LayerKind{Name: name, Fields: fieldsOf(t)}
		for f := range t.NumField() {
			field := t.Field(f)
			jsonName, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			if !field.IsExported() || jsonName == "-" || options != "" || jsonName == "shortcut" {
				continue
			}
			kind.Example = append(kind.Example, FieldExample{cmp.Or(jsonName, field.Name), exampleOf(field.Type, jsonName)})
		}
		list = append(list, kind)
	}
	return list
}

// exampleOf is a value of a field of that name.
func exampleOf(t reflect.Type, name string) string {
	switch t.Kind() {
	case reflect.Int:
		if v, ok := map[string]string{"out": "10", "filters": "8", "kernel": "3", "mid": "4"}[name]; ok {
			return v
		}
		return "2"
	case reflect.Float64:
		return "0.2"
	case reflect.Bool:
		return "true"
	case reflect.String:
		return `""`
	case reflect.Struct, reflect.Map:
		return "{}"
	}
	return `[{"relu":{}}]`
}

// fieldsOf are the names by which JSON has the fields of a type.
func fieldsOf(t reflect.Type) (list []string) {
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		name = cmp.Or(name, f.Name)
		if inner := fieldsOf(f.Type); inner != nil {
			name += " (" + strings.Join(inner, ", ") + ")"
		}
		list = append(list, name)
	}
	return list
}
