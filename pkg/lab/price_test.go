package lab

import (
	"strings"
	"testing"

	"inkling/pkg/nn/train"
)

type priced struct{ text *[]string }

func (priced) Update(int, int, string) {}
func (priced) Finish(string)           {}
func (p priced) Price(text string)     { *p.text = append(*p.text, text) }

// The price counts what the store has, knows the time of runs like the stored ones
// only, and nothing is said where nothing is trained.
func TestPrice(t *testing.T) {
	l := testLab(t, t.TempDir())
	var said []string
	l.Progress = func(string) Bar { return priced{&said} }
	seeds := func(n int) (cfgs []train.Config) {
		for seed := range n {
			c := mlp()
			c.Seed = uint64(seed + 1)
			cfgs = append(cfgs, c)
		}
		return cfgs
	}
	must(l.Fit(seeds(2)...))
	must(l.Fit(seeds(5)...))
	must(l.Fit(seeds(5)...))
	if len(said) != 2 || said[0] != "2 runs: 2 to train" || !strings.HasPrefix(said[1], "5 runs: 2 stored, 3 to train, about ") {
		t.Errorf("said %q", said)
	}
	if few := l.Recent(2); len(few) != 2 || few[0].Started.Before(few[1].Started) {
		t.Errorf("the last runs are %v", few)
	}
	said = nil
	must(l.Fit(seeds(6)[5]))
	must(l.Fit(cnn()))
	if len(said) != 1 || !strings.HasPrefix(said[0], "to train: about ") {
		t.Errorf("said %q", said)
	}
}
