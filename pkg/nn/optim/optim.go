// Package optim changes the parameters of a model by their gradients.
//
// The way of the data: nn's Backward has set Grad of every parameter; a
// [Stepper] reads it, updates Data in place and keeps what it must remember
// (momentum, moments) in arrays of its own that mirror the parameters. How
// far a step goes is the learning rate, which a [Schedule] gives for every
// step.
//
// An [Optimizer] is a value, as a layer is: hyperparameters that can be
// printed and compared. Its New makes the Stepper. The formulas are PyTorch's
// unless a comment says otherwise, and are checked against it.
package optim

import (
	"fmt"

	"inkling/pkg/nn"
)

// Optimizer is a rule for changing parameters, with its hyperparameters.
type Optimizer interface {
	// New returns a stepper for params with fresh state. The error names a
	// hyperparameter that is out of range.
	New(params []*nn.Param) (Stepper, error)
}

// Stepper applies an optimizer to the parameters it was made for.
type Stepper interface {
	// Step makes update number step, counted from 0, with learning rate lr.
	Step(step int, lr float64)
	// State returns the arrays that must be saved to continue a run bit for
	// bit, in a fixed order. They are the stepper's own memory.
	State() []nn.State
}

// mirror returns an array of zeros for every parameter, named for State.
func mirror(name string, params []*nn.Param) []nn.State {
	states := make([]nn.State, len(params))
	for i, p := range params {
		states[i] = nn.State{Name: name + "/" + p.Name, Data: make([]float32, len(p.Data))}
	}
	return states
}

// decayOf is the weight decay of p where the optimizer's is decay.
func decayOf(p *nn.Param, decay float64) float64 {
	switch {
	case p.NoDecay:
		return 0
	case p.Decay > 0:
		return p.Decay
	}
	return decay
}

// checkRange reports a hyperparameter outside lo ≤ v < hi; NaN is outside.
func checkRange(rule, name string, v, lo, hi float64) error {
	if v >= lo && v < hi {
		return nil
	}
	return fmt.Errorf("optim: %s: %s %v, want %v ≤ %s < %v", rule, name, v, lo, name, hi)
}

// firstError returns the first error that is not nil.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
