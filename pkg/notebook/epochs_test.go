package notebook

import (
	"fmt"
	"strings"
	"testing"

	"inkling/pkg/nn"
)

// Parts of the first epoch have the names of what they were kept for, and no others: a run
// may end anywhere in it, out of patience.
func TestEpochTick(t *testing.T) {
	for _, c := range []struct {
		step, epoch int
		want        string
	}{
		{0, 7, "0"}, {1, 7, "1/8"}, {3, 7, "1/2"}, {4, 7, "0.5714"}, {5, 7, "0.7143"}, {6, 7, "0.8571"}, {7, 7, "1"},
		{2, 95, "1/32"}, {5, 95, "1/16"}, {11, 95, "1/8"}, {23, 95, "1/4"}, {47, 95, "1/2"}, {66, 95, "0.6947"}, {40, 95, "0.4211"},
		{1, 95, "0.01053"}, {1, 1, "1"}, {1, 2, "1/2"}, {3, 2, "1.5"}, {100, 50, "2"},
	} {
		e := Epoch{Trained: float64(c.step) / float64(c.epoch), Step: c.step}
		if got := e.tick(); got != c.want {
			t.Errorf("step %d of %d is %q, want %q", c.step, c.epoch, got, c.want)
		}
		if at := fmt.Sprintf("after %s of an epoch,", c.want); c.step > 0 && c.step < c.epoch && !strings.HasPrefix(e.String(), at) {
			t.Errorf("%q, want %q", e, at)
		}
	}
}

// A loss that runs away does so in few digits.
func TestEpochLoss(t *testing.T) {
	for loss, want := range map[float64]string{0.0004: "loss 0.000", 2.3026: "loss 2.303", 647.5: "loss 647.500", 5.734e21: "loss 5.73e+21"} {
		if got := (Epoch{Trained: 1, Step: 7, Error: 90, Loss: loss}).String(); got != "after 1 epoch, 7 steps: dev error 90.00 %, "+want {
			t.Errorf("%g: %q", loss, got)
		}
	}
}

// What a figure shows is told in its number: a layer of one unit has no two axes.
func TestEpochWords(t *testing.T) {
	for units, want := range map[int]string{1: "the one unit of 0.linear.W", 2: "the 2 units of 0.linear.W", 26: "25 of 26 units of 0.linear.W"} {
		m := Must(nn.New(1, nn.Shape{C: 1, H: 4, W: 4}, nn.MLP([]int{units}, nn.ReLU{}, 3, 0)...))
		if what, _, _, maps := firstLayer(m); what != want || len(maps) != min(units, mostKernels) {
			t.Errorf("%q with %d pictures, want %q", what, len(maps), want)
		}
	}
	for _, c := range []struct {
		explained []float64
		want      string
	}{{[]float64{1}, "20 dev images by the one value of"}, {[]float64{0.5, 0.25}, "axes at the end (50 % and 25 % of the variance then)"}} {
		if got := axes(20, c.explained); !strings.Contains(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
