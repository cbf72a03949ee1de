package optim

import (
	"errors"
	"fmt"
	"math"
	"reflect"
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
	if err := checkRun(s, steps); err != nil {
		return err
	}
	return checkRates(s, steps)
}

// checkRun reports a schedule that a run of so many steps cannot follow.
func checkRun(s Schedule, steps int) error {
	if r, ok := s.(RunChecker); ok {
		return r.CheckRun(steps)
	}
	return nil // no length, or a Joined, whose parts are taken at their word
}

// checkWhole reports a schedule whose own length is not that of the run.
func checkWhole(s Schedule, length, steps int) error {
	// The end is reached right after the last step, or in it.
	if length == steps || length == steps-1 {
		return nil
	}
	what := fmt.Sprintf("it would be cut off at learning rate %.2g", s.LR(steps-1))
	if length < steps {
		what = fmt.Sprintf("the last %s would train at %.2g", thousands(steps-length), s.LR(steps-1))
	}
	return fmt.Errorf("optim: %s: %s steps, the run has %s: %s; leave Steps 0 for the whole run, or say what follows with Joined",
		reflect.TypeOf(s).Name(), thousands(length), thousands(steps), what)
}

// checkRates looks at the rates that s gives.
func checkRates(s Schedule, steps int) error {
	peak := 0.0
	var rates []float64
	for step := range looked(steps) {
		lr := rateOf(s, step)
		rates = append(rates, lr)
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
		if before := rates[0]; lr != before {
			return fmt.Errorf("optim: %.100s gives learning rate %v at step %d, and %v when asked again: want a function of the step alone, or a run that is continued would be another",
				fmt.Sprintf("%#v", s), before, step, lr)
		}
		rates = rates[1:]
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
	if n, ok := s.(Noter); ok {
		return n.Note(steps)
	}
	return ""
}

// checkForm reports what is wrong with the fields of s, whatever rates come out.
func checkForm(s Schedule) error {
	if s == nil {
		return errors.New("optim: no schedule; optim.Constant(0.1) is one")
	}
	if c, ok := s.(Checker); ok {
		return c.Check()
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
