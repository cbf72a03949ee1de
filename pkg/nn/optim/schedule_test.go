package optim

import (
	"math"
	"reflect"
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
		StepLR{Base: 0.1, Gamma: 0.5, Every: 10}, ExponentialLR{Base: 0.1, Gamma: 0.9}, Cosine{Base: 0.1},
		OneCycle{Max: 0.1}, OneCycle{Max: 0.1, Rise: 0.99}, Warmup{Steps: 5, Then: Cosine{Base: 0.1}}, ReduceOnPlateau{Base: 0.1},
		LinearLR{From: 0.1}, LinearLR{To: 0.1}, GeometricLR{From: 1e-8, To: 0.1}, MultiStepLR{Base: 0.1, Gamma: 0.1, Milestones: []int{10, 20, 40}},
		Joined{Parts: []Schedule{Cosine{Base: 0.1}, Cosine{Base: 0.05}, OneCycle{Max: 0.1}}, Until: []int{20, 30}},
	} {
		for _, steps := range []int{50, 51, 49} {
			if err := CheckSchedule(s, steps); err != nil {
				t.Errorf("%#v: %v", s, err)
			}
		}
		if top := slices.Max(rates(Bind(s, 50), 70)); top > 0.1+1e-12 {
			t.Errorf("%#v rises to %v", s, top)
		}
	}
	// Few steps are no reason to refuse a schedule.
	for steps := 1; steps < 10; steps++ {
		for _, s := range []Schedule{Cosine{Base: 0.1}, OneCycle{Max: 0.1}, LinearLR{From: 0.1}} {
			if err := CheckSchedule(s, steps); err != nil {
				t.Errorf("%d steps: %v", steps, err)
			}
		}
	}
}

// Steps 0 is the whole run; a schedule that has been told its length keeps it.
func TestBind(t *testing.T) {
	for _, c := range []struct{ s, want Schedule }{
		{Cosine{Base: 1}, Cosine{Base: 1, Steps: 100}},
		{Cosine{Base: 1, Steps: 7}, Cosine{Base: 1, Steps: 7}},
		{OneCycle{Max: 1}, OneCycle{Max: 1, Steps: 100}},
		{LinearLR{From: 1}, LinearLR{From: 1, Steps: 100}},
		{GeometricLR{From: 1, To: 2}, GeometricLR{From: 1, To: 2, Steps: 100}},
		{Warmup{Steps: 30, Then: Cosine{Base: 1}}, Warmup{Steps: 30, Then: Cosine{Base: 1, Steps: 70}}},
		{Constant(1), Constant(1)},
		{StepLR{Base: 1, Gamma: 0.5, Every: 3}, StepLR{Base: 1, Gamma: 0.5, Every: 3}},
		{Joined{Parts: []Schedule{Cosine{Base: 1}, OneCycle{Max: 1, Steps: 5}, LinearLR{From: 1}}, Until: []int{20, 60}},
			Joined{Parts: []Schedule{Cosine{Base: 1, Steps: 20}, OneCycle{Max: 1, Steps: 5}, LinearLR{From: 1, Steps: 40}}, Until: []int{20, 60}}},
		{own{}, own{steps: 100}},
		{nil, nil},
	} {
		if got := Bind(c.s, 100); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%#v: %#v, want %#v", c.s, got, c.want)
		}
	}
}

// own is a schedule that a user could have written.
type own struct {
	steps int
	rate  func(step, steps int) float64
}

func (s own) LR(step int) float64     { return s.rate(step, s.steps) }
func (s own) Bind(steps int) Schedule { s.steps = steps; return s }

// A schedule whose length is not the run's, or whose rate is gone, is told in one
// line with the numbers; what is meant can be said.
func TestScheduleFitsTheRun(t *testing.T) {
	ramp := func(step, steps int) float64 { return 0.1 * (1 - float64(step)/float64(steps-1)) }
	for _, c := range []struct {
		s    Schedule
		want string // "" for none
	}{
		{OneCycle{Max: 0.1, Steps: 3126}, "OneCycle: 3,126 steps, the run has 6,252: the last 3,126 would train at 4e-07; leave Steps 0 for the whole run"},
		{OneCycle{Max: 0.1, Steps: 9378}, "OneCycle: 9,378 steps, the run has 6,252: it would be cut off at learning rate 0.046"},
		{Cosine{Base: 0.1, Steps: 5000}, "Cosine: 5,000 steps, the run has 6,252: the last 1,252 would train at 0"},
		{Cosine{Base: 0.1, Min: 0.01, Steps: 5000}, "the last 1,252 would train at 0.01"},
		{LinearLR{From: 0.1, Steps: 7000}, "LinearLR: 7,000 steps"},
		{GeometricLR{From: 1e-4, To: 1, Steps: 100}, "GeometricLR: 100 steps"},
		{Warmup{Steps: 252, Then: Cosine{Base: 0.1, Steps: 6252}}, "Cosine: 6,252 steps, the run has 6,000"},
		{Warmup{Steps: 252, Then: Cosine{Base: 0.1, Steps: 6000}}, ""},
		{Warmup{Steps: 6252, Then: Constant(0.1)}, "Warmup: 6,252 steps, the run has 6,252: want fewer"},
		{Cosine{Base: 0.1, Steps: 6252}, ""},
		{LinearLR{From: 0.1, Steps: 6251}, ""}, // reaches 0 in the last step
		{ExponentialLR{Base: 0.1, Gamma: 0.5}, "below a thousandth of its peak 0.1 from step 10 of 6,252 on"},
		{ExponentialLR{Base: 0.1, Gamma: math.Pow(0.01, 1./6252)}, ""},
		{StepLR{Base: 0.1, Gamma: 0.1, Every: 10}, "from step 40 of 6,252 on"},
		{StepLR{Base: 0.1, Gamma: 0, Every: 10}, "from step 10 of 6,252 on and ends at 0"},
		{MultiStepLR{Base: 0.1, Gamma: 0.1, Milestones: []int{1000, 2000, 3000}}, ""}, // a thousandth is not gone
		{MultiStepLR{Base: 0.1, Gamma: 0.01, Milestones: []int{1000, 2000}}, "from step 2,000 of 6,252 on and ends at 1e-05"},
		{Joined{Parts: []Schedule{OneCycle{Max: 0.1, Steps: 3126}, Constant(1e-3)}, Until: []int{3126}}, ""},
		{Joined{Parts: []Schedule{Cosine{Base: 0.1, Steps: 9000}}}, ""}, // meant to be cut off
		{Joined{Parts: []Schedule{Cosine{Base: 0.1, Steps: 1000}}}, "from step 980 of 6,252 on"},
		{own{rate: func(step, steps int) float64 { return 0.1 / float64(steps-step) }}, ""},
		{own{rate: ramp}, ""}, // 0 in the last step
		{own{rate: func(step, steps int) float64 { return ramp(steps-1-step, steps) }}, ""}, // 0 in the first
		{own{rate: func(step, _ int) float64 { return 0.1 * math.Exp(-float64(step)) }}, "from step 7 of 6,252 on"},
		{own{rate: func(step, _ int) float64 { return 0.1 - float64(step)/1000 }}, "gives learning rate -0.001"},
		{own{rate: func(step, _ int) float64 { return 0.1 * float64(step%2) }}, "learning rate 0 at step 2 of 6,252"},
		{own{rate: func(step, _ int) float64 { return 1 / float64(3000-step) }}, "+Inf at step 3000"},
		{own{rate: func(int, int) float64 { return 1e-15 }}, "learning rate 1e-15, want 1e-12 ≤ lr"},
		{ReduceOnPlateau{Base: 0.1, Factor: 1e-9}, "Factor 1e-09"},
		{ReduceOnPlateau{Base: 0.1, Factor: 1e-9, Min: 0.01}, ""},
	} {
		err := CheckSchedule(c.s, 6252)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%T: %v, want %q", c.s, err, c.want)
		}
	}
}

func TestScheduleNote(t *testing.T) {
	for _, c := range []struct {
		s    Schedule
		want string
	}{
		{MultiStepLR{Base: 0.1, Gamma: 0.1, Milestones: []int{300, 900, 1800}}, "1 of 3 milestones lie beyond the run's 1,000 steps, the first at 1,800: the learning rate stays at 0.001"},
		{MultiStepLR{Base: 0.1, Gamma: 0.1, Milestones: []int{300, 999}}, ""},
		{StepLR{Base: 0.1, Gamma: 0.1, Every: 1000}, "comes after 1,000 steps, the run has 1,000: it stays at 0.1"},
		{StepLR{Base: 0.1, Gamma: 0.1, Every: 999}, ""},
		{Warmup{Steps: 10, Then: MultiStepLR{Base: 0.1, Gamma: 0.1, Milestones: []int{990}}}, "beyond the run's 990 steps"},
		{Joined{Parts: []Schedule{Constant(1), Constant(2)}, Until: []int{1000}}, "part 2 of 2 begins at step 1,000"},
		{Constant(1), ""},
	} {
		if got := ScheduleNote(c.s, 1000); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%#v: %q, want %q", c.s, got, c.want)
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
		{Constant(0), "learning rate 0, want"},
		{Constant(-1), "learning rate -1 at step 0"},
		{Constant(math.NaN()), "NaN"},
		{Constant(1e9), "1e-12 ≤ lr ≤ 1e+06"},
		{StepLR{Base: 0.1, Gamma: 0.5}, "StepLR: Every 0, want at least 1"},
		{StepLR{Base: 0.1, Gamma: -1, Every: 2}, "at step 2"},
		{MultiStepLR{Base: 0.1, Gamma: 0.5, Milestones: []int{5, 3}}, "[5 3], want them in rising order"},
		{ExponentialLR{Base: 0.1, Gamma: 1e300}, "at step 2"},
		{Cosine{Base: 0.1, Steps: -1}, "Cosine: Steps -1"},
		{Cosine{Base: 0.1, Min: -1}, "at step 2"},
		{OneCycle{Max: 0.1, Steps: -1}, "OneCycle: Steps -1"},
		{OneCycle{Max: 0.1, Rise: 2}, "Rise 2"},
		{LinearLR{From: 0.1, Steps: -2}, "LinearLR: Steps -2"},
		{GeometricLR{From: 0.1, To: 1, Steps: -3}, "GeometricLR: Steps -3"},
		{GeometricLR{To: 1}, "learning rate"},
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
