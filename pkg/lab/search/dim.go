package search

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Dim is one hyperparameter to vary, by the name of its flag or by any name that
// the caller's own Build knows. Make one with [Choice], [Uniform], [LogUniform] or
// [Whole].
type Dim struct {
	Name      string
	Values    []string // to choose from; if there are none, a range:
	Low, High float64  // both ends belong to it
	Log       bool     // even on a logarithmic axis
	Whole     bool     // whole numbers only
	Count     int      // so many values of the range, at equal distances; 0: any. A grid needs it
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

// String is d as a word of a command: "--lr=0.01..1:log".
func (d Dim) String() string {
	if d.Values != nil {
		between := ","
		if slices.Contains(listFlags, d.Name) || slices.ContainsFunc(d.Values, func(v string) bool { return strings.Contains(v, ",") }) {
			between = "/"
		}
		return fmt.Sprintf("--%s=%s", d.Name, strings.Join(d.Values, between))
	}
	s := fmt.Sprintf("--%s=%s..%s", d.Name, number(d.Low), number(d.High))
	if d.Log {
		s += ":log"
	}
	if d.Whole {
		s += ":int"
	}
	if d.Count > 0 {
		s += fmt.Sprint(":", d.Count)
	}
	return s
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func (d Dim) check() error {
	switch {
	case d.Name == "":
		return fmt.Errorf("search: a dimension without a name")
	case len(d.Values) > 0:
		for i, v := range d.Values {
			if slices.Contains(d.Values[:i], v) {
				return fmt.Errorf("search: %s has the value %.40q twice", d.Name, v)
			}
		}
		return nil
	case d.Values != nil:
		return fmt.Errorf("search: %s: no values to choose from, want at least 1", d.Name)
	case d.Low == 0 && d.High == 0:
		return fmt.Errorf("search: %s has neither values nor a range", d.Name)
	case !(d.Low < d.High) || math.IsInf(d.High-d.Low, 0):
		return fmt.Errorf("search: %s from %v to %v, want a range that rises", d.Name, d.Low, d.High)
	case d.Log && d.Low <= 0:
		return fmt.Errorf("search: %s from %v on a logarithmic axis, want a number above 0", d.Name, d.Low)
	case d.Whole && math.Ceil(d.Low) > math.Floor(d.High):
		return fmt.Errorf("search: %s from %v to %v, want a range with a whole number in it", d.Name, d.Low, d.High)
	case d.Whole && max(math.Abs(d.Low), math.Abs(d.High)) > 1<<53:
		return fmt.Errorf("search: %s from %v to %v, want whole numbers up to %d", d.Name, d.Low, d.High, 1<<53)
	case d.Count < 0 || d.Count == 1 || d.Count > mostValues:
		return fmt.Errorf("search: %s: %d values of a range, want 2 to %d", d.Name, d.Count, mostValues)
	}
	return nil
}

// mostValues is more than anybody looks at.
const mostValues = 1000

// checkDims reports what is wrong with the dimensions of a search.
func checkDims(dims []Dim) error {
	if len(dims) == 0 {
		return fmt.Errorf("search: nothing varies, want at least one hyperparameter with several values or a range")
	}
	for i, d := range dims {
		if err := d.check(); err != nil {
			return err
		}
		if slices.ContainsFunc(dims[:i], func(o Dim) bool { return o.Name == d.Name }) {
			return fmt.Errorf("search: %s is given twice", d.Name)
		}
	}
	return nil
}

// values are those of a grid, nil where d is a range without a count.
func (d Dim) values() (list []string) {
	if d.Values != nil || d.Count == 0 {
		return d.Values
	}
	for i := range d.Count {
		v := d.at(float64(i) / float64(d.Count-1))
		if len(list) == 0 || list[len(list)-1] != v { // whole numbers may meet
			list = append(list, v)
		}
	}
	return list
}

// at is the value at u of 1 on the way through a range.
func (d Dim) at(u float64) string {
	v := d.Low + u*(d.High-d.Low)
	if d.Log {
		v = d.Low * math.Pow(d.High/d.Low, u)
	}
	if d.Whole {
		return strconv.FormatFloat(min(max(math.Round(v), math.Ceil(d.Low)), math.Floor(d.High)), 'f', -1, 64)
	}
	// Three digits: more are noise in a table, and nobody would tune them.
	text := strconv.FormatFloat(v, 'g', 3, 64)
	r, _ := strconv.ParseFloat(text, 64)
	if r < d.Low || r > d.High {
		r = min(max(v, d.Low), d.High)
	}
	return number(r)
}

// draw is a value of d: a function of (seed, name, index) alone, so that a longer
// search begins with the points of a shorter one, and another dimension beside it
// changes nothing.
func (d Dim) draw(seed, index uint64) string {
	h := fnv.New64a()
	h.Write([]byte(d.Name))
	rng := rand.New(rand.NewPCG(seed, purposeSearch+h.Sum64()+index))
	u := rng.Float64()
	if list := d.values(); list != nil {
		return list[int(u*float64(len(list)))]
	}
	return d.at(u)
}

// purposeSearch keeps the draws of a search apart from others of its seed.
const purposeSearch = 0x5000000

// Value is a hyperparameter and its value as text, as on a command line. It is
// empty where the hyperparameter has no effect beside the others of its point.
type Value struct{ Name, Text string }

// Point is one choice of values, in the order of the dimensions.
type Point []Value

// String is "lr=0.05 batch=32".
func (p Point) String() string {
	var parts []string
	for _, v := range p {
		if v.Text != "" {
			parts = append(parts, v.Name+"="+v.Text)
		}
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

// Int is the value of that name as a whole number, 0 if it is none.
func (p Point) Int(name string) int {
	v, _ := strconv.Atoi(p.Text(name))
	return v
}

// gridSize is the number of combinations of the values, at most limit, and how it
// comes about: "7 × 3 × 2".
func gridSize(dims []Dim, limit int) (n int, product string, err error) {
	n = 1
	var factors []string
	for _, d := range dims {
		k := len(d.values())
		if k == 0 {
			return 0, "", fmt.Errorf("search: %s is a range, a grid wants values: %s:5 is 5 of them, --method=random draws from it", d, d)
		}
		n = min(n*k, limit)
		factors = append(factors, fmt.Sprint(k))
	}
	return n, strings.Join(factors, " × "), nil
}

// gridPoint is combination i of the values; the last dimension changes fastest.
func gridPoint(dims []Dim, i int) Point {
	p := make(Point, len(dims))
	for k := len(dims) - 1; k >= 0; k-- {
		list := dims[k].values()
		p[k] = Value{dims[k].Name, list[i%len(list)]}
		i /= len(list)
	}
	return p
}

// randomPoint is draw i.
func randomPoint(dims []Dim, seed, i uint64) Point {
	p := make(Point, len(dims))
	for k, d := range dims {
		p[k] = Value{d.Name, d.draw(seed, i)}
	}
	return p
}
