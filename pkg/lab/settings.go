package lab

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"inkling/pkg/internal/printable"
	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// Settings are the hyperparameters of a run, flat and by the names of their
// flags, as run.json holds them for anybody to read:
//
//	{"activation": "relu", "batch": 64, "hidden": "512,256", "lr": 0.1, "optimizer": "sgd", …}
//
// What has no flag has the name of its field, behind that of its part where it
// has one: "max-norm", "optimizer.beta1". A choice that is not the library's has
// the name of its type. hidden, activation and dropout are there for a
// multilayer perceptron; the layers of every run stand beside the settings.
type Settings map[string]any

// settingsOf are those of a run, whose layers are encoded.
func settingsOf(c *train.Plan, layers json.RawMessage) (Settings, error) {
	s := Settings{
		"batch": c.Batch, "epochs": c.Epochs, "seed": c.Seed, "size": c.TrainSize, "patience": c.Patience, "ema": c.EMA, "clean": c.Clean,
		"copies": c.Copies, "clip-norm": c.ClipNorm, "max-norm": c.MaxNorm, "l1": c.Penalty.L1, "l2": c.Penalty.L2,
		"log-every": c.LogEvery, "dev-every": int(c.DevEvery), "smoothing": 0.0, "warmup": 0, "momentum": 0.0, "decay": 0.0,
	}
	if hidden, activation, dropout, ok := perceptron(layers); ok {
		s["hidden"], s["activation"], s["dropout"] = hidden, activation, dropout
	}
	s["loss"] = s.part("loss", c.Loss)
	s["optimizer"] = s.part("optimizer", c.Optimizer)
	if name, knobs := optim.NameOf(c.Optimizer); name != "" { // which says all else
		s["optimizer"], s["momentum"], s["decay"] = name, knobs.Momentum, knobs.Decay
		maps.DeleteFunc(s, func(key string, _ any) bool { return strings.HasPrefix(key, "optimizer.") })
	}
	s.schedule(c.Schedule, c.Steps(), c.Epochs)
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	c.Augment.Register(fs)
	fs.VisitAll(func(f *flag.Flag) { s[f.Name] = f.Value.(flag.Getter).Get() })
	if c.Augment.Elastic.Alpha == 0 {
		delete(s, "sigma")
	}
	for i, change := range c.Augment.Others() {
		s[fmt.Sprintf("augment.more.%d", i)] = fmt.Sprintf("%#v", change)
	}
	// As it will be read: every number a float64.
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("lab: the configuration's settings: %w", err)
	}
	read := Settings{}
	return read, json.Unmarshal(b, &read)
}

// ownNames are the flags that stand for fields of optimizers, schedules and
// losses; fields of other names stand behind the name of their part.
var ownNames = map[string]string{
	"optimizer.momentum": "momentum", "optimizer.decay": "decay", "loss.smoothing": "smoothing",
	"schedule.base": "lr", "schedule.max": "lr", "schedule.from": "lr", "schedule.gamma": "gamma", "schedule.factor": "gamma",
	"schedule.milestones": "milestones", "schedule.every": "milestones",
}

// part adds the fields of v that are not zero and returns what v is called.
func (s Settings) part(part string, v any) string {
	t := reflect.TypeOf(v)
	if t == nil {
		return "none"
	}
	name := t.String() // "main.Mine"
	library := t.PkgPath() == reflect.TypeFor[nn.MSE]().PkgPath() || t.PkgPath() == reflect.TypeFor[optim.SGD]().PkgPath()
	if library {
		name = strings.ToLower(t.Name())
	}
	value := reflect.ValueOf(v)
	if t.Kind() != reflect.Struct {
		if t.NumMethod() > 0 && t.Kind() != reflect.Pointer {
			s[part+".value"] = scalar(value)
		}
		return name
	}
	for i := range t.NumField() {
		field := value.Field(i)
		if field.IsZero() {
			continue
		}
		key := part + "." + strings.ToLower(t.Field(i).Name)
		if own := ownNames[key]; own != "" && (library || s[own] == nil) {
			key = own
		}
		s[key] = scalar(field)
	}
	return name
}

// scalar is v as a number, a word or a truth value.
func scalar(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Uint()
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
		return fmt.Sprint(v.Float()) // JSON has no word for it
	case reflect.Slice, reflect.Array:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, fmt.Sprint(scalar(v.Index(i))))
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprintf("%v", v)
}

// schedule adds a schedule for a run of so many steps and epochs: what it tells of
// itself, or its fields. Steps that are those of the whole run say nothing more.
func (s Settings) schedule(v optim.Schedule, steps, epochs int) {
	if t, ok := v.(optim.Teller); ok {
		flags, then, left := t.Tell(steps, epochs)
		maps.Copy(s, flags)
		if then != nil {
			s.schedule(then, left, epochs)
			return
		}
	} else if s.part("schedule", v); s["schedule.steps"] == int64(steps) {
		delete(s, "schedule.steps")
	}
	s["schedule"] = optim.NameOfSchedule(v)
}

// oneLayer is a layer in JSON: {"linear":{"out":10}}.
type oneLayer map[string]map[string]any

// perceptron reads layers as those of nn.MLP: linear ones with the same
// activation, and dropout perhaps, between them.
func perceptron(layers json.RawMessage) (hidden, activation string, dropout float64, ok bool) {
	var list []oneLayer
	if json.Unmarshal(layers, &list) != nil || len(list) == 0 {
		return "", "", 0, false
	}
	var widths []string
	for i, l := range list {
		for kind, fields := range l {
			last := i == len(list)-1
			switch {
			case kind == "linear" && last:
				if widths == nil {
					return "none", "none", 0, true
				}
				return strings.Join(widths, ","), activation, dropout, activation != ""
			case last:
			case kind == "linear":
				widths = append(widths, fmt.Sprint(fields["out"]))
				continue
			case kind == "dropout":
				p, _ := fields["p"].(float64)
				if dropout == 0 || dropout == p {
					dropout = p
					continue
				}
			case byFlag(kind, fields) && (activation == "" || activation == kind) && len(widths) > 0:
				activation = kind
				continue
			}
			return "", "", 0, false
		}
	}
	return "", "", 0, false
}

// byFlag reports whether --activation makes this very layer.
func byFlag(kind string, fields map[string]any) bool {
	act, ok := nn.Activations()[kind]
	if !ok {
		return false
	}
	var want map[string]any
	b, err := json.Marshal(act)
	return err == nil && json.Unmarshal(b, &want) == nil && maps.EqualFunc(want, fields, func(a, b any) bool { return reflect.DeepEqual(a, b) })
}

// autoName names a run by what people compare, for where it is shown alone.
func autoName(in nn.Shape, c train.Config) string {
	s := Settings{"momentum": 0.0}
	optimizer := s.part("optimizer", c.Optimizer)
	if name, knobs := optim.NameOf(c.Optimizer); name != "" {
		optimizer, s["momentum"] = name, knobs.Momentum
	}
	s.schedule(c.Schedule, 0, 1)
	name := outline(in, c.Layers) + " " + optimizer
	if lr, ok := s["lr"]; ok {
		name += fmt.Sprintf(" lr %v", lr)
	} else {
		name += fmt.Sprintf(" %v", s["schedule"])
	}
	if m, ok := s["momentum"].(float64); ok && m > 0 {
		name += fmt.Sprintf(" momentum %g", m)
	}
	return name + fmt.Sprintf(" seed %d", c.Seed)
}

// settingOrder is the order in which a label tells of settings.
var settingOrder = []string{
	"hidden", "layers", "activation", "dropout", "loss", "smoothing", "optimizer", "lr", "momentum", "decay", "l1", "l2", "schedule", "milestones",
	"gamma", "warmup", "batch", "epochs", "size", "ema", "patience", "clip-norm", "max-norm",
	"shift", "rotate", "scale", "shear", "alpha", "sigma", "thick", "erase", "noise", "keep", "copies", "clean",
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
		if len(v) > 1 && (strict || slices.Contains(settingOrder, key) || key == "seed" || strings.Contains(key, ".")) || strict && n < len(runs) {
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

// Old reports whether the run is of other code of the library's than today's:
// it can be looked at, but neither shown as the run that would be made now nor
// continued.
func (r *Result) Old() bool {
	now := today()
	return r.Code.Library != now.Library || r.Code.Data != now.Data
}

// LabelAmong is the run's label in a figure or a table that shows those runs.
func (r *Result) LabelAmong(shown []*Result) string {
	if i := slices.Index(shown, r); i >= 0 {
		return labelsOf(shown)[i]
	}
	return r.Label()
}
