// Package compare answers what a lab is for: what changed between runs, and did it
// help? Its noun is two sides: the runs of one configuration, with all their
// seeds, and those of another.
//
// The way of the data: runs → sides, by configuration → what the best models say
// about each image of dev (lab.OnDev) → a Change: pairs of equal seeds, the
// difference and its test, images that flipped → a sentence, tables, a figure.
//
// In order of reading: compare.go, decide.go, tell.go.
package compare
