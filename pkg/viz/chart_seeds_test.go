package viz

import (
	"math"
	"testing"
)

func TestSpread(t *testing.T) {
	s := Spread("a", []float64{1, 2, 3, 4}, [][]float64{{1, 2, 3}, {5}, nil, {4, math.NaN(), 8}})
	nan := math.NaN()
	wantY := []float64{2, 5, nan, 6}
	wantLow := []float64{1, nan, nan, 6 - math.Sqrt(8)}
	wantHigh := []float64{3, nan, nan, 6 + math.Sqrt(8)}
	for i := range wantY {
		if !same(s.Y[i], wantY[i]) || !same(s.Low[i], wantLow[i]) || !same(s.High[i], wantHigh[i]) {
			t.Errorf("point %d: %v from %v to %v, want %v from %v to %v",
				i, s.Y[i], s.Low[i], s.High[i], wantY[i], wantLow[i], wantHigh[i])
		}
	}
}

func same(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) < 1e-12
}

func TestSpreadOfUnequalLengths(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("2 X for 1 set of samples: no panic")
		}
	}()
	Spread("a", []float64{1, 2}, [][]float64{{1}})
}

type scores []float64

func (scores) Label() string { return "run" }

func (r scores) Points(split, metric string) (x, y []float64) {
	if split != "dev" || metric != "score" {
		return nil, nil
	}
	for i := range r {
		x = append(x, float64(10*(i+1)))
	}
	return x, r
}

func TestSeeds(t *testing.T) {
	runs := []scores{{0.9, 0.95}, {0.92, 0.97, 0.98}} // one of them stopped early
	s := Seeds("a", "dev", "error", runs)
	wantX, wantY := []float64{10, 20, 30}, []float64{9, 4, 2}
	for i := range wantX {
		if s.X[i] != wantX[i] || math.Abs(s.Y[i]-wantY[i]) > 1e-9 {
			t.Errorf("point %d: (%v, %v), want (%v, %v)", i, s.X[i], s.Y[i], wantX[i], wantY[i])
		}
	}
	if sd := s.High[0] - s.Y[0]; math.Abs(sd-math.Sqrt2) > 1e-9 {
		t.Errorf("standard deviation of 10 and 8: %v, want √2", sd)
	}
	if !math.IsNaN(s.Low[2]) {
		t.Errorf("one run alone has a spread from %v", s.Low[2])
	}
	if s := Seeds("a", "dev", "score", runs); s.Y[0] != 0.91 {
		t.Errorf("score %v, want 0.91", s.Y[0])
	}
}

type descents string

func (r descents) Label() string { return string(r) }

func (r descents) Points(split, metric string) (x, y []float64) {
	return []float64{1, 2}, map[string][]float64{"train lr": {0.1, 0.01}, "train gradnorm": {3, 1}}[split+" "+metric]
}

func TestDescent(t *testing.T) {
	f := Descent("T", []descents{"a", "b"})
	rate, norm := f.Figures[0].(Curves), f.Figures[1].(Curves)
	if len(rate.Series) != 2 || rate.Series[1].Name != "b" || rate.Series[0].Y[1] != 0.01 || norm.Series[1].Y[0] != 3 || !rate.LogY || !norm.LogY {
		t.Errorf("%+v", f)
	}
}

func TestAcross(t *testing.T) {
	s := Across("a", [][]float64{{1, 3}, {5}})
	if s.X[0] != 0 || s.X[1] != 1 || s.Y[0] != 2 || s.Y[1] != 5 {
		t.Errorf("X %v, Y %v, want places 0 and 1 with means 2 and 5", s.X, s.Y)
	}
}

func TestScaled(t *testing.T) {
	s := Series{Name: "dev", X: []float64{2, 4}, Y: []float64{7, 8}}
	if got := s.Scaled(32); got.X[0] != 64 || got.X[1] != 128 || got.Y[1] != 8 || got.Name != "dev" || s.X[0] != 2 {
		t.Errorf("%+v of %+v", got, s)
	}
	if got := (Series{Y: []float64{5, 5}}).Scaled(10).X; got[0] != 10 || got[1] != 20 {
		t.Errorf("points without X are at %v, want 10 and 20", got)
	}
}
