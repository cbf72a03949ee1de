// Package train repeats forward, backward and step, and tells what happened.
//
// The way of the data: a [Config] says what to train and how; [Run] takes
// batches from a data.Loader, trains a model and yields an [Event] for every
// report, every evaluation and every new best. The body of the caller's loop is
// the callback, and break is early stopping. [Trainer] is the same run as a
// value that can be saved and goes on bit for bit. Package lab stands around it
// and keeps what is told.
//
//	Config, batches → Run → Events
//
// In order of reading: config.go, plan.go, trainer.go, event.go, each.go, evaluate.go,
// resume.go, fork.go; fits.go looks at the memory that a run will need. What identifies a
// run, its code too, package lab knows, which keeps it.
package train
