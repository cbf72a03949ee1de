package lab

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"inkling/pkg/internal/printable"
	"inkling/pkg/internal/rawjson"
	"inkling/pkg/nn"
)

// settingOrder is the order in which a label tells of settings.
var settingOrder = []string{
	"hidden", "layers", "activation", "dropout", "loss", "smoothing", "optimizer", "lr", "momentum", "decay", "l1", "l2", "schedule", "milestones",
	"gamma", "warmup", "batch", "epochs", "size", "ema", "patience", "clip-norm", "max-norm", "fork",
	"shift", "rotate", "scale", "shear", "alpha", "sigma", "thick", "erase", "noise", "keep", "copies", "clean",
}

// settingRank sorts names of settings: in settingOrder, the rest by the alphabet.
func settingRank(a, b string) int {
	rank := func(key string) int {
		if i := slices.Index(settingOrder, key); i >= 0 {
			return i
		}
		return len(settingOrder)
	}
	return cmp.Or(rank(a)-rank(b), strings.Compare(a, b))
}

// labelsOf tells runs apart by what differs among them, and by nothing else: "lr
// 0.3", "tanh, cosine", "seed 2". A run with a name of its own has that for its
// label; runs alike in name and settings are told apart by their code.
func labelsOf(runs []*Result) []string {
	labels := make([]string, len(runs))
	told, nets := settingsThatDiffer(runs, false), netTexts(runs)
	unlike := unlikeMost(told, runs)
	for i, r := range runs {
		switch {
		case r.Named || r.Hyper == nil:
			labels[i] = r.Name
		default:
			labels[i] = r.say(unlike(r), nets[i])
			if full := r.say(told, nets[i]); labels[i] == "" && len(full) <= 40 {
				labels[i] = full
			}
		}
		if labels[i] == "" {
			labels[i] = r.Name
		}
	}
	// What has the same label still: by everything in which it differs.
	for _, tell := range []func(alike []*Result) []string{
		func(alike []*Result) []string {
			var more []string
			keys, nets := settingsThatDiffer(alike, true), netTexts(alike)
			for i, r := range alike {
				more = append(more, r.say(keys, nets[i]))
			}
			return more
		},
		func(alike []*Result) []string {
			return column(alike, func(r *Result) string { return "on " + r.Data })
		},
		func(alike []*Result) []string {
			return column(alike, func(r *Result) string { return r.Code.Kernels + " kernels" })
		},
		func(alike []*Result) []string {
			return column(alike, func(r *Result) string { return r.Code.Compiler })
		},
	} {
		for _, alike := range groupsOf(labels) {
			var list []*Result
			for _, i := range alike {
				list = append(list, runs[i])
			}
			for k, more := range tell(list) {
				if more != "" && !strings.HasSuffix(labels[alike[k]], more) {
					labels[alike[k]] = strings.TrimPrefix(labels[alike[k]]+", "+more, ", ")
				}
			}
		}
	}
	for i, r := range runs {
		if r.Old() {
			labels[i] += ", older code"
		}
	}
	// The same in all but code of the user's own, or another state of the library.
	for _, alike := range groupsOf(labels) {
		if slices.ContainsFunc(alike, func(i int) bool { return runs[i].Code != runs[alike[0]].Code }) {
			for _, i := range alike {
				labels[i] += " of " + runs[i].Started.Local().Format("2 Jan 15:04:05")
			}
		}
	}
	return labels
}

// unlikeMost finds those of keys for which a run has not the value that most of
// the runs have, if they are three or more: changes one at a time have one word each.
func unlikeMost(keys []string, runs []*Result) func(r *Result) []string {
	have := map[string]map[string]int{}
	for _, key := range keys {
		have[key] = map[string]int{}
		for _, r := range runs {
			if v, ok := r.fact(key); ok {
				have[key][valueText(v)]++
			}
		}
	}
	return func(r *Result) (unlike []string) {
		for _, key := range keys {
			same := 0
			if v, ok := r.fact(key); ok {
				same = have[key][valueText(v)]
			}
			if len(runs) < 3 || 2*same <= len(runs) || key == "fork" { // a branch says of what
				unlike = append(unlike, key)
			}
		}
		return unlike
	}
}

// valueText is a text for each value of a setting, another for each other one.
func valueText(v any) string {
	switch v := v.(type) {
	case string:
		return `"` + v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprintf("%T %v", v, v)
}

// column is a text for each run, if they differ.
func column(runs []*Result, of func(*Result) string) []string {
	var texts []string
	for _, r := range runs {
		texts = append(texts, of(r))
	}
	if len(slices.Compact(slices.Sorted(slices.Values(texts)))) < 2 {
		return make([]string, len(runs))
	}
	return texts
}

// groupsOf are the indices of labels that are equal, two at least.
func groupsOf(labels []string) (all [][]int) {
	at := map[string][]int{}
	for i, l := range labels {
		at[l] = append(at[l], i)
	}
	for _, list := range at {
		if len(list) > 1 {
			all = append(all, list)
		}
	}
	return all
}

// settingsThatDiffer are the names of settings of which runs have different
// values; if strict, also those that only some have and those that follow from
// others.
func settingsThatDiffer(runs []*Result, strict bool) []string {
	type values struct {
		first  any
		n      int // runs that have one
		differ bool
	}
	all := map[string]*values{}
	note := func(key string, v any) {
		seen := all[key]
		if seen == nil {
			seen = &values{first: v}
			all[key] = seen
		}
		seen.n++
		seen.differ = seen.differ || !sameText(v, seen.first)
	}
	for _, r := range runs {
		for key, v := range r.Hyper {
			if key != "layers" {
				note(key, v)
			}
		}
		if v, ok := r.fact("layers"); ok {
			note("layers", v)
		}
	}
	var keys []string
	for key, v := range all {
		if key == "fork" && v.n < len(runs) || v.differ && (strict || slices.Contains(settingOrder, key) || key == "seed" || strings.Contains(key, ".")) || strict && v.n < len(runs) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, settingRank)
	if i := slices.Index(keys, "seed"); i >= 0 { // last
		keys = append(slices.Delete(keys, i, i+1), "seed")
	}
	// Layers are told where the flags of a perceptron do not tell of them.
	said := !slices.ContainsFunc(runs, func(r *Result) bool { return r.Hyper["hidden"] == nil })
	if strict {
		said = said && slices.ContainsFunc(keys, func(k string) bool { return slices.Contains(mlpFlags[:], k) })
	}
	if said {
		keys = slices.DeleteFunc(keys, func(k string) bool { return k == "layers" })
	} else if slices.Contains(keys, "layers") {
		keys = slices.DeleteFunc(keys, func(k string) bool { return slices.Contains(mlpFlags[:], k) })
	}
	return keys
}

// sameText reports whether two values are told alike.
func sameText(a, b any) bool {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return a == b
		}
	case float64:
		if b, ok := b.(float64); ok {
			return a == b
		}
	}
	return fmt.Sprint(a) == fmt.Sprint(b)
}

// facts are the settings of a run and its layers.
func (r *Result) facts() map[string]any {
	facts := map[string]any{}
	for k, v := range r.Hyper {
		facts[k] = v
	}
	if v, ok := r.fact("layers"); ok {
		facts["layers"] = v
	}
	return facts
}

// fact is one of the facts.
func (r *Result) fact(key string) (v any, ok bool) {
	if key == "layers" && r.Hyper != nil {
		return squeezed(r.Layers), true
	}
	v, ok = r.Hyper[key]
	return v, ok
}

// squeezed is JSON without its spaces: run.json has layers indented.
func squeezed(raw json.RawMessage) string {
	if bytes.IndexByte(raw, '\n') < 0 { // it has been squeezed
		return string(raw)
	}
	return string(rawjson.Squeezed(raw))
}

// say tells of some settings of r, whose layers are called net.
func (r *Result) say(keys []string, net string) string {
	var parts []string
	for _, key := range keys {
		v, ok := r.fact(key)
		if !ok {
			continue
		}
		n, number := v.(float64)
		switch {
		case key == "hidden" || key == "layers":
			if !slices.Contains(parts, net) {
				parts = append(parts, net)
			}
		case key == "activation" && v == "none":
		case key == "optimizer" || key == "schedule" || key == "activation":
			parts = append(parts, fmt.Sprint(v))
		case key == "fork":
			id, epoch, _ := strings.Cut(fmt.Sprint(v), "@")
			if id = id[:min(len(id), 6)]; r.Fork != nil && len(r.Fork.Name) > 0 && len([]rune(r.Fork.Name)) <= 24 {
				id = r.Fork.Name
			}
			parts = append(parts, fmt.Sprintf("after epoch %s of %s", epoch, id))
		case key == "epochs" && n == 1:
			parts = append(parts, "1 epoch")
		case key == "epochs":
			parts = append(parts, fmt.Sprintf("%v epochs", v))
		case key == "size" && n == 0:
			parts = append(parts, "all images")
		case key == "size":
			parts = append(parts, fmt.Sprintf("%v images", v))
		case number && n == 0 && key != "seed":
			parts = append(parts, "no "+key)
		case v == true:
			parts = append(parts, key)
		default:
			parts = append(parts, fmt.Sprintf("%s %v", key, v))
		}
	}
	return strings.Join(parts, ", ")
}

func compact(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	return compactValue(v)
}

// netTexts name the layers of runs so that they can be told apart: by their
// outlines, or by those layers that differ where the outlines do not.
func netTexts(runs []*Result) []string {
	// Each list of layers is looked at once, however many runs have it.
	type network struct {
		in     nn.Shape
		layers string
	}
	at, place := map[network]int{}, make([]int, len(runs))
	var different []*Result
	for i, r := range runs {
		n := network{r.Input, squeezed(r.Layers)}
		if _, ok := at[n]; !ok {
			at[n] = len(different)
			different = append(different, r)
		}
		place[i] = at[n]
	}
	of, texts := netTextsOf(different), make([]string, len(runs))
	for i := range runs {
		texts[i] = of[place[i]]
	}
	return texts
}

func netTextsOf(runs []*Result) []string {
	texts, layers := make([]string, len(runs)), make([][]string, len(runs))
	lists := make([][]oneLayer, len(runs))
	for i, r := range runs {
		json.Unmarshal(r.Layers, &lists[i])
		for _, l := range lists[i] {
			for kind, fields := range l {
				layers[i] = append(layers[i], layerText(kind, fields))
			}
		}
		texts[i] = strings.Join(layers[i], "-")
		if decoded, err := nn.DecodeLayers(r.Layers); err == nil {
			texts[i] = outline(cmp.Or(r.Input, digit), decoded)
		}
	}
	for _, alike := range groupsOf(texts) {
		first := layers[alike[0]]
		same := func(l []string) bool { return len(l) == len(first) }
		if slices.ContainsFunc(alike, func(i int) bool { return !same(layers[i]) || len(lists[i]) != len(layers[i]) }) {
			for _, i := range alike {
				texts[i] = strings.Join(layers[i], "-")
			}
			continue
		}
		parts := make([][]string, len(alike))
		for k := range first {
			if !slices.ContainsFunc(alike, func(i int) bool { return layers[i][k] != first[k] }) {
				continue
			}
			there := make([]oneLayer, len(alike))
			for n, i := range alike {
				there[n] = lists[i][k]
			}
			for n, text := range layersAmong(there) {
				parts[n] = append(parts[n], text)
			}
		}
		for n, i := range alike {
			if len(parts[n]) > 0 {
				texts[i] = strings.Join(slices.Compact(parts[n]), ", ")
			}
		}
	}
	return texts
}

// layersAmong are the layerTexts of layers that stand in the same place: of those
// of one kind, only what differs is told.
func layersAmong(layers []oneLayer) []string {
	kinds, differ := map[string]bool{}, map[string]bool{}
	first := map[string]any{}
	for i, l := range layers {
		for kind, fields := range l {
			kinds[kind] = true
			if i == 0 {
				first = fields
			}
			for _, of := range []map[string]any{fields, first} {
				for name := range of {
					differ[name] = differ[name] || !reflect.DeepEqual(fields[name], first[name])
				}
			}
		}
	}
	texts := make([]string, len(layers))
	for i, l := range layers {
		for kind, fields := range l {
			told := fields
			if len(kinds) == 1 {
				told = map[string]any{}
				for name, does := range differ {
					if does {
						told[name] = fields[name]
					}
				}
			}
			texts[i] = layerText(kind, told)
		}
	}
	return texts
}

// layerText is "conv2d filters 16 kernel 3".
func layerText(kind string, fields map[string]any) string {
	text := printable.Text(kind)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		text += " " + printable.Text(name+" "+fieldText(fields[name]))
	}
	return text
}

// fieldText is a value of a layer in JSON: {"scheme":"he"} is "he", and one that
// is left out "default".
func fieldText(v any) string {
	switch v := v.(type) {
	case nil:
		return "default"
	case map[string]any:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if _, word := v[name].(string); word {
				parts = append(parts, fieldText(v[name]))
			} else {
				parts = append(parts, name+" "+fieldText(v[name]))
			}
		}
		return strings.Join(parts, " ")
	case []any:
		return compactValue(v)
	}
	return fmt.Sprint(v)
}

func compactValue(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// LabelAmong is the run's label in a figure or a table that shows those runs.
func (r *Result) LabelAmong(shown []*Result) string {
	if i := slices.Index(shown, r); i >= 0 {
		return labelsOf(shown)[i]
	}
	return r.Label()
}

// labelsByPlace are labels that tell runs of one question and data apart.
func labelsByPlace(runs []*Result) []string {
	labels := make([]string, len(runs))
	at := map[string][]int{}
	for i, r := range runs {
		at[filepath.Dir(r.Dir)] = append(at[filepath.Dir(r.Dir)], i)
	}
	for _, list := range at {
		var group []*Result
		for _, i := range list {
			group = append(group, runs[i])
		}
		for k, label := range labelsOf(group) {
			labels[list[k]] = label
		}
	}
	return labels
}
