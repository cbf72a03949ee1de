package lab

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"reflect"
	"strconv"
	"strings"

	"inkling/pkg/internal/rawjson"
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

// UnmarshalJSON reads what is flat, as the settings of all records are, without the
// detours of package json: a list of runs reads those of every one.
func (s *Settings) UnmarshalJSON(b []byte) error {
	if flat, ok := readFlat(b); ok {
		*s = flat
		return nil
	}
	return json.Unmarshal(b, (*map[string]any)(s))
}

// readFlat reads an object of numbers, truth values and texts.
func readFlat(b []byte) (s Settings, ok bool) {
	s = make(Settings, 40)
	ok = rawjson.Fields(b, func(name string, value []byte) bool {
		switch c := value[0]; {
		case c == '"':
			text, ok := rawjson.Text(value)
			s[name] = text
			return ok
		case c == 't' || c == 'f':
			s[name] = c == 't'
			return true
		case c == '-' || c >= '0' && c <= '9':
			v, err := strconv.ParseFloat(string(value), 64)
			s[name] = v
			return err == nil
		}
		return false
	})
	return s, ok
}

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
	if c.Fork != (train.Fork{}) {
		s["fork"] = fmt.Sprintf("%.*s@%d", idLength, c.Fork.Run, c.Fork.Epoch)
	}
	switch c.Each.(type) {
	case nil:
	case train.CallbackFunc:
		s["each"] = "a function"
	default:
		s["each"] = s.part("each", c.Each)
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
	if c.Fork != (train.Fork{}) {
		name += fmt.Sprintf(" from %.6s@%d", c.Fork.Run, c.Fork.Epoch)
	}
	return name + fmt.Sprintf(" seed %d", c.Seed)
}
