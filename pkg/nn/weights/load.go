package weights

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"inkling/pkg/nn"
	"inkling/pkg/nn/safetensors"
)

// From says how a file was written, and what is what in it where that is not plain.
type From struct {
	Framework
	// Names are theirs for ours: {"0.linear": "encoder.fc"} a layer, {"0.linear.W":
	// "encoder.fc.weight"} an array. What is not named is found by kind, shape and
	// order.
	Names  map[string]string
	Ignore []string // arrays that are left in the file, by their names or the beginnings of these
}

// A Pair is an array of a model and what filled it.
type Pair struct {
	Name, From string
	Dims       []int
	Change     string // what was done on the way: "transposed", "HWIO to OIHW", "F16 to F32"
}

// Report says what came from where.
type Report struct {
	Pairs []Pair   // in the order of the layers
	Notes []string // what a file of weights cannot say, and what was made of what it does not hold
}

func (r Report) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, p := range r.Pairs {
		fmt.Fprintf(w, "%s\t%v\t%s\t%s\n", p.Name, p.Dims, p.From, p.Change)
	}
	w.Flush()
	var text string
	for line := range strings.Lines(b.String()) {
		text += strings.TrimRight(line, " \n") + "\n"
	}
	for _, n := range r.Notes {
		text += n + "\n"
	}
	return text
}

// Load builds layers for inputs of shape in and fills them with the arrays of a
// safetensors or .npz file, each of which must belong to one of them, and every
// layer must find its own. The error says what is missing, what is left over and
// what has another shape. Without layers they are those that a file of ours names.
func (f From) Load(path string, in nn.Shape, layers ...nn.Layer) (*nn.Model, Report, error) {
	src, err := open(path)
	if err != nil {
		return nil, Report{}, err
	}
	defer src.file.Close()
	m, report, err := f.load(src, in, layers)
	if err != nil {
		return nil, Report{}, fmt.Errorf("%s: %w", path, err)
	}
	for i, p := range report.Pairs {
		if p.From == "" {
			report.Pairs[i].From = "–"
		}
	}
	return m, report, nil
}

func (f From) load(src *source, in nn.Shape, layers []nn.Layer) (*nn.Model, Report, error) {
	if len(layers) == 0 {
		var err error
		if in, layers, err = described(src); err != nil {
			return nil, Report{}, err
		}
	}
	if err := f.check(); err != nil {
		return nil, Report{}, err
	}
	if len(src.arrays) == 0 {
		return nil, Report{}, errors.New("holds no arrays")
	}
	m, err := nn.Blank(in, layers...)
	if err != nil {
		return nil, Report{}, err
	}
	ours, err := layersOf(m)
	if err != nil {
		return nil, Report{}, err
	}
	match, err := f.match(ours, src)
	if err != nil {
		return nil, Report{}, err
	}
	if wrong := match.differences(ours); wrong != "" {
		return nil, Report{}, fmt.Errorf("does not fit the layers: %s", wrong)
	}
	report := Report{Notes: match.notes}
	var converted []string
	for _, l := range ours {
		for _, s := range l.slots {
			a := match.of[s]
			if a == given {
				report.Pairs = append(report.Pairs, Pair{Name: s.name, Dims: s.dims})
				continue
			}
			if err := s.read(a, f.Framework); err != nil {
				return nil, Report{}, fmt.Errorf("%.80q: %w", a.name, err)
			}
			report.Pairs = append(report.Pairs, Pair{s.name, a.name, a.dims, s.change(a, f.Framework)})
			if a.dtype != "F32" {
				converted = append(converted, a.name)
			}
		}
	}
	if len(converted) > 0 {
		report.Notes = append(report.Notes, fmt.Sprintf("converted to F32: %s", some(converted, ", ")))
	}
	report.Notes = append(report.Notes, f.unsaid(ours)...)
	return m, report, m.CheckFinite()
}

// check reports a layout that is none.
func (f Framework) check() error {
	sorted := func(s string) string {
		b := []byte(s)
		slices.Sort(b)
		return string(b)
	}
	o := strings.IndexByte(f.Conv, 'O')
	if sorted(f.Linear) != "IO" || sorted(f.Conv) != "HIOW" || o > 0 && o < 3 || sorted(f.Flatten) != "CHW" {
		return fmt.Errorf("weights: framework %q lays out linear %q, conv %q and flatten %q, want IO or OI, the letters of OIHW with O first or last, and those of CHW", f.Name, f.Linear, f.Conv, f.Flatten)
	}
	return nil
}

// described are the layers that a file of ours names. They have no more weights than
// the file has values, so that a few words cannot ask for all memory.
func described(src *source) (in nn.Shape, layers []nn.Layer, err error) {
	if src.meta["format"] != "inkling" {
		return in, nil, errors.New("names no layers, as files of ours do: they are to be given")
	}
	if layers, err = nn.DecodeLayers([]byte(src.meta["architecture"])); err != nil {
		return in, nil, err
	}
	if in, err = nn.DecodeShape([]byte(src.meta["input"])); err != nil {
		return in, nil, err
	}
	draft, err := nn.NewDraft(in, layers...)
	if err != nil {
		return in, nil, err
	}
	stored := 0
	for _, a := range src.arrays { // of safetensors: no product is beyond the file
		n := 1
		for _, d := range a.dims {
			n *= d
		}
		stored += n
	}
	if draft.Weights > stored {
		return in, nil, fmt.Errorf("holds %d values, its layers have %d weights", stored, draft.Weights)
	}
	return in, layers, draft.CheckEvaluation()
}

// change says what happens to the values of a.
func (s *slot) change(a *array, f Framework) string {
	var all []string
	switch letters, _ := s.letters(f); {
	case letters == "IO":
		all = append(all, "transposed")
	case letters != "" && letters != "OI" && letters != "OIHW":
		all = append(all, letters+" to OIHW")
	}
	if s.reorders(f) {
		all = append(all, fmt.Sprintf("%s to CHW of %v", f.Flatten, s.image))
	}
	if a.dtype != "F32" {
		all = append(all, a.dtype+" to F32")
	}
	if a.fortran {
		all = append(all, "Fortran's order")
	}
	return strings.Join(all, ", ")
}

// unsaid is what the framework does that a file of weights does not say.
func (f From) unsaid(layers []*layer) (notes []string) {
	for _, l := range layers {
		if l.kind != batchNorm {
			continue
		}
		if eps := l.slots[0].eps; eps != f.Eps {
			notes = append(notes, fmt.Sprintf("%s adds %v to the variance; %s adds %v unless it was told otherwise: batchnorm:eps=%v is the same", l.name, eps, f.Name, f.Eps, f.Eps))
		}
		if f.Momentum != Inkling.Momentum {
			notes = append(notes, fmt.Sprintf("trained on, %s moves its statistics by 0.1 unless told otherwise, %s by %v: batchnorm:momentum=%v", l.name, f.Name, f.Momentum, f.Momentum))
		}
		return notes // one stands for all
	}
	return nil
}

// differences are all ways in which m does not fit, in one line.
func (m *matching) differences(layers []*layer) string {
	var missing, misshaped, unexpected []string
	for _, l := range layers {
		for _, s := range l.slots {
			a := m.of[s]
			switch {
			case a == nil:
				missing = append(missing, fmt.Sprintf("%s %v%s", s.name, s.shape(m.from), m.near(s)))
			case a != given && !slices.Equal(a.dims, s.shape(m.from)):
				misshaped = append(misshaped, fmt.Sprintf("%.80q has shape %v, %s wants %v%s", a.name, a.dims, s.name, s.shape(m.from), m.remedy(s, a)))
			}
		}
	}
	for _, a := range m.unexpected {
		unexpected = append(unexpected, fmt.Sprintf("%.80q %v", a.name, a.dims))
	}
	all := slices.Clone(m.wrong)
	for _, part := range []struct {
		what, separator string
		list            []string
	}{{"", "; ", misshaped}, {"missing ", ", ", missing}, {"unexpected ", ", ", unexpected}} {
		if len(part.list) > 0 {
			all = append(all, part.what+some(part.list, part.separator))
		}
	}
	return some(all, "; ")
}

// near is the array that is left over and may be meant.
func (m *matching) near(s *slot) string {
	for _, a := range m.unexpected {
		if slices.Equal(a.dims, s.shape(m.from)) {
			return fmt.Sprintf(" (%.80q has this shape)", a.name)
		}
	}
	return ""
}

// remedy says what would make a fit.
func (m *matching) remedy(s *slot, a *array) string {
	for _, other := range []Framework{PyTorch, Keras, MLX} {
		if slices.Equal(a.dims, s.shape(other)) {
			return fmt.Sprintf(": it would fit as %s lays it out, %v", other.Name, s.shape(other))
		}
	}
	return safetensors.Remedy(s.shape(m.from), a.dims)
}

// some is the beginning of a list.
func some(list []string, separator string) string {
	const most = 4
	if n := len(list) - most; n > 1 {
		list = append(slices.Clone(list[:most]), fmt.Sprintf("%d more", n))
	}
	return strings.Join(list, separator)
}
