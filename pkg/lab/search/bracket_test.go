package search

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// The brackets of Hyperband's table (Li et al. 2018, Table 1: R = 81, eta = 3), each
// given its n and r, and those of successive halving with 16 arms (Jamieson and
// Talwalkar 2016, eta = 2), worked by hand from their rule: with the budget B = 64
// each of the ⌈log₂ 16⌉ = 4 rounds has 64/4 = 16 pulls, ⌊64/(n_k·4)⌋ for each of the
// n_k = 16, 8, 4, 2 arms.
func TestBracketsOfThePapers(t *testing.T) {
	for _, c := range []struct {
		n, least, most, eta int
		want                string
	}{
		{81, 1, 81, 3, "[{81 1} {27 3} {9 9} {3 27} {1 81}]"},
		{27, 3, 81, 3, "[{27 3} {9 9} {3 27} {1 81}]"},
		{9, 9, 81, 3, "[{9 9} {3 27} {1 81}]"},
		{6, 27, 81, 3, "[{6 27} {2 81}]"},
		{5, 81, 81, 3, "[{5 81}]"},
		{16, 1, 8, 2, "[{16 1} {8 2} {4 4} {2 8}]"},
		// By the rule alone: lengths are counted down from the whole run and rounded
		// down, numbers of configurations as well, and one at least goes on.
		{40, 1, 9, 3, "[{40 1} {13 3} {4 9}]"},
		{10, 1, 10, 3, "[{10 1} {3 3} {1 10}]"},
		{7, 2, 10, 3, "[{7 3} {2 10}]"},
		{2, 1, 9, 3, "[{2 1} {1 3} {1 9}]"},
		{5, 1, 1, 3, "[{5 1}]"},
		{4, 3, 8, 4, "[{4 8}]"},
	} {
		got := must(Bracket(c.n, c.least, c.most, c.eta))
		if fmt.Sprint(got) != c.want {
			t.Errorf("n %d, r %d, R %d, eta %d: %v, want %s", c.n, c.least, c.most, c.eta, got, c.want)
		}
	}
	for k, r := range must(Bracket(16, 1, 8, 2)) {
		if pulls := 64 / (r.Configs * int(math.Ceil(math.Log2(16)))); pulls != r.Epochs {
			t.Errorf("round %d: %d epochs, the paper's rule gives %d pulls", k, r.Epochs, pulls)
		}
	}
	// 81·1 + 27·2 + 9·6 + 3·18 + 1·54 epochs where runs go on from where they were.
	if got := cost(must(Bracket(81, 1, 81, 3))); got != 81+54+54+54+54 {
		t.Errorf("cost %d", got)
	}
	for _, c := range [][4]int{{0, 1, 9, 3}, {9, 0, 9, 3}, {9, 10, 9, 3}, {9, 1, 9, 1}} {
		if _, err := Bracket(c[0], c[1], c[2], c[3]); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: error %v, want one line", c, err)
		}
	}
}

// full is the largest number of configurations that a bracket thins out to one.
func TestFull(t *testing.T) {
	for most := 1; most < 100; most++ {
		for eta := 2; eta < 5; eta++ {
			for least := 1; least <= most; least++ {
				n := full(least, most, eta)
				rungs := must(Bracket(n, least, most, eta))
				wider := must(Bracket(n*eta, least, most, eta))
				if rungs[len(rungs)-1].Configs != 1 || wider[len(wider)-1].Configs != eta || rungs[0].Epochs < least || rungs[len(rungs)-1].Epochs != most {
					t.Fatalf("r %d, R %d, eta %d: %v", least, most, eta, rungs)
				}
			}
		}
	}
}

func TestBudget(t *testing.T) {
	for text, want := range map[string]string{
		"40": "40runs", "40runs": "40runs", "1run": "1runs", "60 epochs": "60epochs", "1epoch": "1epochs", "10m": "10m0s", "90s": "1m30s", "1h30m": "1h30m0s",
		"10min": "10m0s", "100000": "100000runs",
	} {
		var b Budget
		if err := b.Set(text); err != nil || b.String() != want {
			t.Errorf("%q is %v, %v; want %s", text, b, err, want)
		}
		again := b
		if err := again.Set(b.String()); err != nil || again != b {
			t.Errorf("%v is read as %v, %v", b, again, err)
		}
	}
	for _, text := range []string{"", "0", "-3", "0epochs", "ten", "10 parsecs", "100001runs", "1e3", "-10m", "0s", "runs", "99999999999999999999"} {
		b := Budget{Runs: 7}
		if err := b.Set(text); err == nil || b.Runs != 7 || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q is %v, %v; want an error", text, b, err)
		}
	}
}
