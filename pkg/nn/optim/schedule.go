package optim

import "math"

// Schedule gives the learning rate of every step, counted from 0. It is a pure
// function of the step, so a resumed run needs no state for it.
//
// A schedule says more of itself by what else it implements: [Binder] and
// [Adaptive], [Teller] for records, and [Checker], [RunChecker] and [Noter] about
// its mistakes.
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

// Teller is a schedule that flags say otherwise than its fields do. Tell gives
// these flags by name, for a run of so many steps and epochs; and, where others
// follow it, the schedule that does and how many steps it has.
type Teller interface {
	Schedule
	Tell(steps, epochs int) (flags map[string]any, then Schedule, left int)
}

// Checker is a schedule that reports what is wrong with its fields, whatever the
// run.
type Checker interface {
	Schedule
	Check() error
}

// RunChecker is a schedule that reports why a run of so many steps cannot follow
// it: it has another length.
type RunChecker interface {
	Schedule
	CheckRun(steps int) error
}

// Noter is a schedule that says in one line what of it a run of so many steps
// will not see, "" if it sees all.
type Noter interface {
	Schedule
	Note(steps int) string
}

// Bind is s for a run of so many steps: Steps 0 becomes the whole run.
func Bind(s Schedule, steps int) Schedule {
	if b, ok := s.(Binder); ok {
		return b.Bind(steps)
	}
	return s
}

// anneal goes from a to b along half a cosine as t goes from 0 to 1.
func anneal(a, b, t float64) float64 {
	t = min(max(t, 0), 1)
	return b + (a-b)*(1+math.Cos(math.Pi*t))/2
}
