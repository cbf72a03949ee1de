package optim

import (
	"cmp"
	"math"
	"slices"
)

// Schedule gives the learning rate of every step, counted from 0. It is a pure
// function of the step, so a resumed run needs no state for it.
type Schedule interface {
	LR(step int) float64
}

// Binder is a schedule that wants to know how long the run is. Bind returns the
// schedule of a run of so many steps; what has been told its length keeps it. A
// trainer binds before the first step, so that nobody need say the length twice.
type Binder interface {
	Schedule
	Bind(steps int) Schedule
}

// Adaptive is a schedule that looks at the dev losses seen so far, oldest
// first. It stays a pure function: of the step and of that history.
type Adaptive interface {
	Schedule
	LRAfter(step int, devLosses []float64) float64
}

// Constant is the same learning rate at every step.
type Constant float64

// StepLR multiplies the learning rate by Gamma every Every steps.
type StepLR struct {
	Base, Gamma float64
	Every       int
}

// MultiStepLR multiplies the learning rate by Gamma at each milestone, a step
// number: from that step on the new rate holds.
type MultiStepLR struct {
	Base, Gamma float64
	Milestones  []int
}

// ExponentialLR multiplies the learning rate by Gamma at every step:
// Base·Gamma^step.
type ExponentialLR struct{ Base, Gamma float64 }

// Cosine falls from Base to Min along half a cosine in Steps steps and stays
// there (Loshchilov & Hutter 2017, without restarts). Steps 0 means the whole run.
type Cosine struct {
	Base, Min float64
	Steps     int
}

// Warmup rises linearly from 0 to the first rate of Then in Steps steps, then
// follows Then.
type Warmup struct {
	Steps int
	Then  Schedule
}

// OneCycle rises from Max/25 to Max along half a cosine in the first
// Rise·Steps steps and falls to Max/250,000 in the rest (Smith & Topin 2019;
// PyTorch's OneCycleLR). Rise 0 means 0.3, Steps 0 the whole run.
type OneCycle struct {
	Max   float64
	Steps int
	Rise  float64
}

// LinearLR goes from From to To in Steps steps and stays there: the learning
// rate range test, or a plain decay. Steps 0 means the whole run.
type LinearLR struct {
	From, To float64
	Steps    int
}

// GeometricLR goes from From to To in Steps steps by a constant factor: the
// range test on a log axis, or an exponential decay to a given end. Steps 0 means
// the whole run.
type GeometricLR struct {
	From, To float64
	Steps    int
}

// Joined follows each part in turn: part i until step Until[i], counted from
// the start of the run; every part counts its own steps from 0. The last part
// has no end. Parts with Steps 0 fill their place; other parts are taken at their
// word, so a schedule that is meant to be shorter than the run, or to be cut off,
// is a Joined: Joined{Parts: []Schedule{Cosine{Base: 0.1, Steps: 1000}}}.
type Joined struct {
	Parts []Schedule
	Until []int
}

// ReduceOnPlateau multiplies the learning rate by Factor when the dev loss has
// not fallen for more than Patience evaluations, down to Min. Factor 0 means
// 0.1.
type ReduceOnPlateau struct {
	Base, Factor, Min float64
	Patience          int
}

func (s Constant) LR(int) float64 { return float64(s) }

func (s StepLR) LR(step int) float64 {
	return s.Base * math.Pow(s.Gamma, float64(step/max(s.Every, 1)))
}

func (s MultiStepLR) LR(step int) float64 {
	lr := s.Base
	for _, m := range s.Milestones {
		if step >= m {
			lr *= s.Gamma
		}
	}
	return lr
}

func (s ExponentialLR) LR(step int) float64 { return s.Base * math.Pow(s.Gamma, float64(step)) }

func (s Cosine) LR(step int) float64 {
	return anneal(s.Base, s.Min, float64(step)/float64(max(s.Steps, 1)))
}

func (s Warmup) LR(step int) float64 {
	if step < s.Steps {
		return s.Then.LR(0) * float64(step+1) / float64(s.Steps)
	}
	return s.Then.LR(step - s.Steps)
}

func (s OneCycle) LR(step int) float64 {
	rise := s.Rise
	if rise == 0 {
		rise = 0.3
	}
	top := rise*float64(s.Steps) - 1
	end := float64(s.Steps) - 1
	switch at := float64(step); {
	case at < top:
		return anneal(s.Max/25, s.Max, at/top)
	case at == top:
		return s.Max // also where there is nothing on one of the sides
	default:
		return anneal(s.Max, s.Max/250000, (at-top)/(end-top))
	}
}

func (s LinearLR) LR(step int) float64 {
	t := min(float64(step)/float64(max(s.Steps, 1)), 1)
	return s.From + t*(s.To-s.From)
}

func (s GeometricLR) LR(step int) float64 {
	t := min(float64(step)/float64(max(s.Steps, 1)), 1)
	return s.From * math.Pow(s.To/s.From, t)
}

func (s Joined) LR(step int) float64 {
	start := 0
	for i, part := range s.Parts {
		if i == len(s.Parts)-1 || step < s.Until[i] {
			return part.LR(step - start)
		}
		start = s.Until[i]
	}
	return 0
}

func (s ReduceOnPlateau) LR(int) float64 { return s.Base }

func (s ReduceOnPlateau) LRAfter(_ int, devLosses []float64) float64 {
	factor := s.Factor
	if factor == 0 {
		factor = 0.1
	}
	lr, best, bad := s.Base, math.Inf(1), 0
	for _, l := range devLosses {
		if l < best {
			best, bad = l, 0
			continue
		}
		if bad++; bad > s.Patience {
			lr, bad = lr*factor, 0
		}
	}
	return max(lr, s.Min)
}

// Bind is s for a run of so many steps: Steps 0 becomes the whole run.
func Bind(s Schedule, steps int) Schedule {
	if b, ok := s.(Binder); ok {
		return b.Bind(steps)
	}
	return s
}

func (s Cosine) Bind(steps int) Schedule {
	s.Steps = cmp.Or(s.Steps, steps)
	return s
}

func (s OneCycle) Bind(steps int) Schedule {
	s.Steps = cmp.Or(s.Steps, steps)
	return s
}

func (s LinearLR) Bind(steps int) Schedule {
	s.Steps = cmp.Or(s.Steps, steps)
	return s
}

func (s GeometricLR) Bind(steps int) Schedule {
	s.Steps = cmp.Or(s.Steps, steps)
	return s
}

// Bind gives Then what the warm-up leaves.
func (s Warmup) Bind(steps int) Schedule {
	s.Then = Bind(s.Then, max(steps-s.Steps, 1))
	return s
}

// Bind gives every part its place.
func (s Joined) Bind(steps int) Schedule {
	parts, start := slices.Clone(s.Parts), 0
	for i, p := range parts {
		end := steps
		if i < len(s.Until) {
			end = min(s.Until[i], steps)
		}
		parts[i] = Bind(p, max(end-start, 1))
		start = end
	}
	s.Parts = parts
	return s
}

// anneal goes from a to b along half a cosine as t goes from 0 to 1.
func anneal(a, b, t float64) float64 {
	t = min(max(t, 0), 1)
	return b + (a-b)*(1+math.Cos(math.Pi*t))/2
}
