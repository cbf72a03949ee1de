// Package search tries hyperparameters: a grid of values, random draws from
// ranges, or many short runs of which the better ones go on (successive halving).
//
// The way of the data: words such as --lr=0.01..1:log become dimensions ([Dim]),
// these become points, a point becomes a configuration of a run. A [Runner] makes
// the runs, here or elsewhere, and they lie in the run store of the lab: a search
// that was stopped goes on where it was, and what it asks for twice costs nothing.
//
//	words → Dims → Points → Tasks → Runner → run store → Found → figures
//
// Runs are chosen by the dev split; the test set is never read.
package search
