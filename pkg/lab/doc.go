// Package lab keeps runs: one noun, a run on disk.
//
// The way of the data: a [Lab] holds the data of a question, cut into train and
// dev, and its part of the run store. [Lab.Fit] takes a train.Config, finds the
// run that it comes to or makes it, telling as it goes, saving the best model
// and going on with what was interrupted, and gives back a [Result].
//
//	train.Config → Lab.Fit → train.Trainer → Events → history.jsonl, best.safetensors → Result
//
// From a configuration to its first step, one function after the other:
//
//	Lab.Fit → FitContext → plan → Config.Plan → Complete
//	                     → fit  → Plan.Build
//	                            → begin
//	                            → run → Trainer.Run → epoch → step
//
// A stored run is shown only if it is the run that would be made now. The dev
// split chooses; the test set is read once, last, by [Result.Test].
//
// In order of reading: lab.go, fit.go, recorder.go, fork.go, store.go, history.go, runs.go,
// and code.go for what identifies a run. Around these stand the flags of commands and cells (hyper.go, cell.go and package words), what
// is kept on the way (snapshots.go), what is told (sink.go, meter.go, made.go, stat.go), names (settings.go, labels.go) and what a
// person does to the store (manage.go, missing.go). What runs are compared by is ondev.go
// and alike.go, for package compare.
package lab
