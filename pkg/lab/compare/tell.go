package compare

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"inkling/pkg/lab"
	"inkling/pkg/viz"
)

// String is a sentence for each change, and what else is to be known.
func (c *Comparison) String() string {
	var lines []string
	if c.On != "dev" {
		lines = append(lines, "On the test set, which has been read now: whoever chooses by it has no test set any more.")
	}
	for i := range c.Changes {
		lines = append(lines, c.Changes[i].sentence(c.On))
	}
	return strings.Join(append(lines, c.Notes...), "\n")
}

// sentence says what the runs tell about the change, and how sure that is.
func (c *Change) sentence(on string) string {
	what := fmt.Sprintf("%s error %.2f → %.2f %%, %s points", on, c.mean(c.first), c.mean(c.then), c.difference())
	how := fmt.Sprintf("%s: p %s", c.Test, equals(c.P))
	before, after := quoted(c.Before), quoted(c.After)
	if before == after { // but for what was cut off
		before, after = "“"+c.Before+"”", "“"+c.After+"”"
	}
	unsure := fmt.Sprintf("These runs cannot tell whether %s helps against %s", after, before)
	if c.Seeds == 1 {
		p := c.Pairs[0]
		head := unsure
		if word, ok := strings.CutSuffix(string(c.Verdict), " with this seed"); ok {
			with := fmt.Sprintf("With seed %d", p.SeedBefore)
			if p.SeedBefore != p.SeedAfter {
				with = fmt.Sprintf("With seeds %d and %d", p.SeedAfter, p.SeedBefore)
			}
			head = fmt.Sprintf("%s %s is %s than %s", with, after, word, before)
		}
		return fmt.Sprintf("%s: %s (%d images won, %d lost, %s). One seed does not cover the chance of the seed: %s.", head, what, p.Won, p.Lost, how, c.more())
	}
	how += fmt.Sprintf("; 95 %% from %+.2f to %+.2f", c.Low, c.High)
	if c.Verdict == Helps || c.Verdict == Hurts {
		return fmt.Sprintf("%s %s against %s: %s (%s).", after, c.Verdict, before, what, how)
	}
	return fmt.Sprintf("%s: %s (%s); %s.", unsure, what, how, c.more())
}

// more says what would tell.
func (c *Change) more() string {
	switch {
	case c.More == 1:
		return "about 1 more seed would, if the difference is what it seems"
	case c.More > 1:
		return fmt.Sprintf("about %d more seeds would, if the difference is what it seems", c.More)
	case c.Times > 0:
		return fmt.Sprintf("no number of seeds would, but about %.2g times as many images, if the difference is what it seems", c.Times)
	}
	return "if there is a difference, it is too small for any number of seeds on these images"
}

// mean is the error of a side in the runs that the test is over: those of the
// pairs, or all.
func (c *Change) mean(s *Side) float64 {
	if strings.HasPrefix(c.Test, "Welch") {
		return lab.StatOf(s.Errors).Mean
	}
	var v []float64
	for _, p := range c.Pairs {
		if s == c.first {
			v = append(v, p.Before)
		} else {
			v = append(v, p.After)
		}
	}
	if c.Seeds == 1 {
		v = v[:1]
	}
	return lab.StatOf(v).Mean
}

func (c *Change) difference() string {
	if math.IsNaN(c.Difference.SD) {
		return fmt.Sprintf("%+.2f", c.Difference.Mean)
	}
	return fmt.Sprintf("%+.2f ± %.2f", c.Difference.Mean, c.Difference.SD)
}

// told is a p in a cell.
func told(p float64) string { return strings.TrimPrefix(equals(p), "= ") }

func equals(p float64) string {
	if p < 0.0001 {
		return "< 0.0001"
	}
	return fmt.Sprintf("= %.2g", p)
}

// Table has a column for each side: the settings that differ, what they came to,
// and what they cost.
func (c *Comparison) Table() viz.Table {
	head := []string{""}
	for _, s := range c.Sides {
		head = append(head, s.Label)
	}
	t := viz.NewTable("", head...)
	row := func(name string, of func(i int) string) {
		cells := []any{name}
		for i := range c.Sides {
			cells = append(cells, of(i))
		}
		t.Add(cells...)
	}
	for k, name := range c.Names {
		row(name, func(i int) string { return c.Values[k][i] })
	}
	changed := func(of func(c *Change) string) func(int) string {
		return func(i int) string {
			if i == 0 {
				return ""
			}
			return of(&c.Changes[i-1])
		}
	}
	row("seeds", func(i int) string { return seeds(c.Sides[i].Runs) })
	row(c.On+" error %, mean ± sd", func(i int) string { return lab.StatOf(c.Sides[i].Errors).String() })
	row("difference in points ± standard error", changed((*Change).difference))
	p := "p"
	if len(c.Changes) > 1 {
		p = fmt.Sprintf("p, for all %d together", len(c.Changes))
	}
	row(p, changed(func(c *Change) string { return told(c.P) }))
	row("images won, of a pair", changed(func(c *Change) string { return c.each(func(p Pair) int { return p.Won }) }))
	row("images lost, of a pair", changed(func(c *Change) string { return c.each(func(p Pair) int { return p.Lost }) }))
	row("processor seconds", func(i int) string { return c.Sides[i].Runs.Seconds().Format("%.1f") })
	row("weights", func(i int) string { return thousands(c.Sides[i].Weights) })
	row("FLOPs an image", func(i int) string { return thousands(c.Sides[i].FLOPs) })
	return *t
}

func seeds(runs lab.Runs) string {
	var list []string
	for _, r := range runs {
		list = append(list, fmt.Sprint(r.Seed))
	}
	if len(list) > 6 {
		return fmt.Sprintf("%d, %s … %s", len(list), list[0], list[len(list)-1])
	}
	return strings.Join(list, ", ")
}

// each is a count as a mean over the pairs.
func (c *Change) each(of func(p Pair) int) string {
	sum := 0
	for _, p := range c.Pairs {
		sum += of(p)
	}
	if len(c.Pairs) == 1 {
		return fmt.Sprint(sum)
	}
	return fmt.Sprintf("%.1f", float64(sum)/float64(len(c.Pairs)))
}

func thousands(n int) string {
	if n <= 0 {
		return "–"
	}
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// PairTable is a row for every pair of runs of every change, with McNemar's test of
// the two networks over the images.
func (c *Comparison) PairTable() viz.Table {
	t := viz.NewTable("", "change", "seed", c.On+" error %|%.2f", "becomes|%.2f", "won", "lost", "McNemar's p")
	for _, change := range c.Changes {
		for _, p := range change.Pairs {
			seed := fmt.Sprint(p.SeedBefore)
			if p.SeedAfter != p.SeedBefore {
				seed += fmt.Sprint(" → ", p.SeedAfter)
			}
			t.Add(change.After, seed, p.Before, p.After, p.Won, p.Lost, told(p.P))
		}
	}
	t.Note = "Won: images that only the changed network is right about; lost: that only the first is. p is that of two networks being right about as many."
	return *t
}

// Figures are the errors of all sides, seeds joined, and the images that flipped
// both ways.
func (c *Comparison) Figures() []viz.Figure {
	figures := []viz.Figure{c.errors()}
	for i := range c.Changes {
		if change := &c.Changes[i]; len(change.Flips) > 0 {
			figures = append(figures, c.flips(change))
		}
	}
	return figures
}

// mostLines is how many seeds are drawn one by one, mostLetters how many there is
// room for under the axis.
const mostLines, mostLetters = 8, 80

func (c *Comparison) errors() viz.Figure {
	f := viz.Lines{Title: "What changed, and did it help?", X: strings.Join(c.Names, ", "), Y: c.On + " error in %", Width: 800}
	var all []uint64
	long := slices.ContainsFunc(c.Sides, func(s Side) bool { return len(s.Label)*len(c.Sides) > mostLetters })
	var key []string
	for i, s := range c.Sides {
		name := s.Label
		if letter := string(rune('A' + i%26)); long {
			key, name = append(key, letter+": "+s.Label), letter
		}
		f.Names = append(f.Names, name)
		for _, r := range s.Runs {
			if !slices.Contains(all, r.Seed) {
				all = append(all, r.Seed)
			}
		}
	}
	f.Note = strings.Join(key, "; ")
	slices.Sort(all)
	samples := make([][]float64, len(c.Sides))
	for i, s := range c.Sides {
		samples[i] = s.Errors
	}
	if len(all) <= mostLines {
		for _, seed := range all {
			line := viz.Series{Name: fmt.Sprint("seed ", seed), Quiet: len(all) > 1}
			for i, s := range c.Sides {
				y := math.NaN()
				for k, r := range s.Runs {
					if r.Seed == seed {
						y = s.Errors[k]
					}
				}
				line.X, line.Y = append(line.X, float64(i)), append(line.Y, y)
			}
			if line.Quiet {
				line.Name = "each seed"
			}
			f.Series = append(f.Series, line)
		}
	}
	if len(all) > 1 {
		f.Series = append(f.Series, viz.Across("mean ± sd", samples))
	}
	return f
}

// mostFlips is how many images are shown each way.
const mostFlips = 10

// flips shows images that only one side is right about, those first that it is so
// with most seeds.
func (c *Comparison) flips(change *Change) viz.Figure {
	f := viz.Images{Title: "Images that flipped: " + change.Before + " → " + change.After, Columns: mostFlips}
	name := func(class int) string {
		if class < 0 || class >= len(c.set.Classes) {
			return "–"
		}
		return c.set.Classes[class]
	}
	shown, of := 0, len(change.Flips)
	for _, won := range []bool{true, false} {
		row := 0
		for _, flip := range change.Flips {
			if flip.Won != won || row == mostFlips {
				continue
			}
			row++
			caption := name(flip.Before.Predicted) + " → " + name(flip.After.Predicted)
			if len(change.Pairs) > 1 {
				caption += fmt.Sprintf("\n%d of %d", flip.Pairs, len(change.Pairs))
			}
			f.Tiles = append(f.Tiles, viz.Tile{Image: c.set.Image(flip.Image), Caption: caption, Wrong: !won})
		}
		shown += row
		if row == 0 {
			continue
		}
		for ; row < mostFlips; row++ {
			f.Tiles = append(f.Tiles, viz.Tile{})
		}
		f.Rows = append(f.Rows, map[bool]string{true: "won", false: "lost"}[won])
	}
	f.Note = fmt.Sprintf("What the two networks say; %d of %d images.", shown, of)
	if len(change.Pairs) > 1 {
		f.Note = fmt.Sprintf("What the two networks say; %d of %d images, those first that flip with most seeds.", shown, of)
	}
	return f
}

// MarshalJSON writes what a program would ask for.
func (c *Comparison) MarshalJSON() ([]byte, error) {
	type side struct {
		Label   string    `json:"label"`
		Runs    []string  `json:"runs"`
		Seeds   []uint64  `json:"seeds"`
		Errors  []float64 `json:"errors"`
		Seconds float64   `json:"cpu_seconds"`
		Weights int       `json:"weights"`
		FLOPs   int       `json:"flops"`
	}
	type pair struct {
		Seeds  [2]uint64  `json:"seeds"`
		Errors [2]float64 `json:"errors"`
		Won    int        `json:"won"`
		Lost   int        `json:"lost"`
		P      float64    `json:"p"`
	}
	type flip struct {
		Image int    `json:"image"`
		Won   bool   `json:"won"`
		Pairs int    `json:"pairs"`
		Label string `json:"label"`
	}
	type change struct {
		Before     string      `json:"before"`
		After      string      `json:"after"`
		Difference float64     `json:"difference"`
		Error      *float64    `json:"standard_error"` // null with one seed
		Interval   *[2]float64 `json:"interval_95"`
		Test       string      `json:"test"`
		P          float64     `json:"p"`
		Verdict    Verdict     `json:"verdict"`
		More       int         `json:"more_seeds,omitempty"`
		Times      float64     `json:"times_images,omitempty"`
		Sentence   string      `json:"sentence"`
		Pairs      []pair      `json:"pairs"`
		Flips      []flip      `json:"flips"`
	}
	v := struct {
		On       string              `json:"on"`
		Settings map[string][]string `json:"settings"`
		Sides    []side              `json:"sides"`
		Changes  []change            `json:"changes"`
		Notes    []string            `json:"notes,omitempty"`
	}{On: c.On, Settings: map[string][]string{}, Notes: c.Notes}
	for k, name := range c.Names {
		v.Settings[name] = c.Values[k]
	}
	for _, s := range c.Sides {
		o := side{Label: s.Label, Errors: s.Errors, Seconds: s.Runs.Seconds().Mean, Weights: s.Weights, FLOPs: s.FLOPs}
		for _, r := range s.Runs {
			o.Runs, o.Seeds = append(o.Runs, r.ID()), append(o.Seeds, r.Seed)
		}
		v.Sides = append(v.Sides, o)
	}
	for i := range c.Changes {
		d := &c.Changes[i]
		o := change{Before: d.Before, After: d.After, Difference: d.Difference.Mean, Test: d.Test, P: d.P, Verdict: d.Verdict, More: d.More, Times: d.Times, Sentence: d.sentence(c.On), Flips: []flip{}}
		if d.Seeds > 1 {
			o.Error, o.Interval = &d.Difference.SD, &[2]float64{d.Low, d.High}
		}
		for _, p := range d.Pairs {
			o.Pairs = append(o.Pairs, pair{[2]uint64{p.SeedBefore, p.SeedAfter}, [2]float64{p.Before, p.After}, p.Won, p.Lost, p.P})
		}
		for _, f := range d.Flips {
			o.Flips = append(o.Flips, flip{f.Image, f.Won, f.Pairs, c.set.Classes[f.Before.Label]})
		}
		v.Changes = append(v.Changes, o)
	}
	return json.Marshal(v)
}
