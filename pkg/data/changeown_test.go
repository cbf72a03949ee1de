package data_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/internal/source"
)

// pepper is a change of a stranger's.
type pepper struct{ Share float64 }

func (p pepper) Apply(image []float32, h, w int, rng *rand.Rand) { grind(image, p.Share, rng) }

func grind(image []float32, share float64, rng *rand.Rand) {
	for i := range image {
		if rng.Float64() < share {
			image[i] = 0
		}
	}
}

// paprika has a state that no text can tell.
type paprika struct{ Grind func([]float32) }

func (p paprika) Apply(image []float32, _, _ int, _ *rand.Rand) { p.Grind(image) }

// A change of one's own counts in what identifies a run: its values in the text
// of the configuration, its code in the digest of what is not the library's.
func TestChangesAreIdentified(t *testing.T) {
	ours := func(pkg string) bool { return pkg == "inkling/pkg/data" }
	text := func(a data.Augment) source.Described { return source.Describe(a, ours) }
	one, other, none := text(data.Augment{More: []data.Change{pepper{0.1}}}), text(data.Augment{More: []data.Change{pepper{0.2}}}), text(data.Augment{Shift: 1})
	if one.Text == other.Text || !strings.Contains(one.Text, "pepper") || !strings.Contains(one.Text, "0.1") {
		t.Errorf("%s\nand %s", one.Text, other.Text)
	}
	if none.Foreign() || !one.Foreign() {
		t.Error("a change of a stranger's is taken for one of ours, or the other way round")
	}
	own := one.Own(func(string) bool { return false })
	if own.Unknown != "" || own.Digest == "" {
		t.Errorf("its code: %+v", own)
	}
	x := 3
	secret := text(data.Augment{More: []data.Change{paprika{func(image []float32) { image[0] = float32(x) }}}})
	if own := secret.Own(func(string) bool { return false }); own.Unknown == "" {
		t.Error("a function with captured values is taken for known")
	}
}
