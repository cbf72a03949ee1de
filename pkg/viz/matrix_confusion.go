package viz

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
)

// Confusion draws a confusion matrix. Only errors are coloured: the diagonal is
// a hundred times larger and would leave them all white.
type Confusion struct {
	Title  string
	Counts [][]int  // Counts[truth][predicted]; one column more than rows holds images that got no answer
	Names  []string // of the classes; nil: 0, 1, 2, …
	Rates  bool     // cells show the share of their true class in % instead of counts
	Note   string
}

// A Pair is one kind of error.
type Pair struct{ True, Predicted, Count int }

// Pairs returns the n most frequent errors, the worst first.
func (f Confusion) Pairs(n int) []Pair {
	var out []Pair
	for i, r := range f.Counts {
		for j, v := range r {
			if i != j && v > 0 {
				out = append(out, Pair{i, j, v})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Pair) int { return cmp.Compare(b.Count, a.Count) })
	return out[:min(n, len(out))]
}

func (f Confusion) totals() (right, all int) {
	for i, r := range f.Counts {
		for j, v := range r {
			all += v
			if i == j {
				right += v
			}
		}
	}
	return right, all
}

func (f Confusion) class(i int) string {
	if i >= len(f.Counts) {
		return "none"
	}
	if i < len(f.Names) {
		return f.Names[i]
	}
	return fmt.Sprint(i)
}

func (f Confusion) summary() string {
	right, all := f.totals()
	if all == 0 {
		return "No data."
	}
	s := fmt.Sprintf("Right: %s of %s (%.2f %%).", thousands(right), thousands(all), 100*float64(right)/float64(all))
	var worst []string
	for _, p := range f.Pairs(5) {
		worst = append(worst, fmt.Sprintf("%s\u00a0read\u00a0as\u00a0%s:\u00a0%d", f.class(p.True), f.class(p.Predicted), p.Count))
	}
	if len(worst) > 0 {
		s += " Most frequent errors: " + strings.Join(worst, ", ") + "."
	}
	return s
}

// Alt implements Figure.
func (f Confusion) Alt() string {
	s := "Confusion matrix"
	if f.Title != "" {
		s += ": " + f.Title
	}
	return s + ". " + f.summary()
}

func (f Confusion) name() string { return f.Title }

func (f Confusion) layout() layout {
	n := len(f.Counts)
	columns := n
	for _, r := range f.Counts {
		columns = max(columns, len(r))
	}
	if n == 0 {
		return emptyChart(f.Title, "no data")
	}
	h := Heat{Title: f.Title, X: "predicted", Y: "true", Bar: "errors", Note: strings.TrimSpace(f.summary() + " " + f.Note)}
	cell := func(i, j int) int {
		if i < len(f.Counts) && j < len(f.Counts[i]) {
			return f.Counts[i][j]
		}
		return 0
	}
	rows := make([]int, n)
	for i := range n {
		h.Rows = append(h.Rows, f.class(i))
		for j := range columns {
			rows[i] += cell(i, j)
		}
	}
	for j := range columns {
		h.Columns = append(h.Columns, f.class(j))
	}
	// What the colours run over: the errors, counts or rates alike.
	h.High = 1e-9
	values := make([][]float64, n)
	h.Values = make([][]float64, n)
	for i := range n {
		values[i], h.Values[i] = make([]float64, columns), make([]float64, columns)
		for j := range columns {
			v := float64(cell(i, j))
			if f.Rates {
				v *= 100 / float64(max(rows[i], 1))
			}
			values[i][j], h.Values[i][j] = v, v
			if i != j {
				h.High = max(h.High, v)
			} else {
				h.Values[i][j] = math.NaN() // where cells are too small for a look of their own
			}
		}
	}
	if f.Rates {
		h.Bar = "errors, %"
	}
	if h.High < 1e-6 {
		h.High = 1
	}
	h.ramp = warm
	bar, _ := h.colors()
	return h.layoutWith(func(i, j int) (color.NRGBA, string) {
		v := values[i][j]
		text := fmt.Sprintf("%.0f", v)
		if f.Rates {
			text = fmt.Sprintf("%.1f", v)
		}
		switch {
		case i == j:
			return grid, text
		case v == 0:
			return rgb(0xf8f8f8), ""
		}
		return bar.ramp.at(bar.scale.norm(v)), text
	})
}
