// Package metric says what predictions are worth.
//
// The way of the data: a model and a data.Set become [Predictions], and these
// the measures that are read beside each other: accuracy, confusion, the worst
// examples, and how far probabilities can be trusted.
//
//	model, set → Judge → Predictions → Classes, Confusion, Worst, Calibration
//	           → BeforeSoftmax → logits → Temperature → Calibrate
//
// In order of reading: metrics.go, calibrate.go, temperature.go, views.go.
package metric
