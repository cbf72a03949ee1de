package nn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// maxNesting bounds Residual within Residual in files.
const maxNesting = 8

// maxLayers bounds one list of layers in files.
const maxLayers = 1000

// A kind is a type of layer that files may hold.
type kind struct {
	layer  reflect.Type
	decode func(data []byte, depth int) (Layer, error)
	own    bool // of this package
}

// kinds are those of this package and what Register has added, by name.
var (
	kinds   = map[string]kind{}
	kindsMu sync.RWMutex // Register may come while files are read
)

func init() {
	ours(plain[Linear], plain[Conv2D], plain[Bottleneck])
	ours(plain[Flatten], plain[Dropout], plain[BatchNorm], plain[Softmax])
	ours(plain[ReLU], plain[LeakyReLU], plain[Logistic], plain[Tanh], plain[SiLU], plain[GELU])
	ours(plain[MaxPool2D], plain[AvgPool2D], plain[GlobalAvgPool])
	addKind(Residual{}, decodeResidual, true)
}

func ours(decoders ...func([]byte, int) (Layer, error)) {
	for _, decode := range decoders {
		zero, err := decode([]byte("{}"), 0)
		if err != nil {
			panic(err)
		}
		addKind(zero, decode, true)
	}
}

func addKind(l Layer, decode func([]byte, int) (Layer, error), own bool) {
	kinds[strings.ToLower(reflect.TypeOf(l).Name())] = kind{reflect.TypeOf(l), decode, own}
}

// Register lets files and architectures hold a kind of layer that is not of
// this package: one line in the file, or the notebook cell, that declares it.
//
//	var _ = nn.Register(Scale{})
//
// It is called by the name of its type in lower case, as ours are, in files
// ([{"scale":{}}]) and in the names of its parameters ("2.scale.W"). What is
// written are its exported fields, as JSON. It returns l. A name that another
// type has already, or a type that is no plain value, is a caller's bug.
func Register[L Layer](l L) L {
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
	if k, taken := kinds[name]; taken && k.layer == t {
		return l
	} else if taken {
		panic(fmt.Sprintf("nn: Register: %v and %v would both be called %q in files: rename one", t, k.layer, name))
	}
	addKind(l, func(data []byte, _ int) (Layer, error) {
		v := reflect.New(t)
		err := strictJSON(data, v.Interface())
		return v.Elem().Interface().(Layer), err
	}, false)
	return l
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
		if l == nil || !ok || k.layer != reflect.TypeOf(l) {
			return nil, fmt.Errorf("nn: layer %d: a %T cannot be written to a file: %s", i, l, register(l))
		}
		if !k.own {
			if err := comesBack(l, k); err != nil {
				return nil, fmt.Errorf("nn: layer %d: %w", i, err)
			}
		}
		var value any = l
		if r, ok := l.(Residual); ok {
			body, err := EncodeLayers(r.Body)
			if err != nil {
				return nil, err
			}
			shortcut, err := EncodeLayers(r.Shortcut)
			if err != nil {
				return nil, err
			}
			value = branches{body, shortcut}
		}
		list[i] = map[string]any{kind: value}
	}
	return json.Marshal(list)
}

// register says what to do about a layer that is no known kind.
func register(l Layer) string {
	switch t := reflect.TypeOf(l); {
	case t == nil:
		return "there is no layer"
	case t.Kind() == reflect.Pointer:
		return fmt.Sprintf("it is a pointer; give its methods value receivers and register its type with nn.Register(%v{})", t.Elem())
	default:
		name, _, _ := strings.Cut(t.Name(), "[")
		if k, taken := kindNamed(strings.ToLower(name)); taken {
			return fmt.Sprintf("files call a %v so already; rename the type and register it with nn.Register", k.layer)
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
	back, err := k.decode(b, 0)
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
// errors.
func DecodeLayers(data []byte) ([]Layer, error) { return decodeLayers(data, 0) }

type branches struct {
	Body     json.RawMessage `json:"body"`
	Shortcut json.RawMessage `json:"shortcut"`
}

func decodeLayers(data []byte, depth int) ([]Layer, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("nn: layers nested deeper than %d", maxNesting)
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
				return nil, fmt.Errorf("nn: architecture: layer %d is of unknown kind %.40q, want one of %v, or a type of one's own that this program has given to nn.Register", i, kind, knownKinds())
			}
			l, err := k.decode(raw, depth)
			if err != nil {
				return nil, fmt.Errorf("nn: architecture: layer %d (%s): %w", i, kind, err)
			}
			layers = append(layers, l)
		}
	}
	return layers, nil
}

func plain[L Layer](data []byte, _ int) (Layer, error) {
	var l L
	err := strictJSON(data, &l)
	return l, err
}

func decodeResidual(data []byte, depth int) (Layer, error) {
	var b branches
	if err := strictJSON(data, &b); err != nil {
		return nil, err
	}
	body, err := decodeLayers(b.Body, depth+1)
	if err != nil {
		return nil, err
	}
	shortcut, err := decodeLayers(b.Shortcut, depth+1)
	return Residual{Body: body, Shortcut: shortcut}, err
}

func strictJSON(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("more than one JSON value")
	}
	return nil
}

func knownKinds() []string {
	kindsMu.RLock()
	defer kindsMu.RUnlock()
	var names []string
	for k := range kinds {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}
