package train

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// An interval in terms of the run is one in steps, whether the loop counts the
// batches or is told how many there are.
func TestInterval(t *testing.T) {
	train, dev := sets()
	epoch := mlp().StepsOn(train.Len())
	for _, c := range []struct {
		name     string
		interval Interval
		want     []int // steps in the two epochs
	}{
		{"unsaid", 0, []int{epoch, 2 * epoch}},
		{"once an epoch", PerEpoch(1), []int{epoch, 2 * epoch}},
		{"twice an epoch", PerEpoch(2), []int{3, 6, 9, 12, 14}},
		{"at the end", AtEnd, []int{2 * epoch}},
		{"after so many", Every(epoch + 1), []int{epoch + 1, 2 * epoch}},
	} {
		cfg := mlp()
		cfg.DevEvery, cfg.Epochs = c.interval, 2
		counts := newTrainer(t, cfg)
		told := must(must(cfg.Plan(train)).Build(nil))
		for _, trainer := range []*Trainer{counts, told} {
			var at []int
			for e, err := range trainer.Run(context.Background(), cfg.Batches(train), InOrder(dev)) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Kind == Dev {
					at = append(at, e.Step)
				}
			}
			if !slices.Equal(at, c.want) {
				t.Errorf("%s: evaluated at %v, want %v", c.name, at, c.want)
			}
		}
	}
	if got := PerEpoch(9).Steps(4); got != 1 {
		t.Errorf("nine times in four steps is every %d", got)
	}
	for _, i := range []Interval{Every(0), Every(-4), PerEpoch(0), PerEpoch(-1)} {
		cfg := mlp()
		cfg.DevEvery = i
		if _, err := cfg.Complete(); err == nil || !strings.Contains(err.Error(), "at least 1") {
			t.Errorf("interval %d: error %v", i, err)
		}
	}
}
