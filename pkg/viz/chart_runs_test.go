package viz

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// told is a run that is called by how it differs.
type told struct {
	n   int
	old bool
}

func (r told) Label() string { return fmt.Sprint("run ", r.n) }
func (r told) Old() bool     { return r.old }
func (r told) LabelAmong(shown []told) string {
	return fmt.Sprintf("lr %g, batch %d", float64(r.n)/10, len(shown))
}
func (r told) Points(split, metric string) (x, y []float64) {
	for i := 1; i <= 40; i++ {
		v := 0.1 + math.Exp(-float64(i)/(5+float64(r.n)))
		if metric == "score" {
			v = 1 - v/2
		}
		x, y = append(x, float64(10*i)), append(y, v)
	}
	return x, y
}

func tellings(n, old int) (runs []told) {
	for i := range n {
		runs = append(runs, told{i + 1, i < old})
	}
	return runs
}

// Of many runs the newest are stressed, and the others have one key.
func TestManyRuns(t *testing.T) {
	for _, c := range []struct {
		n, old int
		quiet  string // names of quiet curves, each once
		loud   int
	}{
		{1, 0, "", 1}, {2, 0, "", 2}, {8, 0, "", 8}, {9, 0, "3 earlier runs", 6}, {30, 0, "24 earlier runs", 6},
		{2, 1, "1 run of older code", 1}, {7, 1, "1 run of older code", 6}, {9, 1, "1 run of older code and 2 earlier runs", 6},
		{12, 4, "4 runs of older code and 2 earlier runs", 6}, {3, 3, "", 3}, {9, 9, "3 earlier runs", 6},
	} {
		runs := tellings(c.n, c.old)
		loss := Training("title", runs).Figures[0].(Curves)
		var quiet []string
		loud, seen := 0, map[string]bool{}
		for i, s := range loss.Series {
			switch {
			case s.Quiet && loud > 0:
				t.Errorf("%d runs: curve %d is quiet and lies before others", c.n, i)
			case s.Quiet && !seen[s.Group]:
				quiet = append(quiet, s.Group)
			case !s.Quiet && !seen[s.Group]:
				loud++
			}
			if s.Quiet && (s.Best != NoBest || s.Name != "dev") {
				t.Errorf("%d runs: quiet curve %+v", c.n, s.Name)
			}
			seen[s.Group] = true
		}
		if got := strings.Join(quiet, " and "); got != c.quiet || loud != c.loud {
			t.Errorf("%d runs, %d old: %d stressed and %q, want %d and %q", c.n, c.old, loud, got, c.loud, c.quiet)
		}
		_, keys := styles(loss.Series, keyLine)
		if want := c.loud + len(quiet) + 2; len(keys) != want { // train, dev
			t.Errorf("%d runs, %d old: %d keys, want %d", c.n, c.old, len(keys), want)
		}
		if p := Training("title", runs).layout().(*panels); len(p.legend) == 0 {
			t.Errorf("%d runs, %d old: no legend for both panes", c.n, c.old)
		}
		last := loss.Series[len(loss.Series)-1]
		if want := fmt.Sprintf("lr %g, batch %d", float64(c.n)/10, c.loud); last.Group != want {
			t.Errorf("%d runs: the newest is %q, want %q", c.n, last.Group, want)
		}
		if alt := loss.Alt(); !strings.Contains(alt, c.quiet) {
			t.Errorf("%d runs: %s", c.n, alt)
		}
		if n := len(Descent("title", runs).Figures[1].(Curves).Series); n != c.n {
			t.Errorf("Descent draws %d of %d runs", n, c.n)
		}
	}
}
