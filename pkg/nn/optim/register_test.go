package optim

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"inkling/pkg/nn"
)

// exported are the exported types of this package that have a method, read from
// its files: nobody can forget to list one.
func exported(t *testing.T, method string) (types []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Name.Name != method {
				continue
			}
			if id, ok := fn.Recv.List[0].Type.(*ast.Ident); ok && id.IsExported() {
				types = append(types, id.Name)
			}
		}
	}
	if len(types) < 6 {
		t.Fatalf("only %v have a method %s", types, method)
	}
	return types
}

// Every optimizer of this package has a name, and its name is told back.
func TestEveryOptimizerIsNamed(t *testing.T) {
	named := map[string]bool{}
	for name, make := range Optimizers() {
		o := make(Knobs{Momentum: 0.9, Decay: 0.01})
		named[reflect.TypeOf(o).Name()] = true
		if got, k := NameOf(o); got != name || k.Decay != 0.01 {
			t.Errorf("%#v is called %q, and made by the name %q", o, got, name)
		}
		if _, err := o.New(nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range exported(t, "New") {
		if !named[name] {
			t.Errorf("%s has no name for flags: write var _ = Register(%q, …) in its file", name, strings.ToLower(name))
		}
	}
	for _, o := range []Optimizer{Adam{Beta1: 0.8}, RMSProp{Centered: true}, &SGD{}, behind{}, nil} {
		if got, _ := NameOf(o); got != "" {
			t.Errorf("%#v is called %q, which makes another one", o, got)
		}
	}
}

// Every schedule that is registered is made from its knobs, passes for a run and
// is told back; what has no name is called as its type.
func TestSchedulesAreNamed(t *testing.T) {
	for name, make := range Schedules() {
		s, err := make(typical)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := CheckSchedule(s, 300); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := NameOfSchedule(s); got != name {
			t.Errorf("%#v is called %q, and made by the name %q", s, got, name)
		}
	}
	for want, s := range map[string]Schedule{"linear": LinearLR{}, "exponential": ExponentialLR{}, "joined": Joined{}, "warmup": Warmup{}, "none": nil} {
		if got := NameOfSchedule(s); got != want {
			t.Errorf("%#v is called %q, want %q", s, got, want)
		}
	}
	for _, name := range []string{"step", "multistep"} {
		if _, err := Schedules()[name](ScheduleKnobs{LR: 1}); err == nil || !strings.Contains(err.Error(), "milestones") {
			t.Errorf("%s without milestones: %v", name, err)
		}
	}
}

// A knob that a rule does not have is known without anybody saying so.
func TestIgnored(t *testing.T) {
	for name, want := range map[string][]string{"sgd": nil, "nesterov": nil, "rmsprop": nil, "adam": {"momentum"}, "lion": {"momentum"}, "nobody": nil} {
		if got := Ignored(name); !slices.Equal(got, want) {
			t.Errorf("%s ignores %v, want %v", name, got, want)
		}
	}
	for name, want := range map[string][]string{"constant": {"gamma", "milestones"}, "cosine": {"gamma", "milestones"}, "step": nil, "multistep": nil,
		"exponential": {"milestones"}, "plateau": {"milestones"}, "nobody": nil} {
		if got := IgnoredBySchedule(name); !slices.Equal(got, want) {
			t.Errorf("the schedule %s ignores %v, want %v", name, got, want)
		}
	}
}

type behind struct{ *SGD }

type mine struct{ SGD }

func (m mine) New(params []*nn.Param) (Stepper, error) { return m.SGD.New(params) }

// One's own gets a name beside ours, and takes none of them.
func TestRegister(t *testing.T) {
	t.Cleanup(func() { delete(optimizers, "mine") })
	if got := Register("mine", func(k Knobs) Optimizer { return mine{SGD{Decay: k.Decay}} }); got != "mine" {
		t.Errorf("Register gives %q", got)
	}
	if got, k := NameOf(mine{SGD{Decay: 0.5}}); got != "mine" || k != (Knobs{Decay: 0.5}) {
		t.Errorf("called %q with %v", got, k)
	}
	if got := Ignored("mine"); !slices.Equal(got, []string{"momentum"}) {
		t.Errorf("mine ignores %v", got)
	}
	for _, name := range []string{"adam", "mine", "", "My Own"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Register takes %q", name)
				}
			}()
			Register(name, func(Knobs) Optimizer { return SGD{} })
		}()
	}
}
