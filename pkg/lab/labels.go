package lab

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"inkling/pkg/internal/printable"
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
	for i, r := range runs {
		switch {
		case r.Named || r.Hyper == nil:
			labels[i] = r.Name
		default:
			labels[i] = r.say(r.unlikeMost(told, runs), nets[i])
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
		for _, i := range alike {
			if runs[i].Code != runs[alike[0]].Code || slices.ContainsFunc(alike, func(k int) bool { return runs[k].Code != runs[i].Code }) {
				labels[i] += " of " + runs[i].Started.Local().Format("2 Jan 15:04:05")
			}
		}
	}
	return labels
}

// unlikeMost are those of keys for which r has not the value that most of the
// runs have, if they are three or more: changes one at a time have one word each.
func (r *Result) unlikeMost(keys []string, runs []*Result) (unlike []string) {
	mine := r.facts()
	for _, key := range keys {
		same := 0
		for _, o := range runs {
			if v, ok := o.Hyper[key]; ok && v == mine[key] || key == "layers" && compact(o.Layers) == mine[key] {
				same++
			}
		}
		if len(runs) < 3 || 2*same <= len(runs) {
			unlike = append(unlike, key)
		}
	}
	return unlike
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
	values := map[string]map[string]int{}
	for _, r := range runs {
		for key, v := range r.facts() {
			if values[key] == nil {
				values[key] = map[string]int{}
			}
			values[key][fmt.Sprint(v)]++
		}
	}
	var keys []string
	for key, v := range values {
		n := 0
		for _, count := range v {
			n += count
		}
		if key == "fork" && n < len(runs) || len(v) > 1 && (strict || slices.Contains(settingOrder, key) || key == "seed" || strings.Contains(key, ".")) || strict && n < len(runs) {
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

// facts are the settings of a run and its layers.
func (r *Result) facts() map[string]any {
	facts := map[string]any{}
	for k, v := range r.Hyper {
		facts[k] = v
	}
	if r.Hyper != nil {
		facts["layers"] = compact(r.Layers)
	}
	return facts
}

// say tells of some settings of r, whose layers are called net.
func (r *Result) say(keys []string, net string) string {
	facts := r.facts()
	var parts []string
	for _, key := range keys {
		v, ok := facts[key]
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
		if slices.ContainsFunc(alike, func(i int) bool { return !same(layers[i]) }) {
			for _, i := range alike {
				texts[i] = strings.Join(layers[i], "-")
			}
			continue
		}
		var differ []int
		for k := range first {
			if slices.ContainsFunc(alike, func(i int) bool { return layers[i][k] != first[k] }) {
				differ = append(differ, k)
			}
		}
		for _, i := range alike {
			var parts []string
			for _, k := range differ {
				at := make([]oneLayer, len(alike))
				for n, j := range alike {
					at[n] = lists[j][k]
				}
				parts = append(parts, layerAmong(lists[i][k], at))
			}
			if len(parts) > 0 {
				texts[i] = strings.Join(slices.Compact(parts), ", ")
			}
		}
	}
	return texts
}

// layerAmong is layerText of a layer beside others in the same place: of those of
// one kind, only what differs is told.
func layerAmong(l oneLayer, others []oneLayer) string {
	for kind, fields := range l {
		told := map[string]any{}
		for _, o := range others {
			there, ok := o[kind]
			if !ok {
				return layerText(kind, fields)
			}
			for _, name := range slices.Concat(slices.Collect(maps.Keys(fields)), slices.Collect(maps.Keys(there))) {
				if !reflect.DeepEqual(fields[name], there[name]) {
					told[name] = fields[name]
				}
			}
		}
		return layerText(kind, told)
	}
	return ""
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
