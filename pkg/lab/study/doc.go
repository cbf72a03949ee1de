// Package study compares runs: its noun is many runs, made on equal terms.
//
// The way of the data: functions of a lab make all runs of a comparison in one
// Fit and give them back in the order that the comparison has; others read what
// they came to.
//
//	lab, configurations → Tune, Seeds, Compare, Vary → runs → Paired, TimeTo, Gaps, Spread
//
// In order of reading: tune.go, seeds.go, study.go, compare.go, reach.go,
// rangetest.go, confidence.go.
package study
