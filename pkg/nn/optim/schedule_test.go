package optim

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func rates(s Schedule, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = s.LR(i)
	}
	return out
}

// Schedules that PyTorch does not have, or has otherwise.
func TestSchedules(t *testing.T) {
	for _, c := range []struct {
		name string
		s    Schedule
		want []float64
	}{
		{"constant", Constant(0.5), []float64{0.5, 0.5, 0.5}},
		{"warm-up", Warmup{Steps: 4, Then: Constant(1)}, []float64{0.25, 0.5, 0.75, 1, 1, 1}},
		{"warm-up of none", Warmup{Then: Constant(1)}, []float64{1, 1}},
		{"warm-up counts its own steps", Warmup{Steps: 2, Then: StepLR{Base: 1, Gamma: 0.5, Every: 2}}, []float64{0.5, 1, 1, 1, 0.5, 0.5, 0.25}},
		{"geometric", GeometricLR{From: 1e-4, To: 1, Steps: 4}, []float64{1e-4, 1e-3, 1e-2, 1e-1, 1, 1}},
		{"linear down", LinearLR{From: 1, To: 0, Steps: 4}, []float64{1, 0.75, 0.5, 0.25, 0, 0}},
		{"joined thrice", Joined{Parts: []Schedule{Constant(1), StepLR{Base: 2, Gamma: 0.5, Every: 1}, Constant(3)}, Until: []int{1, 3}},
			[]float64{1, 2, 1, 3, 3}},
		{"cosine stays down", Cosine{Base: 1, Steps: 2}, []float64{1, 0.5, 0, 0, 0}},
		{"multistep jumps from the milestone on", MultiStepLR{Base: 1, Gamma: 0.5, Milestones: []int{0, 2, 2}}, []float64{0.5, 0.5, 0.125}},
		// Where PyTorch divides by zero.
		{"one cycle with its peak at step 0", OneCycle{Max: 1, Steps: 10, Rise: 0.1}, []float64{1, 0.969846, 0.883022}},
		{"one cycle of one step", OneCycle{Max: 1, Steps: 1}, []float64{1. / 250000}},
	} {
		got := rates(c.s, len(c.want))
		for i := range c.want {
			if !(math.Abs(got[i]-c.want[i]) <= 1e-6) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
				break
			}
		}
	}
}

// Rates are never negative or infinite, also beyond the end.
func TestScheduleBounds(t *testing.T) {
	for _, s := range []Schedule{
		StepLR{Base: 0.1, Gamma: 0.5, Every: 3}, ExponentialLR{Base: 0.1, Gamma: 0.99}, Cosine{Base: 0.1, Steps: 7},
		OneCycle{Max: 0.1, Steps: 9}, OneCycle{Max: 0.1, Steps: 3}, OneCycle{Max: 0.1, Steps: 2, Rise: 0.5},
		OneCycle{Max: 0.1, Steps: 5, Rise: 0.99}, Warmup{Steps: 5, Then: Cosine{Base: 0.1, Steps: 5}}, ReduceOnPlateau{Base: 0.1},
	} {
		if err := CheckSchedule(s, 50); err != nil {
			t.Errorf("%#v: %v", s, err)
		}
		if top := slices.Max(rates(s, 50)); top > 0.1+1e-12 {
			t.Errorf("%#v rises to %v", s, top)
		}
	}
}

func TestPlateau(t *testing.T) {
	s := ReduceOnPlateau{Base: 1, Factor: 0.5, Patience: 1, Min: 0.2}
	for _, c := range []struct {
		dev  []float64
		want float64
	}{
		{nil, 1},
		{[]float64{5}, 1},
		{[]float64{5, 5}, 1},
		{[]float64{5, 5, 5}, 0.5},
		{[]float64{5, 6, 4, 4, 4}, 0.5},
		{[]float64{5, 5, 5, 5, 5, 5, 5, 5, 5}, 0.2},
		{[]float64{5, math.NaN(), math.NaN()}, 0.5},
	} {
		if got := s.LRAfter(0, c.dev); got != c.want {
			t.Errorf("after %v: %v, want %v", c.dev, got, c.want)
		}
	}
}

func TestCheckScheduleRefuses(t *testing.T) {
	for _, c := range []struct {
		s    Schedule
		want string
	}{
		{nil, "no schedule"},
		{Constant(0), "learning rate 0"},
		{Constant(-1), "learning rate -1 at step 0"},
		{Constant(math.NaN()), "NaN"},
		{Constant(1e9), "0 < lr ≤ 1e+06"},
		{StepLR{Base: 0.1, Gamma: 0.5}, "StepLR: Every 0, want at least 1"},
		{StepLR{Base: 0.1, Gamma: -1, Every: 2}, "at step 2"},
		{MultiStepLR{Base: 0.1, Gamma: 0.5, Milestones: []int{5, 3}}, "[5 3], want them in rising order"},
		{ExponentialLR{Base: 0.1, Gamma: 1e300}, "at step 2"},
		{Cosine{Base: 0.1}, "Cosine: Steps 0"},
		{Cosine{Base: 0.1, Min: -1, Steps: 5}, "at step 1"},
		{OneCycle{Max: 0.1}, "OneCycle: Steps 0"},
		{OneCycle{Max: 0.1, Steps: 5, Rise: 2}, "Rise 2"},
		{LinearLR{From: 0.1}, "LinearLR: Steps 0"},
		{GeometricLR{From: 0.1, To: 1}, "GeometricLR: Steps 0"},
		{GeometricLR{To: 1, Steps: 3}, "learning rate"},
		{ReduceOnPlateau{Base: 0.1, Patience: -1}, "Patience -1"},
		{ReduceOnPlateau{Base: 0.1, Factor: 1}, "Factor 1"},
		{ReduceOnPlateau{Base: 0.1, Factor: math.NaN()}, "Factor NaN"},
		{ReduceOnPlateau{Base: 0.1, Min: -1}, "Min -1"},
		{Warmup{Steps: 3}, "no schedule"},
		{Warmup{Steps: -3, Then: Constant(1)}, "Steps -3"},
		{Warmup{Steps: 3, Then: Warmup{Steps: 1}}, "no schedule"},
		{Warmup{Steps: 3, Then: ReduceOnPlateau{Base: 1}}, "use it alone"},
		{Joined{}, "0 parts and 0 ends"},
		{Joined{Parts: []Schedule{Constant(1), nil}, Until: []int{3}}, "no schedule"},
		{Joined{Parts: []Schedule{Constant(1), ReduceOnPlateau{Base: 1}}, Until: []int{3}}, "use it alone"},
		{Joined{Parts: []Schedule{Constant(1), Constant(2), Constant(3)}, Until: []int{5, 2}}, "ends [5 2]"},
	} {
		if err := CheckSchedule(c.s, 10); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%#v: %v, want %q", c.s, err, c.want)
		}
	}
}
