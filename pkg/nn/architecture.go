package nn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// maxNesting bounds Residual within Residual in files.
const maxNesting = 8

// maxLayers bounds one list of layers in files.
const maxLayers = 1000

// kinds maps the name of every layer that files may hold to its decoder.
var kinds = map[string]func(data []byte, depth int) (Layer, error){
	"linear": plain[Linear], "flatten": plain[Flatten], "dropout": plain[Dropout], "batchnorm": plain[BatchNorm],
	"relu": plain[ReLU], "leakyrelu": plain[LeakyReLU], "logistic": plain[Logistic], "tanh": plain[Tanh],
	"silu": plain[SiLU], "gelu": plain[GELU], "softmax": plain[Softmax],
	"conv2d": plain[Conv2D], "maxpool2d": plain[MaxPool2D], "avgpool2d": plain[AvgPool2D], "globalavgpool": plain[GlobalAvgPool],
	"bottleneck": plain[Bottleneck],
}

func init() { kinds["residual"] = decodeResidual } // refers to kinds

// EncodeLayers writes an architecture as JSON: [{"linear":{"out":600}}, {"relu":{}}].
func EncodeLayers(layers []Layer) ([]byte, error) {
	list := make([]map[string]any, len(layers))
	for i, l := range layers {
		kind := kindOf(l)
		if kinds[kind] == nil {
			return nil, fmt.Errorf("nn: layer %d: a %T cannot be saved", i, l)
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
			decode := kinds[kind]
			if decode == nil {
				return nil, fmt.Errorf("nn: architecture: layer %d is of unknown kind %.40q, want one of %v", i, kind, knownKinds())
			}
			l, err := decode(raw, depth)
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
	var names []string
	for k := range kinds {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}
