package optim

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Learning rates from MinLR to MaxLR are allowed at the peak of a schedule: beyond
// them a typing error is likelier than a wish.
const MinLR, MaxLR = 1e-12, 1e6

// A rate below goneShare of the schedule's peak trains nothing that could be seen:
// a whole run at it moves the weights less than some steps at the peak. Cosines,
// one-cycles and lines to zero spend 2 % of their steps there; a schedule that
// spends more than goneTail of the run there, at its end, is a mistake. What comes
// before the peak is a warm-up or a range test.
const goneShare, goneTail = 1e-3, 0.25

// CheckSchedule reports what is wrong with a schedule for a run of so many steps,
// in one line: it is missing or malformed, its length is not the run's, it gives a
// learning rate that is not a finite positive number, or one that is gone long
// before the end. The first and the last step may have the rate 0: ramps begin and
// end there. Schedules of the caller's own are asked for their rates alike; the
// rates of an [Adaptive] one are those before any evaluation.
//
// What may be meant although it looks odd is left to [ScheduleNote]. Steps 0 stands
// for a run of unknown length: only the form is looked at.
func CheckSchedule(s Schedule, steps int) error {
	if err := checkForm(s); err != nil || steps <= 0 {
		return err
	}
	s = Bind(s, steps)
	if s == nil {
		return checkForm(s)
	}
	if err := checkLength(s, steps); err != nil {
		return err
	}
	return checkRates(s, steps)
}

// checkLength reports a schedule whose own length is not that of the run.
func checkLength(s Schedule, steps int) error {
	length, name := 0, ""
	switch v := s.(type) {
	case Cosine:
		length, name = v.Steps, "Cosine"
	case LinearLR:
		length, name = v.Steps, "LinearLR"
	case GeometricLR:
		length, name = v.Steps, "GeometricLR"
	case OneCycle:
		length, name = v.Steps, "OneCycle"
	case Warmup:
		if v.Steps >= steps {
			return fmt.Errorf("optim: Warmup: %s steps, the run has %s: want fewer", thousands(v.Steps), thousands(steps))
		}
		return checkLength(v.Then, steps-v.Steps)
	default: // no length, or a Joined, whose parts are taken at their word
		return nil
	}
	// The end is reached right after the last step, or in it.
	if length == steps || length == steps-1 {
		return nil
	}
	what := fmt.Sprintf("it would be cut off at learning rate %.2g", s.LR(steps-1))
	if length < steps {
		what = fmt.Sprintf("the last %s would train at %.2g", thousands(steps-length), s.LR(steps-1))
	}
	return fmt.Errorf("optim: %s: %s steps, the run has %s: %s; leave Steps 0 for the whole run, or say what follows with Joined",
		name, thousands(length), thousands(steps), what)
}

// checkRates looks at the rates that s gives.
func checkRates(s Schedule, steps int) error {
	peak := 0.0
	for step := range looked(steps) {
		lr := rateOf(s, step)
		if !(lr >= 0) || math.IsInf(lr, 0) {
			return fmt.Errorf("optim: %.100s gives learning rate %v at step %d, want a finite number above 0", fmt.Sprintf("%#v", s), lr, step)
		}
		peak = max(peak, lr)
	}
	if !(peak >= MinLR && peak <= MaxLR) {
		return fmt.Errorf("optim: learning rate %v, want %g ≤ lr ≤ %g", peak, float64(MinLR), float64(MaxLR))
	}
	last, zero := 0, 0 // the last step whose rate is not gone, and the first amid the run that has none
	for step := range looked(steps) {
		lr := rateOf(s, step)
		if lr >= 0.999*goneShare*peak { // three times 0.1 is a thousandth, rounded
			last = step
		}
		if lr == 0 && zero == 0 && step < steps-1 {
			zero = step
		}
	}
	if tail := steps - 1 - last; float64(tail) > max(goneTail*float64(steps), 2) {
		return fmt.Errorf("optim: the learning rate is below a thousandth of its peak %.2g from step %s of %s on and ends at %.2g: nothing would be learned there",
			peak, thousands(last+1), thousands(steps), rateOf(s, steps-1))
	}
	if zero > 0 {
		return fmt.Errorf("optim: %.100s gives learning rate 0 at step %s of %s: nothing would be learned there", fmt.Sprintf("%#v", s), thousands(zero), thousands(steps))
	}
	return nil
}

// mostLooked is how many steps are looked at: more would take seconds.
const mostLooked = 1 << 21

// looked yields the steps of a run to look at: all of them, or evenly many with
// the first and the last.
func looked(steps int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		stride := 1 + (steps-1)/mostLooked
		for step := 0; step < steps-1; step += stride {
			if !yield(step) {
				return
			}
		}
		yield(steps - 1)
	}
}

// rateOf is the rate at a step before any evaluation.
func rateOf(s Schedule, step int) float64 {
	if a, ok := s.(Adaptive); ok {
		return a.LRAfter(step, nil)
	}
	return s.LR(step)
}

// ScheduleNote says in one line what of a schedule a run of so many steps will
// not see, "" if it sees all: such a run is the beginning of a longer one, which
// may be what is wanted.
func ScheduleNote(s Schedule, steps int) string {
	switch v := s.(type) {
	case StepLR:
		if v.Every >= steps && v.Gamma != 1 {
			return fmt.Sprintf("schedule: the first fall of the learning rate comes after %s steps, the run has %s: it stays at %g", thousands(v.Every), thousands(steps), v.Base)
		}
	case MultiStepLR:
		seen := len(v.Milestones)
		for seen > 0 && v.Milestones[seen-1] >= steps {
			seen--
		}
		if late := len(v.Milestones) - seen; late > 0 {
			return fmt.Sprintf("schedule: %d of %d milestones lie beyond the run's %s steps, the first at %s: the learning rate stays at %g",
				late, len(v.Milestones), thousands(steps), thousands(v.Milestones[seen]), v.LR(steps-1))
		}
	case Warmup:
		return ScheduleNote(v.Then, steps-v.Steps)
	case Joined:
		for i, at := range v.Until {
			if at >= steps {
				return fmt.Sprintf("schedule: part %d of %d begins at step %s, the run has %s", i+2, len(v.Parts), thousands(at), thousands(steps))
			}
		}
	}
	return ""
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
		return notNegative("Cosine", "Steps", v.Steps)
	case LinearLR:
		return notNegative("LinearLR", "Steps", v.Steps)
	case GeometricLR:
		return notNegative("GeometricLR", "Steps", v.Steps)
	case OneCycle:
		return firstError(notNegative("OneCycle", "Steps", v.Steps), checkRange("OneCycle", "Rise", v.Rise, 0, 1))
	case ReduceOnPlateau:
		return firstError(
			notNegative("ReduceOnPlateau", "Patience", v.Patience),
			checkFactor(v),
			checkRange("ReduceOnPlateau", "Min", v.Min, 0, MaxLR),
		)
	case Warmup:
		return firstError(notNegative("Warmup", "Steps", v.Steps), checkPart("Warmup", v.Then))
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

// checkFactor refuses a factor after whose first use the rate would be gone.
func checkFactor(s ReduceOnPlateau) error {
	if 0 < s.Factor && s.Factor < goneShare && s.Min < goneShare*s.Base {
		return fmt.Errorf("optim: ReduceOnPlateau: Factor %v, want %g ≤ Factor < 1, or 0 for 0.1", s.Factor, goneShare)
	}
	return checkRange("ReduceOnPlateau", "Factor", s.Factor, 0, 1)
}

func atLeastOne(rule, name string, v int) error {
	if v < 1 {
		return fmt.Errorf("optim: %s: %s %d, want at least 1", rule, name, v)
	}
	return nil
}

func notNegative(rule, name string, v int) error {
	if v < 0 {
		return fmt.Errorf("optim: %s: %s %d, want at least 0", rule, name, v)
	}
	return nil
}

// thousands writes 6252 as 6,252.
func thousands(n int) string {
	if n < 0 {
		return "-" + thousands(-n)
	}
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
