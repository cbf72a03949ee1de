package search

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"inkling/pkg/data"
	"inkling/pkg/lab"
	"inkling/pkg/nn"
	"inkling/pkg/nn/train"
)

// Space is a search as flags say it: those of training, of which any may have
// several values or a range, and those of the search itself. The fields' values
// are the defaults.
type Space struct {
	Hyper   lab.Hyper
	Augment data.Augment
	Layers  string                                // instead of Hidden, Activation and Dropout
	Decode  func(text string) ([]nn.Layer, error) // reads Layers; nil means nn.DecodeLayers

	Method  Method
	Budget  Budget
	Seeds   int // runs of every point
	Confirm int // runs of the best point with other seeds
	Eta     int // of halving
	Least   int // epochs of its first rung
	Draw    int // seed of the draws

	dims  []Dim
	given []string // flags
}

// Flags registers a search with the command line's flags and returns it, ready for
// a notebook:
//
//	var space = search.Flags(search.Space{Hyper: lab.Hyper{…}})
//
//	%% --lr=0.01..1:log --optimizer=sgd,adam --budget=20runs
//	notebook.Search(q, space)
//
// Where a cell above has lab.Flags, its flags are still set by single values.
func Flags(s Space) *Space {
	if flag.Lookup("lr") == nil {
		lab.Flags(s.Hyper) // which also says how mistakes are told
	}
	s.Register(flag.CommandLine)
	return &s
}

// Register adds the flags to fs; a flag of training that is there already is still
// set whenever it is given a single value.
func (s *Space) Register(fs *flag.FlagSet) {
	trainFlags(&s.Hyper, &s.Augment, &s.Layers).VisitAll(func(f *flag.Flag) {
		v := &several{Value: f.Value, name: f.Name, kind: kindOf(f), space: s}
		if was := fs.Lookup(f.Name); was != nil {
			v.below, was.Value = was.Value, v
			return
		}
		fs.Var(v, f.Name, f.Usage)
	})
	fs.Var(&s.Method, "method", "grid: all combinations; random: draws; halving: draws, of which the better go on to more epochs. Without: grid, or random where there are ranges")
	fs.Var(&s.Budget, "budget", "30runs, 60epochs (stored ones count) or a time as 10m; without, all of a grid, 20 draws, more where halving needs them to end in one")
	fs.IntVar(&s.Seeds, "seeds", max(s.Seeds, 1), "runs of every configuration, with seeds from --seed on; their mean is compared")
	fs.IntVar(&s.Confirm, "confirm", s.Confirm, "train the best with so many other seeds, for a score that nobody has picked")
	fs.IntVar(&s.Eta, "eta", max(s.Eta, 3), "halving: the best 1 of so many goes on")
	fs.IntVar(&s.Least, "min-epochs", max(s.Least, 1), "halving: epochs that every configuration gets")
	fs.IntVar(&s.Draw, "draw", max(s.Draw, 1), "random, halving: seed of the draws")
}

// trainFlags are the flags of a run, bound to what they set.
func trainFlags(h *lab.Hyper, a *data.Augment, layers *string) *flag.FlagSet {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	h.Register(fs)
	a.Register(fs)
	fs.StringVar(layers, "layers", *layers, `layers instead of --hidden, --activation and --dropout: [{"conv2d":{"filters":8,"kernel":3}},{"relu":{}},{"linear":{"out":10}}], in a shell also as conv2d:filters=8:kernel=3,relu,linear:out=10`)
	return fs
}

// kindOf says what a flag of training takes.
func kindOf(f *flag.Flag) kind {
	if g, ok := f.Value.(flag.Getter); ok {
		switch g.Get().(type) {
		case bool:
			return truths
		case int, int64, uint, uint64:
			return whole
		case float64:
			return real
		}
	}
	if slices.Contains(listFlags, f.Name) {
		return list
	}
	return words
}

// listFlags take text in which commas stand.
var listFlags = []string{"hidden", "milestones", "layers"}

// several is a flag of training that takes several values.
type several struct {
	flag.Value            // of one value, for the space
	below      flag.Value // that of a flag which was there before, or nil
	name       string
	kind       kind
	space      *Space
	text       string // several values
	waits      bool   // for a search that uses them
}

func (v *several) String() string {
	switch {
	case v == nil || v.Value == nil: // package flag makes one to learn of the zero value
		return ""
	case v.text != "":
		return v.text
	}
	return v.Value.String()
}

// Get tells the readers of lines that this is text, and so not to look at it.
func (v *several) Get() any { return v.String() }

func (v *several) Set(text string) error {
	one, many, err := parse(v.name, text, v.kind)
	if v.name == "name" {
		one, many, err = text, nil, nil
	}
	s := v.space
	s.dims = slices.DeleteFunc(s.dims, func(d Dim) bool { return d.Name == v.name })
	s.given = append(s.given, v.name)
	switch {
	case err != nil:
		return err
	case many != nil && v.name == "seed":
		return errors.New("want one: a seed is no hyperparameter, --seeds=3 makes three runs of every configuration")
	case many != nil:
		s.dims = append(s.dims, *many)
		v.text, v.waits = text, true
		return nil
	}
	v.text, v.waits = "", false
	if v.below != nil {
		if err := v.below.Set(one); err != nil {
			return err
		}
	}
	return v.Value.Set(one)
}

// Several reports whether the flag has several values that no search has asked
// for yet.
func (v *several) Several() bool { return v.waits }

// Search is the search on a lab; a nil one does for a look at the mistakes.
func (s *Space) Search(l *lab.Lab) (Search, error) {
	flag.VisitAll(func(f *flag.Flag) {
		if v, ok := f.Value.(*several); ok && v.space == s {
			v.waits = false
		}
	})
	found := Search{
		Dims: s.dims, Method: s.Method, Budget: s.Budget, Seeds: s.Seeds, Confirm: s.Confirm,
		Eta: s.Eta, Least: s.Least, Draw: s.Draw, Build: func(p Point) (train.Config, error) { return s.config(l, p) },
		Idle: s.idle, Words: s.words,
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"seeds", s.Seeds}, {"eta", s.Eta}, {"min-epochs", s.Least}, {"draw", s.Draw}} {
		if f.value == 0 { // which is no word for the default here
			return found, fmt.Errorf("search: %s 0, want at least 1", f.name)
		}
	}
	err := found.Check()
	if err == nil && l == nil {
		p := &points{s: &found, seen: map[string]bool{}}
		if _, err = p.some(randomConfigs); err == nil && found.Method == Grid {
			err = s.vain(&found)
		}
	}
	return found, err
}

// vain reports that what varies in a grid says nothing anywhere.
func (s *Space) vain(of *Search) error {
	size, _, err := gridSize(of.Dims, mostGrid)
	if err != nil || size > mostGrid {
		return nil // not looked at
	}
	var names []string
	for k, d := range of.Dims {
		for i := range size {
			if p := gridPoint(of.Dims, i); !s.idle(p, p[k].Name) {
				return nil
			}
		}
		names = append(names, "--"+d.Name)
	}
	return fmt.Errorf("search: nothing varies: beside what the other flags say, %s has no effect", strings.Join(names, ", "))
}

// at sets the flags of a run to the values of a point.
func (s *Space) at(p Point) (h lab.Hyper, a data.Augment, layers string, fs *flag.FlagSet, err error) {
	h, a, layers = s.Hyper, s.Augment, s.Layers
	fs = trainFlags(&h, &a, &layers)
	for _, v := range p {
		if v.Text == "" {
			continue
		}
		if err := fs.Set(v.Name, v.Text); err != nil {
			return h, a, layers, fs, fmt.Errorf("--%s=%.40s: %w", v.Name, v.Text, err)
		}
	}
	return h, a, layers, fs, nil
}

func (s *Space) config(l *lab.Lab, p Point) (train.Config, error) {
	h, a, layers, _, err := s.at(p)
	if err != nil {
		return train.Config{}, err
	}
	if err := a.Check(); err != nil {
		return train.Config{}, err
	}
	var c train.Config
	if layers == "" {
		c, err = h.Config(l)
	} else {
		decode := s.Decode
		if decode == nil {
			decode = func(text string) ([]nn.Layer, error) { return nn.DecodeLayers([]byte(text)) }
		}
		list, bad := decode(layers)
		if bad != nil {
			return c, fmt.Errorf("--layers: %w", bad)
		}
		c, err = h.With(l, list...)
	}
	c.Augment = a
	if h.Name == "" {
		c.Name = "" // which tells the seed, and is then no other seed's name
	}
	return c, err
}

func (s *Space) idle(p Point, name string) bool {
	_, _, _, fs, err := s.at(p)
	return err == nil && lab.Idle(fs, name)
}

// words are all that `inkling train` has to be told, whatever its defaults; of a
// fork, what it has otherwise than the run it goes on from.
func (s *Space) words(p Point) (list []string) {
	_, _, layers, fs, err := s.at(p)
	if err != nil {
		return nil
	}
	mlp := []string{"hidden", "activation", "dropout"}
	augment := flag.NewFlagSet("", flag.ContinueOnError)
	new(data.Augment).Register(augment)
	fs.VisitAll(func(f *flag.Flag) {
		text := f.Value.String()
		switch zero := augment.Lookup(f.Name); {
		case text == "" || f.Name == "seed" || lab.Idle(fs, f.Name):
		case s.Hyper.Fork != "" && !slices.Contains(s.given, f.Name):
		case layers != "" && slices.Contains(mlp, f.Name):
		case zero != nil && text == zero.Value.String():
		default:
			list = append(list, "--"+f.Name+"="+text)
		}
	})
	return list
}
