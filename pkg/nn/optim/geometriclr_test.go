package optim

import (
	"regexp"
	"strconv"
	"testing"
)

// The least gamma that an error names is one that is taken, and hardly more than
// the least that is.
func TestLeastGammaIsTaken(t *testing.T) {
	named := regexp.MustCompile(`want (\S+) or more`)
	for _, epochs := range []int{1, 2, 3, 5, 10, 30, 100} {
		knobs := ScheduleKnobs{LR: 0.1, Gamma: 1e-9, Epochs: epochs}
		_, err := Schedules()["exponential"](knobs)
		if err == nil || named.FindStringSubmatch(err.Error()) == nil {
			t.Errorf("%d epochs: %v", epochs, err)
			continue
		}
		least, err := strconv.ParseFloat(named.FindStringSubmatch(err.Error())[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		knobs.Gamma = least
		if _, err := Schedules()["exponential"](knobs); err != nil {
			t.Errorf("%d epochs: %v is named and refused: %v", epochs, least, err)
		}
		knobs.Gamma = 0.88 * least
		if _, err := Schedules()["exponential"](knobs); err == nil {
			t.Errorf("%d epochs: %v is named, and %v is taken", epochs, least, knobs.Gamma)
		}
	}
}
