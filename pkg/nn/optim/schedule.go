package optim

import (
	"fmt"
	"math"
	"slices"
)

// Schedule gives the learning rate of every step, counted from 0. It is a pure
// function of the step, so a resumed run needs no state for it.
type Schedule interface {
	LR(step int) float64
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
// there (Loshchilov & Hutter 2017, without restarts).
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
// PyTorch's OneCycleLR). Rise 0 means 0.3.
type OneCycle struct {
	Max   float64
	Steps int
	Rise  float64
}

// LinearLR goes from From to To in Steps steps and stays there: the learning
// rate range test, or a plain decay.
type LinearLR struct {
	From, To float64
	Steps    int
}

// GeometricLR goes from From to To in Steps steps by a constant factor: the
// range test on a log axis.
type GeometricLR struct {
	From, To float64
	Steps    int
}

// Joined follows each part in turn: part i until step Until[i], counted from
// the start of the run; every part counts its own steps from 0. The last part
// has no end.
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

// anneal goes from a to b along half a cosine as t goes from 0 to 1.
func anneal(a, b, t float64) float64 {
	t = min(max(t, 0), 1)
	return b + (a-b)*(1+math.Cos(math.Pi*t))/2
}

// CheckSchedule reports a schedule that is missing, malformed, or gives a
// learning rate that is not a finite positive number at one of the given
// steps.
func CheckSchedule(s Schedule, steps int) error {
	if err := checkForm(s); err != nil {
		return err
	}
	for step := range max(steps, 1) {
		if lr := s.LR(step); !(lr >= 0) || math.IsInf(lr, 0) {
			return fmt.Errorf("optim: %#v gives learning rate %v at step %d, want a finite number ≥ 0", s, lr, step)
		}
	}
	if lr := maxLR(s, steps); !(lr > 0 && lr <= MaxLR) {
		return fmt.Errorf("optim: learning rate %v, want 0 < lr ≤ %g", lr, float64(MaxLR))
	}
	return nil
}

// checkForm reports what is wrong with the fields of s, whatever rates come out.
func checkForm(s Schedule) error {
	switch v := s.(type) {
	case nil:
		return fmt.Errorf("optim: no schedule; optim.Constant(0.1) is one")
	case StepLR:
		return atLeastOne("StepLR", "Every", v.Every)
	case MultiStepLR:
		if !slices.IsSorted(v.Milestones) {
			return fmt.Errorf("optim: MultiStepLR: milestones %v, want them in rising order", v.Milestones)
		}
	case Cosine:
		return atLeastOne("Cosine", "Steps", v.Steps)
	case LinearLR:
		return atLeastOne("LinearLR", "Steps", v.Steps)
	case GeometricLR:
		return atLeastOne("GeometricLR", "Steps", v.Steps)
	case OneCycle:
		return firstError(atLeastOne("OneCycle", "Steps", v.Steps), checkRange("OneCycle", "Rise", v.Rise, 0, 1))
	case ReduceOnPlateau:
		if v.Patience < 0 {
			return fmt.Errorf("optim: ReduceOnPlateau: Patience %d, want at least 0", v.Patience)
		}
		return firstError(
			checkRange("ReduceOnPlateau", "Factor", v.Factor, 0, 1),
			checkRange("ReduceOnPlateau", "Min", v.Min, 0, MaxLR),
		)
	case Warmup:
		if v.Steps < 0 {
			return fmt.Errorf("optim: Warmup: Steps %d, want at least 0", v.Steps)
		}
		return checkPart("Warmup", v.Then)
	case Joined:
		if len(v.Parts) == 0 || len(v.Until) != len(v.Parts)-1 {
			return fmt.Errorf("optim: Joined: %d parts and %d ends, want one end less than parts", len(v.Parts), len(v.Until))
		}
		if !slices.IsSorted(v.Until) {
			return fmt.Errorf("optim: Joined: ends %v, want them in rising order", v.Until)
		}
		for _, p := range v.Parts {
			if err := checkPart("Joined", p); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkPart checks a schedule within another one, which asks it for LR alone.
func checkPart(within string, s Schedule) error {
	if _, ok := s.(Adaptive); ok {
		return fmt.Errorf("optim: a %T inside a %s does not learn of the dev losses: use it alone", s, within)
	}
	return checkForm(s)
}

func atLeastOne(rule, name string, v int) error {
	if v < 1 {
		return fmt.Errorf("optim: %s: %s %d, want at least 1", rule, name, v)
	}
	return nil
}

// MaxLR bounds learning rates: beyond it a typing error is likelier than a wish.
const MaxLR = 1e6

func maxLR(s Schedule, steps int) float64 {
	top := 0.0
	for step := range max(steps, 1) {
		top = max(top, s.LR(step))
	}
	return top
}
