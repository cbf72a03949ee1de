// Package study compares runs: its noun is many runs, made on equal terms.
//
// The way of the data: functions of a lab make all runs of a comparison in one
// Fit and give them back in the order that the comparison has; others read what
// they came to.
//
//	lab, configurations → Repeat, Tune, RunStudy, Search → runs → Paired, TimeTo, Gaps, Spread
//
// In order of reading: repeat.go, tune.go, study.go, compare.go, reach.go,
// search.go, rangetest.go, honesty.go.
package study
