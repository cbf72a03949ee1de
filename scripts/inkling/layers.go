package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"

	"inkling/pkg/nn"
)

// parseLayers reads layers as a command line has them, kind:field=value:…, with
// commas between them, or as files of ours hold them, in JSON: what stands in a
// layer that holds others is written so.
//
//	conv2d:filters=8:kernel=3,batchnorm,relu,maxpool2d:kernel=2,flatten,linear:out=10
func parseLayers(text string) ([]nn.Layer, error) {
	if text := strings.TrimSpace(text); strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{") {
		return decodeLayers([]byte(text))
	}
	var list []map[string]map[string]json.RawMessage
	for i, item := range strings.Split(text, ",") {
		kind, rest, more := strings.Cut(strings.TrimSpace(item), ":")
		fields := map[string]json.RawMessage{}
		for more {
			var field string
			field, rest, more = strings.Cut(rest, ":")
			name, value, ok := strings.Cut(field, "=")
			if _, twice := fields[name]; !ok || twice {
				return nil, fmt.Errorf("layer %d (%.40q): %.40q, want field=value, each once: conv2d:filters=8:kernel=3", i, kind, field)
			}
			if !json.Valid([]byte(value)) {
				b, err := json.Marshal(value)
				if err != nil {
					return nil, err
				}
				value = string(b)
			}
			fields[name] = json.RawMessage(value)
		}
		list = append(list, map[string]map[string]json.RawMessage{kind: fields})
	}
	b, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return decodeLayers(b)
}

// decodeLayers is nn.DecodeLayers for who has not written JSON, or knows that he has.
func decodeLayers(b []byte) ([]nn.Layer, error) {
	list, err := nn.DecodeLayers(b)
	if err == nil {
		return list, nil
	}
	text := strings.TrimPrefix(err.Error(), "nn: architecture: ")
	before, after, ok := strings.Cut(text, "json: ")
	var kind *json.UnmarshalTypeError
	switch {
	case !ok:
	case errors.As(err, &kind):
		want := map[reflect.Kind]string{reflect.Int: "a whole number", reflect.Float64: "a number", reflect.Bool: "true or false", reflect.String: "a word"}[kind.Type.Kind()]
		given := strings.TrimPrefix(strings.Replace(kind.Value, "string", "a word", 1), "number ")
		text = fmt.Sprintf("%s%s is %s, want %s", before, kind.Field, given, cmp.Or(want, kind.Type.String()))
	default:
		text = before + after
	}
	return nil, errors.New(text)
}

// layersHelp prints the kinds of layers: their fields, and an example each in both
// ways to write them.
func layersHelp(out io.Writer) error {
	fmt.Fprint(out, `Layers for --layers: kind:field=value:…, with commas between them,
  --layers=conv2d:filters=8:kernel=3,batchnorm,relu,maxpool2d:kernel=2,linear:out=10
or in JSON, which a layer that holds others needs,
  --layers='[{"conv2d":{"filters":8,"kernel":3}},{"batchnorm":{}},{"relu":{}},{"maxpool2d":{"kernel":2}},{"linear":{"out":10}}]'
Fields that an example leaves out have a default. The last layer has an output for each class; images become vectors by themselves.

`)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "kind\tfields\texample\tin JSON")
	for _, k := range nn.Kinds() {
		short, _ := shortLayer(k)
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.Name, strings.Join(k.Fields, ", "), short, k.JSON())
	}
	return w.Flush()
}

// shortLayer is the example of a layer in the short form; not ok where it holds other
// layers, which are written in JSON alone.
func shortLayer(k nn.LayerKind) (short string, ok bool) {
	short = k.Name
	for _, f := range k.Example {
		short += ":" + f.Name + "=" + f.JSON
	}
	if strings.ContainsAny(short, "[{") {
		return "", false
	}
	return short, true
}
