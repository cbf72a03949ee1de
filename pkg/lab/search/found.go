package search

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"inkling/pkg/internal/printable"
	"inkling/pkg/lab"
	"inkling/pkg/viz"
)

// Found is where a search stands, at its end or on the way there.
type Found struct {
	Dims     []Dim
	Method   Method
	Seeds    int
	Data     string   // its name
	Trials   []*Trial // the best first
	Brackets [][]Rung // one; as many as there was time for, with a budget of time
	Epochs   int      // that all this comes to, if every rung is full
	TimeOver bool     // the budget of time ended it

	Confirmed    *Trial        // the best with seeds that did not choose it, if asked for
	Stored, Made int           // runs, or parts of runs, that were there and that were not
	Done, Work   float64       // in floating-point operations, about: the share that is done
	Elapsed      time.Duration // so far
	Left         time.Duration // about; 0 if nothing is known of it
}

// Best is the trial to use; nil if none has a score.
func (f *Found) Best() *Trial {
	if len(f.Trials) == 0 || f.Trials[0].Error.N == 0 || f.Trials[0].Diverged {
		return nil
	}
	return f.Trials[0]
}

// judged is the number of trials with a result, those that diverged among them.
func (f *Found) judged() (n, diverged int) {
	for _, t := range f.Trials {
		if t.Error.N > 0 {
			n++
		}
		if t.Diverged {
			diverged++
		}
	}
	return n, diverged
}

// Plan is what the search does, in a line, and what it costs: how much of it is
// stored, and about how long the rest takes, where the runs of the store tell.
func (f *Found) Plan() string {
	s := fmt.Sprintf("%s search of %s", f.Method, printable.Count(len(f.Trials), "configuration"))
	if f.Seeds > 1 {
		s += fmt.Sprintf(" with %d seeds", f.Seeds)
	}
	if f.Method == Halving && len(f.Brackets) > 0 {
		var configs, epochs []string
		for _, r := range f.Brackets[len(f.Brackets)-1] {
			configs, epochs = append(configs, fmt.Sprint(r.Configs)), append(epochs, fmt.Sprint(r.Epochs))
		}
		s += fmt.Sprintf(", %s of them to %s epochs", strings.Join(configs, ", "), strings.Join(epochs, ", "))
		if n := len(f.Brackets); n > 1 {
			s += fmt.Sprintf(", the last of %d brackets", n)
		}
	}
	s += ": " + printable.Count(f.Epochs, "epoch") + " together"
	share := 0.0
	if f.Work > 0 {
		share = f.Done / f.Work
	}
	switch {
	case share >= 1-1e-9:
		s += ", all stored"
	case f.Stored > 0:
		s += fmt.Sprintf(", %.0f %% of them stored", 100*share)
	}
	if f.Left > 0 {
		s += ", about " + printable.Roughly(f.Left)
	}
	return s
}

// String says what was found, and what that is worth.
func (f *Found) String() string {
	best := f.Best()
	n, diverged := f.judged()
	if best == nil {
		return fmt.Sprintf("%s: none has a score; %d diverged.", printable.Count(len(f.Trials), "configuration"), diverged)
	}
	var b strings.Builder
	which := "best"
	if !best.Whole {
		which = "best so far"
	}
	of := fmt.Sprint(n)
	if n < len(f.Trials) {
		of += fmt.Sprintf(" (%d are not tried yet)", len(f.Trials)-n)
	}
	fmt.Fprintf(&b, "%s of %s: %v: %v %% wrong on dev after %s", which, of, best.Point, best.Error, printable.Count(best.Epochs, "epoch"))
	if best.Error.N > 1 {
		fmt.Fprintf(&b, ", %d seeds", best.Error.N)
	}
	if diverged > 0 {
		fmt.Fprintf(&b, "; %d diverged", diverged)
	}
	b.WriteString(".")
	if n > 1 {
		fmt.Fprintf(&b, " The best of %d is optimistic: chance helped to choose it.", n)
	}
	if c := f.Confirmed; c != nil {
		fmt.Fprintf(&b, " With %s that did not choose it: %s.", printable.Count(len(c.configs), "other seed"), scoreText(c))
	}
	for _, d := range f.Dims {
		if end := f.atEnd(d); end != "" {
			fmt.Fprintf(&b, " %s of the best lies at the %s end of its range: better may lie beyond.", d.Name, end)
		}
	}
	if f.TimeOver {
		b.WriteString(" The time was over before all was tried: the same search goes on from here.")
	}
	return b.String()
}

func scoreText(t *Trial) string {
	if t.Diverged {
		return "diverged"
	}
	return t.Error.String() + " % wrong"
}

// atEnd is the end of a range at which the best value lies, "" if it lies within.
func (f *Found) atEnd(d Dim) string {
	v := f.Best().Float(d.Name)
	low, high := d.Low, d.High
	if list := d.Values; list != nil {
		low, high = math.Inf(1), math.Inf(-1)
		for _, text := range list {
			x, err := strconv.ParseFloat(text, 64)
			if err != nil || len(list) < 3 {
				return ""
			}
			low, high = min(low, x), max(high, x)
		}
		switch {
		case v == low && low != 0: // none of something has no beyond
			return "lower"
		case v == high:
			return "upper"
		}
		return ""
	}
	share := (v - low) / (high - low)
	if d.Log {
		share = math.Log(v/low) / math.Log(high/low)
	}
	switch {
	case share < 0.05 && low != 0:
		return "lower"
	case share > 0.95:
		return "upper"
	}
	return ""
}

// Table is the best so many trials, all with 0.
func (f *Found) Table(most int) viz.Table {
	columns := []string{""}
	for _, d := range f.Dims {
		columns = append(columns, d.Name)
	}
	columns = append(columns, "epochs", "dev error %", "")
	t := viz.Table{Title: fmt.Sprintf("%s search, %s", f.Method, f.Data), Columns: columns}
	trials := slices.DeleteFunc(slices.Clone(f.Trials), func(t *Trial) bool { return t.Error.N == 0 })
	shown := trials
	if most > 0 && len(shown) > most {
		shown = shown[:most]
		t.Note = fmt.Sprintf("%d more", len(trials)-most)
	}
	for i, trial := range shown {
		row := []any{i + 1}
		for _, v := range trial.Point {
			row = append(row, orDash(v.Text))
		}
		row = append(row, trial.Epochs, trial.Error.String())
		switch {
		case trial.Diverged:
			row = append(row, "diverged")
		case !trial.Whole:
			row = append(row, "set aside")
		case i == 0:
			row = append(row, "best")
			t.Highlight = []int{0}
		default:
			row = append(row, "")
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// MarshalJSON is what programs read of a search.
func (f *Found) MarshalJSON() ([]byte, error) {
	type run struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		Seed   uint64 `json:"seed"`
		Status string `json:"status"`
	}
	type trial struct {
		Index    int               `json:"index"`
		Values   map[string]string `json:"values"`
		Epochs   int               `json:"epochs"`
		Rung     int               `json:"rung"`
		Error    *float64          `json:"dev_error"`
		SD       *float64          `json:"dev_error_sd"`
		Diverged bool              `json:"diverged"`
		Whole    bool              `json:"whole"`
		Runs     []run             `json:"runs"`
	}
	one := func(t *Trial) *trial {
		if t == nil {
			return nil
		}
		o := &trial{t.Index, map[string]string{}, t.Epochs, t.Rung, lab.Finite(t.Error.Mean), lab.Finite(t.Error.SD), t.Diverged, t.Whole, []run{}}
		for _, v := range t.Point {
			if v.Text != "" {
				o.Values[v.Name] = v.Text
			}
		}
		for _, r := range t.Runs {
			if r != nil {
				o.Runs = append(o.Runs, run{r.ID(), r.Name, r.Seed, string(r.Status)})
			}
		}
		return o
	}
	all := []*trial{}
	for _, t := range f.Trials {
		all = append(all, one(t))
	}
	var dims []string
	for _, d := range f.Dims {
		dims = append(dims, d.String())
	}
	type rung struct {
		Configs int `json:"configs"`
		Epochs  int `json:"epochs"`
	}
	brackets := [][]rung{}
	for _, b := range f.Brackets {
		var rungs []rung
		for _, r := range b {
			rungs = append(rungs, rung(r))
		}
		brackets = append(brackets, rungs)
	}
	return json.Marshal(map[string]any{
		"data": f.Data, "method": f.Method, "dims": dims, "seeds": f.Seeds, "brackets": brackets, "epochs": f.Epochs, "time_over": f.TimeOver,
		"stored": f.Stored, "made": f.Made, "seconds": f.Elapsed.Seconds(), "seconds_left": f.Left.Seconds(), "best": one(f.Best()), "confirmed": one(f.Confirmed), "trials": all,
	})
}

// Progress is how far the search is, in a line.
func (f *Found) Progress() string {
	share := 1.0
	if f.Work > 0 {
		share = min(f.Done/f.Work, 1)
	}
	s := fmt.Sprintf("%.0f %%, %d trained", 100*share, f.Made)
	if f.Stored > 0 {
		s += fmt.Sprintf(", %d stored", f.Stored)
	}
	if best := f.Best(); best != nil {
		s += fmt.Sprintf(", best %.2f %% wrong", best.Error.Mean)
		if !best.Whole {
			s += " after " + printable.Count(best.Epochs, "epoch")
		}
	}
	if f.Left > 0 {
		s += ", about " + printable.Roughly(f.Left) + " left"
	}
	return s
}
