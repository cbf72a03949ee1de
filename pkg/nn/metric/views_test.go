package metric

import (
	"math"
	"testing"

	"inkling/pkg/data"
	"inkling/pkg/nn"
)

// One view that changes nothing is Judge; of several the mean is taken.
func TestJudgeViewsIsTheMeanOfItsViews(t *testing.T) {
	s := data.Synthetic("test", 1, 0, 40)
	m, err := nn.New(1, nn.CHW(1, 28, 28), nn.Linear{Out: 10})
	if err != nil {
		t.Fatal(err)
	}
	plain, same := Judge(m, s), JudgeViews(m, s, data.Affine{})
	if plain.NLL() != 0 && math.Abs(plain.NLL()-same.NLL()) > 1e-5 {
		t.Errorf("one identical view: NLL %v, want %v", same.NLL(), plain.NLL())
	}
	views := Shifts(1)
	if len(views) != 9 {
		t.Fatalf("%d shifts by up to one pixel, want 9", len(views))
	}
	var want float64
	for _, v := range views {
		want += float64(Judge(m, s.Transform("test", v)).P.Example(7)[3]) / 9
	}
	if got := float64(JudgeViews(m, s, views...).P.Example(7)[3]); math.Abs(got-want) > 1e-6 {
		t.Errorf("mean probability %v, want %v", got, want)
	}
}
