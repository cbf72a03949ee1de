package optim

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Knobs are what flags set of an optimizer.
type Knobs struct{ Momentum, Decay float64 }

// ScheduleKnobs are what flags set of a schedule. Its length is left 0, the whole
// run; a warm-up is put before it by others.
type ScheduleKnobs struct {
	LR, Gamma  float64 // Gamma 0 is the schedule's own choice
	Milestones []int
	Epochs     int
}

// Optimizers and schedules by the names that flags choose them by.
var (
	optimizers = map[string]func(Knobs) Optimizer{}
	schedules  = map[string]func(ScheduleKnobs) (Schedule, error){}
	registered sync.RWMutex
)

// Register gives an optimizer a name for flags: a line in the file, or the
// notebook cell, that declares it.
//
//	var _ = optim.Register("mine", func(k optim.Knobs) optim.Optimizer { return Mine{Decay: k.Decay} })
//
// A knob that make does not use is one that the optimizer does not have, and a
// flag that sets it is told. It returns name. A name that is taken, or nothing,
// is a caller's bug.
func Register(name string, make func(Knobs) Optimizer) string {
	return enter("Register", optimizers, name, make)
}

// RegisterSchedule gives a schedule a name for flags, as Register does for an
// optimizer. The error says which of the knobs it cannot do with.
func RegisterSchedule(name string, make func(ScheduleKnobs) (Schedule, error)) string {
	return enter("RegisterSchedule", schedules, name, make)
}

func enter[F any](by string, all map[string]F, name string, make F) string {
	registered.Lock()
	defer registered.Unlock()
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-' }) {
		panic(fmt.Sprintf("optim: %s: name %q, want small letters, digits, _ and -", by, name))
	}
	if _, taken := all[name]; taken {
		panic(fmt.Sprintf("optim: %s: there is a %q already", by, name))
	}
	all[name] = make
	return name
}

// Optimizers are what Register has, by name.
func Optimizers() map[string]func(Knobs) Optimizer {
	registered.RLock()
	defer registered.RUnlock()
	return maps.Clone(optimizers)
}

// Schedules are what RegisterSchedule has, by name.
func Schedules() map[string]func(ScheduleKnobs) (Schedule, error) {
	registered.RLock()
	defer registered.RUnlock()
	return maps.Clone(schedules)
}

// NameOf is the name by which flags make just this optimizer, "" if none does,
// and with which knobs.
func NameOf(o Optimizer) (name string, k Knobs) {
	if v := reflect.ValueOf(o); v.Kind() == reflect.Struct {
		read := func(name string) float64 {
			if field, ok := v.Type().FieldByName(name); ok {
				if f, err := v.FieldByIndexErr(field.Index); err == nil && f.CanFloat() {
					return f.Float()
				}
			}
			return 0 // or it stands behind a nil pointer
		}
		k = Knobs{Momentum: read("Momentum"), Decay: read("Decay")}
	}
	all := Optimizers()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if reflect.DeepEqual(all[name](k), o) {
			return name, k
		}
	}
	return "", Knobs{}
}

// NameOfSchedule is the name by which flags make a schedule of this type, or
// what its type is called: "step" of a StepLR, "linear" of a LinearLR.
func NameOfSchedule(s Schedule) string {
	all := Schedules()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if made, err := all[name](typical); err == nil && reflect.TypeOf(made) == reflect.TypeOf(s) {
			return name
		}
	}
	t := reflect.TypeOf(s)
	if t == nil {
		return "none"
	}
	if t.PkgPath() != reflect.TypeFor[Cosine]().PkgPath() {
		return t.String()
	}
	return strings.TrimSuffix(strings.ToLower(t.Name()), "lr")
}

// typical are knobs that every schedule of ours can do with.
var typical = ScheduleKnobs{LR: 0.1, Gamma: 0.9, Milestones: []int{100}, Epochs: 3}

// commas writes a list as flags do: "800,2400".
func commas(list []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ",")
}

// Ignored are the knobs, by the names of their flags, that an optimizer of that
// name does not use.
func Ignored(name string) (knobs []string) {
	make := Optimizers()[name]
	if make == nil {
		return nil
	}
	same := func(k Knobs) bool { return reflect.DeepEqual(make(Knobs{0.5, 0.5}), make(k)) }
	if same(Knobs{0.25, 0.5}) {
		knobs = append(knobs, "momentum")
	}
	if same(Knobs{0.5, 0.25}) {
		knobs = append(knobs, "decay")
	}
	return knobs
}

// IgnoredBySchedule are the knobs that a schedule of that name does not use.
func IgnoredBySchedule(name string) (knobs []string) {
	make := Schedules()[name]
	if make == nil {
		return nil
	}
	first, err := make(typical)
	if err != nil {
		return nil
	}
	same := func(change func(k *ScheduleKnobs)) bool {
		k := typical
		change(&k)
		s, err := make(k)
		return err == nil && reflect.DeepEqual(first, s)
	}
	if same(func(k *ScheduleKnobs) { k.Gamma = 0.8 }) {
		knobs = append(knobs, "gamma")
	}
	if same(func(k *ScheduleKnobs) { k.Milestones = []int{50} }) {
		knobs = append(knobs, "milestones")
	}
	return knobs
}
