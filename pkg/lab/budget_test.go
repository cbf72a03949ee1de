package lab

import (
	"strings"
	"testing"
)

// A share of 0 is quick, of 1 full; between them numbers grow by equal factors, and
// nothing leaves the range, whichever end is the larger one.
func TestBudgetBetween(t *testing.T) {
	for _, c := range []struct {
		share             float64
		quick, full, want int
	}{
		{0.5, 1, 100, 10}, {0.5, 5000, 50000, 15811}, {0.25, 16, 256, 32}, {0.5, 4, 1, 2}, {0.5, 0, 1, 1}, {0.4, 0, 1, 0},
		{0.001, 1, 5, 1}, {0.999, 1, 5, 5}, {0.5, 3, 3, 3},
	} {
		if got := (budget{share: c.share}).between(c.quick, c.full); got != c.want {
			t.Errorf("%v from %d to %d: %d, want %d", c.share, c.quick, c.full, got, c.want)
		}
	}
	for _, bad := range []string{"0", "1", "-1", "much", "NaN", "5m"} {
		if _, err := readBudget(bad); err == nil || !strings.Contains(err.Error(), "want a share") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// A lab within a budget says so, and keeps its runs apart.
func TestBudgetLab(t *testing.T) {
	forgetGiven(t)
	b := must(readBudget("0.5"))
	l := build("q", tiny(600), t.TempDir(), false, b)
	if l.IfQuick(1, 4) != 2 || l.Departs() != "budget 0.5: 2 of 5 epochs, 2 of 3 seeds, 500 of 500 images" {
		t.Errorf("%d, %q", l.IfQuick(1, 4), l.Departs())
	}
	run := &Result{lab: l}
	if said := (Runs{run}).Headline("98 %"); !strings.HasPrefix(said, "headline: 98 % (budget 0.5: 2 of 5 epochs, 2 of 3 seeds, 500 of 500 images); ") {
		t.Errorf("said %q", said)
	}
	full := build("q", tiny(600), t.TempDir(), false, budget{})
	if full.Departs() != "" || full.folder() == l.folder() || !strings.HasSuffix(l.folder(), "-budget-0500") {
		t.Errorf("%q, folders %s and %s", full.Departs(), full.folder(), l.folder())
	}
}
