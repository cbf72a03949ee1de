package notebook

import (
	"fmt"

	"inkling/pkg/lab"
	"inkling/pkg/lab/compare"
	"inkling/pkg/viz"
)

// Compare asks of runs what changed between them, and whether it helped: it shows
// what package compare says about them on dev, the first configuration beside each
// of the others.
//
//	notebook.Compare(q2, append(adam, sgd...)...)
func Compare(l *lab.Lab, runs ...*lab.Result) *compare.Comparison {
	c := Must(compare.Runs(l, runs...))
	fmt.Println(c)
	viz.Show(append([]viz.Figure{c.Table(), c.PairTable()}, c.Figures()...)...)
	return c
}
