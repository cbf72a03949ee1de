// Package train repeats forward, backward and step, and tells what happened.
//
// The way of the data: a [Config] says what to train and how; [Run] takes
// batches from a data.Loader, trains a model and yields an [Event] for every
// report, every evaluation and every new best. [Lab] stands around it for a
// notebook or a command: it loads the data, keeps every run in a folder of the
// run store, prints the log, shows progress, saves the best model, resumes
// what was interrupted, and gives back a stored run at once when the same
// configuration, data and code come again.
//
//	Config → Lab.Fit → Run → Events → history.jsonl, best.safetensors → Result
//
// The dev split chooses; the test set is read once, last, by [Result.Test].
package train
