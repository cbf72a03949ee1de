package lab

import (
	"strings"
	"testing"

	"inkling/pkg/nn"
	"inkling/pkg/nn/optim"
	"inkling/pkg/nn/train"
)

// A share of 0 is quick, of 1 full; between them numbers grow by equal factors, and
// nothing leaves the range, whichever end is the larger one.
func TestBudgetBetween(t *testing.T) {
	for _, c := range []struct {
		share             float64
		quick, full, want int
	}{
		{0.5, 1, 100, 10}, {0.5, 5000, 50000, 15811}, {0.25, 16, 256, 32}, {0.5, 4, 1, 2}, {0.5, 0, 1, 1}, {0.4, 0, 1, 0},
		{0, 1, 5, 1}, {1, 1, 5, 5}, {0, 5000, 50000, 5000}, {1, 5000, 50000, 50000}, {0.001, 1, 5, 1}, {0.999, 1, 5, 5}, {0.5, 3, 3, 3},
	} {
		if got := between(c.share, c.quick, c.full); got != c.want {
			t.Errorf("%v from %d to %d: %d, want %d", c.share, c.quick, c.full, got, c.want)
		}
	}
}

// A budget has a share for counts, which jump, and one for images, which do not.
func TestReadBudget(t *testing.T) {
	for _, c := range []struct {
		value         string
		epochs, among int
		words         string
	}{
		{"0.5", 3, 3162, "0.5"}, {"0,1,90s", 1, 10000, "90s"}, {"1,0,1h30m", 10, 1000, "1h30m"}, {" 0.5,0.25,5m ", 3, 1778, "5m"},
	} {
		b, err := readBudget(c.value)
		if got := [2]int{b.choose(1, 10), b.choose(1000, 10000)}; err != nil || !b.given || got != [2]int{c.epochs, c.among} || b.words != c.words {
			t.Errorf("%q: %v of 10 and 10000, %q, %v", c.value, got, b.words, err)
		}
	}
	for _, bad := range []string{"1.1", "-1", "much", "NaN", "5m", "0.5,", "0.5,2", "0.5,0.5,much", "0.5,0.5,-1m", "0.5,0.5,5m,1"} {
		if _, err := readBudget(bad); err == nil || !strings.Contains(err.Error(), "want a share") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if b, err := readBudget(""); b.given || err != nil {
		t.Errorf("nothing is %+v, %v", b, err)
	}
}

// A lab within a budget says so in what its runs came to, and keeps them apart.
func TestBudgetLab(t *testing.T) {
	forgetGiven(t)
	b := must(readBudget("0.5"))
	l := build("q", tiny(600), t.TempDir(), false, b)
	l.Quiet = true
	const short = "shortened by a budget of 0.5: "
	if l.IfQuick(1, 4) != 2 || l.DepartsSoFar() != short+"500 of 500 images" {
		t.Errorf("%d, %q", l.IfQuick(1, 4), l.DepartsSoFar())
	}
	var runs Runs
	for _, epochs := range []int{1, l.IfQuick(1, 4)} {
		runs = append(runs, must(l.Fit(train.Config{
			Layers: []nn.Layer{nn.Linear{Out: 10}}, Optimizer: optim.SGD{}, Schedule: optim.Constant(0.1), Batch: 100, Epochs: epochs, Seed: 1,
		}))...)
	}
	if said := l.DepartsSoFar(); said != short+"1 to 2 epochs, 1 seed, 500 of 500 images" {
		t.Errorf("after two runs %q", said)
	}
	if said := runs[1:].Headline("98 %"); !strings.HasPrefix(said, "headline: 98 % ("+short+"500 of 500 images); 2 epochs, 1 seed, ") {
		t.Errorf("said %q", said)
	}
	full := build("q", tiny(600), t.TempDir(), false, budget{})
	fine := build("q", tiny(600), t.TempDir(), false, must(readBudget("0.5,0.25,5m")))
	if full.Departs() != "" || full.folder() == l.folder() || !strings.HasSuffix(l.folder(), "-budget-0500") || !strings.HasSuffix(fine.folder(), "-budget-0500-0250") {
		t.Errorf("%q, folders %s, %s and %s", full.Departs(), full.folder(), l.folder(), fine.folder())
	}
}
