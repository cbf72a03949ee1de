package study

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"inkling/pkg/lab"
	"inkling/pkg/nn/train"
)

// Dim is one hyperparameter to vary, by the name of its flag in [Hyper] or by
// any name that the caller's own function knows. Make one with [Choice],
// [Uniform], [LogUniform] or [Whole]. A range of a flag that takes whole numbers,
// such as batch, holds those alone.
type Dim struct {
	Name      string
	Values    []string // to choose from; if there are none, a range:
	Low, High float64  // both ends belong to it
	Log       bool     // even on a logarithmic axis
	Whole     bool     // whole numbers only
}

// Choice tries each of the values.
func Choice[T any](name string, values ...T) Dim {
	d := Dim{Name: name, Values: []string{}} // not a range, even if it is empty
	for _, v := range values {
		d.Values = append(d.Values, fmt.Sprint(v))
	}
	return d
}

// Uniform draws numbers from low to high.
func Uniform(name string, low, high float64) Dim { return Dim{Name: name, Low: low, High: high} }

// LogUniform draws numbers from low to high whose logarithms are even: right
// for learning rates and weight decay.
func LogUniform(name string, low, high float64) Dim {
	return Dim{Name: name, Low: low, High: high, Log: true}
}

// Whole draws whole numbers from low to high, even on a logarithmic axis:
// right for widths and batch sizes.
func Whole(name string, low, high int) Dim {
	return Dim{Name: name, Low: float64(low), High: float64(high), Log: true, Whole: true}
}

func (d Dim) check() error {
	switch {
	case d.Name == "":
		return fmt.Errorf("study: search: a dimension without a name")
	case len(d.Values) > 0:
		return nil
	case d.Values != nil:
		return fmt.Errorf("study: search: %s: no values to choose from, want at least 1", d.Name)
	case d.Low == 0 && d.High == 0:
		return fmt.Errorf("study: search: %s has neither values nor a range", d.Name)
	case !(d.Low <= d.High) || math.IsInf(d.High-d.Low, 0):
		return fmt.Errorf("study: search: %s from %v to %v, want a range", d.Name, d.Low, d.High)
	case d.Log && d.Low <= 0:
		return fmt.Errorf("study: search: %s from %v on a logarithmic axis, want a number above 0", d.Name, d.Low)
	case d.whole() && math.Ceil(d.Low) > math.Floor(d.High):
		return fmt.Errorf("study: search: %s from %v to %v, want a range with a whole number in it", d.Name, d.Low, d.High)
	}
	return nil
}

// checkDims reports what is wrong with the dimensions of a search.
func checkDims(dims []Dim) error {
	if len(dims) == 0 {
		return fmt.Errorf("study: search: no dimensions, want at least 1")
	}
	seen := map[string]bool{}
	for _, d := range dims {
		if err := d.check(); err != nil {
			return err
		}
		if seen[d.Name] {
			return fmt.Errorf("study: search: %s is given twice", d.Name)
		}
		seen[d.Name] = true
	}
	return nil
}

// whole reports whether a range holds whole numbers alone.
func (d Dim) whole() bool {
	if d.Whole || d.Name == "hidden" || d.Name == "milestones" { // lists of whole numbers
		return true
	}
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	new(lab.Hyper).Register(fs)
	f := fs.Lookup(d.Name)
	if f == nil {
		return false
	}
	_, whole := f.Value.(flag.Getter).Get().(int)
	return whole
}

// draw is a value of d.
func (d Dim) draw(rng *rand.Rand) string {
	u := rng.Float64()
	if n := len(d.Values); n > 0 {
		return d.Values[int(u*float64(n))]
	}
	v := d.Low + u*(d.High-d.Low)
	if d.Log {
		v = d.Low * math.Pow(d.High/d.Low, u)
	}
	if d.whole() {
		return strconv.Itoa(int(min(max(math.Round(v), math.Ceil(d.Low)), math.Floor(d.High))))
	}
	// Three digits: more are noise in a table, and nobody would tune them.
	text := strconv.FormatFloat(v, 'g', 3, 64)
	if r, _ := strconv.ParseFloat(text, 64); r < d.Low || r > d.High {
		text = strconv.FormatFloat(v, 'g', -1, 64)
	}
	return text
}

// Value is a hyperparameter and its value as text, as on a command line.
type Value struct{ Name, Text string }

// Point is one choice of values, in the order of the dimensions.
type Point []Value

// String is "lr=0.05 batch=32".
func (p Point) String() string {
	var parts []string
	for _, v := range p {
		parts = append(parts, v.Name+"="+v.Text)
	}
	return strings.Join(parts, " ")
}

// Text is the value of that name, "" if there is none.
func (p Point) Text(name string) string {
	for _, v := range p {
		if v.Name == name {
			return v.Text
		}
	}
	return ""
}

// Float is the value of that name as a number, NaN if it is none.
func (p Point) Float(name string) float64 {
	v, err := strconv.ParseFloat(p.Text(name), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// Grid is every combination of the values of the dimensions; the last one
// changes fastest.
func Grid(dims ...Dim) ([]Point, error) {
	if err := checkDims(dims); err != nil {
		return nil, err
	}
	points := []Point{nil}
	for _, d := range dims {
		if len(d.Values) == 0 {
			return nil, fmt.Errorf("study: search: %s is a range, want values for a grid: use Choice", d.Name)
		}
		var next []Point
		for _, p := range points {
			for _, v := range d.Values {
				next = append(next, append(slices.Clone(p), Value{d.Name, v}))
			}
		}
		points = next
	}
	return points, nil
}

// Random is n draws from the dimensions. Point i is a function of (seed, i)
// alone, so that a longer search begins with the points of a shorter one.
func Random(n int, seed uint64, dims ...Dim) ([]Point, error) {
	if err := checkDims(dims); err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, fmt.Errorf("study: search: %d points, want at least 1", n)
	}
	points := make([]Point, n)
	for i := range points {
		rng := rand.New(rand.NewPCG(seed, purposeSearch+uint64(i)))
		for _, d := range dims {
			points[i] = append(points[i], Value{d.Name, d.draw(rng)})
		}
	}
	return points, nil
}

// purposeSearch keeps the draws of a search apart from others of its seed.
const purposeSearch = 0x5000000

// Set is h with the flags that p names set to its values. The name of the run
// tells them.
func (p Point) Set(h lab.Hyper) (lab.Hyper, error) {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	h.Register(fs)
	var known []string
	fs.VisitAll(func(f *flag.Flag) { known = append(known, f.Name) })
	for _, v := range p {
		if fs.Lookup(v.Name) == nil {
			return h, fmt.Errorf("study: search: unknown hyperparameter %q%s", v.Name, lab.DidYouMean(v.Name, known))
		}
		if err := fs.Set(v.Name, v.Text); err != nil {
			return h, fmt.Errorf("study: search: %s %q: %w", v.Name, v.Text, err)
		}
	}
	h.Name = strings.TrimSpace(h.Name + " " + p.String())
	return h, nil
}

// Tried is one point of a search and what came of it.
type Tried struct {
	Point
	Result *lab.Result
	Score  float64 // best accuracy on the dev split, 0 to 1; NaN if it was never judged
	Loss   float64 // on the dev split, at that evaluation; likewise
}

// Search makes a run for every point and returns what was tried, the best first;
// runs that diverged come after those that ended, and those that were cut
// short last. config turns a point into a configuration, for example
//
//	func(p train.Point) (train.Config, error) {
//		h, err := p.Set(hyper)
//		if err != nil {
//			return train.Config{}, err
//		}
//		return h.Config(lab)
//	}
//
// The runs are kept in the run store as those of Fit are, so a search that is
// stopped goes on where it was, and a longer one makes only what is new. As many
// runs as there are cores are made side by side, unless l.SideBySide says
// otherwise: they need not wait for each other's helpers, and give the same
// bits. Their seconds do not compare with those of a run alone.
// The dev split chooses: a search never looks at the test set.
func Search(l *lab.Lab, points []Point, config func(Point) (train.Config, error)) ([]Tried, error) {
	if len(points) == 0 {
		return nil, fmt.Errorf("study: search: no points, want at least 1")
	}
	cfgs := make([]train.Config, len(points))
	for i, p := range points {
		var err error
		if cfgs[i], err = config(p); err != nil {
			return nil, fmt.Errorf("%w (at %v)", err, p)
		}
	}
	if l.SideBySide == 0 {
		l.SideBySide = runtime.GOMAXPROCS(0)
		defer func() { l.SideBySide = 0 }()
	}
	results, err := l.Fit(cfgs...)
	if err != nil && !errors.As(err, new(lab.Unfinished)) {
		return nil, err
	}
	tried := make([]Tried, len(points))
	for i, r := range results {
		tried[i] = Tried{Point: points[i], Result: r, Score: r.Best.Score, Loss: r.Best.Loss}
		if !r.Judged() {
			tried[i].Score, tried[i].Loss = math.NaN(), math.NaN()
		}
	}
	slices.SortStableFunc(tried, compareTried)
	return tried, nil
}

// compareTried puts the better one first.
func compareTried(a, b Tried) int {
	rank := map[lab.Status]int{lab.Finished: 0, lab.Diverged: 1, lab.Interrupted: 2}
	return cmp.Or(
		cmp.Compare(rank[a.Result.Status], rank[b.Result.Status]),
		cmp.Compare(b.Score, a.Score), // NaN is less than all
		cmp.Compare(a.Loss, b.Loss),
	)
}
