package notebook

import "inkling/pkg/lab"

// OnMNIST reports whether a lab works on MNIST, which the notebooks speak of:
// what others found on it compares with nothing else.
func OnMNIST(l *lab.Lab) bool { return l.Data.Known() && l.Data.Name == "MNIST" }

// Reported is a number that a report found on MNIST, for a table: nothing, beside
// results on other data.
func Reported(l *lab.Lab, number float64) any {
	if !OnMNIST(l) {
		return nil
	}
	return number
}
