package study

import (
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/lab"
)

// The digits that the library draws teach what MNIST teaches: with fewer images
// and one seed than in question 6, but all four lessons must come out right.
func TestSyntheticDigitsTeach(t *testing.T) {
	if testing.Short() {
		t.Skip("makes six runs")
	}
	digits := &data.Digits{Name: "drawn", Train: data.Synthetic("train", 1, 0, 3600), Test: data.Synthetic("test", 1, 3600, 60)}
	l := lab.New("lessons", digits, t.TempDir(), false)
	l.Log, l.SideBySide = t.Output(), 2
	lessons := must(Lessons(l, 3000, 1))
	if len(lessons) != 4 {
		t.Fatalf("%d lessons", len(lessons))
	}
	for _, c := range lessons {
		t.Logf("%s: %v", c.Name, c)
		if !c.Holds() {
			t.Errorf("%s: %v", c.Name, c)
		}
	}
}

func TestLessonHolds(t *testing.T) {
	l := Lesson{Before: []float64{2, 4}, After: []float64{1, 4.5}}
	if got, want := l.String(), "3.00 ± 1.41 → 2.75 ± 2.47"; !l.Holds() || got != want {
		t.Errorf("%s is no gain, or is not %s", got, want)
	}
	if (Lesson{Before: []float64{3}, After: []float64{3}}).Holds() {
		t.Error("3 % to 3 % is a gain")
	}
}
